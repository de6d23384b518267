/* overload.h: does the machine keep up with the cell? Told while it runs: a schedule that is late
 * is caught up and never thinned, so that a cell that asks for too much shows as growing lateness.
 */
#ifndef CLI_RUN_OVERLOAD_H
#define CLI_RUN_OVERLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Figures of one look, from the telemetry of all processes. NaN: not told yet. */
typedef struct overload_figures {
    double answered; /* reports that the base station or the channel settled, since the start */
    double late_s;   /* how late the schedule is at the agent that is latest */
    double waiting;  /* reports in channel-sim for which the base station has no room */
    double full;     /* reports refused for want of memory, since the start */
} overload_figures;

/* What the cell asks for. */
typedef struct overload_cell {
    double offered; /* reports/s of all UEs */
    uint32_t ues;
    size_t agents,
        agents_max;  /* there are; there may be more where the machine has cores for them */
    double period_s; /* of the UEs that report most often */
} overload_cell;

/* Zero-initialise. */
typedef struct overload {
    uint64_t window_ns; /* when it began; 0: none did */
    overload_figures before;
    double rate;   /* reports/s that were answered in the last window */
    double late_s; /* the schedule's lateness, and how long what waits will take */
    unsigned
        windows; /* one after the other in which the schedule was late, and not less than before */
    bool told;
    char text[320];
} overload;

enum { OVERLOAD_WINDOW_MS = 500, OVERLOAD_WINDOWS = 3 };

/* To be called often. The text for the user, which stands until it is no longer so: the rates
 * offered and reached, and which options help; NULL while the machine keeps up. It comes after
 * OVERLOAD_WINDOWS windows of lateness above a quarter of a second that does not shrink (or of
 * reports refused for want of memory): within 2 s or so. */
const char *overload_look(overload *o, const overload_cell *cell, const overload_figures *now,
                          uint64_t now_ns);

#endif
