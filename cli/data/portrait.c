#include "portrait.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

portrait_mean portrait_mean_of(double sum, double squares, size_t count)
{
    double n = (double)count, mean = sum / n;
    double variance = n > 1 ? fmax(squares / n - mean * mean, 0) * n / (n - 1) : 0;
    return (portrait_mean){mean, sqrt(variance / n)};
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Computes the powers of a sample's entries, adds them to the taps and angles, and returns their
 * sum. */
static double add_powers(const csi_dataset *set, size_t sample, double *power, portrait *p)
{
    size_t entries = (size_t)set->nt * set->ni;
    const float *re = set->x + sample * 2 * entries, *im = re + entries;
    double sum = 0;
    for (size_t i = 0; i < entries; i++) {
        double a = (double)re[i] - 0.5, b = (double)im[i] - 0.5;
        power[i] = a * a + b * b;
        p->angle.power[i / set->ni] += power[i];
        p->tap.power[i % set->ni] += power[i];
        sum += power[i];
    }
    return sum;
}

typedef struct sums {
    double lost[TARGET_KEPT_MAX], squares[TARGET_KEPT_MAX];
} sums;

/* Sorts `power`. Sums from the smallest entry, which keeps small shares accurate. */
static void add_lost(double *power, size_t entries, double sum, const targets *t, sums *s)
{
    qsort(power, entries, sizeof *power, descending);
    double rest = 0;
    size_t at = entries;
    for (size_t k = t->kept; k-- > 0;) {
        while (at > t->keep[k].entries)
            rest += power[--at];
        s->lost[k] += rest / sum;
        s->squares[k] += rest / sum * (rest / sum);
    }
}

static int check_size(const csi_dataset *set, const targets *t, err *e)
{
    size_t entries = (size_t)set->nt * set->ni;
    if (set->nt > TARGET_AXIS_MAX || set->ni > TARGET_AXIS_MAX)
        return err_set(e, ERR_INVALID, "%u angles x %u taps are more than %d", set->nt, set->ni,
                       TARGET_AXIS_MAX);
    for (size_t k = 0; k < t->kept; k++)
        if (t->keep[k].entries > entries)
            return err_set(e, ERR_INVALID, "a sample has %zu entries, fewer than the %zu to keep",
                           entries, t->keep[k].entries);
    return ERR_NONE;
}

int portrait_of(const csi_dataset *set, const targets *t, portrait *p, err *e)
{
    size_t entries = (size_t)set->nt * set->ni;
    if (check_size(set, t, e) != ERR_NONE)
        return e->code;
    double *power = malloc(entries * sizeof *power), total = 0;
    if (!power)
        return err_set(e, ERR_NOMEM, "out of memory for %zu entries", entries);
    sums s = {0};
    *p = (portrait){.tap.count = set->ni, .angle.count = set->nt};
    for (size_t i = 0; i < set->samples; i++) {
        double sum = add_powers(set, i, power, p);
        if (sum == 0)
            continue;
        p->samples++;
        total += sum;
        add_lost(power, entries, sum, t, &s);
    }
    free(power);
    if (p->samples == 0)
        return err_set(e, ERR_INVALID, "every sample is 0.5 throughout: no channel");
    p->power = total / (double)p->samples;
    for (size_t k = 0; k < t->kept; k++)
        p->lost[k] = portrait_mean_of(s.lost[k], s.squares[k], p->samples);
    return ERR_NONE;
}

static double sum_over(const target_axis *a, size_t first, size_t end)
{
    double sum = 0;
    for (size_t i = first; i < end; i++)
        sum += a->power[i - a->first];
    return sum;
}

double portrait_distance(const target_axis *axis, const target_axis *target)
{
    size_t first = target->first > axis->first ? target->first : axis->first;
    size_t end = target->first + target->count, axis_end = axis->first + axis->count;
    end = end < axis_end ? end : axis_end;
    double whole = sum_over(axis, first, end), wanted = sum_over(target, first, end), sum = 0;
    if (first >= end || whole == 0 || wanted == 0)
        return NAN;
    for (size_t i = first; i < end; i++)
        sum +=
            fabs(axis->power[i - axis->first] / whole - target->power[i - target->first] / wanted);
    return sum / 2;
}
