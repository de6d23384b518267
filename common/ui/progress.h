/* progress.h: how far a long job is, how fast, and how long it still takes: a bar redrawn in place
 * on a terminal, a plain line every few seconds elsewhere. */
#ifndef UI_PROGRESS_H
#define UI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct progress {
    FILE *out;
    const char *what; /* "samples" */
    double total, done;
    uint64_t start_ns, drawn_ns;
    bool terminal, drawn;
} progress;

/* `what` is kept by reference. */
progress progress_start(FILE *out, const char *what, double total);

/* `done` of the total; draws when it is time to. */
void progress_update(progress *p, double done);

/* Wipes the bar off a terminal. */
void progress_end(progress *p);

/* "850ms", "12s", "3m 5s", "2h 10m". */
void progress_duration(double seconds, char *text, size_t size);

#endif
