#include "channel-sim/returns.h"
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ANSWER = 2000, BUDGET = 1 << 20, ANSWERS = 20000 };

typedef struct fixture {
    uv_loop_t loop;
    void *context, *peer;
    char folder[32], endpoint[64];
    link_socket *agents;
    returns *returns;
    zmq_msg_t identity;
    bool known;
} fixture;

static void on_hello(link_socket *s, void *user, zmq_msg_t *frames, size_t count)
{
    (void)s, (void)count;
    fixture *f = user;
    zmq_msg_copy(&f->identity, &frames[0]);
    f->known = true;
}

static void set_up(fixture *f)
{
    int linger = 0, queue = 1;
    *f = (fixture){.folder = "/tmp/test-returns-XXXXXX"};
    REQUIRE(mkdtemp(f->folder) != NULL);
    snprintf(f->endpoint, sizeof f->endpoint, "ipc://%s/s", f->folder);
    REQUIRE(uv_loop_init(&f->loop) == 0);
    f->context = zmq_ctx_new();
    zmq_msg_init(&f->identity);
    link_socket_options o = {.type = ZMQ_ROUTER,
                             .endpoint = f->endpoint,
                             .bind = true,
                             .received = on_hello,
                             .user = f,
                             .send_queue = RETURNS_QUEUE};
    REQUIRE((f->agents = link_socket_open(&f->loop, f->context, &o, NULL)) != NULL);
    REQUIRE((f->returns = returns_create(&f->loop, f->agents, BUDGET, NULL)) != NULL);
    f->peer = zmq_socket(f->context, ZMQ_DEALER);
    zmq_setsockopt(f->peer, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(f->peer, ZMQ_RCVHWM, &queue, sizeof queue);
    REQUIRE(zmq_connect(f->peer, f->endpoint) == 0 && zmq_send(f->peer, "", 0, 0) == 0);
    while (!f->known)
        uv_run(&f->loop, UV_RUN_ONCE);
}

static void tear_down(fixture *f)
{
    returns_close(f->returns);
    link_socket_close(f->agents, 0);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&f->loop) == 0);
    zmq_msg_close(&f->identity);
    if (f->peer)
        zmq_close(f->peer);
    zmq_ctx_term(f->context);
    unlink(f->endpoint + 6);
    rmdir(f->folder);
}

/* Number `n` to the peer. */
static int send_answer(fixture *f, unsigned n)
{
    zmq_msg_t frames[2];
    zmq_msg_init(&frames[0]);
    zmq_msg_copy(&frames[0], &f->identity);
    zmq_msg_init_size(&frames[1], ANSWER);
    memset(zmq_msg_data(&frames[1]), 0, ANSWER);
    memcpy(zmq_msg_data(&frames[1]), &n, sizeof n);
    int rc = returns_send(f->returns, frames);
    if (rc != ERR_NONE) {
        zmq_msg_close(&frames[0]);
        zmq_msg_close(&frames[1]);
    }
    return rc;
}

/* All that were taken arrive, in their order, though ZeroMQ's own queue holds few. */
static void what_was_taken_arrives_in_order(void)
{
    fixture f;
    unsigned taken = 0, came = 0, waited = 0;
    char answer[ANSWER];
    set_up(&f);
    while (taken < ANSWERS && send_answer(&f, taken) == ERR_NONE) {
        taken++;
        waited += returns_waiting(f.returns) > 0;
    }
    CHECK(taken > RETURNS_QUEUE && taken < ANSWERS && waited > 0); /* a share is full at its end */
    CHECK(returns_waiting(f.returns) * ANSWER <= BUDGET / 2);
    while (came < taken) {
        unsigned n;
        if (zmq_recv(f.peer, answer, sizeof answer, ZMQ_DONTWAIT) == ANSWER) {
            memcpy(&n, answer, sizeof n);
            CHECK(n == came);
            came++;
        }
        uv_run(&f.loop, UV_RUN_NOWAIT);
    }
    CHECK(returns_waiting(f.returns) == 0 && returns_dropped(f.returns) == 0);
    tear_down(&f);
}

static void what_waits_for_a_peer_that_has_gone_is_dropped_and_counted(void)
{
    fixture f;
    set_up(&f);
    for (unsigned n = 0; n < ANSWERS && send_answer(&f, n) == ERR_NONE;)
        n++;
    size_t waiting = returns_waiting(f.returns);
    CHECK(waiting > 0);
    zmq_close(f.peer);
    f.peer = NULL;
    while (returns_waiting(f.returns) > 0)
        uv_run(&f.loop, UV_RUN_ONCE);
    CHECK(returns_dropped(f.returns) > 0 && returns_dropped(f.returns) <= waiting);
    CHECK(send_answer(&f, 0) == ERR_STATE);
    tear_down(&f);
}

static const harness_test tests[] = {
    {"answers that were taken arrive in their order; what waits keeps to its share",
     what_was_taken_arrives_in_order},
    {"answers to a peer that has gone are dropped and counted",
     what_waits_for_a_peer_that_has_gone_is_dropped_and_counted},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "returns", tests, sizeof tests / sizeof tests[0]);
}
