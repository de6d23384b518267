#include "nn/int8/dense_int8.h"

#include <stdlib.h>

#include "nn/int8/dense_int8_internal.h"

/* (2^31 - 1) / (255 * 128), as for convolutions. */
static const int32_t most_products = 65793;

static int allocate(nn_dense_int8 *d, err *e)
{
    size_t words = (size_t)((d->depth + d->per_word - 1) / d->per_word);
    size_t vector = (size_t)d->lanes * (size_t)d->per_word;
    d->weights = calloc((size_t)d->blocks, words * vector);
    d->weight_sums = calloc((size_t)d->columns, sizeof *d->weight_sums);
    if (!d->weights || !d->weight_sums)
        return err_set(e, ERR_NOMEM, "no memory for a matrix of %d x %d bytes", d->depth,
                       d->columns);
    return ERR_NONE;
}

static void pack(nn_dense_int8 *d, const int8_t *weights)
{
    const int64_t words = (d->depth + d->per_word - 1) / d->per_word;
    for (int32_t k = 0; k < d->depth; k++)
        for (int32_t j = 0; j < d->columns; j++) {
            int64_t word = j / d->lanes * words + k / d->per_word;
            int8_t w = weights[(int64_t)k * d->columns + j];
            d->weights[(word * d->lanes + j % d->lanes) * d->per_word + k % d->per_word] = w;
            d->weight_sums[j] += w;
        }
}

nn_dense_int8 *nn_dense_int8_create_at(cpu_isa level, bool quads, int32_t depth, int32_t columns,
                                       const int8_t *weights, err *e)
{
    static void (*const pairs[])(const nn_dense_int8 *, const uint8_t *, int32_t *) =
        SIMD_TABLE(dense_int8_pairs);
    static int32_t (*const lanes[])(void) = SIMD_TABLE(dense_int8_lanes);
    if (depth < 1 || depth > most_products || columns < 1 || columns > INT32_MAX / 2) {
        err_set(e, ERR_UNSUPPORTED, "integer product of depth %d, %d columns: the depth is 1..%d",
                depth, columns, most_products);
        return NULL;
    }
    nn_dense_int8 *d = calloc(1, sizeof *d);
    if (!d) {
        err_set(e, ERR_NOMEM, "no memory for a matrix");
        return NULL;
    }
    d->depth = depth;
    d->columns = columns;
    d->per_word = quads ? 4 : 2;
    d->lanes = lanes[level]();
    d->blocks = (columns + d->lanes - 1) / d->lanes;
    d->row = pairs[level];
#if defined(__x86_64__)
    if (quads)
        d->row = level == CPU_AVX512 ? dense_int8_quads_avx512 : dense_int8_quads_avx2;
#elif defined(__aarch64__)
    if (quads)
        d->row = dense_int8_quads_dotprod;
#endif
    if (allocate(d, e)) {
        nn_dense_int8_free(d);
        return NULL;
    }
    pack(d, weights);
    return d;
}

nn_dense_int8 *nn_dense_int8_create(int32_t depth, int32_t columns, const int8_t *weights, err *e)
{
    const cpu_isa level = cpu_level();
    return nn_dense_int8_create_at(level, cpu_has_byte_products(level), depth, columns, weights, e);
}

void nn_dense_int8_free(nn_dense_int8 *d)
{
    if (!d)
        return;
    free(d->weights);
    free(d->weight_sums);
    free(d);
}

nn_sums_layout nn_dense_int8_layout(const nn_dense_int8 *d, int32_t rows)
{
    return (nn_sums_layout){1, rows, d->columns, d->blocks * d->lanes};
}

void nn_dense_int8_run(const nn_dense_int8 *d, int32_t rows, const uint8_t *x, uint8_t zero,
                       const int32_t *offset, int32_t *sums)
{
    const int32_t pitch = d->blocks * d->lanes, shift = d->per_word == 4 ? NN_BYTE_SHIFT : 0;
    for (int32_t i = 0; i < rows; i++, x += d->depth, sums += pitch) {
        for (int32_t j = 0; j < pitch; j++)
            sums[j] =
                j >= d->columns ? 0 : (offset ? offset[j] : 0) - (zero - shift) * d->weight_sums[j];
        d->row(d, x, sums);
    }
}
