#include "calendar.h"

#include <stdlib.h>

#include "base/time_heap.h"

struct calendar {
    chain_schedule schedule;
    calendar_entry *ue; /* each UE's next report */
    time_heap due;      /* of the UEs that have reports left */
};

/* At equal times the lower UE comes first. */
static time_entry entry_of(calendar_entry *e)
{
    return (time_entry){e->due_ns, e->ue, e};
}

calendar *calendar_create(const chain_schedule *schedule, uint32_t first_ue, size_t ues)
{
    calendar *c = calloc(1, sizeof *c);
    if (c)
        c->ue = calloc(ues, sizeof *c->ue);
    if (!c || !c->ue) {
        free(c);
        return NULL;
    }
    c->schedule = *schedule;
    for (size_t i = 0; i < ues; i++) {
        uint32_t ue = first_ue + (uint32_t)i;
        c->ue[i] = (calendar_entry){chain_schedule_due_ns(schedule, ue, 0), ue, 0};
        if (time_heap_add(&c->due, entry_of(&c->ue[i])) != 0) {
            calendar_free(c);
            return NULL;
        }
    }
    return c;
}

void calendar_free(calendar *c)
{
    if (!c)
        return;
    time_heap_free(&c->due);
    free(c->ue);
    free(c);
}

const calendar_entry *calendar_next(const calendar *c)
{
    const time_entry *first = time_heap_first(&c->due);
    return first ? first->item : NULL;
}

void calendar_advance(calendar *c)
{
    calendar_entry *first = time_heap_first(&c->due)->item;
    first->seq++;
    if (first->seq >= chain_schedule_reports(&c->schedule, first->ue)) {
        (void)time_heap_take(&c->due);
        return;
    }
    first->due_ns = chain_schedule_due_ns(&c->schedule, first->ue, first->seq);
    time_heap_replace(&c->due, entry_of(first));
}
