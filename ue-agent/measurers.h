/* measurers.h: reconstructions held against the truth, off the loop, once their answers are there.
 *
 * What needs a UE's channel (the CSI's worth at its use, a truth that was not kept) borrows it from
 * the makers: a measurement waits while the UE's next report is made, and reports wait while it is
 * measured. A UE's reports are measured in the order in which they were added, so that its sums are
 * the same in each run, to the last digit. A thread takes all that waits, up to a batch: under load
 * few wake-ups serve many reports. */
#ifndef UE_AGENT_MEASURERS_H
#define UE_AGENT_MEASURERS_H

#include <complex.h>
#include <uv.h>

#include "base/error.h"
#include "makers.h"
#include "measure/outcome.h"
#include "measure/quality.h"
#include "wire/answer.h"

/* How many may wait before the schedule has to: each holds a reconstruction. */
enum { MEASURERS_WAITING_MAX = 1024 };

typedef struct measurers measurers;

/* One reconstruction to measure. */
typedef struct measurement {
    size_t ue_index;
    double time_s;        /* of the report, by its channel's clock */
    double age_s;         /* its CSI is used so much later; NaN: that is not measured */
    measure_truth *truth; /* NULL: to be computed anew */
    chain_outcome outcome;
    wire_answer answer; /* with the reconstruction: measurer_entries */
} measurement;

typedef struct measurers_options {
    measurer_config measure;
    makers *makers;
    size_t ues;     /* ue_index is below it */
    size_t workers; /* of the makers: half of them may be used at a time */
    /* On the loop: outcome.measured, .aged and their figures are set; *e says why one is not. The
     * UE's channel has been given back. m->truth is the callee's again, m->answer is cleared
     * afterwards. */
    void (*measured)(void *user, measurement *m, const err *e);
    void *user;
} measurers_options;

measurers *measurers_create(uv_loop_t *loop, const measurers_options *options, err *e);

/* Takes over *m, its answer included. ERR_NOMEM: nothing was taken. */
int measurers_add(measurers *a, const measurement *m);

/* Starts what can be started: call it when the makers have given something back. */
void measurers_pump(measurers *a);

size_t measurers_waiting(const measurers *a);
size_t measurers_busy(const measurers *a); /* waiting or in work */

/* When nothing is in work and nothing waits. NULL allowed. */
void measurers_free(measurers *a);

#endif
