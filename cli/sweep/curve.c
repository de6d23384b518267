#include "curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_pairs(const void *a, const void *b)
{
    const curve_pair *p = a, *q = b;
    return (p->x > q->x) - (p->x < q->x);
}

void curve_sort(curve_pair *pairs, size_t count)
{
    qsort(pairs, count, sizeof *pairs, compare_pairs);
}

void curve_put_sorted(figure_curve *to, curve_pair *pairs, size_t count)
{
    curve_sort(pairs, count);
    for (size_t i = 0; i < count; i++)
        figure_put(to, pairs[i].x, pairs[i].y);
}

bool curve_is_there(const figure *f, const char *label)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->curve[i].label, label) == 0)
            return true;
    return false;
}

size_t sweep_nearest_snr(const sweep *s, double snr_db)
{
    size_t best = 0;
    for (size_t k = 1; k < s->snrs.snrs; k++)
        if (fabs(s->snrs.snr_db[k] - snr_db) < fabs(s->snrs.snr_db[best] - snr_db))
            best = k;
    return best;
}

bool sweep_curve_is_drawn(const sweep *s, size_t curve)
{
    return !eval_case_gives_directions(s->curve[curve]);
}
