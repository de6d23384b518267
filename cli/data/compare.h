/* compare.h: the results of `csilink data compare`, and their output. */
#ifndef CLI_DATA_COMPARE_H
#define CLI_DATA_COMPARE_H

#include <stdbool.h>

#include "critic.h"
#include "portrait.h"
#include "targets.h"

typedef struct comparison {
    const char *name; /* of the set, as given */
    portrait portrait;
    portrait_mean nmse[TARGET_CRITICS_MAX]; /* of t->critic[i] */
} comparison;

/* A mean share in dB, at least -200. */
double db_of_mean(portrait_mean m);

/* `judged`: print critics. `axes`: also print the power of each tap and angle. */
void compare_print_head(const targets *t, bool judged);
void compare_print(const targets *t, const comparison *c, bool judged, bool axes);
void compare_print_json(const targets *t, const comparison *all, size_t count, bool judged);

#endif
