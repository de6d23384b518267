#include "base/clock.h"
#include "channel-sim/backlog.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

enum { BUDGET = 1 << 20, SYMBOLS = 128 };

typedef struct fixture {
    uv_loop_t loop;
    link_peers *peers;
    backlog *backlog;
    size_t room;
    size_t forwarded, dropped;
    uint32_t last_forwarded, last_dropped;
    uint32_t order[64]; /* UEs of the first that were forwarded */
} fixture;

static bool has_room(void *user)
{
    const fixture *f = user;
    return f->room > 0;
}

static void on_forward(void *user, passage *p)
{
    fixture *f = user;
    f->room -= f->room > 0;
    if (f->forwarded < 64)
        f->order[f->forwarded] = p->report.ue;
    f->forwarded++;
    f->last_forwarded = p->report.seq;
    passage_free(p);
}

static void on_dropped(void *user, passage *p, const char *reason)
{
    fixture *f = user;
    CHECK(strstr(reason, "newer report") != NULL);
    f->dropped++;
    f->last_dropped = p->report.seq;
    passage_free(p);
}

static void set_up(fixture *f, bool oldest)
{
    *f = (fixture){.peers = link_peers_create(10, BUDGET)};
    REQUIRE(f->peers && uv_loop_init(&f->loop) == 0);
    backlog_options o = {f->peers, oldest, has_room, on_forward, on_dropped, f};
    f->backlog = backlog_create(&f->loop, &o, NULL);
    REQUIRE(f->backlog != NULL);
}

static void tear_down(fixture *f)
{
    backlog_flush(f->backlog);
    CHECK(link_peers_bytes(f->peers) == 0 && backlog_waiting(f->backlog) == 0);
    backlog_close(f->backlog);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&f->loop) == 0);
    link_peers_free(f->peers);
}

/* ERR_STATE where there was no room: the report is gone then. */
static int add(fixture *f, const char *identity, uint32_t ue, uint32_t seq, uint64_t release_ns)
{
    link_peer *peer = link_peers_at(f->peers, identity, strlen(identity), 0);
    zmq_msg_t frame;
    wire_report report = {.ue = ue, .seq = seq, .symbols = SYMBOLS};
    zmq_msg_init(&frame);
    passage *p = passage_create(&frame, &report);
    REQUIRE(peer && p);
    p->release_ns = release_ns;
    int rc = backlog_reserve(f->backlog, peer, p, NULL);
    if (rc == ERR_NONE)
        rc = backlog_add(f->backlog, p, NULL);
    if (rc != ERR_NONE)
        passage_free(p);
    return rc;
}

static uint64_t in_an_hour(void)
{
    return clock_ns() + 3600000000000u;
}

/* added = forwarded + dropped + refused, whichever goes; what is held never exceeds the budget. */
static void check_flood(bool oldest, uint64_t release_ns)
{
    enum { REPORTS = 5000 };
    fixture f;
    size_t refused = 0;
    set_up(&f, oldest);
    for (uint32_t i = 0; i < REPORTS; i++) {
        refused += add(&f, "flood", 1, i, release_ns) != ERR_NONE;
        CHECK(link_peers_bytes(f.peers) <= BUDGET / 2);
    }
    CHECK(add(&f, "honest", 2, 0, release_ns) == ERR_NONE);
    CHECK(oldest ? f.dropped > 0 : refused > 0 && f.dropped == 0);
    if (oldest && release_ns == 0) /* the newest ones are there */
        CHECK(refused == 0 && f.last_dropped + (BUDGET / 2) / 1000 > REPORTS - 1000);
    backlog_flush(f.backlog);
    CHECK(f.forwarded + f.dropped + refused == REPORTS + 1);
    tear_down(&f);
}

static void a_flood_keeps_to_its_share_and_loses_nothing_silently(void)
{
    check_flood(false, 0);
    check_flood(true, 0);
    check_flood(false, in_an_hour());
    check_flood(true, in_an_hour());
}

static void reports_leave_by_turns_as_there_is_room(void)
{
    fixture f;
    set_up(&f, false);
    for (uint32_t i = 0; i < 20; i++)
        REQUIRE(add(&f, "flood", 1, i, 0) == ERR_NONE);
    REQUIRE(add(&f, "honest", 2, 0, 0) == ERR_NONE);
    CHECK(f.forwarded == 0 && backlog_waiting(f.backlog) == 21);
    f.room = 3;
    backlog_pump(f.backlog);
    CHECK(f.forwarded == 3 && f.order[0] == 1 && f.order[1] == 2 && f.order[2] == 1);
    f.room = 100;
    backlog_pump(f.backlog);
    CHECK(f.forwarded == 21 && f.room == 82);
    CHECK(add(&f, "flood", 1, 99, 0) == ERR_NONE && f.forwarded == 22); /* at once */
    tear_down(&f);
}

static void a_delayed_report_waits_for_its_time_and_then_for_room(void)
{
    fixture f;
    set_up(&f, false);
    f.room = 1;
    uint64_t soon = clock_ns() + 2000000;
    REQUIRE(add(&f, "a", 1, 0, soon) == ERR_NONE && add(&f, "a", 1, 1, soon) == ERR_NONE);
    CHECK(f.forwarded == 0 && backlog_delayed(f.backlog) == 2);
    while (backlog_delayed(f.backlog) > 0)
        uv_run(&f.loop, UV_RUN_ONCE);
    CHECK(clock_ns() >= soon && f.forwarded == 1 && backlog_waiting(f.backlog) == 1);
    f.room = 1;
    backlog_pump(f.backlog);
    CHECK(f.forwarded == 2 && f.last_forwarded == 1);
    tear_down(&f);
}

static const harness_test tests[] = {
    {"a flood keeps to its share; each report is forwarded, pushed out or refused",
     a_flood_keeps_to_its_share_and_loses_nothing_silently},
    {"reports leave by turns, as many as there is room for",
     reports_leave_by_turns_as_there_is_room},
    {"a delayed report waits for its time, and then for room",
     a_delayed_report_waits_for_its_time_and_then_for_room},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "backlog", tests, sizeof tests / sizeof tests[0]);
}
