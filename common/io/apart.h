/* apart.h: a call in a child process, for a library that a damaged file can crash.
 *
 * The child is a fork without exec: it starts with a copy of the caller's memory, so the job's
 * arguments need not be packed. It must not use what the caller's other threads may have locked or
 * be changing; the C library's allocator is safe, OpenBLAS is not. What it allocates is lost with
 * it: the results travel back through a pipe. */
#ifndef IO_APART_H
#define IO_APART_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

/* The three parts of a call; each gets the `user` of apart_call. */
typedef struct apart_job {
    /* In the child: does the work. Returns an err_code, with the reason in *e (never NULL). */
    int (*work)(void *user, err *e);
    /* In the child, after work returned ERR_NONE: writes the results to `out`. NULL: none. */
    void (*send)(FILE *out, void *user);
    /* In the caller: reads what send wrote. The child had the damaged file in its memory, so
     * lengths read from `in` are checked. ERR_FORMAT where `in` ends too early. NULL: none. */
    int (*take)(FILE *in, void *user, err *e);
} apart_job;

/* Runs the job and returns what `work`, then `take`, returned. ERR_STATE if the child ended before
 * it answered: the message says how ("signal 11 ended it"). ERR_IO, ERR_NOMEM if no child can be
 * started. The child ends with the calling thread. */
int apart_call(const apart_job *job, void *user, err *e);

#endif
