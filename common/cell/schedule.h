/* schedule.h: when each UE of a cell reports, and how often in all.
 *
 * A cell has a list of n periods; UE k has the (k mod n)-th. UE k's report `seq` is due at
 *     start + period_k (seq + k / cell_ues mod 1),
 * which spreads UEs of one period evenly over it. A schedule of `duration_s` has floor(duration_s /
 * period_k) reports of UE k, at least one, whatever happens while it runs. */
#ifndef CELL_SCHEDULE_H
#define CELL_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { CHAIN_PERIODS_MAX = 64 };

#define CHAIN_PERIOD_MIN_S 1e-4
#define CHAIN_PERIOD_MAX_S 3600.0

typedef struct chain_schedule {
    double period_s[CHAIN_PERIODS_MAX];
    size_t periods;
    double duration_s; /* 0: endless */
    uint32_t cell_ues;
} chain_schedule;

/* The default time to warm up: a second, or a tenth of a duration shorter than 10 s. Reports due
 * before it are made like all others; their latency is counted separately. */
double chain_schedule_warm_up(double duration_s);

/* "20", "20ms", "20,50ms,1s": periods, bare numbers in milliseconds. */
int chain_schedule_parse_periods(chain_schedule *schedule, const char *text, err *e);

double chain_schedule_period(const chain_schedule *schedule, uint32_t ue);

/* Reports of one UE; UINT32_MAX for an endless schedule. */
uint32_t chain_schedule_reports(const chain_schedule *schedule, uint32_t ue);

/* Nanoseconds from the schedule's start until a report is due. */
uint64_t chain_schedule_due_ns(const chain_schedule *schedule, uint32_t ue, uint32_t seq);

#endif
