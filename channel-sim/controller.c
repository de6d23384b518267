#include "controller.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/json.h"
#include "record/events.h"

struct controller {
    controller_options options;
    link_socket *socket;
    record_events events;
    log_limit changes, bad_requests;
};

static double seconds(const controller *c)
{
    return (double)(clock_ns() - c->options.start_ns) * 1e-9;
}

/* Records a change: who set what for whom. */
static void record_change(controller *c, const wire_control_request *request)
{
    const wire_change *w = &request->change;
    cJSON *event = c->events.fd >= 0 ? record_event("change") : NULL;
    if (!event)
        return;
    cJSON_AddStringToObject(event, "by", request->by[0] ? request->by : "unknown");
    cJSON_AddStringToObject(event, "what", w->name);
    if (w->for_one_ue)
        cJSON_AddNumberToObject(event, "ue", w->ue);
    else if (w->group[0])
        cJSON_AddStringToObject(event, "group", w->group);
    json_add_number(event, "value", w->value);
    if (w->ramped && w->from_given)
        json_add_number(event, "from", w->from);
    if (w->ramped)
        json_add_number(event, "over_s", w->over_s);
    json_add_number(event, "schedule_s", settings_time(c->options.settings));
    record_events_add(&c->events, event);
}

/* The number of frames in the envelope: up to and including the first empty one; 0 without one. */
static size_t envelope(zmq_msg_t *frames, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (zmq_msg_size(&frames[i]) == 0)
            return i + 1;
    return 0;
}

/* Answers the sender of a message. A message without an envelope is answered with that of a REQ. */
static void answer(controller *c, zmq_msg_t *frames, size_t count, uint32_t from_ue,
                   const char *error)
{
    zmq_msg_t out[LINK_FRAMES_MAX + 1];
    size_t around = envelope(frames, count), n = around ? around : 1;
    for (size_t i = 0; i < n; i++) {
        zmq_msg_init(&out[i]);
        zmq_msg_copy(&out[i], &frames[i]);
    }
    if (!around)
        zmq_msg_init(&out[n++]);
    if (settings_reply(c->options.settings, error, from_ue, seconds(c), &out[n]) == ERR_NONE &&
        link_socket_send(c->socket, out, ++n) == ERR_NONE)
        return;
    for (size_t i = 0; i < n; i++)
        zmq_msg_close(&out[i]);
}

static void refuse(controller *c, zmq_msg_t *frames, size_t count, const char *what)
{
    log_limited(&c->bad_requests, LOG_WARNING, "control: %s", what);
    answer(c, frames, count, 0, what);
}

static void on_overlong(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket;
    err e = {0};
    err_set(&e, ERR_FORMAT,
            "a request of more than %d frames; it must be an empty frame and one "
            "more",
            LINK_FRAMES_MAX - 1);
    refuse(user, frames, count, e.text);
}

static void on_request(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket;
    controller *c = user;
    err e = {0};
    wire_control_request request = {0};
    const wire_change *w = &request.change;
    if (envelope(frames, count) + 1 != count || count < 3) {
        err_set(&e, ERR_FORMAT, "a request of %zu frames; it must be an empty frame and one more",
                count - 1);
        refuse(c, frames, count, e.text);
        return;
    }
    if (wire_control_request_unpack(&frames[count - 1], &request, &e) == ERR_NONE &&
        request.changes && settings_apply(c->options.settings, w, seconds(c), &e) == ERR_NONE) {
        record_change(c, &request);
        log_limited(&c->changes, LOG_INFO, "%s goes to %g%s%s", w->name, w->value,
                    w->ramped ? " in a ramp" : "",
                    w->for_one_ue || w->group[0] ? " for some UEs" : "");
    }
    answer(c, frames, count, request.from_ue, e.text);
}

static void open_events(controller *c)
{
    err e = {0};
    const char *path = c->options.events;
    c->events.fd = -1;
    if (path && record_events_open(&c->events, path, &e) != ERR_NONE)
        log_error("%s; changes are not recorded", e.text);
}

controller *controller_open(link_service *service, const controller_options *options, err *e)
{
    controller *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NOMEM, "out of memory for the control address");
        return NULL;
    }
    c->options = *options;
    /* A reply has up to 200 KiB; a controller waits for it before it sends another request. */
    link_socket_options socket = {.type = ZMQ_ROUTER,
                                  .endpoint = options->endpoint,
                                  .bind = true,
                                  .received = on_request,
                                  .overlong = on_overlong,
                                  .user = c,
                                  .send_queue = CONTROL_QUEUE,
                                  .receive_queue = CONTROL_QUEUE,
                                  .message_max = CONTROL_REQUEST_MAX,
                                  .connections_max = CONTROL_PEERS_MAX,
                                  .admits = LINK_FOR_CONTROLLERS};
    c->socket = link_service_socket(service, socket, e);
    if (!c->socket) {
        free(c);
        return NULL;
    }
    open_events(c);
    return c;
}

void controller_close(controller *c, int linger_ms)
{
    if (!c)
        return;
    link_socket_close(c->socket, linger_ms);
    record_events_close(&c->events);
    free(c);
}
