#include <string.h>

#include "uci/list_internal.h"

/* One way to go on: path `from` with this bit. */
typedef struct choice {
    float metric;
    uint8_t from, bit;
} choice;

/* The best of count choices, at most `keep`, in order of metric; ties go to the earlier one. */
static uint32_t choose(choice *best, uint32_t keep, const choice *all, uint32_t count)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (kept == keep && !(all[i].metric < best[kept - 1].metric))
            continue;
        uint32_t at = kept < keep ? kept++ : kept - 1;
        for (; at > 0 && all[i].metric < best[at - 1].metric; at--)
            best[at] = best[at - 1];
        best[at] = all[i];
    }
    return kept;
}

/* Path `to` becomes a twin of path `from`. */
static void copy_path(list_decoder *d, uint32_t to, uint32_t from)
{
    for (uint32_t s = 0; s < d->code->log2_length; s++) {
        d->layer[s].llr_slot[to] = d->layer[s].llr_slot[from];
        d->layer[s].left_slot[to] = d->layer[s].left_slot[from];
    }
    d->y[to] = d->y[from];
    d->doubts[to] = d->doubts[from];
    d->from[to] = (uint8_t)from;
}

/* Each path goes on in its own place with its better choice; the other one takes the place of a
 * path that ends, or a new one. */
static void place_choices(list_decoder *d, const choice *best, uint32_t count)
{
    bool taken[UCI_LIST_MAX] = {false};
    choice second[UCI_LIST_MAX];
    uint32_t seconds = 0, free_place = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t p = best[i].from;
        if (taken[p]) {
            second[seconds++] = best[i];
            continue;
        }
        taken[p] = true;
        d->metric[p] = best[i].metric;
        d->bit[p] = best[i].bit;
        d->from[p] = (uint8_t)p;
    }
    for (uint32_t i = 0; i < seconds; i++) {
        while (taken[free_place])
            free_place++;
        taken[free_place] = true;
        copy_path(d, free_place, second[i].from);
        d->metric[free_place] = second[i].metric;
        d->bit[free_place] = second[i].bit;
    }
    d->paths = count;
}

void uci_list_split(list_decoder *d, float metric[][2])
{
    choice all[2 * UCI_LIST_MAX], best[UCI_LIST_MAX];
    for (uint32_t p = 0; p < d->paths; p++)
        for (uint8_t bit = 0; bit < 2; bit++)
            all[2 * p + bit] = (choice){metric[p][bit], (uint8_t)p, bit};
    place_choices(d, best, choose(best, d->list, all, 2 * d->paths));
}
