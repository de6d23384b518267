#include <string.h>

#include "uci/list_internal.h"

/* A candidate path, as a number that sorts by metric, then by path and bit. Metrics are not
 * negative, so their bits sort like their values. */
typedef uint64_t choice;

static const choice none = UINT64_MAX;

static choice make_choice(float metric, uint32_t path, uint32_t bit)
{
    uint32_t bits;
    memcpy(&bits, &metric, sizeof bits);
    return (choice)bits << 32 | path << 1 | bit;
}

static float choice_metric(choice c)
{
    const uint32_t bits = (uint32_t)(c >> 32);
    float metric;
    memcpy(&metric, &bits, sizeof metric);
    return metric;
}

static uint32_t choice_path(choice c)
{
    return (uint32_t)c >> 1;
}

static void take_choice(list_decoder *d, uint32_t to, choice c)
{
    d->metric[to] = choice_metric(c);
    d->bit[to] = c & 1;
    d->from[to] = (uint8_t)choice_path(c);
}

/* Selects the worse choices of all paths that are among the `list` best of all choices, in order;
 * and, as bits of *ended, the paths with a better choice that is not. There are few, so searching
 * for the next one each time is faster than sorting. Changes worse[] and better[]. */
static uint32_t choose_twins(const list_decoder *d, choice *better, choice *worse, choice *twin,
                             uint32_t *ended)
{
    uint32_t twins = 0, room = d->list - d->paths;
    for (*ended = 0; twins < d->paths; twins++) {
        choice next = none, last = 0;
        for (uint32_t p = 0; p < d->paths; p++) {
            next = worse[p] < next ? worse[p] : next;
            last = better[p] > last ? better[p] : last;
        }
        if (twins >= room) {
            if (next > last)
                break;
            /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): it is a path */
            *ended |= 1u << choice_path(last);
            better[choice_path(last)] = 0;
        }
        worse[choice_path(next)] = none;
        twin[twins] = next;
    }
    return twins;
}

bool uci_list_split(list_decoder *d, float metric[2][UCI_LIST_MAX])
{
    choice better[UCI_LIST_MAX], worse[UCI_LIST_MAX], twin[UCI_LIST_MAX];
    for (uint32_t p = 0; p < d->paths; p++) {
        const choice zero = make_choice(metric[0][p], p, 0), one = make_choice(metric[1][p], p, 1);
        better[p] = zero < one ? zero : one;
        worse[p] = zero < one ? one : zero;
        take_choice(d, p, better[p]);
    }
    uint32_t ended;
    const uint32_t twins = choose_twins(d, better, worse, twin, &ended);
    /* A twin replaces a path that ends, or becomes a new one. */
    for (uint32_t i = 0; i < twins; i++) {
        const uint32_t path = ended ? (uint32_t)__builtin_ctz(ended) : d->paths++;
        ended &= ended - 1;
        take_choice(d, path, twin[i]);
        d->path[path] = d->path[choice_path(twin[i])];
    }
    return twins > 0;
}
