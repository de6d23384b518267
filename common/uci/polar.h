/* polar.h: the polar code of one block, TS 38.212, 5.3.1.2: which inputs of the transform carry
 * bits, parity-check bits and nothing, and the encoder.
 *
 *     d = u G_N,  G_N = (1 0; 1 1)^(n)   (Kronecker power, no bit reversal)
 *
 * Of the inputs that rate matching leaves, the K + n_PC most reliable carry bits, in ascending
 * order. Of these, the n_PC - n_PC^wm least reliable are parity-check bits, and n_PC^wm further
 * ones of the lowest row weight of G_N among the K most reliable, the most reliable first. A
 * parity-check bit is the sum of the bits 5, 10, 15, .. positions before it: a register of five
 * bits rotates once for every input, each bit is added to y_0, and a parity-check bit is y_0. */
#ifndef UCI_POLAR_H
#define UCI_POLAR_H

#include "uci/sequence.h"
#include "uci/uci.h"

/* What a node of the code's tree has below it. Nodes are numbered as in a heap: 1 is the root, all
 * N inputs; 2 i and 2 i + 1 are the halves of i; N + k is input k. */
typedef enum polar_node {
    POLAR_SPLIT,  /* a mixture: decode its halves */
    POLAR_FROZEN, /* inputs that are all 0 */
    POLAR_REPEAT, /* all 0 but the last, which carries a bit */
    POLAR_PARITY, /* a single parity-check bit */
    POLAR_FREE,   /* two or more that all carry bits */
    POLAR_EVEN,   /* four or more that all carry bits but the first: words of even weight */
} polar_node;

typedef struct polar_code {
    uint32_t length, log2_length;     /* N, n */
    uint32_t bits;                    /* K without the filler */
    bool parity;                      /* has parity-check bits */
    uint16_t input[UCI_LENGTH_MAX];   /* [bits]: the input of each bit, ascending */
    uint8_t node[2 * UCI_LENGTH_MAX]; /* polar_node */
} polar_code;

/* Constructs the code of a block; with `filler`, the first input that carries a bit is the filler,
 * a 0. */
void polar_construct(const uci_sizes *s, bool filler, polar_code *code);

/* bit[bits] to d[N], one per byte. */
void polar_encode(const polar_code *code, const uint8_t *bit, uint8_t *d);

/* x = x G_N, in place; its own inverse. Input i is bit i % 64 of word i / 64. */
void polar_transform(uint64_t *x, uint32_t length);

/* The register of the parity-check bits, y_0 at bit 0, after `inputs` inputs of zero. */
static inline uint8_t polar_rotate(uint8_t y, uint32_t inputs)
{
    uint32_t by = inputs % 5;
    return (uint8_t)((y >> by | y << (5 - by)) & 31);
}

#endif
