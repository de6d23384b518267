#include "uci/list.h"

#include <stdlib.h>
#include <string.h>

#include "uci/kernels_simd.h"

enum { LAYERS = 11, LEFT = 0, RIGHT = 1 };

typedef void f_function(const float *, float *, uint32_t);
typedef void g_function(const float *, const uint8_t *, float *, uint32_t);
typedef void join_function(const uint8_t *, const uint8_t *, uint8_t *, uint32_t);
typedef void cost_function(const float *, uint32_t, float *, float *);

static f_function *const f_of_level[CPU_LEVELS] = SIMD_TABLE(uci_f);
static g_function *const g_of_level[CPU_LEVELS] = SIMD_TABLE(uci_g);
static join_function *const join_of_level[CPU_LEVELS] = SIMD_TABLE(uci_join);
static cost_function *const cost_of_level[CPU_LEVELS] = SIMD_TABLE(uci_cost);

/* A layer s has the nodes of 2^s inputs. */
typedef struct layer {
    float *llr;      /* [list][2^s] */
    uint8_t *sum[2]; /* [list][2^s], of the node that is a left half and of one that is a right */
    uint8_t llr_slot[UCI_LIST_MAX];  /* [path]: the slot that it reads */
    uint8_t left_slot[UCI_LIST_MAX]; /* the same for the left half's sums */
} layer;

struct list_decoder {
    uint32_t list;
    f_function *f;
    g_function *g;
    join_function *join;
    cost_function *cost;
    /* Of the block being decoded. */
    const polar_code *code;
    const float *code_llr; /* [N], the same for every path */
    uint32_t paths;
    float metric[UCI_LIST_MAX];
    uint8_t y[UCI_LIST_MAX];     /* registers of the parity-check bits */
    uint8_t order[UCI_LIST_MAX]; /* paths by metric, at the end */
    layer layer[LAYERS];
    float arena[]; /* LLRs of the layers below the whole code, then all sums */
};

list_decoder *list_create(uint32_t list, err *e)
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
    for (int s = 0; s < LAYERS; s++) {
        const size_t size = (size_t)list << s;
        d->layer[s].llr = s < LAYERS - 1 ? llr : NULL;
        llr += size;
        d->layer[s].sum[RIGHT] = sum;
        d->layer[s].sum[LEFT] = s < LAYERS - 1 ? sum + size : NULL;
        sum += s < LAYERS - 1 ? 2 * size : size;
    }
    return d;
}

void list_free(list_decoder *d)
{
    free(d);
}

static const float *llr_of(const list_decoder *d, uint32_t s, uint32_t path)
{
    if (s == d->code->log2_length)
        return d->code_llr;
    return d->layer[s].llr + ((size_t)d->layer[s].llr_slot[path] << s);
}

static uint8_t *sum_of(const list_decoder *d, uint32_t s, int side, uint32_t slot)
{
    return d->layer[s].sum[side] + ((size_t)slot << s);
}

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
}

/* Each path goes on in its own place with its first choice; a second one takes the place of a path
 * that ends, or a new one. bit[path] is what each has chosen then. */
static void split_paths(list_decoder *d, const choice *best, uint32_t count, uint8_t *bit)
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
        bit[p] = best[i].bit;
    }
    for (uint32_t i = 0; i < seconds; i++) {
        while (taken[free_place])
            free_place++;
        taken[free_place] = true;
        copy_path(d, free_place, second[i].from);
        d->metric[free_place] = second[i].metric;
        bit[free_place] = second[i].bit;
    }
    d->paths = count;
}

static void set_sums(list_decoder *d, uint32_t s, int side, const uint8_t *bit)
{
    for (uint32_t p = 0; p < d->paths; p++)
        memset(sum_of(d, s, side, p), bit[p], (size_t)1 << s);
}

static void decode_frozen(list_decoder *d, uint32_t s, int side)
{
    for (uint32_t p = 0; p < d->paths; p++) {
        float zeros, ones;
        d->cost(llr_of(d, s, p), 1u << s, &zeros, &ones);
        d->metric[p] += zeros;
        d->y[p] = polar_turn(d->y[p], 1u << s);
        memset(sum_of(d, s, side, p), 0, (size_t)1 << s);
    }
}

static void decode_repeat(list_decoder *d, uint32_t s, int side)
{
    choice all[2 * UCI_LIST_MAX], best[UCI_LIST_MAX];
    uint8_t bit[UCI_LIST_MAX];
    for (uint32_t p = 0; p < d->paths; p++) {
        float zeros, ones;
        d->cost(llr_of(d, s, p), 1u << s, &zeros, &ones);
        all[2 * p] = (choice){d->metric[p] + zeros, (uint8_t)p, 0};
        all[2 * p + 1] = (choice){d->metric[p] + ones, (uint8_t)p, 1};
        d->y[p] = polar_turn(d->y[p], 1u << s);
    }
    split_paths(d, best, choose(best, d->list, all, 2 * d->paths), bit);
    for (uint32_t p = 0; p < d->paths; p++)
        d->y[p] ^= bit[p];
    set_sums(d, s, side, bit);
}

static void decode_parity(list_decoder *d, int side)
{
    uint8_t bit[UCI_LIST_MAX];
    for (uint32_t p = 0; p < d->paths; p++) {
        float zeros, ones;
        d->cost(llr_of(d, 0, p), 1, &zeros, &ones);
        d->y[p] = polar_turn(d->y[p], 1);
        bit[p] = d->y[p] & 1;
        d->metric[p] += bit[p] ? ones : zeros;
    }
    set_sums(d, 0, side, bit);
}

/* Decodes a node of 2^s inputs whose LLRs are in place; leaves its sums in each path's own slot. */
static void decode_node(list_decoder *d, uint32_t node, uint32_t s, int side)
{
    switch (d->code->node[node]) {
    case POLAR_FROZEN:
        decode_frozen(d, s, side);
        return;
    case POLAR_REPEAT:
        decode_repeat(d, s, side);
        return;
    case POLAR_PARITY:
        decode_parity(d, side);
        return;
    default:
        break;
    }
    layer *below = &d->layer[s - 1];
    const uint32_t half = 1u << (s - 1);
    for (uint32_t p = 0; p < d->paths; p++) {
        below->llr_slot[p] = (uint8_t)p;
        d->f(llr_of(d, s, p), below->llr + ((size_t)p << (s - 1)), half);
    }
    decode_node(d, 2 * node, s - 1, LEFT);
    /* No path needs the left half's LLRs any more, so that each can write to its own slot again. */
    for (uint32_t p = 0; p < d->paths; p++) {
        below->left_slot[p] = below->llr_slot[p] = (uint8_t)p;
        d->g(llr_of(d, s, p), sum_of(d, s - 1, LEFT, p), below->llr + ((size_t)p << (s - 1)), half);
    }
    decode_node(d, 2 * node + 1, s - 1, RIGHT);
    for (uint32_t p = 0; p < d->paths; p++)
        d->join(sum_of(d, s - 1, LEFT, below->left_slot[p]), sum_of(d, s - 1, RIGHT, p),
                sum_of(d, s, side, p), half);
}

uint32_t list_decode(list_decoder *d, const polar_code *code, const float *llr)
{
    const uint32_t top = code->log2_length;
    d->code = code;
    d->code_llr = llr;
    d->paths = 1;
    d->metric[0] = 0;
    d->y[0] = 0;
    decode_node(d, 1, top, RIGHT);
    /* Insertion in order of metric. */
    for (uint32_t p = 0; p < d->paths; p++) {
        uint32_t at = p;
        for (; at > 0 && d->metric[p] < d->metric[d->order[at - 1]]; at--)
            d->order[at] = d->order[at - 1];
        d->order[at] = (uint8_t)p;
    }
    return d->paths;
}

void list_bits(const list_decoder *d, uint32_t i, uint8_t *bit)
{
    const polar_code *code = d->code;
    uint8_t u[UCI_LENGTH_MAX];
    memcpy(u, sum_of(d, code->log2_length, RIGHT, d->order[i]), code->length);
    polar_transform(u, code->length);
    for (uint32_t k = 0; k < code->bits; k++)
        bit[k] = u[code->input[k]];
}
