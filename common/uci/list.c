#include <stdlib.h>
#include <string.h>

#include "uci/kernels_simd.h"
#include "uci/list_internal.h"

static list_f *const f_of_level[CPU_LEVELS] = SIMD_TABLE(uci_f);
static list_g *const g_of_level[CPU_LEVELS] = SIMD_TABLE(uci_g);
static list_join *const join_of_level[CPU_LEVELS] = SIMD_TABLE(uci_join);
static list_cost *const cost_of_level[CPU_LEVELS] = SIMD_TABLE(uci_cost);

list_decoder *uci_list_create(uint32_t list, err *e)
{
    const size_t all = (size_t)list * UCI_LENGTH_MAX;
    /* LLRs 2^0 + .. + 2^9 a path, left sums the same, right sums and the code's own 2^10 more. */
    list_decoder *d = malloc(sizeof *d + all * sizeof(float) + 3 * all);
    if (!d) {
        err_set(e, ERR_NOMEM, "out of memory for a list decoder");
        return NULL;
    }
    const cpu_isa level = cpu_level();
    d->list = list;
    d->f = f_of_level[level];
    d->g = g_of_level[level];
    d->join = join_of_level[level];
    d->cost = cost_of_level[level];
    float *llr = d->arena;
    uint8_t *sum = (uint8_t *)(d->arena + all);
    for (int s = 0; s < LIST_LAYERS; s++) {
        const size_t size = (size_t)list << s;
        d->layer[s].llr = s < LIST_LAYERS - 1 ? llr : NULL;
        llr += size;
        d->layer[s].sum[LIST_RIGHT] = sum;
        d->layer[s].sum[LIST_LEFT] = s < LIST_LAYERS - 1 ? sum + size : NULL;
        sum += s < LIST_LAYERS - 1 ? 2 * size : size;
    }
    return d;
}

void uci_list_free(list_decoder *d)
{
    free(d);
}

/* Decodes a node of 2^s inputs whose LLRs are in place; leaves its sums in each path's own slot. */
static void decode_node(list_decoder *d, uint32_t node, uint32_t s, int side)
{
    switch (d->code->node[node]) {
    case POLAR_FROZEN:
        uci_list_frozen(d, s, side);
        return;
    case POLAR_REPEAT:
        uci_list_repeat(d, s, side);
        return;
    case POLAR_PARITY:
        uci_list_parity(d, side);
        return;
    case POLAR_FREE:
        uci_list_free_bits(d, s, side);
        return;
    case POLAR_EVEN:
        uci_list_even(d, s, side);
        return;
    default:
        break;
    }
    list_layer *below = &d->layer[s - 1];
    const uint32_t half = 1u << (s - 1);
    for (uint32_t p = 0; p < d->paths; p++) {
        below->llr_slot[p] = (uint8_t)p;
        d->f(list_llr(d, s, p), below->llr + ((size_t)p << (s - 1)), half);
    }
    decode_node(d, 2 * node, s - 1, LIST_LEFT);
    /* No path needs the left half's LLRs any more, so that each can write to its own slot again. */
    for (uint32_t p = 0; p < d->paths; p++) {
        below->left_slot[p] = below->llr_slot[p] = (uint8_t)p;
        d->g(list_llr(d, s, p), list_sum(d, s - 1, LIST_LEFT, p),
             below->llr + ((size_t)p << (s - 1)), half);
    }
    decode_node(d, 2 * node + 1, s - 1, LIST_RIGHT);
    for (uint32_t p = 0; p < d->paths; p++)
        d->join(list_sum(d, s - 1, LIST_LEFT, below->left_slot[p]),
                list_sum(d, s - 1, LIST_RIGHT, p), list_sum(d, s, side, p), half);
}

uint32_t uci_list_decode(list_decoder *d, const polar_code *code, const float *llr)
{
    const uint32_t top = code->log2_length;
    d->code = code;
    d->code_llr = llr;
    d->paths = 1;
    d->metric[0] = 0;
    d->y[0] = 0;
    decode_node(d, 1, top, LIST_RIGHT);
    /* Insertion in order of metric. */
    for (uint32_t p = 0; p < d->paths; p++) {
        uint32_t at = p;
        for (; at > 0 && d->metric[p] < d->metric[d->order[at - 1]]; at--)
            d->order[at] = d->order[at - 1];
        d->order[at] = (uint8_t)p;
    }
    return d->paths;
}

void uci_list_bits(const list_decoder *d, uint32_t i, uint8_t *bit)
{
    const polar_code *code = d->code;
    uint8_t u[UCI_LENGTH_MAX];
    memcpy(u, list_sum(d, code->log2_length, LIST_RIGHT, d->order[i]), code->length);
    polar_transform(u, code->length);
    for (uint32_t k = 0; k < code->bits; k++)
        bit[k] = u[code->input[k]];
}
