#include "base/clock.h"
#include "base/rng.h"
#include "channel-sim/delay.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

enum { PASSAGES = 2000 };

/* What was released, in its order; a report's sequence number identifies its passage. */
typedef struct released {
    size_t count, expected, early;
    uint64_t *time, *now;
    uint32_t *number;
    delay_queue *queue;
} released;

static void on_release(void *user, passage *p)
{
    released *r = user;
    uint64_t now = clock_ns();
    if (r->time) {
        r->time[r->count] = p->release_ns;
        r->number[r->count] = p->report.seq;
    }
    r->early += now < p->release_ns;
    r->count++;
    passage_free(p);
}

static passage *passage_of(uint32_t number, uint64_t release_ns)
{
    zmq_msg_t identity;
    wire_report report = {.seq = number};
    zmq_msg_init(&identity);
    passage *p = passage_create(&identity, &report);
    REQUIRE(p != NULL);
    p->release_ns = release_ns;
    return p;
}

static void set_up(uv_loop_t *loop, released *r, size_t expected)
{
    *r = (released){.expected = expected};
    r->time = calloc(expected, sizeof *r->time);
    r->number = calloc(expected, sizeof *r->number);
    REQUIRE(r->time && r->number && uv_loop_init(loop) == 0);
    r->queue = delay_create(loop, on_release, r, NULL);
    REQUIRE(r->queue != NULL);
}

static void tear_down(uv_loop_t *loop, released *r)
{
    while (r->count < r->expected)
        uv_run(loop, UV_RUN_ONCE);
    delay_close(r->queue);
    uv_run(loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(loop) == 0);
    free(r->time);
    free(r->number);
}

/* Equal times are frequent: 40 different ones over 200 ms. */
static void passages_leave_in_order_of_time_and_arrival(void)
{
    uv_loop_t loop;
    released r;
    set_up(&loop, &r, PASSAGES);
    uint64_t start = clock_ns();
    rng g = rng_at(31, RNG_JITTER, 0, 0);
    for (uint32_t i = 0; i < PASSAGES; i++) {
        uint64_t slot = (uint64_t)(40 * rng_uniform(&g));
        REQUIRE(delay_add(r.queue, passage_of(i, start + slot * 5000000u)) == ERR_NONE);
    }
    CHECK(delay_waiting(r.queue) == PASSAGES);
    while (r.count < PASSAGES)
        uv_run(&loop, UV_RUN_ONCE);
    CHECK(r.count == PASSAGES && r.early == 0);
    for (size_t i = 1; i < r.count; i++)
        CHECK(r.time[i - 1] < r.time[i] ||
              (r.time[i - 1] == r.time[i] && r.number[i - 1] < r.number[i]));
    tear_down(&loop, &r);
}

static void a_later_but_earlier_due_passage_moves_the_alarm_forward(void)
{
    uv_loop_t loop;
    released r;
    set_up(&loop, &r, 2);
    uint64_t start = clock_ns();
    REQUIRE(delay_add(r.queue, passage_of(0, start + 300000000u)) == ERR_NONE);
    REQUIRE(delay_add(r.queue, passage_of(1, start + 1000000u)) == ERR_NONE);
    while (r.count == 0)
        uv_run(&loop, UV_RUN_ONCE);
    CHECK(r.number[0] == 1);
    CHECK(clock_ns() - start < 300000000u); /* it did not wait for the other */
    tear_down(&loop, &r);
    CHECK(r.count == 2);
}

static void a_flush_releases_all_at_once_in_order(void)
{
    uv_loop_t loop;
    released r;
    set_up(&loop, &r, PASSAGES);
    uint64_t in_an_hour = clock_ns() + 3600000000000u;
    for (uint32_t i = 0; i < PASSAGES; i++) {
        passage *p = passage_of(i, in_an_hour + (uint64_t)(i * 7919 % 1000));
        REQUIRE(delay_add(r.queue, p) == ERR_NONE);
    }
    delay_flush(r.queue);
    CHECK(r.count == PASSAGES);
    for (size_t i = 1; i < r.count; i++)
        CHECK(r.time[i - 1] <= r.time[i]);
    tear_down(&loop, &r);
}

static const harness_test tests[] = {
    {"passages leave in order of time, equal times in order of arrival, never early",
     passages_leave_in_order_of_time_and_arrival},
    {"a passage that is due earlier moves the alarm forward",
     a_later_but_earlier_due_passage_moves_the_alarm_forward},
    {"a flush releases all at once, in order", a_flush_releases_all_at_once_in_order},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "delay", tests, sizeof tests / sizeof tests[0]);
}
