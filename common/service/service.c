#include "service/service.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "link/context.h"
#include "link/zap.h"

enum { TELEMETRY_MS = 200, SIGNALS = 3, EOF_BUFFER = 64 };

static const char watch_topic[] = "csi/";

struct link_service {
    uv_loop_t loop;
    void *context;
    link_service_options options;
    link_keys *keys; /* NULL: none */
    link_zap *zap;
    uv_signal_t signals[SIGNALS];
    uv_pipe_t input;
    bool watches_input;
    char input_buffer[EOF_BUFFER];
    uv_timer_t timer;
    link_socket *publisher;
    bool asked_to_stop;
    int signal; /* the last that asked to stop */
    link_telemetry_form *form;
    link_watched watched; /* NULL: watchers of UEs are not needed */
    void *watched_user;
};

static void ask_to_stop(link_service *s)
{
    bool now = s->asked_to_stop;
    s->asked_to_stop = true;
    s->options.on_stop(s->options.user, now);
}

static void on_signal(uv_signal_t *handle, int number)
{
    link_service *s = handle->data;
    if (number != SIGTERM && s->options.until_eof)
        return;
    s->signal = number;
    ask_to_stop(s);
}

static void on_input_buffer(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    (void)size;
    link_service *s = handle->data;
    *buffer = uv_buf_init(s->input_buffer, EOF_BUFFER);
}

static void on_input(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    (void)buffer;
    if (size >= 0)
        return;
    uv_read_stop(stream);
    ask_to_stop(stream->data);
}

/* Metrics of every program about its peers. */
static void fill_access(link_service *s)
{
    link_metric(s, "endpoints_open", s->options.access ? s->options.access->open : 0);
    if (!s->keys)
        return;
    link_metric(s, "peers_turned_away_total", (double)link_zap_refused(s->zap));
    link_metric(s, "messages_of_revoked_total", (double)link_keys_dropped(s->keys));
}

static void on_timer(uv_timer_t *timer)
{
    link_service *s = timer->data;
    link_telemetry_form_clear(s->form);
    s->options.fill(s, s->options.user);
    fill_access(s);
    wire_telemetry t = {.role = s->options.role, .pid = (uint32_t)getpid(), .time_ns = clock_ns()};
    link_telemetry_form_fill(s->form, &t);
    zmq_msg_t frame;
    if (wire_telemetry_pack(&t, &frame) == ERR_NONE &&
        link_socket_send(s->publisher, &frame, 1) != 0)
        zmq_msg_close(&frame);
}

void link_metric(link_service *s, const char *name, double value)
{
    link_telemetry_form_metric(s->form, name, value);
}

link_telemetry_form *link_service_form(link_service *s)
{
    return s->form;
}

/* A subscription or its end: one byte 1 or 0, then the topic. Only complete topics "csi/<UE
 * number>" matter here; ZeroMQ itself serves all others. */
static void on_subscription(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket, (void)count;
    link_service *s = user;
    const size_t prefix = sizeof watch_topic - 1;
    const char *text = zmq_msg_data(&frames[0]);
    size_t size = zmq_msg_size(&frames[0]);
    int subscriber = link_socket_connection(&frames[0]);
    if (!s->watched || subscriber == LINK_NO_CONNECTION || size < prefix + 2 ||
        memcmp(text + 1, watch_topic, prefix) != 0)
        return;
    uint32_t ue = 0;
    for (size_t i = prefix + 1; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || ue >= WIRE_UE_MAX)
            return;
        ue = 10 * ue + (uint32_t)(text[i] - '0');
    }
    if (ue < WIRE_UE_MAX)
        s->watched(s->watched_user, subscriber, ue, text[0] == 1);
}

static void on_subscriber_ended(link_socket *socket, void *user, int connection)
{
    (void)socket;
    link_service *s = user;
    if (s->watched)
        s->watched(s->watched_user, connection, LINK_EVERY_UE, false);
}

void link_service_on_watched(link_service *s, link_watched watched, void *user)
{
    s->watched = watched;
    s->watched_user = user;
}

static void watch_signals(link_service *s)
{
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction hangup;
    bool stays = sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN;
    for (int i = 0; i < SIGNALS; i++) {
        uv_signal_init(&s->loop, &s->signals[i]);
        s->signals[i].data = s;
        if (numbers[i] != SIGHUP || !stays)
            uv_signal_start(&s->signals[i], on_signal, numbers[i]);
        uv_unref((uv_handle_t *)&s->signals[i]);
    }
}

static void watch_input(link_service *s)
{
    uv_pipe_init(&s->loop, &s->input, 0);
    s->input.data = s;
    s->watches_input = true;
    if (uv_pipe_open(&s->input, STDIN_FILENO) == 0)
        uv_read_start((uv_stream_t *)&s->input, on_input_buffer, on_input);
}

static int start_telemetry(link_service *s, err *e)
{
    if (!s->options.telemetry || !s->options.fill)
        return ERR_NONE;
    s->form = link_telemetry_form_create();
    if (!s->form)
        return err_set(e, ERR_NOMEM, "out of memory for telemetry");
    link_socket_options o = {.type = ZMQ_XPUB,
                             .endpoint = s->options.telemetry,
                             .bind = true,
                             .received = on_subscription,
                             .user = s,
                             .ended = on_subscriber_ended,
                             .admits = LINK_FOR_WATCHERS};
    s->publisher = link_service_socket(s, o, e);
    if (!s->publisher)
        return ERR_IO;
    uv_timer_start(&s->timer, on_timer, TELEMETRY_MS, TELEMETRY_MS);
    return ERR_NONE;
}

/* Before any socket: one that listens without the handler would admit every peer. */
static int start_access(link_service *s, err *e)
{
    int rc = access_open_keys(s->options.access, s->options.roles, &s->keys, e);
    if (rc == ERR_NONE && s->keys && !(s->zap = link_zap_open(&s->loop, s->context, s->keys, e)))
        rc = ERR_IO;
    return rc;
}

link_service *link_service_open(const link_service_options *options, err *e)
{
    link_service *s = calloc(1, sizeof *s);
    if (!s || uv_loop_init(&s->loop) != 0) {
        free(s);
        err_set(e, ERR_NOMEM, "cannot start an event loop");
        return NULL;
    }
    s->options = *options;
    log_init(options->role, LOG_INFO);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* write() then returns EFBIG */
    s->context = link_context_create();
    watch_signals(s);
    if (options->until_eof)
        watch_input(s);
    uv_timer_init(&s->loop, &s->timer);
    s->timer.data = s;
    if (start_access(s, e) == ERR_NONE && start_telemetry(s, e) == ERR_NONE)
        return s;
    link_service_stop(s);
    link_service_run(s);
    link_service_free(s);
    return NULL;
}

uv_loop_t *link_service_loop(link_service *s)
{
    return &s->loop;
}

void *link_service_context(link_service *s)
{
    return s->context;
}

link_keys *link_service_keys(link_service *s)
{
    return s->keys;
}

link_socket *link_service_socket(link_service *s, link_socket_options o, err *e)
{
    o.keys = s->keys;
    o.insecure = s->options.access && s->options.access->insecure;
    return link_socket_open(&s->loop, s->context, &o, e);
}

void link_service_run(link_service *s)
{
    uv_run(&s->loop, UV_RUN_DEFAULT);
}

int link_service_signal(const link_service *s)
{
    return s->signal;
}

/* Closes every handle, so uv_run returns once the program's own handles are closed, too. */
void link_service_stop(link_service *s)
{
    for (int i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&s->signals[i], NULL);
    if (s->watches_input)
        uv_close((uv_handle_t *)&s->input, NULL);
    if (s->publisher && s->options.fill)
        on_timer(&s->timer); /* the final figures */
    uv_close((uv_handle_t *)&s->timer, NULL);
    link_socket_close(s->publisher, 100);
    s->publisher = NULL;
    link_zap_close(s->zap);
    s->zap = NULL;
}

/* Removes the folder of a run (cli/run/paths.h) once it is empty: other processes may still have
 * sockets in it. */
static void remove_socket_folder(const link_service *s)
{
    static const char prefix[] = "ipc:///tmp/csilink-";
    const char *endpoint = s->options.telemetry, *slash = endpoint ? strrchr(endpoint, '/') : NULL;
    char folder[256];
    if (!s->options.until_eof || !slash || strncmp(endpoint, prefix, sizeof prefix - 1) != 0)
        return;
    int n = snprintf(folder, sizeof folder, "%.*s", (int)(slash - endpoint) - 6, endpoint + 6);
    if (n > 0 && (size_t)n < sizeof folder)
        rmdir(folder);
}

void link_service_free(link_service *s)
{
    if (!s)
        return;
    uv_loop_close(&s->loop);
    zmq_ctx_term(s->context);
    remove_socket_folder(s);
    link_telemetry_form_free(s->form);
    link_keys_free(s->keys);
    free(s);
}
