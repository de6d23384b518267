/* list_internal.h: the list decoder's state, for its own files. list.c walks the tree, list_nodes.c
 * decides nodes, list_paths.c splits paths. */
#ifndef UCI_LIST_INTERNAL_H
#define UCI_LIST_INTERNAL_H

#include "uci/list.h"

enum { LIST_LAYERS = 11, LIST_LEFT = 0, LIST_RIGHT = 1 };

typedef void list_f(const float *, float *, uint32_t);
typedef void list_g(const float *, const uint8_t *, float *, uint32_t);
typedef void list_join(const uint8_t *, const uint8_t *, uint8_t *, uint32_t);
typedef void list_cost(const float *, uint32_t, float *, float *);

/* The inputs of a node that a path is least sure of, in order, and what it costs to change each. */
typedef struct list_doubts {
    bool odd; /* of a node of even words: the first of them is changed to make the rest even */
    uint16_t at[UCI_LIST_MAX];
    float cost[UCI_LIST_MAX];
} list_doubts;

/* A layer s has the nodes of 2^s inputs. */
typedef struct list_layer {
    float *llr;      /* [list][2^s] */
    uint8_t *sum[2]; /* [list][2^s], of the node that is a left half and of one that is a right */
    uint8_t llr_slot[UCI_LIST_MAX];  /* [path]: the slot that it reads */
    uint8_t left_slot[UCI_LIST_MAX]; /* the same for the left half's sums */
} list_layer;

struct list_decoder {
    uint32_t list;
    list_f *f;
    list_g *g;
    list_join *join;
    list_cost *cost;
    /* Of the block being decoded. */
    const polar_code *code;
    const float *code_llr; /* [N], the same for every path */
    uint32_t paths;
    float metric[UCI_LIST_MAX];
    uint8_t y[UCI_LIST_MAX];     /* registers of the parity-check bits */
    uint8_t bit[UCI_LIST_MAX];   /* what each path has just chosen */
    uint8_t from[UCI_LIST_MAX];  /* the path that it was before */
    uint8_t order[UCI_LIST_MAX]; /* paths by metric, at the end */
    list_doubts doubts[UCI_LIST_MAX];
    list_layer layer[LIST_LAYERS];
    float arena[]; /* LLRs of the layers below the whole code, then all sums */
};

/* What path p reads at a node of layer s. */
static inline const float *list_llr(const list_decoder *d, uint32_t s, uint32_t path)
{
    if (s == d->code->log2_length)
        return d->code_llr;
    return d->layer[s].llr + ((size_t)d->layer[s].llr_slot[path] << s);
}

static inline uint8_t *list_sum(const list_decoder *d, uint32_t s, int side, uint32_t slot)
{
    return d->layer[s].sum[side] + ((size_t)slot << s);
}

/* Every path goes on with either bit, at metric[path][bit]; the best of them stay, at most `list`.
 * Fills bit and from, and keeps the slots and registers of each. A path that stays keeps its
 * number, whatever it chooses; only its twin, from[p] != p, has a new one. */
void uci_list_split(list_decoder *d, float metric[][2]);

/* Decide a node of layer s whose LLRs are in place, and leave its sums in each path's own slot. */
void uci_list_frozen(list_decoder *d, uint32_t s, int side);
void uci_list_repeat(list_decoder *d, uint32_t s, int side);
void uci_list_parity(list_decoder *d, int side);
void uci_list_free_bits(list_decoder *d, uint32_t s, int side);
void uci_list_even(list_decoder *d, uint32_t s, int side);

#endif
