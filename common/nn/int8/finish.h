/* finish.h: what becomes of 32-bit sums, and of floats on their way to bytes. Compiled for each
 * instruction set level; every level gives the same bits, and those of the operators one by one
 * (Cast, Mul, Add, Relu or LeakyRelu, QuantizeLinear): no multiply-adds are fused here. */
#ifndef NN_INT8_FINISH_H
#define NN_INT8_FINISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/simd.h"
#include "nn/kernels/conv.h"
#include "nn/quantize.h"

/* Sums as a kernel leaves them: [channels][rows][pitch], `width` of each row's values being real.
 */
typedef struct nn_sums_layout {
    int32_t channels, rows, width, pitch;
} nn_sums_layout;

typedef struct nn_finish {
    const float *scale;  /* [channels]; [width] where `across` */
    const float *bias;   /* the same, or NULL: zeros */
    const float *addend; /* as y, or NULL */
    const int32_t *fine; /* NULL, or the sums of a second product, laid out as the first's, */
    const float *fine_scale, *fine_bias; /* and theirs, [channels]; not where `across` */
    nn_activation activation;
    float alpha;
    bool across; /* scales and biases go along the row: a matrix product; bias is not NULL */
} nn_finish;

/* y = activation(sums * scale[channel] + bias[channel] + (fine * fine_scale[channel] +
 * fine_bias[channel]) + addend), y dense [channels][rows][width]. */
void nn_finish_sums(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums,
                    float *y);

/* *range takes in every such y, and 0, without storing any. */
void nn_finish_range(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums,
                     nn_range *range);

/* Does y rise or fall with the sums of a channel, so that the least and the greatest of them are
 * enough for the range? */
bool nn_finish_by_sums(const nn_finish *f);

/* Every such y as a byte, nn_quantize_u8(y, q). `within` tells that q was made of the range of
 * these values, none of which is then beyond 256 scale; it is faster, and gives the same bytes. */
void nn_finish_bytes(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums,
                     nn_quantization q, bool within, uint8_t *bytes);

/* *range takes in every x[i], and 0; NaNs are passed over. */
void nn_range_row(const float *x, size_t n, nn_range *range);

/* y[i] = nn_quantize_u8(x[i], q). */
void nn_quantize_row(const float *x, nn_quantization q, uint8_t *y, size_t n);

/* The same where q was made of the range of x itself. */
void nn_quantize_within(const float *x, nn_quantization q, uint8_t *y, size_t n);

/* y[i] = nn_dequantize_u8(x[i], q). */
void nn_dequantize_row(const uint8_t *x, nn_quantization q, float *y, size_t n);

SIMD_DECLARE(void, nn_finish_sums,
             (const nn_finish *, const nn_sums_layout *, const int32_t *, float *));
SIMD_DECLARE(void, nn_finish_range,
             (const nn_finish *, const nn_sums_layout *, const int32_t *, nn_range *));
SIMD_DECLARE(void, nn_finish_bytes,
             (const nn_finish *, const nn_sums_layout *, const int32_t *, nn_quantization, bool,
              uint8_t *));
SIMD_DECLARE(void, nn_range_row, (const float *, size_t, nn_range *));
SIMD_DECLARE(void, nn_quantize_row, (const float *, nn_quantization, uint8_t *, size_t));
SIMD_DECLARE(void, nn_dequantize_row, (const uint8_t *, nn_quantization, float *, size_t));
SIMD_DECLARE(void, nn_quantize_within, (const float *, nn_quantization, uint8_t *, size_t));

#endif
