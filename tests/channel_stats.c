#include "channel_stats.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/rng.h"
#include "csi/dataset.h"

/* --- sets --------------------------------------------------------------------------------------
 */

int stats_make(size_t count, size_t group, stats_set *s, err *e)
{
    *s = (stats_set){.count = count, .group = group ? group : 1};
    s->x = calloc(count * STATS_REALS, sizeof *s->x);
    return s->x ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for %zu samples", count);
}

void stats_free(stats_set *s)
{
    free(s->x);
    *s = (stats_set){0};
}

static double energy_of(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

static void to_unit_energy(float *x)
{
    float scale = (float)(1 / sqrt(energy_of(x, STATS_REALS)));
    for (size_t i = 0; i < STATS_REALS; i++)
        x[i] *= scale;
}

void stats_put(stats_set *s, size_t at, const float complex *h_ad)
{
    float *x = s->x + at * STATS_REALS;
    for (size_t i = 0; i < STATS_ENTRIES; i++) {
        x[i] = crealf(h_ad[i]);
        x[STATS_ENTRIES + i] = cimagf(h_ad[i]);
    }
    to_unit_energy(x);
}

int stats_read(const char *path, size_t most, size_t group, stats_set *s, err *e)
{
    const csi_dims dims = CSI_DIMS_DEFAULT;
    csi_dataset d;
    int code = csi_dataset_read(path, &dims, &d, e);
    if (code)
        return code;
    code = stats_make(most && most < d.samples ? most : d.samples, group, s, e);
    for (size_t i = 0; !code && i < s->count; i++) {
        float *x = s->x + i * STATS_REALS;
        for (size_t j = 0; j < STATS_REALS; j++)
            x[j] = d.x[i * STATS_REALS + j] - 0.5f;
        to_unit_energy(x);
    }
    csi_dataset_free(&d);
    return code;
}

static int draw_one(const fading *f, csi_transform *t, uint32_t ue, size_t at, stats_set *s, err *e)
{
    float complex h_ad[STATS_ENTRIES];
    fading_ue *u = fading_ue_create(f, ue, e);
    if (!u)
        return e ? e->code : ERR_NOMEM;
    int code = fading_ue_angle_delay(u, t, 0, 0, h_ad, e);
    fading_ue_free(u);
    if (!code)
        stats_put(s, at, h_ad);
    return code;
}

int stats_draw(const fading *f, uint32_t first, size_t count, stats_set *s, err *e)
{
    const csi_dims dims = CSI_DIMS_DEFAULT;
    csi_transform *t = csi_transform_create(&dims, e);
    int code = t ? stats_make(count, fading_environment_ues(f), s, e) : ERR_NOMEM;
    for (size_t i = 0; !code && i < count; i++)
        code = draw_one(f, t, first + (uint32_t)i, i, s, e);
    csi_transform_free(t);
    return code;
}

/* --- means and their errors --------------------------------------------------------------------
 */

static double mean_of(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

/* The error of a mean whose groups add up to it: groups of equal size, the last perhaps smaller. */
stats_figure stats_mean(const double *values, size_t n, size_t group)
{
    double mean = mean_of(values, n), square = 0;
    size_t groups = (n + group - 1) / group;
    for (size_t at = 0; at < n; at += group) {
        size_t size = n - at < group ? n - at : group;
        double deviation = (double)size * (mean_of(values + at, size) - mean);
        square += deviation * deviation;
    }
    double unbiased = groups > 1 ? (double)groups / (double)(groups - 1) : INFINITY;
    return (stats_figure){mean, sqrt(square * unbiased) / (double)n};
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile_of(double *values, size_t n, double q)
{
    qsort(values, n, sizeof *values, compare);
    double at = q * (double)(n - 1);
    size_t below = (size_t)at, above = below + 1 < n ? below + 1 : below;
    return values[below] + (at - (double)below) * (values[above] - values[below]);
}

stats_figure stats_quantile(const double *values, size_t n, size_t group, double q)
{
    enum { RESAMPLES = 200 };
    size_t groups = n / group;
    double *copy = malloc(n * sizeof *copy), sum = 0, square = 0;
    if (!copy || groups == 0) {
        free(copy);
        return (stats_figure){NAN, NAN};
    }
    rng r = rng_at(1, RNG_TEST, 90, 0);
    for (int i = 0; i < RESAMPLES; i++) {
        for (size_t g = 0; g < groups; g++) {
            size_t from = (size_t)(rng_uniform(&r) * (double)groups) * group;
            memcpy(copy + g * group, values + from, group * sizeof *copy);
        }
        double figure = quantile_of(copy, groups * group, q);
        sum += figure;
        square += figure * figure;
    }
    memcpy(copy, values, n * sizeof *copy);
    stats_figure f = {quantile_of(copy, n, q), 0};
    sum /= RESAMPLES;
    f.error = sqrt(fmax(square / RESAMPLES - sum * sum, 0));
    free(copy);
    return f;
}

/* The mean over a set of what `measure` says of a sample. */
typedef double measure_fn(const float *sample, const void *what);

static stats_figure mean_over(const stats_set *s, measure_fn *measure, const void *what)
{
    double *values = malloc(s->count * sizeof *values);
    if (!values)
        return (stats_figure){NAN, NAN};
    for (size_t i = 0; i < s->count; i++)
        values[i] = measure(s->x + i * STATS_REALS, what);
    stats_figure f = stats_mean(values, s->count, s->group);
    free(values);
    return f;
}

/* --- figures -----------------------------------------------------------------------------------
 */

static double entry_power(const float *x, size_t angle, size_t tap)
{
    size_t i = angle * STATS_TAPS + tap;
    return (double)x[i] * (double)x[i] +
           (double)x[STATS_ENTRIES + i] * (double)x[STATS_ENTRIES + i];
}

static double power_of_tap(const float *x, const void *tap)
{
    double sum = 0;
    for (size_t angle = 0; angle < STATS_ANGLES; angle++)
        sum += entry_power(x, angle, *(const size_t *)tap);
    return sum;
}

static double power_of_angle(const float *x, const void *angle)
{
    double sum = 0;
    for (size_t tap = 0; tap < STATS_TAPS; tap++)
        sum += entry_power(x, *(const size_t *)angle, tap);
    return sum;
}

void stats_tap_power(const stats_set *s, stats_figure power[STATS_TAPS])
{
    for (size_t tap = 0; tap < STATS_TAPS; tap++)
        power[tap] = mean_over(s, power_of_tap, &tap);
}

void stats_angle_power(const stats_set *s, stats_figure power[STATS_ANGLES])
{
    for (size_t angle = 0; angle < STATS_ANGLES; angle++)
        power[angle] = mean_over(s, power_of_angle, &angle);
}

static double power_beyond(const float *x, const void *keep)
{
    double power[STATS_ENTRIES];
    for (size_t i = 0; i < STATS_ENTRIES; i++)
        power[i] = entry_power(x, i / STATS_TAPS, i % STATS_TAPS);
    qsort(power, STATS_ENTRIES, sizeof *power, compare);
    double small = 0, all = 0;
    for (size_t i = 0; i < STATS_ENTRIES; i++) {
        all += power[i];
        if (i + *(const size_t *)keep < STATS_ENTRIES)
            small += power[i];
    }
    return small / all;
}

stats_figure stats_truncation(const stats_set *s, size_t keep)
{
    return mean_over(s, power_beyond, &keep);
}

double stats_profile_spread(const float *sample)
{
    double power = 0, first = 0, second = 0;
    for (size_t tap = 0; tap < STATS_TAPS; tap++) {
        double p = power_of_tap(sample, &tap), at = (double)tap;
        power += p;
        first += p * at;
        second += p * at * at;
    }
    return sqrt(fmax(second / power - first / power * (first / power), 0));
}

double stats_path_spread(const fading_path *paths, size_t count)
{
    double power = 0, mean = 0, square = 0;
    for (size_t l = 0; l < count; l++) {
        double p = (double)crealf(paths[l].gain * conjf(paths[l].gain));
        power += p;
        mean += p * paths[l].delay_s;
    }
    mean /= power;
    for (size_t l = 0; l < count; l++)
        square += (double)crealf(paths[l].gain * conjf(paths[l].gain)) * (paths[l].delay_s - mean) *
                  (paths[l].delay_s - mean);
    return sqrt(square / power);
}

/* --- principal components ----------------------------------------------------------------------
 */

/* LAPACK, with Fortran's calling convention: eigenvalues ascending, eigenvectors into a's rows. */
void ssyevd_(const char *jobz, const char *uplo, const int *n, float *a, const int *lda, float *w,
             float *work, const int *lwork, int *iwork, const int *liwork, int *info);

struct stats_pca {
    float v[STATS_REALS][STATS_REALS]; /* one component a row, the largest last */
};

static bool eigenvectors(stats_pca *p)
{
    int n = STATS_REALS, lwork = 1 + 6 * n + 2 * n * n, liwork = 3 + 5 * n, info = 1;
    float *w = malloc((size_t)n * sizeof *w), *work = malloc((size_t)lwork * sizeof *work);
    int *iwork = malloc((size_t)liwork * sizeof *iwork);
    if (w && work && iwork)
        ssyevd_("V", "L", &n, p->v[0], &n, w, work, &lwork, iwork, &liwork, &info);
    free(w);
    free(work);
    free(iwork);
    return info == 0;
}

/* As the files are scaled: the largest part of each sample is 1/2. */
static void to_image_scale(const float *x, float *image)
{
    float largest = 0;
    for (size_t i = 0; i < STATS_REALS; i++)
        largest = fmaxf(largest, fabsf(x[i]));
    for (size_t i = 0; i < STATS_REALS; i++)
        image[i] = x[i] / (2 * largest);
}

static float *images_of(const stats_set *s)
{
    float *images = malloc(s->count * STATS_REALS * sizeof *images);
    for (size_t i = 0; images && i < s->count; i++)
        to_image_scale(s->x + i * STATS_REALS, images + i * STATS_REALS);
    return images;
}

stats_pca *stats_pca_fit(const stats_set *train, err *e)
{
    openblas_set_num_threads(1);
    stats_pca *p = malloc(sizeof *p);
    float *images = images_of(train);
    bool done = p && images;
    if (done) {
        cblas_ssyrk(CblasColMajor, CblasLower, CblasNoTrans, STATS_REALS, (int)train->count,
                    1 / (float)train->count, images, STATS_REALS, 0, p->v[0], STATS_REALS);
        done = eigenvectors(p);
    }
    free(images);
    if (!done) {
        free(p);
        err_set(e, ERR_NOMEM, "no principal components of %zu samples", train->count);
        return NULL;
    }
    return p;
}

/* 1 - the share of the energy in the components, which are orthonormal; [test->count], or NULL. */
static double *nmse_each(const stats_pca *p, const stats_set *test, size_t keep)
{
    const int n = STATS_REALS;
    float *c = malloc(test->count * keep * sizeof *c);
    double *nmse = malloc(test->count * sizeof *nmse);
    if (c && nmse) {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)test->count, (int)keep, n, 1,
                    test->x, n, p->v[STATS_REALS - keep], n, 0, c, (int)keep);
        for (size_t i = 0; i < test->count; i++)
            nmse[i] = 1 - energy_of(c + i * keep, keep) /
                              energy_of(test->x + i * STATS_REALS, STATS_REALS);
    } else {
        free(nmse);
        nmse = NULL;
    }
    free(c);
    return nmse;
}

stats_figure stats_pca_nmse(const stats_pca *p, const stats_set *test, size_t keep)
{
    double *nmse = nmse_each(p, test, keep);
    stats_figure f = {NAN, NAN};
    if (nmse)
        f = stats_mean(nmse, test->count, test->group);
    free(nmse);
    return f;
}

/* The error of a ratio of means is that of the mean of a - ratio b. */
stats_figure stats_pca_compare(const stats_pca *a, const stats_pca *b, const stats_set *test,
                               size_t keep)
{
    double *x = nmse_each(a, test, keep), *y = nmse_each(b, test, keep);
    stats_figure f = {NAN, NAN};
    if (x && y) {
        double mean = mean_of(y, test->count), ratio = mean_of(x, test->count) / mean;
        for (size_t i = 0; i < test->count; i++)
            x[i] = (x[i] - ratio * y[i]) / mean;
        f = stats_db((stats_figure){ratio, stats_mean(x, test->count, test->group).error});
    }
    free(x);
    free(y);
    return f;
}

void stats_pca_free(stats_pca *p)
{
    free(p);
}

/* --- comparison --------------------------------------------------------------------------------
 */

stats_figure stats_db(stats_figure f)
{
    return (stats_figure){db_of_power(f.value), 10 / log(10) * f.error / f.value};
}

stats_figure stats_difference(stats_figure a, stats_figure b)
{
    return (stats_figure){a.value - b.value, hypot(a.error, b.error)};
}

stats_figure stats_ratio(stats_figure a, stats_figure b)
{
    double ratio = a.value / b.value;
    return (stats_figure){ratio - 1, fabs(ratio) * hypot(a.error / a.value, b.error / b.value)};
}

bool stats_agree(const char *what, stats_figure got, stats_figure want, double tolerance)
{
    stats_figure d = stats_difference(got, want);
    bool within = fabs(d.value) <= tolerance;
    bool consistent = fabs(d.value) <= tolerance + 3 * d.error;
    printf("    %-24s %9.4g +- %-8.2g reference %9.4g +- %-8.2g off by %+8.2g +- %-8.2g of %.3g: "
           "%s%s\n",
           what, got.value, got.error, want.value, want.error, d.value, d.error, tolerance,
           within       ? "within"
           : consistent ? "within 3 standard errors of it"
                        : "BEYOND",
           d.error > tolerance ? " (error exceeds the tolerance)" : "");
    return within || consistent;
}

bool stats_agree_profile(const char *what, const stats_figure *got, const stats_figure *want,
                         size_t n, double tolerance_db, double floor_db)
{
    bool all = true;
    size_t compared = 0, within = 0;
    double error = 0;
    for (size_t i = 0; i < n; i++) {
        stats_figure g = stats_db(got[i]), w = stats_db(want[i]), d = stats_difference(g, w);
        if (w.value <= floor_db)
            continue;
        compared++;
        error = fmax(error, d.error);
        if (fabs(d.value) <= tolerance_db) {
            within++;
            continue;
        }
        char name[64];
        snprintf(name, sizeof name, "%s, %zu", what, i);
        all &= stats_agree(name, g, w, tolerance_db);
    }
    printf("    %s: %zu of %zu within %g dB (differences have errors of up to %.2g dB)\n", what,
           within, compared, tolerance_db, error);
    return all && compared > 0;
}
