#include "nn/arena.h"

#include <stdlib.h>

#include "base/error.h"

enum { ALIGNMENT = 64 };

size_t nn_arena_align(size_t bytes)
{
    bytes = bytes ? bytes : 1;
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static int by_size(const void *a, const void *b)
{
    const nn_region *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->slot - y->slot;
}

static int by_offset(const void *a, const void *b)
{
    const nn_region *const *x = a, *const *y = b;
    return (*x)->at < (*y)->at ? -1 : (*x)->at > (*y)->at;
}

/* The lowest gap among the regions alive at the same time; the largest regions come first. */
static size_t lowest_gap(const nn_region *r, const nn_region *placed, int n,
                         const nn_region **alive)
{
    int count = 0;
    size_t at = 0;
    for (int i = 0; i < n; i++)
        if (placed[i].first <= r->last && r->first <= placed[i].last)
            alive[count++] = &placed[i];
    qsort(alive, (size_t)count, sizeof(const nn_region *), by_offset);
    for (int i = 0; i < count && alive[i]->at < at + r->bytes; i++)
        if (alive[i]->at + alive[i]->bytes > at)
            at = alive[i]->at + alive[i]->bytes;
    return at;
}

int nn_arena_lay_out(nn_region *regions, int n, size_t *total)
{
    const nn_region **alive = malloc((size_t)(n + 1) * sizeof(const nn_region *));
    if (!alive)
        return ERR_NOMEM;
    qsort(regions, (size_t)n, sizeof *regions, by_size);
    *total = 0;
    for (int i = 0; i < n; i++) {
        regions[i].at = lowest_gap(&regions[i], regions, i, alive);
        if (regions[i].at + regions[i].bytes > *total)
            *total = regions[i].at + regions[i].bytes;
    }
    free(alive);
    return 0;
}
