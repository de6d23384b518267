/* UMa NLOS against sets and tracks from QuaDRiGa 2.8.1, the reference implementation of 3GPP
 * channels. QuaDRiGa is not the TR to the letter: it meets each drop's delay spread exactly where
 * the TR does on average, has no per-cluster shadowing, splits every cluster into three delays, and
 * knows spherical waves only. So where a mark is out of a faithful TR model's reach, the test says
 * by how much, and holds the model to another, independent reading of the TR (numpy, drops of its
 * own), whose figures are called "other reading" below.
 *
 * Each line prints both figures with their standard errors. The reference sets are of 1,000
 * samples; ours are larger, so that most of a difference's error is the reference's. */
#include "base/decibel.h"
#include "channel_stats.h"
#include "harness.h"
#include "io/mat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 4000 };

static fading *open_channel(const char *channel, double carrier_hz, double speed_m_s)
{
    fading_config c = FADING_CONFIG_DEFAULT;
    c.carrier_hz = carrier_hz;
    c.speed_kmh = speed_m_s * 3.6;
    c.seed = 38901;
    err e = {0};
    fading *f = fading_open(channel, &c, &e);
    if (!f)
        printf("    %s\n", e.text);
    REQUIRE(f != NULL);
    return f;
}

static stats_set draw(const char *channel, double carrier_hz)
{
    fading *f = open_channel(channel, carrier_hz, 0);
    stats_set s;
    REQUIRE(stats_draw(f, 0, SAMPLES, &s, NULL) == 0);
    fading_close(f);
    return s;
}

/* False, and the test ends as skipped, where the file is not there. */
static bool read_set(const char *file, stats_set *s)
{
    const char *path = harness_reference(file);
    if (!path) {
        harness_skip("reference data not there");
        return false;
    }
    REQUIRE(stats_read(path, 0, 1, s, NULL) == 0);
    return true;
}

/* --- what is compared --------------------------------------------------------------------------
 * Each returns how many of its figures are off by more than the tolerance and 3 errors. */

static int taps_apart(const stats_set *got, const stats_set *want, int first, double tolerance_db)
{
    stats_figure a[STATS_TAPS], b[STATS_TAPS];
    stats_tap_power(got, a);
    stats_tap_power(want, b);
    int apart = 0;
    for (int tap = first; tap < STATS_TAPS; tap++) {
        char what[64];
        snprintf(what, sizeof what, "delay tap %d, dB", tap);
        if (db_of_power(b[tap].value) > -25)
            apart += !stats_agree(what, stats_db(a[tap]), stats_db(b[tap]), tolerance_db);
    }
    return apart;
}

static int angles_apart(const stats_set *got, const stats_set *want, double tolerance_db)
{
    stats_figure a[STATS_ANGLES], b[STATS_ANGLES];
    stats_angle_power(got, a);
    stats_angle_power(want, b);
    int apart = 0;
    for (int row = 0; row < STATS_ANGLES; row++) {
        char what[64];
        snprintf(what, sizeof what, "angle bin %d, dB", row);
        apart += !stats_agree(what, stats_db(a[row]), stats_db(b[row]), tolerance_db);
    }
    return apart;
}

static double *spreads_of(const stats_set *s)
{
    double *spread = malloc(s->count * sizeof *spread);
    REQUIRE(spread != NULL);
    for (size_t i = 0; i < s->count; i++)
        spread[i] = stats_profile_spread(s->x + i * STATS_REALS);
    return spread;
}

/* In percent of the reference. */
static bool agree_percent(const char *what, stats_figure got, stats_figure want, double tolerance)
{
    const double to_percent = 100 / want.value;
    return stats_agree(what, (stats_figure){got.value * to_percent, got.error * to_percent},
                       (stats_figure){100, want.error * to_percent}, tolerance);
}

static int spreads_apart(const stats_set *got, const stats_set *want)
{
    double *a = spreads_of(got), *b = spreads_of(want);
    int apart = !agree_percent("delay spread: mean, %", stats_mean(a, got->count, 1),
                               stats_mean(b, want->count, 1), 5);
    for (int percent = 10; percent <= 90; percent += 40) {
        char what[64];
        snprintf(what, sizeof what, "delay spread: p%d, %%", percent);
        apart += !agree_percent(what, stats_quantile(a, got->count, 1, percent / 100.0),
                                stats_quantile(b, want->count, 1, percent / 100.0), 10);
    }
    free(a);
    free(b);
    return apart;
}

enum { KEEPS = 3 };
static const size_t KEEP[KEEPS] = {256, 128, 64};

static int truncations_apart(const stats_set *got, const stats_set *want, double tolerance_db)
{
    int apart = 0;
    for (int i = 0; i < KEEPS; i++) {
        char what[64];
        snprintf(what, sizeof what, "largest %zu of 1024, dB", KEEP[i]);
        apart += !stats_agree(what, stats_db(stats_truncation(got, KEEP[i])),
                              stats_db(stats_truncation(want, KEEP[i])), tolerance_db);
    }
    return apart;
}

/* The other reading's figures, and their standard error as ours have it for as many drops. */
static int readings_apart(const stats_set *got, const double want_db[KEEPS], double error_db)
{
    int apart = 0;
    for (int i = 0; i < KEEPS; i++) {
        char what[64];
        snprintf(what, sizeof what, "other reading: %zu, dB", KEEP[i]);
        apart += !stats_agree(what, stats_db(stats_truncation(got, KEEP[i])),
                              (stats_figure){want_db[i], error_db}, 0.15);
    }
    return apart;
}

/* Components of ours and of the reference's training set, both on the reference's test set. */
static int components_apart(const stats_set *got, const stats_set *train, const stats_set *test,
                            double tolerance_db)
{
    stats_pca *a = stats_pca_fit(got, NULL), *b = stats_pca_fit(train, NULL);
    REQUIRE(a != NULL && b != NULL);
    int apart = 0;
    for (size_t keep = 512; keep >= 128; keep /= 2) {
        char what[64];
        snprintf(what, sizeof what, "%zu components, dB", keep);
        apart += !stats_agree(what, stats_db(stats_pca_nmse(a, test, keep)),
                              stats_db(stats_pca_nmse(b, test, keep)), tolerance_db);
    }
    stats_pca_free(a);
    stats_pca_free(b);
    return apart;
}

/* --- the sets ----------------------------------------------------------------------------------
 */

static void millimetre_waves(void)
{
    static const double other[KEEPS] = {-20.18, -15.26, -11.57};
    stats_set test, train;
    if (!read_set("uma/uma_nlos_28ghz_test.mat", &test))
        return;
    if (!read_set("uma/uma_nlos_28ghz_train.mat", &train)) {
        stats_free(&test);
        return;
    }
    stats_set got = draw("uma-nlos", 28e9);
    CHECK(taps_apart(&got, &test, 0, 0.5) == 0);
    CHECK(angles_apart(&got, &test, 0.7) == 0);
    CHECK(spreads_apart(&got, &test) == 0);
    CHECK(truncations_apart(&got, &test, 0.3) == 0);
    CHECK(readings_apart(&got, other, 0.07) == 0);
    CHECK(components_apart(&got, &train, &test, 0.3) == 0);
    /* Its compressibility is itself 0.25 dB off the test set's: other layouts. */
    printf("    against the training set\n");
    CHECK(taps_apart(&got, &train, 0, 0.5) == 0);
    CHECK(angles_apart(&got, &train, 0.7) == 0);
    CHECK(spreads_apart(&got, &train) == 0);
    CHECK(truncations_apart(&got, &train, 0.5) == 0);
    stats_free(&got);
    stats_free(&train);
    stats_free(&test);
}

/* Compressibility is 0.7 to 0.9 dB better here than in QuaDRiGa; its sub-clusters, 13 ns apart at
 * this carrier, are 0.2 dB of that when this model splits all clusters, too. The bound holds what
 * was measured. */
static void decimetre_waves(void)
{
    stats_set test;
    if (!read_set("uma/uma_nlos_2.6ghz_test.mat", &test))
        return;
    stats_set got = draw("uma-nlos", 2.6e9);
    CHECK(taps_apart(&got, &test, 0, 0.5) == 0);
    CHECK(angles_apart(&got, &test, 0.7) == 0);
    CHECK(spreads_apart(&got, &test) == 0);
    CHECK(truncations_apart(&got, &test, 1) == 0);
    stats_free(&got);
    stats_free(&test);
}

/* The exception: an array of 15.5 m, at which a narrowband plane wave is no model. */
static void metre_waves_in_plane(void)
{
    static const double other[KEEPS] = {-19.19, -14.62, -11.23};
    stats_set test;
    if (!read_set("uma/uma_nlos_300mhz_test.mat", &test))
        return;
    stats_set got = draw("uma-nlos", 300e6);
    CHECK(readings_apart(&got, other, 0.07) == 0);
    CHECK(truncations_apart(&got, &test, 2.5) == 0);
    CHECK(angles_apart(&got, &test, 0.7) == 0);
    CHECK(taps_apart(&got, &test, 2, 0.5) == 0); /* the first two differ by array / light speed */
    stats_free(&got);
    stats_free(&test);
}

/* Spherical waves and a delay for each antenna bring the first tap from +2.5 to +1.2 dB, and
 * compressibility from 2.3 to 0.7 dB off; 0.3 of that are QuaDRiGa's three delays for every
 * cluster, and it bounces twice. The other reading, 0.7 dB off too, had the bounds asserted here.
 */
static void metre_waves_on_spheres(void)
{
    static const double other[KEEPS] = {-17.52, -12.90, -9.50};
    stats_set test, train;
    if (!read_set("uma/uma_nlos_300mhz_test.mat", &test))
        return;
    if (!read_set("uma/uma_nlos_300mhz_train.mat", &train)) {
        stats_free(&test);
        return;
    }
    stats_set got = draw("uma-nlos:spherical", 300e6);
    CHECK(readings_apart(&got, other, 0.11) == 0);
    CHECK(truncations_apart(&got, &test, 0.8) == 0);
    CHECK(taps_apart(&got, &test, 0, 1.5) == 0);
    CHECK(taps_apart(&got, &test, 1, 0.5) == 0);
    CHECK(angles_apart(&got, &test, 0.7) == 0);
    CHECK(spreads_apart(&got, &test) == 0);
    CHECK(components_apart(&got, &train, &test, 0.3) == 0);
    stats_free(&got);
    stats_free(&train);
    stats_free(&test);
}

/* --- time --------------------------------------------------------------------------------------
 */

enum { TRACKS = 300, STEPS = 50, LAGS = 4 };
static const double STEP_S = 0.005;
static const size_t LAG[LAGS] = {1, 4, 10, 20}; /* 5, 20, 50, 100 ms */

/* |<a, b>| / (|a| |b|). */
static double correlation(const float complex *a, const float complex *b)
{
    double re = 0, im = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < STATS_ENTRIES; i++) {
        double ar = crealf(a[i]), ai = cimagf(a[i]), br = crealf(b[i]), bi = cimagf(b[i]);
        re += ar * br + ai * bi;
        im += ar * bi - ai * br;
        aa += ar * ar + ai * ai;
        bb += br * br + bi * bi;
    }
    return sqrt((re * re + im * im) / (aa * bb));
}

/* One track's mean over time, at each lag. */
static void correlate(const float complex *track, double rho[LAGS])
{
    for (int i = 0; i < LAGS; i++) {
        rho[i] = 0;
        for (size_t at = 0; at + LAG[i] < STEPS; at++)
            rho[i] +=
                correlation(track + at * STATS_ENTRIES, track + (at + LAG[i]) * STATS_ENTRIES) /
                (double)(STEPS - LAG[i]);
    }
}

/* Each figure over tracks: rho[i][track]. */
static void average(const double (*rho)[LAGS], size_t tracks, stats_figure figure[LAGS])
{
    double values[TRACKS];
    for (int i = 0; i < LAGS; i++) {
        for (size_t k = 0; k < tracks; k++)
            values[k] = rho[k][i];
        figure[i] = stats_mean(values, tracks, 1);
    }
}

static bool read_tracks(const char *file, stats_figure figure[LAGS])
{
    double rho[TRACKS][LAGS];
    const char *path = harness_reference(file);
    if (!path)
        return false;
    mat_array h;
    REQUIRE(mat_read_float(path, "H", &h, NULL) == 0);
    REQUIRE(h.is_complex && h.rank == 4 && h.dims[0] <= TRACKS && h.dims[1] == STEPS &&
            h.dims[2] * h.dims[3] == STATS_ENTRIES);
    for (size_t k = 0; k < h.dims[0]; k++)
        correlate((const float complex *)h.data + k * STEPS * STATS_ENTRIES, rho[k]);
    average(rho, h.dims[0], figure);
    mat_array_free(&h);
    return true;
}

static void draw_tracks(double carrier_hz, double speed_m_s, stats_figure figure[LAGS])
{
    static float complex track[STEPS][STATS_ENTRIES];
    double rho[TRACKS][LAGS];
    const csi_dims dims = CSI_DIMS_DEFAULT;
    fading *f = open_channel("uma-nlos", carrier_hz, speed_m_s);
    csi_transform *t = csi_transform_create(&dims, NULL);
    REQUIRE(t != NULL);
    for (uint32_t ue = 0; ue < TRACKS; ue++) {
        fading_ue *u = fading_ue_create(f, ue, NULL);
        REQUIRE(u != NULL);
        for (uint32_t seq = 0; seq < STEPS; seq++)
            CHECK(fading_ue_angle_delay(u, t, seq, seq * STEP_S, track[seq], NULL) == 0);
        correlate(track[0], rho[ue]);
        fading_ue_free(u);
    }
    average(rho, TRACKS, figure);
    csi_transform_free(t);
    fading_close(f);
}

static void tracks(void)
{
    static const struct {
        const char *file;
        double carrier_hz, speed_m_s;
    } track[] = {{"uma/track_300mhz_0.9mps.mat", 300e6, 0.9},
                 {"uma/track_300mhz_10mps.mat", 300e6, 10},
                 {"uma/track_2.6ghz_0.9mps.mat", 2.6e9, 0.9},
                 {"uma/track_2.6ghz_10mps.mat", 2.6e9, 10}};
    for (size_t k = 0; k < sizeof track / sizeof track[0]; k++) {
        stats_figure got[LAGS], want[LAGS];
        if (!read_tracks(track[k].file, want)) {
            harness_skip("reference data not there");
            return;
        }
        draw_tracks(track[k].carrier_hz, track[k].speed_m_s, got);
        for (int i = 0; i < LAGS; i++) {
            char what[64];
            snprintf(what, sizeof what, "%g GHz, %g m/s, %g ms", track[k].carrier_hz / 1e9,
                     track[k].speed_m_s, 1e3 * STEP_S * (double)LAG[i]);
            CHECK(stats_agree(what, got[i], want[i], 0.05));
        }
    }
}

static const harness_test tests[] = {
    {"UMa NLOS at 28 GHz is QuaDRiGa's within the marks", millimetre_waves},
    {"UMa NLOS at 2.6 GHz is QuaDRiGa's but for its compressibility", decimetre_waves},
    {"plane waves at 300 MHz are the other reading's", metre_waves_in_plane},
    {"spherical waves at 300 MHz come as near as the other reading's", metre_waves_on_spheres},
    {"autocorrelation over time is that of QuaDRiGa's tracks", tracks},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "UMa NLOS against QuaDRiGa", tests,
                        sizeof tests / sizeof tests[0]);
}
