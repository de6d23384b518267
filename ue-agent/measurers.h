/* measurers.h: worker threads that compare reconstructions with the truth, after their answers
 * arrived.
 *
 * A measurement that needs a UE's channel (for the CSI's quality at its use, or for a truth that
 * was not kept) borrows it from the report pool: it waits while the UE's next report is made, and
 * reports wait while it runs. A UE's reports are measured in the order in which they were added, so
 * its sums are the same in each run to the last digit. A thread takes all waiting measurements, up
 * to a batch, so under load few wake-ups serve many reports. */
#ifndef UE_AGENT_MEASURERS_H
#define UE_AGENT_MEASURERS_H

#include <complex.h>
#include <uv.h>

#include "base/error.h"
#include "measure/outcome.h"
#include "measure/quality.h"
#include "report_pool.h"
#include "wire/answer.h"

/* So many measurements can wait before the schedule must; each holds a reconstruction. */
enum { MEASURERS_WAITING_MAX = 1024 };

typedef struct measurers measurers;

/* One reconstruction to measure. */
typedef struct measurement {
    size_t ue_index;
    double time_s;        /* of the report, on its channel's clock */
    double age_s;         /* time until its CSI is used; NaN: not measured */
    measure_truth *truth; /* NULL: compute it again */
    chain_outcome outcome;
    wire_answer answer; /* with the reconstruction: measurer_entries */
} measurement;

typedef struct measurers_options {
    measurer_config measure;
    report_pool *pool;
    size_t ues;     /* ue_index is below it */
    size_t workers; /* of the pool: half of them can measure at a time */
    /* On the loop: outcome.measured, .aged and their figures are set; *e says why one is not. The
     * UE's channel has been given back. The callee owns m->truth again; m->answer is cleared after
     * the call. */
    void (*measured)(void *user, measurement *m, const err *e);
    void *user;
} measurers_options;

measurers *measurers_create(uv_loop_t *loop, const measurers_options *options, err *e);

/* Takes over *m, including its answer. ERR_NOMEM: takes nothing. */
int measurers_add(measurers *a, const measurement *m);

/* Starts waiting measurements. Call it when a channel has become free. */
void measurers_pump(measurers *a);

size_t measurers_waiting(const measurers *a);
size_t measurers_busy(const measurers *a); /* waiting or in work */

/* Only when nothing is in work and nothing waits. NULL allowed. */
void measurers_free(measurers *a);

#endif
