/* channel_stats.h: statistics of sets of channels, for the conformance tests of channel models.
 *
 * Every figure comes with its sampling error, one standard error. Samples of one environment are
 * not independent of each other: a set says how many in a row share one (`group`), and groups are
 * the unit that errors are taken over, also where that leaves few of them. */
#ifndef TESTS_CHANNEL_STATS_H
#define TESTS_CHANNEL_STATS_H

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "fading/fading.h"

enum { STATS_ANGLES = 32, STATS_TAPS = 32, STATS_ENTRIES = 1024, STATS_REALS = 2048 };

/* Angle-delay matrices, each scaled to unit energy. */
typedef struct stats_set {
    size_t count, group; /* samples [i group, (i + 1) group) share an environment; 1: none do */
    float *x;            /* [count][2][angle][tap]: real plane, imaginary plane */
} stats_set;

typedef struct stats_figure {
    double value, error;
} stats_figure;

/* --- sets --------------------------------------------------------------------------------------
 * All return ERR_NONE, or the error that *e tells; free with stats_free (a zeroed set is fine). */

/* The first `most` samples (0: all) of a data set's file. */
int stats_read(const char *path, size_t most, size_t group, stats_set *s, err *e);

/* One sample of each of the UEs first..first+count-1 of a channel, at time 0. `group` is the
 * channel's fading_environment_ues(); start at a multiple of it. */
int stats_draw(const fading *f, uint32_t first, size_t count, stats_set *s, err *e);

/* Room for `count` samples, all zero; stats_put fills one from h_ad[32][32]. */
int stats_make(size_t count, size_t group, stats_set *s, err *e);
void stats_put(stats_set *s, size_t at, const float complex *h_ad);

void stats_free(stats_set *s);

/* --- figures -----------------------------------------------------------------------------------
 * Linear, unless they say dB. */

/* Mean share of the energy per delay tap, or per angle bin. */
void stats_tap_power(const stats_set *s, stats_figure power[STATS_TAPS]);
void stats_angle_power(const stats_set *s, stats_figure power[STATS_ANGLES]);

/* Mean NMSE of keeping each sample's `keep` largest complex entries. */
stats_figure stats_truncation(const stats_set *s, size_t keep);

/* rms width of one power-delay profile, in taps; of a list of paths, in seconds. */
double stats_profile_spread(const float *sample);
double stats_path_spread(const fading_path *paths, size_t count);

/* The mean and the quantile q (0..1, between neighbours) of n values, groups as in a set; the
 * quantile's error by the bootstrap over groups (200 resamples, always the same). */
stats_figure stats_mean(const double *values, size_t n, size_t group);
stats_figure stats_quantile(const double *values, size_t n, size_t group, double q);

/* Principal components of images scaled as the field's files are (largest part 1/2), no mean
 * removed; and the mean NMSE of a set's images in the first `keep` of them. */
typedef struct stats_pca stats_pca;
stats_pca *stats_pca_fit(const stats_set *train, err *e);
stats_figure stats_pca_nmse(const stats_pca *p, const stats_set *test, size_t keep);

/* The NMSE of a's components over that of b's on the same samples, in dB. Its error is that of the
 * pairs: what makes a sample hard for both cancels. */
stats_figure stats_pca_compare(const stats_pca *a, const stats_pca *b, const stats_set *test,
                               size_t keep);
void stats_pca_free(stats_pca *p);

/* --- comparison --------------------------------------------------------------------------------
 */

/* In dB, its error to first order; and relative to another figure: (a - b) / b. */
stats_figure stats_db(stats_figure f);
stats_figure stats_ratio(stats_figure a, stats_figure b);
stats_figure stats_difference(stats_figure a, stats_figure b);

/* Prints one line: both figures with their errors, the difference with its own, the tolerance, and
 * whether the difference is within it, within tolerance + 3 errors of the difference, or beyond.
 * True for the first two, so that a mark is never missed by luck nor met by a loose one: where the
 * error exceeds the tolerance the line says so. Both in the same unit. */
bool stats_agree(const char *what, stats_figure got, stats_figure want, double tolerance);

/* The same for n linear figures, in dB: of those that `want` has above floor_db, prints how many
 * are within the tolerance and a line of stats_agree for each that is not. True when all agree. */
bool stats_agree_profile(const char *what, const stats_figure *got, const stats_figure *want,
                         size_t n, double tolerance_db, double floor_db);

#endif
