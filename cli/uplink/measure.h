/* measure.h: measures the thresholds of a modulation: `csilink uplink table --measure`. */
#ifndef CLI_UPLINK_MEASURE_H
#define CLI_UPLINK_MEASURE_H

#include <stdio.h>

#include "grid.h"
#include "threshold.h"

typedef struct measure_plan {
    modulation modulation; /* not MODULATION_PI2_BPSK: its thresholds are those of QPSK */
    uint32_t bits_max;     /* of a code block; UINT32_MAX for the whole table */
    uint64_t errors, seed;
    size_t threads;
} measure_plan;

typedef struct measure_table {
    measure_plan plan;
    double seconds; /* duration of the measurement */
    size_t count;
    grid_point point[GRID_POINTS_MAX];
    threshold found[GRID_POINTS_MAX];
} measure_table;

/* Measures all points of the plan, with progress on standard error. The figures depend only on
 * errors and seed. Fails like threshold_find. */
int measure_run(const measure_plan *plan, measure_table *table, err *e);

/* The table as CSV, and as the C source that the library is compiled from
 * (uplink/digital/adaptation_table.h), with the command, the day and the machine at its head. */
void measure_put_csv(FILE *to, const measure_table *table);
void measure_put_c(FILE *to, const measure_table *table);

#endif
