/* age.h: what the CSI of a report is worth when it is used. A report tells the channel H(t) of when
 * it was due; the base station precodes with it at t + a, when the channel is H(t + a):
 *
 *     NMSE_used = ||H(t + a) - H~||^2 / ||H(t + a)||^2
 *
 * and likewise the similarity and the rate of the precoder from H~. With a = 0, or a UE at rest,
 * that is the NMSE at estimation. Where the channel's autocorrelation over a is rho(a),
 * |H|^2 stays the same in the mean and H~ = H(t) + E with E independent of the change,
 *
 *     E[NMSE_used] = NMSE + 2 (1 - Re rho(a)).
 */
#ifndef MEASURE_AGE_H
#define MEASURE_AGE_H

#include <complex.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/dims.h"
#include "fading/fading.h"

typedef struct chain_aged {
    double age_s;
    double nmse; /* linear, truncated angle-delay domain */
    double sgcs;
    double se; /* bit/s/Hz with the matched-filter precoder from the reconstruction */
} chain_aged;

typedef struct chain_age chain_age; /* workspaces of one thread */

/* The sizes must allow measuring (chain_check_dims with genie). NULL on failure. */
chain_age *chain_age_create(const csi_dims *dims, err *e);
void chain_age_free(chain_age *age);

/* Holds the reconstruction [nt][ni] of report `seq`, due at time_s, against its UE's channel at
 * time_s + age_s; SE at chain_se_snr_db(dl_snr_db). Fails where the channel does, and with
 * ERR_INVALID where it is all zero or the reconstruction not finite. No allocation. */
int chain_age_measure(chain_age *age, fading_ue *channel, uint32_t seq, double time_s, double age_s,
                      double dl_snr_db, const float complex *reconstruction, chain_aged *aged,
                      err *e);

/* "4ms", or "measured" (NaN): when CSI is used, after it was due. Up to CHAIN_USE_AFTER_MAX_S. */
#define CHAIN_USE_AFTER_MAX_S 3600.0
int chain_age_parse_use(const char *text, double *use_after_s, err *e);

/* Whether a channel ages: one that replays a file follows the reports' numbers, not time. */
bool chain_ages(const fading *channel);

#endif
