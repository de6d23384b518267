/* arena.h: one block of memory for many regions, by who is alive when. Internal to nn (and to what
 * is built on the graph, such as training). */
#ifndef NN_ARENA_H
#define NN_ARENA_H

#include <stddef.h>

/* Memory from the first moment that writes into it to the last that reads it, both included. */
typedef struct nn_region {
    int slot, first, last;
    size_t bytes, at; /* `at` is what nn_arena_lay_out chooses */
} nn_region;

/* Bytes rounded up to the alignment of a region, 64; at least one unit. */
size_t nn_arena_align(size_t bytes);

/* Places regions (bytes already aligned) so that no two alive at once overlap; sorts them by size,
 * the largest first. *total: bytes of the block. ERR_NOMEM, without a message, is all that fails.
 */
int nn_arena_lay_out(nn_region *regions, int n, size_t *total);

#endif
