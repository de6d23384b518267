/* conv_int8.h: 2-D convolution of 8-bit integers with 32-bit sums, exact on every path:
 *
 *     sum[o][p] = offset[o] + sum_c,k w[o][c][k] (x[c][p + k] - zero)
 *
 * x is unsigned with one zero point, w signed and symmetric; values outside x are the zero point,
 * so they add nothing. finish.h processes the sums.
 *
 * Layout: x [channels_in][in_h][in_w] uint8, weights as ONNX stores them, int8,
 * [channels_out][channels_in / groups][kernel_h][kernel_w]. The sums are rows of output positions
 * with a pitch that is a multiple of the machine's vector (nn_conv_int8_layout); between a row's
 * end and the next row they are undefined. */
#ifndef NN_INT8_CONV_INT8_H
#define NN_INT8_CONV_INT8_H

#include "base/error.h"
#include "nn/int8/finish.h"
#include "nn/kernels/conv_shape.h"

/* Packed weights and the chosen kernel. Threads can share one. */
typedef struct nn_conv_int8 nn_conv_int8;

/* Ignores activation and alpha of the shape. Copies its arguments. NULL on failure: no memory, an
 * inconsistent shape, or sums that could exceed 32 bits (more than 65793 products each;
 * ERR_UNSUPPORTED). */
nn_conv_int8 *nn_conv_int8_create(const nn_conv_shape *shape, const int8_t *weights, err *e);
void nn_conv_int8_free(nn_conv_int8 *conv);

/* The layout of the sums of one sample. Column and 1x1 kernels treat a plane as one row. */
nn_sums_layout nn_conv_int8_layout(const nn_conv_int8 *conv);

/* Bytes of 64-byte-aligned scratch that nn_conv_int8_run needs. */
size_t nn_conv_int8_scratch_bytes(const nn_conv_int8 *conv);

/* Computes one sample. `offset` has channels_out values, or is NULL: zeros. `sums` is 64-byte
 * aligned. `extremes` is NULL, or receives the least and the greatest sums of each channel: a few
 * of each, in the layout of nn_conv_int8_extremes, for which nn_finish_range finds the same range
 * as for all sums. */
void nn_conv_int8_run(const nn_conv_int8 *conv, const uint8_t *x, uint8_t zero,
                      const int32_t *offset, int32_t *sums, int32_t *extremes, void *scratch);

/* False if there are none: if rows are not whole vectors, or planes hold hardly more. */
bool nn_conv_int8_extremes(const nn_conv_int8 *conv, nn_sums_layout *layout);

/* The definition in plain loops; the sums are dense [channels_out][out_h][out_w]. */
void nn_conv_int8_reference(const nn_conv_shape *shape, const int8_t *weights, const uint8_t *x,
                            uint8_t zero, const int32_t *offset, int32_t *sums);

/* The chosen path: "quads avx512 8x2", "pairs avx2 4x2", ... */
const char *nn_conv_int8_path(const nn_conv_int8 *conv);

#endif
