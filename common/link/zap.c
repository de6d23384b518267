#include "link/zap.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "link/socket.h"

#define ZAP_ENDPOINT "inproc://zeromq.zap.01"

/* The frames of a request. */
enum { VERSION, REQUEST, DOMAIN, ADDRESS, IDENTITY, MECHANISM, KEY, REQUEST_FRAMES };
enum { KEY_BYTES = 32, REPLY_FRAMES = 6 };

struct link_zap {
    link_keys *keys;
    link_socket *socket;
    uv_timer_t timer;
    unsigned long refused;
    log_limit strangers;
};

static bool is(zmq_msg_t *frame, const char *text)
{
    size_t size = strlen(text);
    return zmq_msg_size(frame) == size && memcmp(zmq_msg_data(frame), text, size) == 0;
}

static bool find_domain(zmq_msg_t *frame, link_domain *domain)
{
    for (int i = 0; i < LINK_DOMAINS; i++) {
        if (!is(frame, link_domain_name((link_domain)i)))
            continue;
        *domain = (link_domain)i;
        return true;
    }
    return false;
}

link_zap_verdict link_zap_judge(const link_keys *keys, zmq_msg_t *frames, size_t count)
{
    link_zap_verdict v = {.status = "400", .reason = "this certificate is not admitted here"};
    link_domain domain;
    if (count < REQUEST_FRAMES || !is(&frames[VERSION], "1.0")) {
        v.status = "500";
        v.reason = "not a ZAP 1.0 request by CURVE";
    } else if (count > REQUEST_FRAMES || !is(&frames[MECHANISM], "CURVE") ||
               zmq_msg_size(&frames[KEY]) != KEY_BYTES || !find_domain(&frames[DOMAIN], &domain)) {
        v.reason = "only CURVE is accepted here";
    } else if (zmq_z85_encode(v.user, zmq_msg_data(&frames[KEY]), KEY_BYTES)) {
        v.who = link_keys_admit(keys, domain, v.user);
    }
    if (v.who) {
        v.admitted = true;
        v.status = "200";
        v.reason = "OK";
    }
    return v;
}

static void text_frame(zmq_msg_t *frame, const char *text, size_t size)
{
    if (zmq_msg_init_size(frame, size) != 0)
        zmq_msg_init(frame);
    else if (size)
        memcpy(zmq_msg_data(frame), text, size);
}

static void log_stranger(link_zap *z, zmq_msg_t *frames, size_t count, const link_zap_verdict *v)
{
    char domain[16] = "", address[64] = "";
    if (count <= ADDRESS)
        return;
    snprintf(domain, sizeof domain, "%.*s", (int)zmq_msg_size(&frames[DOMAIN]),
             (const char *)zmq_msg_data(&frames[DOMAIN]));
    snprintf(address, sizeof address, "%.*s", (int)zmq_msg_size(&frames[ADDRESS]),
             (const char *)zmq_msg_data(&frames[ADDRESS]));
    log_limited(&z->strangers, LOG_WARNING,
                "a peer%s%s was turned away: its key %s is not among those of %s",
                address[0] ? " at " : "", address, v->user[0] ? v->user : "(none)", domain);
}

static void on_request(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    link_zap *z = user;
    link_zap_verdict v = link_zap_judge(z->keys, frames, count);
    zmq_msg_t reply[REPLY_FRAMES];
    if (!v.admitted) {
        z->refused++;
        log_stranger(z, frames, count, &v);
        v.user[0] = '\0';
    }
    text_frame(&reply[0], "1.0", 3);
    zmq_msg_init(&reply[1]);
    if (count > REQUEST)
        zmq_msg_copy(&reply[1], &frames[REQUEST]);
    text_frame(&reply[2], v.status, strlen(v.status));
    text_frame(&reply[3], v.reason, strlen(v.reason));
    text_frame(&reply[4], v.user, strlen(v.user));
    text_frame(&reply[5], "", 0);
    if (link_socket_send(socket, reply, REPLY_FRAMES) != ERR_NONE)
        for (size_t i = 0; i < REPLY_FRAMES; i++)
            zmq_msg_close(&reply[i]);
}

static void on_timer(uv_timer_t *timer)
{
    link_zap *z = timer->data;
    link_keys_refresh(z->keys);
}

link_zap *link_zap_open(uv_loop_t *loop, void *context, link_keys *keys, err *e)
{
    link_zap *z = calloc(1, sizeof *z);
    if (!z) {
        err_set(e, ERR_NOMEM, "out of memory for keys");
        return NULL;
    }
    z->keys = keys;
    link_socket_options o = {
        .type = ZMQ_REP, .endpoint = ZAP_ENDPOINT, .bind = true, .received = on_request, .user = z};
    z->socket = link_socket_open(loop, context, &o, e);
    if (!z->socket) {
        free(z);
        return NULL;
    }
    uv_timer_init(loop, &z->timer);
    z->timer.data = z;
    uv_timer_start(&z->timer, on_timer, LINK_REFRESH_MS, LINK_REFRESH_MS);
    return z;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void link_zap_close(link_zap *z)
{
    if (!z)
        return;
    link_socket_close(z->socket, 0);
    uv_close((uv_handle_t *)&z->timer, on_closed);
}

unsigned long link_zap_refused(const link_zap *z)
{
    return z ? z->refused : 0;
}
