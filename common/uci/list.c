#include <stdlib.h>
#include <string.h>

#include "uci/list_internal.h"

static list_f *const f_of_level[CPU_LEVELS] = SIMD_TABLE(uci_f);
static list_g *const g_of_level[CPU_LEVELS] = SIMD_TABLE(uci_g);
static list_cost *const cost_of_level[CPU_LEVELS] = SIMD_TABLE(uci_cost);
static list_decide *const decide_of_level[CPU_LEVELS] = SIMD_TABLE(uci_decide);
static list_within *const within_of_level[CPU_LEVELS] = SIMD_TABLE(uci_within);

/* Assigns each layer its part of the arena; without an arena, only counts the bytes. */
static size_t lay_out(list_layer *layer, uint32_t list, uint64_t *arena)
{
    size_t used = 0;
    for (int s = LIST_LAYERS; s-- > 0;) {
        const size_t numbers = (size_t)list << s, words = (size_t)list * uci_bit_words(1u << s);
        /* The caller owns the LLRs of the whole code, and the whole code is not a left half. */
        const bool whole = s == LIST_LAYERS - 1;
        if (arena)
            layer[s] = (list_layer){.llr = whole ? NULL : (float *)(arena + used)};
        used += whole ? 0 : (numbers + 1) / 2;
        for (int side = whole ? LIST_RIGHT : LIST_LEFT; side <= LIST_RIGHT; side++) {
            if (arena)
                layer[s].sum[side] = arena + used;
            used += words;
        }
    }
    return used * sizeof *arena;
}

list_decoder *uci_list_create(uint32_t list, err *e)
{
    list_decoder *d = malloc(sizeof *d + lay_out(NULL, list, NULL));
    if (!d) {
        err_set(e, ERR_NOMEM, "out of memory for a list decoder");
        return NULL;
    }
    const cpu_isa level = cpu_level();
    d->list = list;
    d->f = f_of_level[level];
    d->g = g_of_level[level];
    d->cost = cost_of_level[level];
    d->decide = decide_of_level[level];
    d->within = within_of_level[level];
    lay_out(d->layer, list, d->arena);
    return d;
}

void uci_list_free(list_decoder *d)
{
    free(d);
}

/* Combines the sums of both halves into those of a node: left + right, right. */
static void join_sums(const list_decoder *d, uint32_t s, int side)
{
    const uint32_t half = 1u << (s - 1), words = half / 64;
    for (uint32_t p = 0; p < d->paths; p++) {
        const uint64_t *left = list_sum(d, s - 1, LIST_LEFT, d->path[p].left_slot[s - 1]);
        const uint64_t *right = list_sum(d, s - 1, LIST_RIGHT, p);
        uint64_t *sum = list_sum(d, s, side, p);
        if (half < 64)
            *sum = (*left ^ *right) | *right << half;
        for (uint32_t w = 0; w < words; w++) {
            sum[w] = left[w] ^ right[w];
            sum[words + w] = right[w];
        }
    }
}

/* Decodes a node of 2^s inputs with its LLRs computed; writes its sums to each path's own slot. */
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
    const float *llr[UCI_LIST_MAX];
    const uint32_t half = 1u << (s - 1);
    float *below = d->layer[s - 1].llr;
    for (uint32_t p = 0; p < d->paths; p++) {
        llr[p] = list_llr(d, s, p);
        d->path[p].llr_slot[s - 1] = (uint8_t)p;
    }
    d->f(llr, d->paths, half, below);
    decode_node(d, 2 * node, s - 1, LIST_LEFT);
    /* The LLRs of the left half are no longer needed, so each path can write to its own slot
     * again. */
    for (uint32_t p = 0; p < d->paths; p++) {
        llr[p] = list_llr(d, s, p);
        d->path[p].left_slot[s - 1] = d->path[p].llr_slot[s - 1] = (uint8_t)p;
    }
    d->g(llr, list_sum(d, s - 1, LIST_LEFT, 0), d->paths, half, below);
    decode_node(d, 2 * node + 1, s - 1, LIST_RIGHT);
    join_sums(d, s, side);
}

uint32_t uci_list_decode(list_decoder *d, const polar_code *code, const float *llr)
{
    const uint32_t top = code->log2_length;
    d->code = code;
    d->code_llr = llr;
    d->paths = 1;
    d->metric[0] = 0;
    d->path[0].y = 0;
    decode_node(d, 1, top, LIST_RIGHT);
    /* Insertion sort by metric. */
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
    uint64_t u[UCI_LENGTH_MAX / 64];
    memcpy(u, list_sum(d, code->log2_length, LIST_RIGHT, d->order[i]),
           uci_bit_words(code->length) * sizeof *u);
    polar_transform(u, code->length);
    for (uint32_t k = 0; k < code->bits; k++)
        bit[k] = u[code->input[k] / 64] >> code->input[k] % 64 & 1;
}
