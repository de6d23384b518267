#include "harness.h"
#include "link/socket.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 10000, PATIENCE_MS = 60000 }; /* a stranded message would wait for ever */

/* A ROUTER and a DEALER on one loop, each with a timer to send from. */
typedef struct fixture {
    uv_loop_t loop;
    void *context;
    char folder[32], endpoint[64];
    link_socket *router, *dealer;
    uv_timer_t router_timer, dealer_timer, patience, ticker;
    bool out_of_patience;
    zmq_msg_t reply_to; /* of the message that the router answers later */
    unsigned sent, echoed, returned, received, ticks;
    size_t last_count;
} fixture;

static void on_patience(uv_timer_t *timer)
{
    fixture *f = timer->data;
    f->out_of_patience = true;
    uv_stop(&f->loop);
}

static void set_up(fixture *f)
{
    memset(f, 0, sizeof *f);
    strcpy(f->folder, "/tmp/test-link-XXXXXX");
    REQUIRE(mkdtemp(f->folder) != NULL);
    snprintf(f->endpoint, sizeof f->endpoint, "ipc://%s/s", f->folder);
    REQUIRE(uv_loop_init(&f->loop) == 0);
    f->context = zmq_ctx_new();
    uv_timer_t *timers[] = {&f->router_timer, &f->dealer_timer, &f->patience, &f->ticker};
    for (size_t i = 0; i < 4; i++) {
        uv_timer_init(&f->loop, timers[i]);
        timers[i]->data = f;
    }
    uv_timer_start(&f->patience, on_patience, PATIENCE_MS, 0);
}

static void tear_down(fixture *f)
{
    uv_timer_t *timers[] = {&f->router_timer, &f->dealer_timer, &f->patience, &f->ticker};
    for (size_t i = 0; i < 4; i++)
        uv_close((uv_handle_t *)timers[i], NULL);
    link_socket_close(f->router, 0);
    link_socket_close(f->dealer, 0);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&f->loop) == 0); /* nothing of ours is left on it */
    zmq_ctx_term(f->context);
    unlink(f->endpoint + 6);
    rmdir(f->folder);
}

static link_socket *open_socket(fixture *f, int type, bool bind, link_received received)
{
    link_socket_options o = {
        .type = type, .endpoint = f->endpoint, .bind = bind, .received = received, .user = f};
    link_socket *s = link_socket_open(&f->loop, f->context, &o, NULL);
    REQUIRE(s != NULL);
    return s;
}

static void frame_of(zmq_msg_t *frame, unsigned number)
{
    zmq_msg_init_size(frame, sizeof number);
    memcpy(zmq_msg_data(frame), &number, sizeof number);
}

static unsigned number_of(zmq_msg_t *frame)
{
    unsigned number = 0;
    if (zmq_msg_size(frame) == sizeof number)
        memcpy(&number, zmq_msg_data(frame), sizeof number);
    return number;
}

static int send_number(link_socket *s, unsigned number)
{
    zmq_msg_t frame;
    frame_of(&frame, number);
    int status = link_socket_send(s, &frame, 1);
    if (status != ERR_NONE)
        zmq_msg_close(&frame);
    return status;
}

static void echo(fixture *f, zmq_msg_t *identity, unsigned number)
{
    zmq_msg_t frames[2];
    zmq_msg_init(&frames[0]);
    zmq_msg_move(&frames[0], identity);
    frame_of(&frames[1], number);
    if (link_socket_send(f->router, frames, 2) == ERR_NONE)
        f->echoed++;
}

static void on_router_timer(uv_timer_t *timer)
{
    fixture *f = timer->data;
    echo(f, &f->reply_to, f->returned);
}

/* Answers every other message at once, the others from a timer. */
static void on_router_message(link_socket *s, void *user, zmq_msg_t *frames, size_t count)
{
    (void)s;
    fixture *f = user;
    f->received++;
    if (count != 2 || number_of(&frames[1]) != f->returned)
        return;
    if (f->returned % 2) {
        echo(f, &frames[0], f->returned);
    } else {
        zmq_msg_init(&f->reply_to);
        zmq_msg_move(&f->reply_to, &frames[0]);
        uv_timer_start(&f->router_timer, on_router_timer, 0, 0);
    }
}

static void on_dealer_timer(uv_timer_t *timer)
{
    fixture *f = timer->data;
    if (send_number(f->dealer, f->returned) == ERR_NONE)
        f->sent++;
    else /* no peer yet */
        uv_timer_start(&f->dealer_timer, on_dealer_timer, 1, 0);
}

/* Sends the next, by turns from here and from a timer. */
static void on_dealer_message(link_socket *s, void *user, zmq_msg_t *frames, size_t count)
{
    (void)s;
    fixture *f = user;
    if (count != 1 || number_of(&frames[0]) != f->returned)
        return;
    if (++f->returned == ROUNDS)
        uv_stop(&f->loop);
    else if (f->returned % 3)
        on_dealer_timer(&f->dealer_timer);
    else
        uv_timer_start(&f->dealer_timer, on_dealer_timer, 0, 0);
}

/* One message is under way at a time: had one been stranded, nothing would free it. */
static void no_message_is_ever_stranded(void)
{
    fixture f;
    set_up(&f);
    f.router = open_socket(&f, ZMQ_ROUTER, true, on_router_message);
    f.dealer = open_socket(&f, ZMQ_DEALER, false, on_dealer_message);
    uv_timer_start(&f.dealer_timer, on_dealer_timer, 0, 0);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    CHECK(!f.out_of_patience);
    CHECK(f.sent == ROUNDS && f.echoed == ROUNDS && f.returned == ROUNDS);
    tear_down(&f);
}

static void on_any(link_socket *s, void *user, zmq_msg_t *frames, size_t count)
{
    (void)s, (void)frames;
    fixture *f = user;
    f->received++;
    f->last_count = count;
    if (f->received == f->sent)
        uv_stop(&f->loop);
}

static void on_until_sent(uv_timer_t *timer)
{
    fixture *f = timer->data;
    if (send_number(f->dealer, 1) == ERR_NONE) {
        f->sent++;
        uv_timer_stop(timer);
    }
}

static void wait_until_delivered(fixture *f)
{
    unsigned before = f->received;
    uv_timer_start(&f->dealer_timer, on_until_sent, 0, 5);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    CHECK(!f->out_of_patience && f->received == before + 1);
}

static void nothing_is_queued_for_a_peer_that_is_not_there(void)
{
    fixture f;
    set_up(&f);
    f.dealer = open_socket(&f, ZMQ_DEALER, false, on_any);
    zmq_msg_t frame;
    frame_of(&frame, 7);
    CHECK(!link_socket_writable(f.dealer));
    CHECK(link_socket_send(f.dealer, &frame, 1) == ERR_STATE);
    CHECK(number_of(&frame) == 7); /* still the caller's */
    zmq_msg_close(&frame);
    f.router = open_socket(&f, ZMQ_ROUTER, true, on_any);
    wait_until_delivered(&f);
    CHECK(f.received == 1 && link_socket_writable(f.dealer));
    tear_down(&f);
}

static void a_peer_that_restarts_is_found_again(void)
{
    fixture f;
    set_up(&f);
    f.dealer = open_socket(&f, ZMQ_DEALER, false, on_any);
    for (int again = 0; again < 3; again++) {
        f.router = open_socket(&f, ZMQ_ROUTER, true, on_any);
        wait_until_delivered(&f);
        link_socket_close(f.router, 0);
        f.router = NULL;
        for (int i = 0; i < 2000 && link_socket_writable(f.dealer); i++) {
            uv_run(&f.loop, UV_RUN_NOWAIT);
            usleep(1000);
        }
        CHECK(send_number(f.dealer, 1) == ERR_STATE);
    }
    tear_down(&f);
}

static void an_answer_without_a_way_is_refused(void)
{
    fixture f;
    set_up(&f);
    f.router = open_socket(&f, ZMQ_ROUTER, true, on_any);
    zmq_msg_t frames[2];
    frame_of(&frames[0], 1234567);
    frame_of(&frames[1], 1);
    CHECK(link_socket_send(f.router, frames, 2) == ERR_STATE);
    CHECK(number_of(&frames[0]) == 1234567 && number_of(&frames[1]) == 1);
    zmq_msg_close(&frames[0]);
    zmq_msg_close(&frames[1]);
    tear_down(&f);
}

static void *raw_dealer(const fixture *f)
{
    void *raw = zmq_socket(f->context, ZMQ_DEALER);
    int linger = 0;
    zmq_setsockopt(raw, ZMQ_LINGER, &linger, sizeof linger);
    REQUIRE(zmq_connect(raw, f->endpoint) == 0);
    return raw;
}

static void send_frames(void *raw, int count)
{
    for (int i = 0; i < count; i++)
        CHECK(zmq_send(raw, "x", 1, i + 1 < count ? ZMQ_SNDMORE : 0) == 1);
}

static void messages_of_too_many_frames_are_counted(void)
{
    fixture f;
    set_up(&f);
    f.router = open_socket(&f, ZMQ_ROUTER, true, on_any);
    void *raw = raw_dealer(&f);
    send_frames(raw, LINK_FRAMES_MAX); /* one too many, with the identity */
    send_frames(raw, 9);
    send_frames(raw, 500);
    send_frames(raw, LINK_FRAMES_MAX - 1);
    f.sent = 1;
    uv_run(&f.loop, UV_RUN_DEFAULT);
    CHECK(!f.out_of_patience);
    CHECK(f.received == 1 && f.last_count == LINK_FRAMES_MAX);
    CHECK(link_socket_malformed(f.router) == 3);
    zmq_close(raw);
    tear_down(&f);
}

static void a_message_too_long_costs_only_its_sender(void)
{
    fixture f;
    set_up(&f);
    f.router = open_socket(&f, ZMQ_ROUTER, true, on_any);
    void *bad = raw_dealer(&f);
    char *big = calloc(1, LINK_FRAME_BYTES_MAX + 1);
    REQUIRE(big != NULL);
    CHECK(zmq_send(bad, big, LINK_FRAME_BYTES_MAX + 1, 0) > 0);
    free(big);
    f.dealer = open_socket(&f, ZMQ_DEALER, false, on_any);
    wait_until_delivered(&f);
    CHECK(f.received == 1 && link_socket_malformed(f.router) == 0);
    zmq_close(bad);
    tear_down(&f);
}

/* --- connections --------------------------------------------------------------------------------
 */

typedef struct connected {
    fixture f;
    unsigned messages, ended;
    int of_message[8], of_end[8];
} connected;

static void on_connected(link_socket *s, void *user, zmq_msg_t *frames, size_t count)
{
    (void)s;
    connected *c = user;
    if (c->messages < 8)
        c->of_message[c->messages] = link_socket_connection(&frames[count - 1]);
    c->messages++;
}

static void on_end(link_socket *s, void *user, int connection)
{
    (void)s;
    connected *c = user;
    if (c->ended < 8)
        c->of_end[c->ended] = connection;
    c->ended++;
}

static void open_limited(connected *c, int most)
{
    *c = (connected){0};
    set_up(&c->f);
    link_socket_options o = {.type = ZMQ_ROUTER,
                             .endpoint = c->f.endpoint,
                             .bind = true,
                             .received = on_connected,
                             .user = c,
                             .connections_max = most,
                             .ended = on_end};
    c->f.router = link_socket_open(&c->f.loop, c->f.context, &o, NULL);
    REQUIRE(c->f.router != NULL);
}

/* A peer that connects once and says something. */
static void *speaker(connected *c)
{
    void *raw = zmq_socket(c->f.context, ZMQ_DEALER);
    int linger = 0, never = -1;
    unsigned before = c->messages;
    zmq_setsockopt(raw, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(raw, ZMQ_RECONNECT_IVL, &never, sizeof never);
    REQUIRE(zmq_connect(raw, c->f.endpoint) == 0);
    send_frames(raw, 1);
    while (c->messages == before && !c->f.out_of_patience)
        uv_run(&c->f.loop, UV_RUN_ONCE);
    return raw;
}

static void the_end_of_a_connection_is_told_by_its_number(void)
{
    connected c;
    open_limited(&c, 0);
    void *a = speaker(&c), *b = speaker(&c);
    CHECK(c.of_message[0] >= 0 && c.of_message[1] >= 0 && c.of_message[0] != c.of_message[1]);
    zmq_close(b);
    while (c.ended == 0 && !c.f.out_of_patience)
        uv_run(&c.f.loop, UV_RUN_ONCE);
    CHECK(c.ended == 1 && c.of_end[0] == c.of_message[1]);
    zmq_close(a);
    tear_down(&c.f);
}

/* Of three, where two may be, the first that is not trusted goes, and the others go on. */
static void of_too_many_connections_one_that_is_not_trusted_goes(void)
{
    connected c;
    open_limited(&c, 2);
    void *a = speaker(&c);
    link_socket_trust(c.f.router, c.of_message[0]);
    void *b = speaker(&c), *d = speaker(&c);
    while (c.ended == 0 && !c.f.out_of_patience)
        uv_run(&c.f.loop, UV_RUN_ONCE);
    CHECK(c.of_end[0] == c.of_message[1] && link_socket_turned_away(c.f.router) == 1);
    send_frames(a, 1);
    send_frames(d, 1);
    while (c.messages < 5 && !c.f.out_of_patience)
        uv_run(&c.f.loop, UV_RUN_ONCE);
    CHECK(c.messages == 5 && c.ended == 1);
    zmq_close(a);
    zmq_close(b);
    zmq_close(d);
    tear_down(&c.f);
}

static void on_overlong(link_socket *s, void *user, zmq_msg_t *frames, size_t count)
{
    (void)frames;
    fixture *f = user;
    f->last_count = count;
    f->sent = f->received + 1; /* nothing else comes */
    CHECK(link_socket_malformed(s) == 1);
    uv_stop(&f->loop);
}

static void a_message_of_too_many_frames_can_be_answered(void)
{
    fixture f;
    set_up(&f);
    link_socket_options o = {.type = ZMQ_ROUTER,
                             .endpoint = f.endpoint,
                             .bind = true,
                             .received = on_any,
                             .overlong = on_overlong,
                             .user = &f};
    REQUIRE((f.router = link_socket_open(&f.loop, f.context, &o, NULL)) != NULL);
    void *raw = raw_dealer(&f);
    send_frames(raw, 1000);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    CHECK(!f.out_of_patience && f.received == 0 && f.last_count == LINK_FRAMES_MAX);
    zmq_close(raw);
    tear_down(&f);
}

static void on_tick(uv_timer_t *timer)
{
    fixture *f = timer->data;
    f->ticks++;
}

static void a_flood_does_not_starve_timers(void)
{
    fixture f;
    enum { FLOOD = 20000 };
    set_up(&f);
    f.router = open_socket(&f, ZMQ_ROUTER, true, on_any);
    void *raw = raw_dealer(&f);
    int unlimited = 0;
    zmq_setsockopt(raw, ZMQ_SNDHWM, &unlimited, sizeof unlimited);
    for (int i = 0; i < FLOOD; i++)
        send_frames(raw, 1);
    f.sent = FLOOD;
    uv_timer_start(&f.ticker, on_tick, 0, 1);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    CHECK(!f.out_of_patience && f.received == FLOOD);
    CHECK(f.ticks >= 2);
    zmq_close(raw);
    tear_down(&f);
}

static void on_close_itself(link_socket *s, void *user, zmq_msg_t *frames, size_t count)
{
    (void)frames, (void)count;
    fixture *f = user;
    f->received++;
    link_socket_close(s, 0);
    f->router = NULL;
    uv_stop(&f->loop);
}

static void a_socket_may_close_in_its_own_callback(void)
{
    fixture f;
    set_up(&f);
    f.router = open_socket(&f, ZMQ_ROUTER, true, on_close_itself);
    void *raw = raw_dealer(&f);
    for (int i = 0; i < 10; i++)
        send_frames(raw, 1);
    uv_run(&f.loop, UV_RUN_DEFAULT);
    CHECK(!f.out_of_patience && f.received == 1);
    zmq_close(raw);
    tear_down(&f);
}

static void a_bad_endpoint_is_named(void)
{
    fixture f;
    set_up(&f);
    static const char *const bad[] = {"nonsense", "tcp://", "ipc://", "udp://127.0.0.1:5",
                                      "ipc:///no/such/folder/s"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        link_socket_options o = {
            .type = ZMQ_ROUTER, .endpoint = bad[i], .bind = true, .received = on_any, .user = &f};
        CHECK(!link_socket_open(&f.loop, f.context, &o, &e));
        CHECK(e.code == (strstr(bad[i], "/no/such") ? ERR_IO : ERR_INVALID));
        CHECK(strstr(e.text, bad[i]) != NULL);
    }
    tear_down(&f);
}

static const harness_test tests[] = {
    {"the end of a connection is reported by the number that its messages had",
     the_end_of_a_connection_is_told_by_its_number},
    {"of too many connections one that is not trusted goes, and the others go on",
     of_too_many_connections_one_that_is_not_trusted_goes},
    {"a message of too many frames is not received, but can be answered",
     a_message_of_too_many_frames_can_be_answered},
    {"of 10,000 round trips, sent from callbacks and timers, none is stranded",
     no_message_is_ever_stranded},
    {"nothing is queued for a peer that is not there",
     nothing_is_queued_for_a_peer_that_is_not_there},
    {"a peer that restarts is found again", a_peer_that_restarts_is_found_again},
    {"an answer to nobody is refused and stays the caller's", an_answer_without_a_way_is_refused},
    {"messages of too many frames are dropped and counted",
     messages_of_too_many_frames_are_counted},
    {"a message too long costs only its sender the connection",
     a_message_too_long_costs_only_its_sender},
    {"a flood does not starve timers", a_flood_does_not_starve_timers},
    {"a socket may close in its own callback", a_socket_may_close_in_its_own_callback},
    {"an endpoint that cannot be opened is named", a_bad_endpoint_is_named},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "link", tests, sizeof tests / sizeof tests[0]);
}
