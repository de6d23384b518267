#include "limit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static limit_curve *find(const limit *l, const char *channel)
{
    for (size_t i = 0; i < l->count; i++)
        if (strcmp(l->curve[i].channel, channel) == 0)
            return &l->curve[i];
    return NULL;
}

static limit_curve *find_or_add(limit *l, const char *channel)
{
    limit_curve *found = find(l, channel);
    if (found)
        return found;
    limit_curve *more = realloc(l->curve, (l->count + 1) * sizeof *more);
    if (!more)
        return NULL;
    l->curve = more;
    l->curve[l->count] = (limit_curve){.channel = strdup(channel)};
    return l->curve[l->count].channel ? &l->curve[l->count++] : NULL;
}

int limit_add(limit *l, const char *channel, double bits, double nmse_db, err *e)
{
    if (!(bits > 0) || !isfinite(bits) || !isfinite(nmse_db))
        return ERR_NONE;
    limit_curve *c = find_or_add(l, channel);
    if (c && c->count == c->room) {
        size_t room = c->room ? 2 * c->room : 16;
        limit_point *more = realloc(c->point, room * sizeof *more);
        c->point = more ? more : c->point;
        c->room = more ? room : c->room;
    }
    if (!c || c->count == c->room)
        return err_set(e, ERR_NOMEM, "out of memory for a separation limit");
    c->point[c->count++] = (limit_point){bits, nmse_db};
    return ERR_NONE;
}

/* Sorts by bits, and points with the same bits by NMSE, the lowest first, so that limit_reduce
 * drops the others. */
static int compare_points(const void *a, const void *b)
{
    const limit_point *p = a, *q = b;
    if (p->bits != q->bits)
        return p->bits < q->bits ? -1 : 1;
    return (p->nmse_db > q->nmse_db) - (p->nmse_db < q->nmse_db);
}

void limit_reduce(limit *l)
{
    for (size_t i = 0; i < l->count; i++) {
        limit_curve *c = &l->curve[i];
        size_t kept = 0;
        if (c->count > 1)
            qsort(c->point, c->count, sizeof *c->point, compare_points);
        for (size_t k = 0; k < c->count; k++)
            if (kept == 0 || c->point[k].nmse_db < c->point[kept - 1].nmse_db)
                c->point[kept++] = c->point[k];
        c->count = kept;
    }
}

const limit_curve *limit_over(const limit *l, const char *channel)
{
    const limit_curve *c = find(l, channel);
    return c && c->count > 0 ? c : NULL;
}

double limit_bits(double channel_uses, double snr_db)
{
    return channel_uses * log2(1 + pow(10, snr_db / 10));
}

double limit_distortion_db(const limit_curve *c, double bits)
{
    size_t low = 0, high = c ? c->count : 0; /* points before `low` have at most `bits` */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->point[middle].bits <= bits)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? c->point[low - 1].nmse_db : NAN;
}

double limit_nmse_db(const limit *l, const char *channel, double channel_uses, double snr_db)
{
    return limit_distortion_db(limit_over(l, channel), limit_bits(channel_uses, snr_db));
}

void limit_free(limit *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->curve[i].channel);
        free(l->curve[i].point);
    }
    free(l->curve);
    *l = (limit){0};
}
