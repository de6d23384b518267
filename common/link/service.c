#include "link/service.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { TELEMETRY_MS = 200, SIGNALS = 2, EOF_BUFFER = 64 };

struct link_service {
    uv_loop_t loop;
    void *context;
    link_service_options options;
    uv_signal_t signals[SIGNALS];
    uv_pipe_t input;
    bool watches_input;
    char input_buffer[EOF_BUFFER];
    uv_timer_t timer;
    link_socket *publisher;
    bool asked_to_stop;
    Csilink__Telemetry__Metric metrics[LINK_METRICS_MAX], *metric_list[LINK_METRICS_MAX];
    size_t metric_count;
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
    if (number == SIGINT && s->options.until_eof)
        return;
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

static void on_timer(uv_timer_t *timer)
{
    link_service *s = timer->data;
    s->metric_count = 0;
    s->options.fill(s, s->options.user);
    Csilink__Telemetry t = CSILINK__TELEMETRY__INIT;
    t.role = (char *)(uintptr_t)s->options.role; /* protobuf-c reads it only */
    t.pid = (uint32_t)getpid();
    t.time_ns = clock_ns();
    t.metrics = s->metric_list;
    t.n_metrics = s->metric_count;
    zmq_msg_t frame;
    if (link_pack(&t.base, &frame) == ERR_NONE && link_socket_send(s->publisher, &frame, 1) != 0)
        zmq_msg_close(&frame);
}

void link_metric(link_service *s, const char *name, double value)
{
    if (s->metric_count >= LINK_METRICS_MAX)
        return;
    Csilink__Telemetry__Metric *m = &s->metrics[s->metric_count];
    csilink__telemetry__metric__init(m);
    m->name = (char *)(uintptr_t)name;
    m->value = value;
    s->metric_list[s->metric_count++] = m;
}

static void watch_signals(link_service *s)
{
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM};
    for (int i = 0; i < SIGNALS; i++) {
        uv_signal_init(&s->loop, &s->signals[i]);
        s->signals[i].data = s;
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
    uv_timer_init(&s->loop, &s->timer);
    s->timer.data = s;
    if (!s->options.telemetry || !s->options.fill)
        return ERR_NONE;
    link_socket_options o = {.type = ZMQ_PUB, .endpoint = s->options.telemetry, .bind = true};
    s->publisher = link_socket_open(&s->loop, s->context, &o, e);
    if (!s->publisher)
        return ERR_IO;
    uv_timer_start(&s->timer, on_timer, TELEMETRY_MS, TELEMETRY_MS);
    return ERR_NONE;
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
    s->context = zmq_ctx_new();
    watch_signals(s);
    if (options->until_eof)
        watch_input(s);
    if (start_telemetry(s, e) == ERR_NONE)
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

void link_service_run(link_service *s)
{
    uv_run(&s->loop, UV_RUN_DEFAULT);
}

/* Closing every handle lets uv_run return once what the program itself opened is closed, too. */
void link_service_stop(link_service *s)
{
    for (int i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&s->signals[i], NULL);
    if (s->watches_input)
        uv_close((uv_handle_t *)&s->input, NULL);
    if (s->publisher && s->options.fill)
        on_timer(&s->timer); /* the last figures */
    uv_close((uv_handle_t *)&s->timer, NULL);
    link_socket_close(s->publisher, 100);
    s->publisher = NULL;
}

void link_service_free(link_service *s)
{
    if (!s)
        return;
    uv_loop_close(&s->loop);
    zmq_ctx_term(s->context);
    free(s);
}
