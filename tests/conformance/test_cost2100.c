/* The COST 2100 channels against data drawn from the model's reference implementation, which has 20
 * UEs in each environment: 100 environments in a test set, 500 in a training set. What is generated
 * here for comparison has more environments, so that the errors are the reference's own.
 *
 * A mark is met within its tolerance, or, where the reference cannot tell, within the tolerance and
 * three standard errors of the difference; each such case is printed with both figures. */
#include "channel_stats.h"
#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { REFERENCE_GROUP = 20, TRAINING = 10000, SAMPLES = 8000 };

/* Means and percentiles of the reference implementation's lists of paths: 5,000 samples of 250
 * environments. */
typedef struct path_figures {
    double paths, paths_p10, paths_p90, spread_ns, spread_median_ns;
} path_figures;

typedef struct scenario {
    const char *channel, *many; /* `many` environments: 4 UEs in each */
    const char *test, *train;
    path_figures want;
    stats_set reference_test, reference_train, samples;
} scenario;

static scenario indoor = {.channel = "cost2100-indoor",
                          .many = "cost2100-indoor:ues=4",
                          .test = "cost2100/DATA_Htestin.mat",
                          .train = "cost2100/DATA_Htrainin.mat",
                          .want = {33.2, 15, 57, 35.3, 36.7}};
static scenario outdoor = {.channel = "cost2100-outdoor",
                           .many = "cost2100-outdoor:ues=4",
                           .test = "cost2100/DATA_Htestout.mat",
                           .train = "cost2100/DATA_Htrainout.mat",
                           .want = {711.5, 541, 892, 334.3, 320.9}};

static fading *open_channel(const char *channel)
{
    fading_config c = FADING_CONFIG_DEFAULT;
    fading *f = fading_open(channel, &c, NULL);
    REQUIRE(f != NULL);
    return f;
}

static bool read_reference(const char *file, stats_set *s)
{
    const char *path = harness_reference(file);
    err e = {0};
    if (path && stats_read(path, 0, REFERENCE_GROUP, s, &e))
        printf("    %s\n", e.text);
    CHECK(!path || s->count > 0);
    return s->count > 0;
}

/* Sets are read and drawn once; false, and the test skipped, where there is no reference. */
static bool prepare(scenario *s)
{
    if (s->samples.count > 0)
        return true;
    if (!read_reference(s->test, &s->reference_test) ||
        !read_reference(s->train, &s->reference_train)) {
        harness_skip("reference data not there");
        return false;
    }
    fading *f = open_channel(s->many);
    REQUIRE(stats_draw(f, 0, SAMPLES, &s->samples, NULL) == 0);
    fading_close(f);
    return true;
}

/* --- power -------------------------------------------------------------------------------------
 */

static void compare_powers(const stats_set *got, const stats_set *want, const char *which)
{
    char name[64];
    stats_figure a[STATS_TAPS], b[STATS_TAPS];
    stats_tap_power(got, a);
    stats_tap_power(want, b);
    snprintf(name, sizeof name, "delay taps, %s set", which);
    CHECK(stats_agree_profile(name, a, b, STATS_TAPS, 0.5, -25));
    stats_angle_power(got, a);
    stats_angle_power(want, b);
    snprintf(name, sizeof name, "angle bins, %s set", which);
    CHECK(stats_agree_profile(name, a, b, STATS_ANGLES, 0.7, -25));
}

static void check_powers(scenario *s)
{
    if (!prepare(s))
        return;
    compare_powers(&s->samples, &s->reference_test, "test");
    compare_powers(&s->samples, &s->reference_train, "training");
}

/* --- paths -------------------------------------------------------------------------------------
 */

enum { LISTS = 10000, REFERENCE_LISTS = 5000 };

typedef struct path_lists {
    size_t count, group;
    double paths[LISTS], spread_ns[LISTS];
} path_lists;

static void list_paths(const char *channel, size_t count, path_lists *l)
{
    fading *f = open_channel(channel);
    fading_path *list = malloc(fading_paths_max(f) * sizeof *list);
    REQUIRE(list != NULL && fading_paths_max(f) > 0);
    l->count = count;
    l->group = fading_environment_ues(f);
    for (size_t i = 0; i < count; i++) {
        size_t n = 0;
        fading_ue *u = fading_ue_create(f, (uint32_t)i, NULL);
        REQUIRE(u != NULL);
        CHECK(fading_ue_paths(u, 0, 0, list, &n, NULL) == 0);
        fading_ue_free(u);
        l->paths[i] = (double)n;
        l->spread_ns[i] = 1e9 * stats_path_spread(list, n);
    }
    free(list);
    fading_close(f);
}

/* The reference tells its figures without their errors: those of as many lists of as many
 * environments here, `alike`, must do. quantile < 0 is the mean. */
static void compare_figure(const char *what, const path_lists *l, const double *values,
                           const path_lists *alike, const double *alike_values, double quantile,
                           double want, double tolerance)
{
    stats_figure got = quantile < 0 ? stats_mean(values, l->count, l->group)
                                    : stats_quantile(values, l->count, l->group, quantile);
    double error = quantile < 0
                       ? stats_mean(alike_values, alike->count, alike->group).error
                       : stats_quantile(alike_values, alike->count, alike->group, quantile).error;
    CHECK(stats_agree(what, got, (stats_figure){want, error}, tolerance * want));
}

static void check_paths(scenario *s)
{
    static path_lists l, alike;
    const path_figures *w = &s->want;
    list_paths(s->many, LISTS, &l);
    list_paths(s->channel, REFERENCE_LISTS, &alike);
    compare_figure("paths", &l, l.paths, &alike, alike.paths, -1, w->paths, 0.05);
    compare_figure("paths, p10", &l, l.paths, &alike, alike.paths, 0.1, w->paths_p10, 0.1);
    compare_figure("paths, p90", &l, l.paths, &alike, alike.paths, 0.9, w->paths_p90, 0.1);
    compare_figure("delay spread, ns", &l, l.spread_ns, &alike, alike.spread_ns, -1, w->spread_ns,
                   0.05);
    compare_figure("delay spread, median", &l, l.spread_ns, &alike, alike.spread_ns, 0.5,
                   w->spread_median_ns, 0.1);
}

/* The rms width of each sample's power-delay profile over the kept taps. */
static double *widths(const stats_set *s)
{
    double *width = malloc(s->count * sizeof *width);
    REQUIRE(width != NULL);
    for (size_t i = 0; i < s->count; i++)
        width[i] = stats_profile_spread(s->x + i * STATS_REALS);
    return width;
}

static void compare_widths(const stats_set *got, const stats_set *want)
{
    static const double quantile[] = {0.1, 0.5, 0.9};
    double *a = widths(got), *b = widths(want);
    stats_figure mean = stats_mean(b, want->count, want->group);
    CHECK(stats_agree("profile's width, taps", stats_mean(a, got->count, got->group), mean,
                      0.05 * mean.value));
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "profile's width, p%.0f", 100 * quantile[i]);
        stats_figure q = stats_quantile(b, want->count, want->group, quantile[i]);
        CHECK(stats_agree(name, stats_quantile(a, got->count, got->group, quantile[i]), q,
                          0.1 * q.value));
    }
    free(a);
    free(b);
}

static void check_spreads(scenario *s)
{
    check_paths(s);
    if (prepare(s))
        compare_widths(&s->samples, &s->reference_test);
}

/* --- compressibility ---------------------------------------------------------------------------
 */

static void check_compressibility(scenario *s)
{
    if (!prepare(s))
        return;
    for (size_t keep = 256; keep >= 64; keep /= 2) {
        char name[32];
        snprintf(name, sizeof name, "%zu largest, dB", keep);
        CHECK(stats_agree(name, stats_db(stats_truncation(&s->samples, keep)),
                          stats_db(stats_truncation(&s->reference_test, keep)), 0.3));
    }
}

/* As many samples as the reference's training set, of as many environments. */
static void check_principal_components(scenario *s)
{
    if (!prepare(s))
        return;
    stats_set drawn;
    fading *f = open_channel(s->channel);
    REQUIRE(stats_draw(f, 0, TRAINING, &drawn, NULL) == 0);
    stats_pca *ours = stats_pca_fit(&drawn, NULL);
    stats_pca *reference = stats_pca_fit(&s->reference_train, NULL);
    REQUIRE(ours != NULL && reference != NULL);
    for (size_t keep = 512; keep >= 128; keep /= 2) {
        stats_figure a = stats_db(stats_pca_nmse(ours, &s->reference_test, keep));
        stats_figure b = stats_db(stats_pca_nmse(reference, &s->reference_test, keep));
        stats_figure d = stats_pca_compare(ours, reference, &s->reference_test, keep);
        printf("    PCA, %zu coefficients: %.2f dB, fitted on the reference %.2f +- %.2f dB, "
               "off by %+.3f +- %.3f of 0.3\n",
               keep, a.value, b.value, b.error, d.value, d.error);
        CHECK_NEAR(d.value, 0, 0.3);
    }
    stats_pca_free(ours);
    stats_pca_free(reference);
    stats_free(&drawn);
    fading_close(f);
}

static void indoor_powers(void)
{
    check_powers(&indoor);
}

static void outdoor_powers(void)
{
    check_powers(&outdoor);
}

static void indoor_spreads(void)
{
    check_spreads(&indoor);
}

static void outdoor_spreads(void)
{
    check_spreads(&outdoor);
}

static void indoor_compressibility(void)
{
    check_compressibility(&indoor);
}

static void outdoor_compressibility(void)
{
    check_compressibility(&outdoor);
}

static void indoor_components(void)
{
    check_principal_components(&indoor);
}

static void outdoor_components(void)
{
    check_principal_components(&outdoor);
}

static const harness_test tests[] = {
    {"indoor power per tap and angle is the reference's", indoor_powers},
    {"indoor paths and delay spreads are the reference's", indoor_spreads},
    {"indoor samples are as compressible as the reference's", indoor_compressibility},
    {"PCA of indoor samples fits the reference's as its own", indoor_components},
    {"outdoor power per tap and angle is the reference's", outdoor_powers},
    {"outdoor paths and delay spreads are the reference's", outdoor_spreads},
    {"outdoor samples are as compressible as the reference's", outdoor_compressibility},
    {"PCA of outdoor samples fits the reference's as its own", outdoor_components},
};

int main(int argc, char **argv)
{
    int status = harness_main(argc, argv, "COST 2100", tests, sizeof tests / sizeof tests[0]);
    for (int i = 0; i < 2; i++) {
        scenario *s = i ? &outdoor : &indoor;
        stats_free(&s->reference_test);
        stats_free(&s->reference_train);
        stats_free(&s->samples);
    }
    return status;
}
