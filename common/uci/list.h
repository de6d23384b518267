/* list.h: successive cancellation list decoding of one polar code block.
 *
 * The decoder walks the tree of the code from the left; every path is a choice of the bits so far.
 * At a node of 2^s inputs, path p has 2^s LLRs; its left half gets f of their two halves and
 * returns 2^(s-1) partial sums u, the right half gets g with these, and both together are the
 * node's own partial sums. A bit doubles the paths; only the `list` paths with the lowest metrics
 * survive.
 *
 * All paths are at the same node at the same time. LLRs and partial sums of a node therefore have a
 * slot for each path. A path that splits copies no array: its twin gets the numbers of the slots
 * that both read, and writes to its own.
 *
 * Four kinds of nodes are decided at once: only zeros, zeros followed by one bit, only bits, and a
 * zero followed by bits. Their partial sums are all 0, all equal, arbitrary, and of even weight.
 * With min-sum updates a path pays for each partial sum that contradicts its LLR, and the surviving
 * paths are, except for rounding and ties, those of a visit to every input (Hashemi, Condo, Gross,
 * IEEE Trans. Signal Processing 65(21), 2017). Once the list is full, the decoder skips an input
 * where a change would make its path worse than the worst of the
 * list. */
#ifndef UCI_LIST_H
#define UCI_LIST_H

#include "uci/polar.h"

typedef struct list_decoder list_decoder;

list_decoder *uci_list_create(uint32_t list, err *e);
void uci_list_free(list_decoder *d); /* NULL allowed */

/* Decodes llr[N] and returns the number of paths at the end; path 0 has the lowest metric. */
uint32_t uci_list_decode(list_decoder *d, const polar_code *code, const float *llr);

/* bit[bits] of path i, in the form that polar_encode of that code takes. */
void uci_list_bits(const list_decoder *d, uint32_t i, uint8_t *bit);

#endif
