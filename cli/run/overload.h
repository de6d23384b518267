/* overload.h: detects, during a run, that the machine cannot keep up with the cell. An agent that
 * is late catches up and skips no report, so under overload its lateness grows. */
#ifndef CLI_RUN_OVERLOAD_H
#define CLI_RUN_OVERLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Figures at one time, from the telemetry of all processes. NaN: not reported yet. */
typedef struct overload_figures {
    double answered; /* reports that were answered or lost in the channel, since the start */
    double late_s;   /* how far the latest agent is behind its schedule */
    double waiting;  /* in channel-sim, because the base station has no room for them */
    double full;     /* reports refused because memory was full, since the start */
} overload_figures;

/* The load that the cell puts on the machine. */
typedef struct overload_cell {
    double offered; /* reports/s of all UEs */
    uint32_t ues;
    size_t agents, agents_max; /* running; one for each core, up to RUN_AGENTS_MAX */
    double period_s;           /* of the UEs that report most often */
} overload_cell;

/* Zero-initialise. */
typedef struct overload {
    uint64_t window_ns; /* start of the current window; 0: none yet */
    overload_figures before;
    double rate;      /* reports/s answered in the last window */
    double late_s;    /* the schedule's lateness plus the time that the waiting reports will take */
    unsigned windows; /* in a row in which the schedule was late and lateness did not shrink */
    bool reported;    /* `text` is shown */
    char text[320];
} overload;

enum { OVERLOAD_WINDOW_MS = 500, OVERLOAD_WINDOWS = 3 };

/* Call it often. Returns NULL while the machine keeps up; otherwise a text for the user with the
 * rates offered and reached, and the options that help. The text appears after OVERLOAD_WINDOWS
 * windows with a lateness above a quarter of a second that does not shrink, or with reports refused
 * because memory was full, which takes about 2 s. It stays until the machine has caught up. */
const char *overload_look(overload *o, const overload_cell *cell, const overload_figures *now,
                          uint64_t now_ns);

#endif
