#include "csi/stats.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Computes |h|^2 of each entry of sample i, scaled to sum 1; false for a sample without energy. */
static bool take_power(const csi_dataset *set, size_t i, float *power)
{
    size_t entries = (size_t)set->nt * set->ni;
    const float *x = set->x + i * 2 * entries;
    double energy = csi_dataset_energy(set, i);
    if (energy <= 0)
        return false;
    float scale = (float)(1 / energy);
    for (size_t k = 0; k < entries; k++) {
        float re = x[k] - 0.5f, im = x[entries + k] - 0.5f;
        power[k] = scale * (re * re + im * im);
    }
    return true;
}

static double rms_spread(const double *profile, size_t ni)
{
    double sum = 0, mean = 0, square = 0;
    for (size_t r = 0; r < ni; r++) {
        sum += profile[r];
        mean += profile[r] * (double)r;
        square += profile[r] * (double)r * (double)r;
    }
    mean /= sum;
    return sqrt(fmax(square / sum - mean * mean, 0));
}

static void add_sample(csi_stats *s, const float *power, double *profile)
{
    memset(profile, 0, s->ni * sizeof *profile);
    for (size_t a = 0; a < s->nt; a++) {
        const float *row = power + a * s->ni;
        double *magnitude = s->magnitude + a * s->ni, sum = 0;
        for (size_t r = 0; r < s->ni; r++) {
            profile[r] += (double)row[r];
            sum += (double)row[r];
            magnitude[r] += (double)sqrtf(row[r]);
        }
        s->angle[a] += sum;
    }
    for (size_t r = 0; r < s->ni; r++)
        s->tap[r] += profile[r];
    s->spread[s->samples++] = rms_spread(profile, s->ni);
}

static int descending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

static void add_sorted(csi_stats *s, float *power)
{
    size_t entries = (size_t)s->nt * s->ni;
    qsort(power, entries, sizeof *power, descending);
    double lost = 0;
    size_t k = entries;
    for (size_t i = 0; i < CSI_STATS_KEPT; i++) {
        while (k > s->kept[i])
            lost += (double)power[--k];
        s->lost[i] += lost;
    }
    s->sorted++;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void scale_by(double *values, size_t n, double factor)
{
    for (size_t i = 0; i < n; i++)
        values[i] *= factor;
}

static void take_means(csi_stats *s)
{
    double n = (double)s->samples;
    scale_by(s->tap, s->ni, 1 / n);
    scale_by(s->angle, s->nt, 1 / n);
    scale_by(s->magnitude, (size_t)s->nt * s->ni, 1 / n);
    scale_by(s->lost, CSI_STATS_KEPT, 1 / (double)s->sorted);
    qsort(s->spread, s->samples, sizeof *s->spread, compare);
}

static void add_all(const csi_dataset *set, csi_stats *s, float *power, double *profile)
{
    size_t step = (set->samples + CSI_STATS_SORTED_MAX - 1) / CSI_STATS_SORTED_MAX;
    for (size_t i = 0; i < set->samples; i++) {
        if (!take_power(set, i, power)) {
            s->empty++;
            continue;
        }
        add_sample(s, power, profile);
        if ((s->samples - 1) % step == 0)
            add_sorted(s, power);
    }
}

int csi_stats_of(const csi_dataset *set, csi_stats *s, err *e)
{
    size_t entries = (size_t)set->nt * set->ni;
    *s = (csi_stats){.nt = set->nt, .ni = set->ni};
    for (size_t i = 0; i < CSI_STATS_KEPT; i++)
        s->kept[i] = entries >> (i + 2);
    s->tap = calloc(set->ni, sizeof *s->tap);
    s->angle = calloc(set->nt, sizeof *s->angle);
    s->magnitude = calloc(entries, sizeof *s->magnitude);
    s->spread = calloc(set->samples, sizeof *s->spread);
    float *power = calloc(entries, sizeof *power);
    double *profile = calloc(set->ni, sizeof *profile);
    int status = ERR_NONE;
    if (!s->tap || !s->angle || !s->magnitude || !s->spread || !power || !profile)
        status = err_set(e, ERR_NOMEM, "out of memory for %zu samples", set->samples);
    else
        add_all(set, s, power, profile);
    free(power);
    free(profile);
    if (status == ERR_NONE && s->samples == 0)
        status = err_set(e, ERR_INVALID, "every sample is 0.5 throughout: no channel");
    if (status == ERR_NONE)
        take_means(s);
    return status;
}

void csi_stats_free(csi_stats *s)
{
    free(s->tap);
    free(s->angle);
    free(s->magnitude);
    free(s->spread);
    *s = (csi_stats){0};
}

double csi_stats_spread(const csi_stats *s, double q)
{
    double at = fmin(fmax(q, 0), 1) * (double)(s->samples - 1);
    size_t i = (size_t)at, j = i + 1 < s->samples ? i + 1 : i;
    return s->spread[i] + (at - (double)i) * (s->spread[j] - s->spread[i]);
}
