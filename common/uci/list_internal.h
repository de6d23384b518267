/* list_internal.h: the list decoder's state, for its own files. list.c walks the tree, list_nodes.c
 * decides nodes, list_paths.c splits paths. */
#ifndef UCI_LIST_INTERNAL_H
#define UCI_LIST_INTERNAL_H

#include "uci/kernels_simd.h"
#include "uci/list.h"

enum { LIST_LAYERS = 11, LIST_LEFT = 0, LIST_RIGHT = 1, LIST_SLOTS = 16 };

typedef void list_f(const float *const *, uint32_t, uint32_t, float *);
typedef void list_g(const float *const *, const uint64_t *, uint32_t, uint32_t, float *);
typedef void list_cost(const float *const *, uint32_t, uint32_t, float *, float *);
typedef void list_decide(const float *const *, uint32_t, uint32_t, uint64_t *, float *);
typedef void list_within(const float *, uint32_t, float, float, float, uint64_t *);

/* The inputs of a node that a path may change and still survive, the least reliable first, and the
 * cost of changing each. */
typedef struct list_doubts {
    uint32_t count;
    uint16_t at[UCI_LIST_MAX];
    float cost[UCI_LIST_MAX];
} list_doubts;

/* Layer s has the nodes of 2^s inputs. */
typedef struct list_layer {
    float *llr;       /* [list][2^s] */
    uint64_t *sum[2]; /* [list][words], packed (uci/kernels_simd.h): of a node that is a left half,
                         and of a right one */
} list_layer;

/* What is copied when a path splits, beside its metric. */
typedef struct list_path {
    uint8_t llr_slot[LIST_SLOTS];  /* [layer]: the slot that it reads */
    uint8_t left_slot[LIST_SLOTS]; /* the same for the left half's sums */
    uint8_t y;                     /* register of the parity-check bits */
    uint8_t doubts;                /* the path that it was at the start of this node */
    uint8_t
        odd; /* in a node of even words: the least sure input is changed to make the rest even */
} list_path;

struct list_decoder {
    uint32_t list;
    list_f *f;
    list_g *g;
    list_cost *cost;
    list_decide *decide;
    list_within *within;
    /* Of the block being decoded. */
    const polar_code *code;
    const float *code_llr; /* [N], the same for every path */
    uint32_t paths;
    float metric[UCI_LIST_MAX];
    uint8_t bit[UCI_LIST_MAX];   /* the bit that each path has just chosen */
    uint8_t from[UCI_LIST_MAX];  /* the path that it continues */
    uint8_t order[UCI_LIST_MAX]; /* paths by metric, at the end */
    list_path path[UCI_LIST_MAX];
    list_doubts doubts[UCI_LIST_MAX];
    list_layer layer[LIST_LAYERS];
    uint64_t arena[]; /* LLRs of the layers below the whole code, then all sums */
};

/* The LLRs that path p reads at a node of layer s. */
static inline const float *list_llr(const list_decoder *d, uint32_t s, uint32_t path)
{
    if (s == d->code->log2_length)
        return d->code_llr;
    return d->layer[s].llr + ((size_t)d->path[path].llr_slot[s] << s);
}

static inline uint64_t *list_sum(const list_decoder *d, uint32_t s, int side, uint32_t slot)
{
    return d->layer[s].sum[side] + (size_t)slot * uci_bit_words(1u << s);
}

/* Splits every path by its next bit, at metric[bit][path] >= 0; the best `list` paths survive.
 * Fills bit and from, and copies what belongs to a path. A surviving path keeps its number,
 * whichever bit it chooses; only a twin, from[p] != p, gets a new one. Returns false where there
 * are no twins. */
bool uci_list_split(list_decoder *d, float metric[2][UCI_LIST_MAX]);

/* Decide a node of layer s with its LLRs computed, and write its sums to each path's own slot. */
void uci_list_frozen(list_decoder *d, uint32_t s, int side);
void uci_list_repeat(list_decoder *d, uint32_t s, int side);
void uci_list_parity(list_decoder *d, int side);
void uci_list_free_bits(list_decoder *d, uint32_t s, int side);
void uci_list_even(list_decoder *d, uint32_t s, int side);

#endif
