/* quality.h: the quality of the base station's CSI, measured at the end that knows the truth: the
 * UE's end of the simulation. The truth never leaves it.
 *
 * A reconstruction is compared with the true channel H twice, in the same domain:
 *   - at estimation, the time of the report's pilots, t
 *   - at use, when the base station precodes with it, t + a
 *
 *     NMSE   ||H - H~||^2 / ||H||^2 of the truncated angle-delay matrices [nt][ni]
 *     rho, SGCS, rate    on a grid of subcarriers, csi/metrics.h, csi/precoding.h
 *
 * The grid of the truth is from the whole channel, including the part that truncation cuts; if the
 * UE does not estimate and only the kept taps of the channel are known, it is from those. A
 * reconstruction's grid is the inverse transform of its taps.
 *
 * A codec that gives directions (codec/kind.h) reconstructs precoders w, one per subband, and no
 * channel. It has SGCS and a rate, since both depend only on the direction: on subcarrier n it is
 *
 *     |h_n w_s|^2 / (||h_n||^2 ||w_s||^2),    s the subband of n,
 *
 * and neither NMSE nor rho, which are NaN. Sums count such reports separately (measure/sums.h).
 *
 * With a = 0, or a UE at rest, the two times agree. If the channel's autocorrelation at lag a is
 * rho(a), the mean of |H|^2 is constant, and H~ = H(t) + E with E independent of the change,
 *
 *     E[NMSE_used] = NMSE + 2 (1 - Re rho(a)). */
#ifndef MEASURE_QUALITY_H
#define MEASURE_QUALITY_H

#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/dims.h"
#include "csi/transform.h"
#include "fading/fading.h"

/* The SNR for spectral efficiency if the pilots are noiseless. */
#define MEASURE_SE_SNR_DB 20.0
double measure_se_snr_db(double dl_snr_db);

/* The genie's knowledge of one report. */
typedef struct measure_truth {
    float complex *taps; /* [nt][ni] true truncated angle-delay matrix */
    float complex *grid; /* [csi_grid.count][nt] true channel on the grid (csi/grid.h) */
} measure_truth;

/* Figures of one reconstruction, linear. */
typedef struct measure_quality {
    double nmse, rho; /* NaN for directions */
    double sgcs;
    double se; /* bit/s/Hz with the matched-filter precoder from the reconstruction */
} measure_quality;

/* Whether a measured reconstruction has NMSE and rho: channels have them, directions do not. */
static inline bool measure_has_nmse(const measure_quality *q)
{
    return !isnan(q->nmse);
}

/* measure_truth_free accepts a zeroed truth, too. */
int measure_truth_init(measure_truth *truth, const csi_dims *dims, err *e);
void measure_truth_free(measure_truth *truth);
size_t measure_truth_bytes(const csi_dims *dims);

/* The truth of report `seq` of a UE, a pure function of time_s: when recomputed it is the same, bit
 * for bit, as at the UE's estimation. whole_band: the grid is from the whole channel; false: from
 * its kept taps. Returns the channel's errors. */
int measure_truth_at(fading_ue *channel, csi_transform *t, bool whole_band, uint32_t seq,
                     double time_s, measure_truth *truth, err *e);

typedef struct measurer measurer; /* workspaces of one thread */

typedef struct measurer_config {
    csi_dims dims;
    uint32_t subbands; /* reconstructions are precoders [subbands][nt], 1..nc subbands; 0: channels
                          [nt][ni] */
    bool whole_band;   /* the truth's grid is from the whole channel; false: from its kept taps */
    double dl_snr_db;  /* of the pilots; spectral efficiency is at measure_se_snr_db(it) */
} measurer_config;

/* Entries of a reconstruction: nt * ni, or subbands * nt. */
size_t measurer_entries(const measurer_config *config);

/* NULL on failure: ERR_INVALID for more subbands than subcarriers. */
measurer *measurer_create(const measurer_config *config, err *e);
void measurer_free(measurer *m);

/* measure_truth_at in the measurer's workspaces. */
int measurer_recompute(measurer *m, fading_ue *channel, uint32_t seq, double time_s,
                       measure_truth *truth, err *e);

/* Compares the reconstruction with a truth. False if the truth is all zero or a figure that should
 * exist is not finite: then there is nothing to measure. No allocation. */
bool measurer_at_estimation(measurer *m, const measure_truth *truth, const float complex *h,
                            measure_quality *q);

/* Compares it with the UE's channel at time_s + age_s. Returns the channel's errors, and
 * ERR_INVALID if there is nothing to measure. No allocation. */
int measurer_at_use(measurer *m, fading_ue *channel, uint32_t seq, double time_s, double age_s,
                    const float complex *h, measure_quality *q, err *e);

/* Pictures for people: magnitudes [rows][columns] of the truth, and of the reconstruction.
 *   a channel     |H| of the truncated angle-delay matrices: angles x delay taps
 *   directions    |h_n| / ||h_n|| of the truth and |w| / ||w|| of the reconstruction, over angles x
 *                 the grid's subcarriers: a direction has no length and no delay */
typedef struct measure_picture {
    uint32_t rows, columns;
    bool directions;
} measure_picture;

measure_picture measurer_picture_size(const measurer *m);

/* Both arrays need room for rows x columns. No allocation. */
void measurer_picture(measurer *m, const measure_truth *truth, const float complex *h,
                      float *of_truth, float *of_h);

/* Whether a channel changes with time: a replayed file changes with the reports' numbers instead.
 */
bool measure_ages(const fading *channel);

#endif
