/* calendar.h: finds the next due report among UEs with different periods. */
#ifndef UE_AGENT_CALENDAR_H
#define UE_AGENT_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cell/schedule.h"

typedef struct calendar calendar;

typedef struct calendar_entry {
    uint64_t due_ns; /* from the schedule's start */
    uint32_t ue, seq;
} calendar_entry;

/* UEs first_ue .. first_ue + ues - 1; NULL when memory ran out. The schedule is copied. */
calendar *calendar_create(const chain_schedule *schedule, uint32_t first_ue, size_t ues);
void calendar_free(calendar *c);

/* The next report, or NULL at the end of the schedule. At equal times the lower UE comes first. */
const calendar_entry *calendar_next(const calendar *c);

/* Moves on to the next report. */
void calendar_advance(calendar *c);

#endif
