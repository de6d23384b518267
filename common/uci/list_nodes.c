#include <string.h>

#include "uci/list_internal.h"

/* All sums of the node are the bit that the path has chosen. */
static void set_sums(list_decoder *d, uint32_t s, int side)
{
    for (uint32_t p = 0; p < d->paths; p++)
        memset(list_sum(d, s, side, p), d->bit[p], (size_t)1 << s);
}

void uci_list_frozen(list_decoder *d, uint32_t s, int side)
{
    for (uint32_t p = 0; p < d->paths; p++) {
        float zeros, ones;
        d->cost(list_llr(d, s, p), 1u << s, &zeros, &ones);
        d->metric[p] += zeros;
        d->y[p] = polar_turn(d->y[p], 1u << s);
        memset(list_sum(d, s, side, p), 0, (size_t)1 << s);
    }
}

void uci_list_repeat(list_decoder *d, uint32_t s, int side)
{
    float metric[UCI_LIST_MAX][2];
    for (uint32_t p = 0; p < d->paths; p++) {
        float zeros, ones;
        d->cost(list_llr(d, s, p), 1u << s, &zeros, &ones);
        metric[p][0] = d->metric[p] + zeros;
        metric[p][1] = d->metric[p] + ones;
        d->y[p] = polar_turn(d->y[p], 1u << s);
    }
    uci_list_split(d, metric);
    for (uint32_t p = 0; p < d->paths; p++)
        d->y[p] ^= d->bit[p];
    set_sums(d, s, side);
}

void uci_list_parity(list_decoder *d, int side)
{
    for (uint32_t p = 0; p < d->paths; p++) {
        float zeros, ones;
        d->cost(list_llr(d, 0, p), 1, &zeros, &ones);
        d->y[p] = polar_turn(d->y[p], 1);
        d->bit[p] = d->y[p] & 1;
        d->metric[p] += d->bit[p] ? ones : zeros;
    }
    set_sums(d, 0, side);
}

/* Hard decisions, and the `count` inputs that are the least sure. Returns the sum of the decisions.
 */
static uint8_t decide(const float *llr, uint32_t n, uint32_t count, uint8_t *sum,
                      list_doubts *doubts)
{
    uint32_t found = 0;
    uint8_t odd = 0;
    for (uint32_t i = 0; i < n; i++) {
        const float cost = __builtin_fabsf(llr[i]);
        sum[i] = llr[i] < 0;
        odd ^= sum[i];
        if (found == count && (count == 0 || !(cost < doubts->cost[count - 1])))
            continue;
        uint32_t at = found < count ? found++ : count - 1;
        for (; at > 0 && cost < doubts->cost[at - 1]; at--) {
            doubts->cost[at] = doubts->cost[at - 1];
            doubts->at[at] = doubts->at[at - 1];
        }
        doubts->cost[at] = cost;
        doubts->at[at] = (uint16_t)i;
    }
    return odd;
}

/* A twin has the sums of the path that it was, too. */
static void copy_sums(list_decoder *d, uint32_t s, int side)
{
    for (uint32_t p = 0; p < d->paths; p++)
        if (d->from[p] != p)
            memcpy(list_sum(d, s, side, p), list_sum(d, s, side, d->from[p]), (size_t)1 << s);
}

/* Of L paths none changes an input that L - 1 others are less sure of: with each of these in its
 * place there would be L better paths. */
void uci_list_free_bits(list_decoder *d, uint32_t s, int side)
{
    const uint32_t n = 1u << s, count = n < d->list - 1 ? n : d->list - 1;
    for (uint32_t p = 0; p < d->paths; p++)
        decide(list_llr(d, s, p), n, count, list_sum(d, s, side, p), &d->doubts[p]);
    for (uint32_t k = 0; k < count; k++) {
        float metric[UCI_LIST_MAX][2];
        for (uint32_t p = 0; p < d->paths; p++) {
            metric[p][0] = d->metric[p];
            metric[p][1] = d->metric[p] + d->doubts[p].cost[k];
        }
        uci_list_split(d, metric);
        copy_sums(d, s, side);
        for (uint32_t p = 0; p < d->paths; p++)
            list_sum(d, s, side, p)[d->doubts[p].at[k]] ^= d->bit[p];
    }
}

/* The words of even weight. Where another input is changed the least sure one changes, too, and its
 * cost is added, or given back. */
void uci_list_even(list_decoder *d, uint32_t s, int side)
{
    const uint32_t n = 1u << s, count = n < d->list ? n : d->list;
    for (uint32_t p = 0; p < d->paths; p++) {
        list_doubts *doubts = &d->doubts[p];
        uint8_t *sum = list_sum(d, s, side, p);
        doubts->odd = decide(list_llr(d, s, p), n, count, sum, doubts);
        sum[doubts->at[0]] ^= doubts->odd;
        d->metric[p] += doubts->odd ? doubts->cost[0] : 0;
    }
    for (uint32_t k = 1; k < count; k++) {
        float metric[UCI_LIST_MAX][2];
        for (uint32_t p = 0; p < d->paths; p++) {
            const list_doubts *doubts = &d->doubts[p];
            const float first = doubts->odd ? -doubts->cost[0] : doubts->cost[0];
            metric[p][0] = d->metric[p];
            metric[p][1] = d->metric[p] + (doubts->cost[k] + first);
        }
        uci_list_split(d, metric);
        copy_sums(d, s, side);
        for (uint32_t p = 0; p < d->paths; p++) {
            list_doubts *doubts = &d->doubts[p];
            uint8_t *sum = list_sum(d, s, side, p);
            doubts->odd ^= d->bit[p];
            sum[doubts->at[0]] ^= d->bit[p];
            sum[doubts->at[k]] ^= d->bit[p];
        }
    }
}
