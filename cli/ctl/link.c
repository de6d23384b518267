#include "link.h"

#include <zmq.h>

#include "base/clock.h"
#include "link/context.h"
#include "link/socket.h"

/* One request, one reply; false after a failure. */
static bool exchange(void *socket, const wire_control_request *request, zmq_msg_t *answer)
{
    zmq_msg_t frame;
    if (wire_control_request_pack(request, &frame) != ERR_NONE)
        return false;
    if (zmq_msg_send(&frame, socket, 0) >= 0)
        return zmq_msg_recv(answer, socket, 0) >= 0;
    zmq_msg_close(&frame);
    return false;
}

/* Requests the settings of single UEs that did not fit into the reply. */
static int ask_for_the_rest(void *socket, wire_control_reply *reply, zmq_msg_t *answer, err *e)
{
    int rc = ERR_NONE;
    while (rc == ERR_NONE && !reply->error[0] && reply->next_ue > 0) {
        const wire_control_request next = {.from_ue = reply->next_ue};
        wire_control_reply page = {0};
        rc = exchange(socket, &next, answer)
                 ? wire_control_reply_unpack(answer, &page, e)
                 : err_set(e, ERR_TIMEOUT, "channel-sim stopped answering after UE %u",
                           reply->next_ue - 1);
        if (rc == ERR_NONE)
            rc = wire_control_reply_append(reply, &page, e);
        wire_control_reply_clear(&page);
    }
    return rc;
}

static int ask(void *socket, const ctl_address *to, const wire_control_request *request,
               size_t times, hist *round_trips, wire_control_reply *reply, err *e)
{
    zmq_msg_t answer;
    bool good = true;
    zmq_msg_init(&answer);
    for (size_t i = 0; good && i < times; i++) {
        uint64_t start = clock_ns();
        good = exchange(socket, request, &answer);
        if (good && round_trips)
            hist_add(round_trips, clock_ns() - start);
    }
    int rc = good ? wire_control_reply_unpack(&answer, reply, e)
                  : err_set(e, ERR_TIMEOUT,
                            "no answer from %s in %d s: is the simulation still running%s?",
                            to->endpoint, CTL_TIMEOUT_MS / 1000,
                            to->keys ? ", and does it admit this certificate" : "");
    if (rc == ERR_NONE && (rc = ask_for_the_rest(socket, reply, &answer, e)) != ERR_NONE)
        wire_control_reply_clear(reply);
    zmq_msg_close(&answer);
    return rc;
}

int ctl_ask(const ctl_address *to, const wire_control_request *request, size_t times,
            hist *round_trips, wire_control_reply *reply, err *e)
{
    void *context = link_context_create(), *socket = zmq_socket(context, ZMQ_REQ);
    int timeout = CTL_TIMEOUT_MS, linger = 0;
    *reply = (wire_control_reply){0};
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    int rc = link_connect(socket, to->endpoint, to->keys, e);
    if (rc == ERR_NONE)
        rc = ask(socket, to, request, times, round_trips, reply, e);
    zmq_close(socket);
    zmq_ctx_term(context);
    if (rc == ERR_NONE && reply->error[0]) {
        rc = err_set(e, ERR_INVALID, "%.400s", reply->error);
        wire_control_reply_clear(reply);
    }
    return rc;
}
