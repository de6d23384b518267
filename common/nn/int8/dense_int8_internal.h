/* dense_int8_internal.h: shared by the sources of the integer matrix product and its tests.
 *
 * Here a vector holds columns: each word of x (4 or 2 values of a row) is broadcast to the lanes
 * and multiplied by the weights of as many depths of each column. Weights stay bytes on every path,
 * since reading them dominates the cost of a product with few rows. */
#ifndef NN_INT8_DENSE_INT8_INTERNAL_H
#define NN_INT8_DENSE_INT8_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/simd.h"
#include "nn/int8/products.h"

typedef struct nn_dense_int8 nn_dense_int8;

struct nn_dense_int8 {
    int32_t depth, columns;
    int32_t per_word; /* depths in a word: 4 (with products of bytes) or 2 */
    int32_t lanes;    /* columns of a vector */
    int32_t blocks;   /* vectors of a row */
    int8_t *weights;  /* [blocks][words][lanes][per_word], zero-padded */
    int32_t *weight_sums;
    void (*row)(const struct nn_dense_int8 *dense, const uint8_t *x, int32_t *sums);
};

nn_dense_int8 *nn_dense_int8_create_at(cpu_isa level, bool quads, int32_t depth, int32_t columns,
                                       const int8_t *weights, err *e);

/* Adds one row's products to sums, which are padded to whole vectors. */
SIMD_DECLARE(void, dense_int8_pairs,
             (const struct nn_dense_int8 *dense, const uint8_t *x, int32_t *sums));
SIMD_DECLARE(int32_t, dense_int8_lanes, (void));
#if defined(__x86_64__)
void dense_int8_quads_avx2(const struct nn_dense_int8 *dense, const uint8_t *x, int32_t *sums);
void dense_int8_quads_avx512(const struct nn_dense_int8 *dense, const uint8_t *x, int32_t *sums);
#elif defined(__aarch64__)
void dense_int8_quads_dotprod(const struct nn_dense_int8 *dense, const uint8_t *x, int32_t *sums);
#endif

#endif
