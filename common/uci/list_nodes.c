#include <math.h>
#include <string.h>

#include "uci/list_internal.h"

static void point_to_llrs(const list_decoder *d, uint32_t s, const float *llr[UCI_LIST_MAX])
{
    for (uint32_t p = 0; p < d->paths; p++)
        llr[p] = list_llr(d, s, p);
}

/* Advances the registers by the zeros of a node. */
static void rotate_registers(list_decoder *d, uint32_t inputs)
{
    if (d->code->parity)
        for (uint32_t p = 0; p < d->paths; p++)
            d->path[p].y = polar_rotate(d->path[p].y, inputs);
}

/* Sets all sums of the node to the bit that the path has chosen. */
static void set_sums(list_decoder *d, uint32_t s, int side)
{
    const uint32_t words = uci_bit_words(1u << s);
    const uint64_t ones = s < 6 ? ((uint64_t)1 << (1u << s)) - 1 : UINT64_MAX;
    uint64_t *sum = list_sum(d, s, side, 0);
    for (uint32_t p = 0; p < d->paths; p++)
        for (uint32_t w = 0; w < words; w++)
            *sum++ = d->bit[p] ? ones : 0;
}

void uci_list_frozen(list_decoder *d, uint32_t s, int side)
{
    const float *llr[UCI_LIST_MAX];
    float zeros[UCI_LIST_MAX], ones[UCI_LIST_MAX];
    point_to_llrs(d, s, llr);
    d->cost(llr, d->paths, 1u << s, zeros, ones);
    for (uint32_t p = 0; p < d->paths; p++) {
        d->metric[p] += zeros[p];
        d->bit[p] = 0;
    }
    rotate_registers(d, 1u << s);
    set_sums(d, s, side);
}

void uci_list_repeat(list_decoder *d, uint32_t s, int side)
{
    const float *llr[UCI_LIST_MAX];
    float metric[2][UCI_LIST_MAX];
    point_to_llrs(d, s, llr);
    d->cost(llr, d->paths, 1u << s, metric[0], metric[1]);
    for (uint32_t p = 0; p < d->paths; p++) {
        metric[0][p] += d->metric[p];
        metric[1][p] += d->metric[p];
    }
    rotate_registers(d, 1u << s);
    uci_list_split(d, metric);
    for (uint32_t p = 0; p < d->paths; p++)
        d->path[p].y ^= d->bit[p];
    set_sums(d, s, side);
}

void uci_list_parity(list_decoder *d, int side)
{
    const float *llr[UCI_LIST_MAX];
    float zeros[UCI_LIST_MAX], ones[UCI_LIST_MAX];
    point_to_llrs(d, 0, llr);
    d->cost(llr, d->paths, 1, zeros, ones);
    rotate_registers(d, 1);
    for (uint32_t p = 0; p < d->paths; p++) {
        d->bit[p] = d->path[p].y & 1;
        d->metric[p] += d->bit[p] ? ones[p] : zeros[p];
    }
    set_sums(d, 0, side);
}

/* The metric above which no path survives. */
static float worst_metric(const list_decoder *d)
{
    float worst = 0;
    if (d->paths < d->list)
        return INFINITY;
    for (uint32_t p = 0; p < d->paths; p++)
        worst = d->metric[p] > worst ? d->metric[p] : worst;
    return worst;
}

/* Sorts the `count` cheapest of the candidate inputs by cost; ties keep their order. */
static void sort_doubts(list_doubts *doubts, const float *llr, uint32_t words,
                        const uint64_t *candidates, uint32_t count)
{
    uint32_t found = 0;
    for (uint32_t w = 0; w < words; w++)
        for (uint64_t left = candidates[w]; left; left &= left - 1) {
            const uint32_t i = 64 * w + (uint32_t)__builtin_ctzll(left);
            const float cost = fabsf(llr[i]);
            if (found == count && !(cost < doubts->cost[count - 1]))
                continue;
            uint32_t at = found < count ? found++ : count - 1;
            for (; at > 0 && cost < doubts->cost[at - 1]; at--) {
                doubts->cost[at] = doubts->cost[at - 1];
                doubts->at[at] = doubts->at[at - 1];
            }
            doubts->cost[at] = cost;
            doubts->at[at] = (uint16_t)i;
        }
    doubts->count = found;
}

/* The cost, for path p, of changing its k-th least reliable input. */
static float cost_of_doubt(const list_decoder *d, uint32_t p, uint32_t k)
{
    const list_doubts *doubts = &d->doubts[d->path[p].doubts];
    return k < doubts->count ? doubts->cost[k] : INFINITY;
}

static void flip(uint64_t *sum, uint32_t at)
{
    sum[at / 64] ^= (uint64_t)1 << at % 64;
}

/* A twin also has the sums of the path that it split from. */
static void copy_sums(list_decoder *d, uint32_t s, int side)
{
    for (uint32_t p = 0; p < d->paths; p++)
        if (d->from[p] != p)
            memcpy(list_sum(d, s, side, p), list_sum(d, s, side, d->from[p]),
                   uci_bit_words(1u << s) * sizeof(uint64_t));
}

/* Of L paths, none changes an input if L - 1 inputs are less reliable: changing each of these
 * instead would give L better paths. Nor does a path change an input if that makes it worse than
 * the L existing paths. */
void uci_list_free_bits(list_decoder *d, uint32_t s, int side)
{
    const uint32_t n = 1u << s, words = uci_bit_words(n);
    const uint32_t count = n < d->list - 1 ? n : d->list - 1;
    const float worst = worst_metric(d);
    const float *llr[UCI_LIST_MAX];
    float least[UCI_LIST_MAX];
    bool any = false;
    point_to_llrs(d, s, llr);
    d->decide(llr, d->paths, n, list_sum(d, s, side, 0), least);
    for (uint32_t p = 0; p < d->paths; p++) {
        uint64_t candidates[UCI_LENGTH_MAX / 64];
        d->path[p].doubts = (uint8_t)p;
        d->doubts[p].count = 0;
        if (count == 0 || !(d->metric[p] + least[p] <= worst))
            continue;
        any = true;
        d->within(llr[p], n, d->metric[p], 0, worst, candidates);
        sort_doubts(&d->doubts[p], llr[p], words, candidates, count);
    }
    for (uint32_t k = 0; any && k < count; k++) {
        float metric[2][UCI_LIST_MAX];
        for (uint32_t p = 0; p < d->paths; p++) {
            metric[0][p] = d->metric[p];
            metric[1][p] = d->metric[p] + cost_of_doubt(d, p, k);
        }
        /* All later inputs cost more. */
        if (!uci_list_split(d, metric))
            return;
        copy_sums(d, s, side);
        for (uint32_t p = 0; p < d->paths; p++)
            if (d->bit[p])
                flip(list_sum(d, s, side, p), d->doubts[d->path[p].doubts].at[k]);
    }
}

/* Hard decisions of even weight, and the inputs that may change along with the least reliable one,
 * at[0]. */
static bool decide_even(list_decoder *d, uint32_t s, int side, uint32_t count)
{
    const uint32_t n = 1u << s, words = uci_bit_words(n);
    const float *llr[UCI_LIST_MAX];
    float least[UCI_LIST_MAX];
    bool any = false;
    point_to_llrs(d, s, llr);
    d->decide(llr, d->paths, n, list_sum(d, s, side, 0), least);
    for (uint32_t p = 0; p < d->paths; p++) {
        const uint64_t *sum = list_sum(d, s, side, p);
        uint64_t all = 0;
        for (uint32_t w = 0; w < words; w++)
            all ^= sum[w];
        d->path[p].odd = (uint8_t)__builtin_parityll(all);
        d->metric[p] += d->path[p].odd ? least[p] : 0;
    }
    const float worst = worst_metric(d);
    for (uint32_t p = 0; p < d->paths; p++) {
        const bool odd = d->path[p].odd;
        const float first = odd ? -least[p] : least[p];
        uint64_t candidates[UCI_LENGTH_MAX / 64];
        d->path[p].doubts = (uint8_t)p;
        d->doubts[p].count = 0;
        if (!(d->metric[p] + (least[p] + first) <= worst))
            continue;
        /* The least reliable input is always among them. */
        d->within(llr[p], n, d->metric[p], first, worst, candidates);
        sort_doubts(&d->doubts[p], llr[p], words, candidates, count);
        any |= d->doubts[p].count > 1;
        if (odd)
            flip(list_sum(d, s, side, p), d->doubts[p].at[0]);
    }
    return any;
}

/* Words of even weight. Changing another input also changes the least reliable one, which adds its
 * cost or gives it back. */
void uci_list_even(list_decoder *d, uint32_t s, int side)
{
    const uint32_t n = 1u << s, count = n < d->list ? n : d->list;
    const bool any = decide_even(d, s, side, count);
    for (uint32_t k = 1; any && k < count; k++) {
        float metric[2][UCI_LIST_MAX];
        for (uint32_t p = 0; p < d->paths; p++) {
            const float first = cost_of_doubt(d, p, 0);
            metric[0][p] = d->metric[p];
            metric[1][p] =
                d->metric[p] + (cost_of_doubt(d, p, k) + (d->path[p].odd ? -first : first));
        }
        if (!uci_list_split(d, metric))
            return;
        copy_sums(d, s, side);
        for (uint32_t p = 0; p < d->paths; p++) {
            if (!d->bit[p])
                continue;
            const list_doubts *doubts = &d->doubts[d->path[p].doubts];
            d->path[p].odd ^= 1;
            flip(list_sum(d, s, side, p), doubts->at[0]);
            flip(list_sum(d, s, side, p), doubts->at[k]);
        }
    }
}
