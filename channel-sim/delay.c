#include "delay.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/time_heap.h"
#include "service/alarm.h"

struct delay_queue {
    void (*release)(void *user, passage *p);
    void *user;
    time_heap heap; /* of passages, by release time, then by arrival */
    uint64_t arrivals;
    link_alarm *alarm;
};

static void arm(delay_queue *q)
{
    const time_entry *first = time_heap_first(&q->heap);
    link_alarm_set(q->alarm, first ? first->time_ns : 0);
}

static void release_first(delay_queue *q)
{
    q->release(q->user, time_heap_take(&q->heap).item);
}

static void on_time(void *user)
{
    delay_queue *q = user;
    uint64_t now = clock_ns();
    const time_entry *first;
    while ((first = time_heap_first(&q->heap)) && first->time_ns <= now)
        release_first(q);
    arm(q);
}

delay_queue *delay_create(uv_loop_t *loop, void (*release)(void *user, passage *p), void *user,
                          err *e)
{
    delay_queue *q = calloc(1, sizeof *q);
    if (!q) {
        err_set(e, ERR_NOMEM, "out of memory for a queue of delayed reports");
        return NULL;
    }
    q->release = release;
    q->user = user;
    q->alarm = link_alarm_open(loop, on_time, q, e);
    if (q->alarm)
        return q;
    free(q);
    return NULL;
}

int delay_add(delay_queue *q, passage *p)
{
    time_entry entry = {p->release_ns, q->arrivals, p};
    if (time_heap_add(&q->heap, entry) != ERR_NONE)
        return ERR_NOMEM;
    q->arrivals++;
    if (time_heap_first(&q->heap)->item == p)
        arm(q);
    return ERR_NONE;
}

size_t delay_waiting(const delay_queue *q)
{
    return q->heap.count;
}

void delay_flush(delay_queue *q)
{
    while (q->heap.count)
        release_first(q);
}

void delay_close(delay_queue *q)
{
    link_alarm_close(q->alarm);
    time_heap_free(&q->heap);
    free(q);
}
