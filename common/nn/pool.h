/* pool.h: memory that is freed all at once. A model and a session each own one pool; everything
 * they build lives in it, so failure paths have nothing to undo. Only one thread at a time may
 * allocate. */
#ifndef NN_POOL_H
#define NN_POOL_H

#include <stddef.h>

typedef struct nn_block nn_block;

/* Zero-initialise, and set `limit` (bytes in total; 0: none). */
typedef struct nn_pool {
    size_t limit, used;
    nn_block *blocks;
} nn_pool;

/* Zeroed memory, 64-byte aligned, never NULL for 0 bytes. NULL when memory ran out or the pool's
 * limit would be exceeded. */
void *nn_pool_alloc(nn_pool *pool, size_t bytes);

/* The same for an array; the product is checked. */
void *nn_pool_array(nn_pool *pool, size_t count, size_t bytes_each);

/* A NUL-terminated copy of `length` bytes. */
char *nn_pool_text(nn_pool *pool, const char *text, size_t length);

/* Frees everything; the pool can be used again. */
void nn_pool_free(nn_pool *pool);

#endif
