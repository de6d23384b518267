/* agers.h: what age does to the CSI of a report, measured off the loop once its answer is there. A
 * UE's channel belongs to one thread at a time, so it is borrowed from the makers: a measurement
 * waits while the UE's next report is made, and reports wait while it is measured. */
#ifndef UE_AGENT_AGERS_H
#define UE_AGENT_AGERS_H

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "makers.h"
#include "measure/outcome.h"

/* How many may wait before the schedule has to: each holds a reconstruction. */
enum { AGERS_WAITING_MAX = 1024 };

typedef struct agers agers;

typedef struct agers_options {
    csi_dims dims;
    double dl_snr_db;
    makers *makers;
    size_t workers; /* of the makers: half of them may be used at a time */
    /* On the loop: outcome->used is set, or the measurement failed with *e. The UE's channel has
     * been given back. */
    void (*aged)(void *user, size_t ue_index, const chain_outcome *outcome, const err *e);
    void *user;
} agers_options;

agers *agers_create(uv_loop_t *loop, const agers_options *options, err *e);

/* Measures the reconstruction [nt][ni] of a report that was due at time_s by its channel's clock,
 * used age_s later. Copies both. ERR_NOMEM. */
int agers_add(agers *a, size_t ue_index, const chain_outcome *outcome, double time_s, double age_s,
              const float complex *reconstruction);

/* Starts what can be started: call it when the makers have given something back. */
void agers_pump(agers *a);

size_t agers_waiting(const agers *a);
size_t agers_busy(const agers *a); /* waiting or in work */

/* When nothing is in work and nothing waits. */
void agers_free(agers *a);

#endif
