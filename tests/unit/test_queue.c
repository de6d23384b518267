#include "bs-server/queue.h"
#include "harness.h"

#include <stdlib.h>

/* Numbers that share a chain of the table, and some that do not. */
static const uint32_t numbers[] = {0, 1 << 14, 2 << 14, 61 << 14, 1, 999999};
enum { UES = sizeof numbers / sizeof numbers[0] };

static link_peers *peers;
static job_queue *queue;

static void open_queue(void)
{
    peers = link_peers_create(2, 1 << 20);
    queue = job_queue_create(peers);
    REQUIRE(peers && queue);
}

/* Nothing is left behind. */
static void close_queue(void)
{
    CHECK(job_queue_ready(queue) == 0 && job_queue_take(queue) == NULL);
    CHECK(link_peers_bytes(peers) == 0);
    job_queue_free(queue);
    link_peers_free(peers);
}

static link_peer *peer_of(const char *name)
{
    link_peer *p = link_peers_at(peers, name, 1, 0);
    REQUIRE(p != NULL);
    return p;
}

static job *job_of(uint32_t ue, uint32_t seq)
{
    wire_report r = {.ue = ue, .seq = seq};
    job *j = job_create(NULL, 0, &r);
    REQUIRE(j != NULL);
    return j;
}

/* Returns whether it is ready. */
static bool add(const char *peer, uint32_t ue, uint32_t seq)
{
    job *j = job_of(ue, seq);
    REQUIRE(link_peers_hold(peers, peer_of(peer), &j->item, 1, NULL) == ERR_NONE);
    return job_queue_add(queue, j);
}

static job *take(uint32_t ue, uint32_t seq)
{
    job *j = job_queue_take(queue);
    REQUIRE(j && j->report.ue == ue && j->report.seq == seq);
    return j;
}

static void drop(job *j)
{
    link_peers_release(peers, &j->item);
    job_free(j);
}

/* Returns whether another of its UE is ready now. */
static bool finish(job *j)
{
    bool more = job_queue_finish(queue, j);
    drop(j);
    return more;
}

/* None of these codecs has memory. */
static void a_ue_in_work_waits(void)
{
    open_queue();
    CHECK(add("a", 7, 0) && !add("a", 7, 1) && add("a", 8, 2) && !add("a", 7, 3));
    CHECK(job_queue_ready(queue) == 2);
    job *seven = take(7, 0), *eight = take(8, 2);
    CHECK(job_queue_ready(queue) == 0 && job_queue_take(queue) == NULL);
    CHECK(!add("a", 8, 4) && add("a", 9, 5));
    job *nine = take(9, 5);
    CHECK(job_queue_take(queue) == NULL);
    CHECK(finish(eight));
    eight = take(8, 4);
    CHECK(!finish(nine) && job_queue_take(queue) == NULL);
    CHECK(finish(seven));
    seven = take(7, 1);
    CHECK(!finish(eight) && finish(seven));
    CHECK(!finish(take(7, 3)));
    close_queue();
}

/* One UE of a peer sends ten reports, then two others one each: they wait for one of the ten. */
static void a_ue_with_many_reports_holds_up_no_other(void)
{
    open_queue();
    for (uint32_t seq = 0; seq < 10; seq++)
        CHECK(add("a", 1, seq) == (seq == 0));
    CHECK(add("a", 2, 0) && add("a", 3, 0) && add("b", 4, 0));
    job *first = take(1, 0);
    CHECK(finish(first));
    job *other = take(4, 0); /* the other peer's turn */
    job *second = take(2, 0), *third = take(3, 0);
    CHECK(!finish(other) && !finish(second) && !finish(third));
    for (uint32_t seq = 1; seq < 10; seq++)
        CHECK(finish(take(1, seq)) == (seq < 9));
    close_queue();
}

static void the_oldest_that_waits_is_pushed_out(void)
{
    static const uint32_t order[][2] = {{1, 1}, {2, 0}, {1, 2}, {2, 1}};
    open_queue();
    add("a", 1, 0);
    add("a", 1, 1);
    add("a", 2, 0);
    add("a", 1, 2);
    add("a", 2, 1);
    add("b", 3, 0);
    job *working = take(1, 0);
    for (size_t i = 0; i < 4; i++) {
        job *j = job_queue_push_out(queue, peer_of("a"));
        REQUIRE(j && j->report.ue == order[i][0] && j->report.seq == order[i][1]);
        drop(j);
        /* UE 2's second takes the place of its first; all of UE 1's are behind the one in work. */
        CHECK(job_queue_ready(queue) == (i < 3 ? 2 : 1));
    }
    CHECK(job_queue_push_out(queue, peer_of("a")) == NULL);
    CHECK(!finish(take(3, 0)) && !finish(working));
    close_queue();
}

/* --- against a plain list
 * --------------------------------------------------------------------------
 */

enum { OUT = 4, LIST = 64 };

typedef struct model {
    job *waiting[LIST]; /* in the order in which they came */
    size_t count;
    job *out[OUT]; /* in work */
    uint32_t seq;
    unsigned draw;
} model;

static unsigned draw_below(model *m, unsigned n)
{
    m->draw = m->draw * 1103515245u + 12345u;
    return (m->draw >> 16) % n;
}

static void forget(model *m, const job *j)
{
    size_t i = 0;
    while (i < m->count && m->waiting[i] != j)
        i++;
    REQUIRE(i < m->count);
    for (m->count--; i < m->count; i++)
        m->waiting[i] = m->waiting[i + 1];
}

static job *first_of_ue(const model *m, uint32_t ue)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->waiting[i]->report.ue == ue)
            return m->waiting[i];
    return NULL;
}

static job *first_of_peer(const model *m, const link_peer *peer)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->waiting[i]->item.peer == peer)
            return m->waiting[i];
    return NULL;
}

static bool in_work(const model *m, uint32_t ue)
{
    bool found = false;
    for (size_t i = 0; i < OUT; i++)
        found |= m->out[i] && m->out[i]->report.ue == ue;
    return found;
}

static size_t ready_of(const model *m)
{
    size_t ready = 0;
    for (size_t i = 0; i < UES; i++)
        ready += !in_work(m, numbers[i]) && first_of_ue(m, numbers[i]);
    return ready;
}

static void add_one(model *m)
{
    link_peer *p = peer_of(draw_below(m, 2) ? "a" : "b");
    job *j = job_of(numbers[draw_below(m, UES)], m->seq++);
    bool ready = !in_work(m, j->report.ue) && !first_of_ue(m, j->report.ue);
    REQUIRE(m->count < LIST && link_peers_hold(peers, p, &j->item, 1, NULL) == ERR_NONE);
    m->waiting[m->count++] = j;
    CHECK(job_queue_add(queue, j) == ready);
}

static void push_one_out(model *m)
{
    link_peer *p = peer_of(draw_below(m, 2) ? "a" : "b");
    job *j = job_queue_push_out(queue, p);
    CHECK(j == first_of_peer(m, p));
    if (!j)
        return;
    forget(m, j);
    drop(j);
}

static void finish_and_take(model *m)
{
    job **out = &m->out[draw_below(m, OUT)];
    if (*out) {
        uint32_t ue = (*out)->report.ue;
        CHECK(finish(*out) == (first_of_ue(m, ue) != NULL));
        *out = NULL;
    }
    bool any = ready_of(m) > 0;
    job *j = job_queue_take(queue);
    CHECK((j != NULL) == any);
    if (!j)
        return;
    CHECK(!in_work(m, j->report.ue) && first_of_ue(m, j->report.ue) == j);
    forget(m, j);
    *out = j;
}

/* Whatever the order of events: no UE is in work twice, none of its reports overtakes another, the
 * oldest of a peer gives way, and nothing that is ready is missed. */
static void it_is_a_list_of_ues(void)
{
    model m = {.draw = 1};
    open_queue();
    for (int i = 0; i < 20000; i++) {
        unsigned what = draw_below(&m, 8);
        if (what < 4 && m.count < LIST)
            add_one(&m);
        else if (what == 4)
            push_one_out(&m);
        else
            finish_and_take(&m);
        CHECK(job_queue_ready(queue) == ready_of(&m));
    }
    while (m.count > 0 || ready_of(&m) > 0)
        finish_and_take(&m);
    for (size_t i = 0; i < OUT; i++)
        if (m.out[i])
            CHECK(!finish(m.out[i]));
    close_queue();
}

static const harness_test tests[] = {
    {"a UE in work waits, whatever its codec", a_ue_in_work_waits},
    {"a UE with many reports holds up no other", a_ue_with_many_reports_holds_up_no_other},
    {"the oldest that waits is pushed out", the_oldest_that_waits_is_pushed_out},
    {"a UE's reports come one at a time and in order, and none is forgotten", it_is_a_list_of_ues},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "queue", tests, sizeof tests / sizeof tests[0]);
}
