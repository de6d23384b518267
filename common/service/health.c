#include "service/health.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/log.h"
#include "link/context.h"
#include "link/socket.h"
#include "wire/control.h"
#include "wire/telemetry.h"

int link_health_reach(const char *bound, char *out, size_t size, err *e)
{
    static const struct {
        const char *all, *loopback;
    } forms[] = {{"tcp://*:", "tcp://127.0.0.1:"},
                 {"tcp://0.0.0.0:", "tcp://127.0.0.1:"},
                 {"tcp://[::]:", "tcp://[::1]:"}};
    const char *start = "", *rest = bound;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t n = strlen(forms[i].all);
        if (strncmp(bound, forms[i].all, n) == 0) {
            start = forms[i].loopback;
            rest = bound + n;
        }
    }
    int n = snprintf(out, size, "%s%s", start, rest);
    if (n < 0 || (size_t)n >= size)
        return err_set(e, ERR_INVALID, "an endpoint of %zu characters; there is room for %zu",
                       strlen(bound), size - 1);
    return ERR_NONE;
}

/* Receives the next message on a SUB socket with a time limit. */
static int hear(void *socket, const char *role, const char *endpoint, err *e)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    int status = ERR_NONE;
    if (zmq_msg_recv(&frame, socket, 0) < 0) {
        status = err_set(e, ERR_TIMEOUT, "no %s answers at %s", role, endpoint);
    } else {
        wire_telemetry t;
        status = wire_telemetry_unpack(&frame, &t, e);
        if (status == ERR_NONE && strcmp(t.role, role) != 0)
            status = err_set(e, ERR_MISMATCH, "%s belongs to a %.40s, not to a %s", endpoint,
                             t.role, role);
        wire_telemetry_clear(&t);
    }
    zmq_msg_close(&frame);
    return status;
}

/* With keys, an address that this same program has bound: expects its own certificate. */
static int name_itself(const link_keys *keys, const char *endpoint, char *out, size_t size)
{
    const char *name = keys ? link_keys_own(keys)->name : "";
    int n = snprintf(out, size, "%s%s%s", name, keys ? "@" : "", endpoint);
    return n > 0 && (size_t)n < size ? ERR_NONE : ERR_INVALID;
}

int link_health_ask(const char *role, const char *telemetry, const link_keys *keys, err *e)
{
    char endpoint[LINK_ENDPOINT_MAX], whose[LINK_ENDPOINT_MAX + ENDPOINT_NAME_MAX];
    if (link_health_reach(telemetry, endpoint, sizeof endpoint, e) != ERR_NONE ||
        name_itself(keys, endpoint, whose, sizeof whose) != ERR_NONE)
        return ERR_INVALID;
    int limit = LINK_HEALTH_MS, none = 0;
    void *context = link_context_create(), *socket = zmq_socket(context, ZMQ_SUB);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &limit, sizeof limit);
    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    int status = link_connect(socket, whose, keys, e);
    if (status == ERR_NONE)
        status = hear(socket, role, endpoint, e);
    zmq_close(socket);
    zmq_ctx_term(context);
    return status;
}

/* Receives the reply to one request on a REQ socket with a time limit. */
static int ask(void *socket, const char *endpoint, err *e)
{
    const wire_control_request request = {.by = "health"};
    wire_control_reply reply = {0};
    zmq_msg_t frame;
    if (wire_control_request_pack(&request, &frame) != ERR_NONE)
        return err_set(e, ERR_NOMEM, "out of memory for a request");
    bool answered = zmq_msg_send(&frame, socket, 0) >= 0 && zmq_msg_recv(&frame, socket, 0) >= 0;
    int rc = answered ? wire_control_reply_unpack(&frame, &reply, e)
                      : err_set(e, ERR_TIMEOUT,
                                "telemetry arrives, but the control address %s does not answer",
                                endpoint);
    wire_control_reply_clear(&reply);
    zmq_msg_close(&frame);
    return rc;
}

int link_health_ask_control(const char *control, const link_keys *keys, err *e)
{
    char endpoint[LINK_ENDPOINT_MAX], whose[LINK_ENDPOINT_MAX + ENDPOINT_NAME_MAX];
    if (link_health_reach(control, endpoint, sizeof endpoint, e) != ERR_NONE ||
        name_itself(keys, endpoint, whose, sizeof whose) != ERR_NONE)
        return ERR_INVALID;
    int limit = LINK_HEALTH_MS, none = 0;
    void *context = link_context_create(), *socket = zmq_socket(context, ZMQ_REQ);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &limit, sizeof limit);
    zmq_setsockopt(socket, ZMQ_SNDTIMEO, &limit, sizeof limit);
    zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
    int status = link_connect(socket, whose, keys, e);
    if (status == ERR_NONE)
        status = ask(socket, endpoint, e);
    zmq_close(socket);
    zmq_ctx_term(context);
    return status;
}

int link_health_main(const char *role, const char *telemetry, const char *control,
                     const access_options *access, unsigned roles)
{
    err e = {0};
    link_keys *keys;
    log_init(role, LOG_INFO);
    int status = access_open_keys(access, roles, &keys, &e);
    if (status == ERR_NONE)
        status = link_health_ask(role, telemetry, keys, &e);
    if (status == ERR_NONE && control)
        status = link_health_ask_control(control, keys, &e);
    link_keys_free(keys);
    if (status == ERR_NONE)
        printf("%s serves\n", role);
    else
        log_error("%s", e.text);
    return status == ERR_NONE ? 0 : 1;
}
