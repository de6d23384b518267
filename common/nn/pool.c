#include "nn/pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, BLOCK_BYTES = 32 * 1024 };

/* The header fills one alignment unit, so that the data behind it are aligned. */
struct nn_block {
    nn_block *next;
    size_t size, filled; /* header included */
};

static nn_block *add_block(nn_pool *pool, size_t bytes)
{
    size_t size = bytes + ALIGNMENT > BLOCK_BYTES ? bytes + ALIGNMENT : BLOCK_BYTES;
    nn_block *block = aligned_alloc(ALIGNMENT, size);
    if (!block)
        return NULL;
    block->size = size;
    block->filled = ALIGNMENT;
    /* A block for one big request is full immediately: keep the block with room in front. */
    if (pool->blocks && size > BLOCK_BYTES) {
        block->next = pool->blocks->next;
        pool->blocks->next = block;
    } else {
        block->next = pool->blocks;
        pool->blocks = block;
    }
    return block;
}

void *nn_pool_alloc(nn_pool *pool, size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT; /* always at least one spare byte */
    if (pool->limit && (bytes > pool->limit || pool->used > pool->limit - bytes))
        return NULL;
    nn_block *block = pool->blocks;
    if (!block || block->size - block->filled < bytes)
        block = add_block(pool, bytes);
    if (!block)
        return NULL;
    char *at = (char *)block + block->filled;
    block->filled += bytes;
    pool->used += bytes;
    return memset(at, 0, bytes);
}

void *nn_pool_array(nn_pool *pool, size_t count, size_t bytes_each)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, bytes_each, &bytes))
        return NULL;
    return nn_pool_alloc(pool, bytes);
}

char *nn_pool_text(nn_pool *pool, const char *text, size_t length)
{
    char *copy = nn_pool_alloc(pool, length + 1);
    if (copy && length)
        memcpy(copy, text, length);
    return copy;
}

void nn_pool_free(nn_pool *pool)
{
    for (nn_block *block = pool->blocks; block;) {
        nn_block *next = block->next;
        free(block);
        block = next;
    }
    pool->blocks = NULL;
    pool->used = 0;
}
