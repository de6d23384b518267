#include "calendar.h"

#include <stdlib.h>

struct calendar {
    chain_schedule schedule;
    calendar_entry *heap; /* binary heap, earliest first; one entry per UE with reports left */
    size_t count;
};

static bool earlier(const calendar_entry *a, const calendar_entry *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->ue < b->ue;
}

static void sift_down(calendar *c, size_t i)
{
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < c->count; child++)
            if (earlier(&c->heap[child], &c->heap[least]))
                least = child;
        if (least == i)
            return;
        calendar_entry t = c->heap[i];
        c->heap[i] = c->heap[least];
        c->heap[least] = t;
        i = least;
    }
}

calendar *calendar_create(const chain_schedule *schedule, uint32_t first_ue, size_t ues)
{
    calendar *c = calloc(1, sizeof *c);
    if (c)
        c->heap = calloc(ues, sizeof *c->heap);
    if (!c || !c->heap) {
        free(c);
        return NULL;
    }
    c->schedule = *schedule;
    c->count = ues;
    for (size_t i = 0; i < ues; i++) {
        uint32_t ue = first_ue + (uint32_t)i;
        c->heap[i] = (calendar_entry){chain_schedule_due_ns(schedule, ue, 0), ue, 0};
    }
    for (size_t i = ues / 2; i-- > 0;)
        sift_down(c, i);
    return c;
}

void calendar_free(calendar *c)
{
    if (c)
        free(c->heap);
    free(c);
}

const calendar_entry *calendar_next(const calendar *c)
{
    return c->count ? &c->heap[0] : NULL;
}

void calendar_advance(calendar *c)
{
    calendar_entry *first = &c->heap[0];
    first->seq++;
    if (first->seq >= chain_schedule_reports(&c->schedule, first->ue))
        *first = c->heap[--c->count];
    else
        first->due_ns = chain_schedule_due_ns(&c->schedule, first->ue, first->seq);
    sift_down(c, 0);
}
