/* list.h: successive cancellation list decoding of one polar code block.
 *
 * The tree of the code is walked from the left; every path follows a choice of the bits so far. At
 * a node of 2^s inputs, path p has 2^s LLRs; its left half gets f of their two halves and returns
 * 2^(s-1) partial sums u, the right half gets g with these, and both together are the node's own
 * partial sums. A bit doubles the paths; of more than `list` the ones of lowest metric go on.
 *
 * All paths are at the same node at the same time. LLRs and partial sums of a node therefore lie in
 * a slot for each path, and a path that splits copies no array: its twin is given the numbers of
 * the slots that both read, and writes to its own.
 *
 * Four kinds of nodes are decided at once: zeros alone, one bit behind zeros, bits alone, and bits
 * behind one zero, whose partial sums are all 0, all equal, any, and any of even weight. With
 * min-sum updates a path pays for each partial sum that its LLR is against, and the paths that
 * remain are, but for rounding and ties, those of a visit to every input (Hashemi, Condo, Gross,
 * IEEE Trans. Signal Processing 65(21), 2017). Once the list is full, an input whose change would
 * make its path worse than the worst of the list is not considered at all.
 */
#ifndef UCI_LIST_H
#define UCI_LIST_H

#include "uci/polar.h"

typedef struct list_decoder list_decoder;

list_decoder *uci_list_create(uint32_t list, err *e);
void uci_list_free(list_decoder *d); /* NULL allowed */

/* Decodes llr[N] and returns how many paths there are at the end, path 0 with the lowest metric. */
uint32_t uci_list_decode(list_decoder *d, const polar_code *code, const float *llr);

/* bit[bits] of path i, as that code's polar_encode takes them. */
void uci_list_bits(const list_decoder *d, uint32_t i, uint8_t *bit);

#endif
