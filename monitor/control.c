#include "monitor/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "link/socket.h"

enum { RETRY_MS = 10 };

typedef struct waiting {
    control_change change;
    size_t next; /* setting to send */
    control_done done;
    void *user;
} waiting;

struct control {
    link_service *service;
    char endpoint[512];
    link_socket *socket; /* a DEALER, which unlike a REQ survives an answer that never comes */
    uv_timer_t timer;
    waiting queue[CONTROL_WAITING_MAX]; /* a ring; the first is under way */
    size_t first, count;
    uint64_t deadline_ns; /* of the first */
    bool sent;
};

static void advance(control *c);

static waiting *current(control *c)
{
    return &c->queue[c->first];
}

static void finish(control *c, const wire_control_reply *reply, const char *error)
{
    waiting w = *current(c);
    c->first = (c->first + 1) % CONTROL_WAITING_MAX;
    c->count--;
    c->sent = false;
    uv_timer_stop(&c->timer);
    w.done(w.user, reply, error);
}

static void on_reply(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket;
    control *c = user;
    if (!c->count || !c->sent)
        return;
    err e = {0};
    wire_control_reply reply;
    int rc = wire_control_reply_unpack(&frames[count - 1], &reply, &e);
    waiting *w = current(c);
    w->next++;
    c->sent = false;
    if (rc != ERR_NONE)
        finish(c, NULL, e.text);
    else if (reply.error[0] || w->next >= w->change.count)
        finish(c, &reply, reply.error);
    wire_control_reply_clear(&reply);
    advance(c);
}

static int open_socket(control *c, err *e)
{
    link_socket_options o = {
        .type = ZMQ_DEALER, .endpoint = c->endpoint, .received = on_reply, .user = c};
    c->socket = link_service_socket(c->service, o, e);
    return c->socket ? ERR_NONE : ERR_IO;
}

/* Sends an empty frame before the request, as REQ sockets do and REP sockets expect. */
static bool send_request(control *c, const waiting *w)
{
    const control_change *change = &w->change;
    /* The reply has room for this UE's settings first. */
    wire_control_request request = {
        .changes = change->count > 0, .by = "page", .from_ue = change->for_one_ue ? change->ue : 0};
    zmq_msg_t frames[2];
    if (request.changes) {
        request.change = (wire_change){.value = change->set[w->next].value,
                                       .for_one_ue = change->for_one_ue,
                                       .ue = change->ue};
        snprintf(request.change.name, WIRE_NAME_MAX, "%s", change->set[w->next].name);
        snprintf(request.change.group, WIRE_NAME_MAX, "%s", change->group);
    }
    if (!c->socket || wire_control_request_pack(&request, &frames[1]) != ERR_NONE)
        return false;
    zmq_msg_init(&frames[0]);
    if (link_socket_send(c->socket, frames, 2) == ERR_NONE)
        return true;
    zmq_msg_close(&frames[0]);
    zmq_msg_close(&frames[1]);
    return false;
}

/* The change has had its time. */
static void give_up(control *c)
{
    if (c->sent) { /* an answer that comes late would be taken for the next one's */
        link_socket_close(c->socket, 0);
        open_socket(c, NULL);
    }
    finish(c, NULL, "channel-sim does not answer; is the simulation still running?");
    advance(c);
}

/* A channel-sim that is not there is asked again: one that is being restarted is back at once. */
static void on_timer(uv_timer_t *timer)
{
    control *c = timer->data;
    if (c->count && clock_ns() >= c->deadline_ns)
        give_up(c);
    else if (c->count && !c->sent)
        c->sent = send_request(c, current(c));
}

/* Sends the next request, if none is in progress. */
static void advance(control *c)
{
    if (!c->count || c->sent)
        return;
    c->deadline_ns = clock_ns() + CONTROL_TIMEOUT_MS * 1000000ull;
    c->sent = send_request(c, current(c));
    uv_timer_start(&c->timer, on_timer, RETRY_MS, RETRY_MS);
}

control *control_open(link_service *service, const char *endpoint, err *e)
{
    control *c = calloc(1, sizeof *c);
    if (!c || strlen(endpoint) >= sizeof c->endpoint) {
        free(c);
        err_set(e, ERR_INVALID, "no room for the endpoint %.80s", endpoint);
        return NULL;
    }
    c->service = service;
    strcpy(c->endpoint, endpoint);
    if (open_socket(c, e) != ERR_NONE) {
        free(c);
        return NULL;
    }
    uv_timer_init(link_service_loop(service), &c->timer);
    c->timer.data = c;
    return c;
}

void control_close(control *c)
{
    while (c->count)
        finish(c, NULL, "the monitor stops");
    link_socket_close(c->socket, 0);
    uv_close((uv_handle_t *)&c->timer, NULL);
}

void control_free(control *c)
{
    free(c);
}

int control_submit(control *c, const control_change *change, control_done done, void *user)
{
    if (c->count == CONTROL_WAITING_MAX)
        return ERR_STATE;
    size_t last = (c->first + c->count++) % CONTROL_WAITING_MAX;
    c->queue[last] = (waiting){.change = *change, .done = done, .user = user};
    if (c->count == 1)
        advance(c);
    return ERR_NONE;
}
