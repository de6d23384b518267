/* progress.h: progress of a long job: how far, how fast, and the time left. On a terminal a bar
 * that is redrawn, elsewhere a plain line every few seconds. */
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

/* Keeps a reference to `what`. */
progress progress_start(FILE *out, const char *what, double total);

/* `done` of the total; draws when it is time to. */
void progress_update(progress *p, double done);

/* Wipes the bar off a terminal. */
void progress_end(progress *p);

/* "850ms", "12s", "3m 5s", "2h 10m". */
void progress_duration(double seconds, char *text, size_t size);

#endif
