/* arena.h: lays out many regions in one block of memory by their lifetimes. Internal to nn (and to
 * code built on the graph, such as training). */
#ifndef NN_ARENA_H
#define NN_ARENA_H

#include <stddef.h>

/* Memory that is in use from `first`, the first write, to `last`, the last read, both included. */
typedef struct nn_region {
    int slot, first, last;
    size_t bytes, at; /* nn_arena_lay_out sets `at` */
} nn_region;

/* Rounds up to the alignment of a region, 64; at least one unit. */
size_t nn_arena_align(size_t bytes);

/* Sets the offsets of regions (bytes already aligned) so that no two alive at once overlap; sorts
 * them by size, largest first. *total: bytes of the block. Fails only with ERR_NOMEM, without a
 * message. */
int nn_arena_lay_out(nn_region *regions, int n, size_t *total);

#endif
