/* finish.h: converts 32-bit sums to floats or bytes, and floats to bytes. Compiled for each
 * instruction set level; every level gives the same bits as the separate operators (Cast, Mul, Add,
 * Relu or LeakyRelu, QuantizeLinear): no multiply-adds are fused here. */
#ifndef NN_INT8_FINISH_H
#define NN_INT8_FINISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/int8/finish_simd.h"
#include "nn/quantize.h"

/* y = activation(sums * scale[channel] + bias[channel] + (fine * fine_scale[channel] +
 * fine_bias[channel]) + addend), y dense [channels][rows][width]. */
void nn_finish_sums(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums,
                    float *y);

/* Widens *range to every such y and 0, without storing any. */
void nn_finish_range(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums,
                     nn_range *range);

/* Whether y is monotonic in the sums of a channel, so that the least and the greatest of them are
 * enough for the range. */
bool nn_finish_by_sums(const nn_finish *f);

/* Converts every such y to a byte, nn_quantize_u8(y, q). `within` says that q is for the range of
 * these values, so that none is beyond 256 scale; this is faster, and gives the same bytes. */
void nn_finish_bytes(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums,
                     nn_quantization q, bool within, uint8_t *bytes);

/* Widens *range to every x[i] and 0; ignores NaN. */
void nn_range_row(const float *x, size_t n, nn_range *range);

/* y[i] = nn_quantize_u8(x[i], q). */
void nn_quantize_row(const float *x, nn_quantization q, uint8_t *y, size_t n);

/* The same if q is for the range of x. */
void nn_quantize_within(const float *x, nn_quantization q, uint8_t *y, size_t n);

/* y[i] = nn_dequantize_u8(x[i], q). */
void nn_dequantize_row(const uint8_t *x, nn_quantization q, float *y, size_t n);

#endif
