/* conv_int8.h: 2-D convolution of 8-bit integers with 32-bit sums, exact on every path:
 *
 *     sum[o][p] = offset[o] + sum_c,k w[o][c][k] (x[c][p + k] - zero)
 *
 * x is unsigned with one zero point, w signed and symmetric; what lies outside x is the zero point,
 * so that it adds nothing. What then becomes of the sums is finish.h's.
 *
 * Layout: x [channels_in][in_h][in_w] uint8, weights as ONNX stores them, int8,
 * [channels_out][channels_in / groups][kernel_h][kernel_w]. The sums stand in rows of output
 * positions whose pitch is a multiple of the machine's vector (nn_conv_int8_pitch); between a row's
 * end and the next they are undefined. */
#ifndef NN_INT8_CONV_INT8_H
#define NN_INT8_CONV_INT8_H

#include "base/error.h"
#include "nn/int8/finish.h"
#include "nn/kernels/conv_shape.h"

/* Packed weights and the chosen kernel. Threads may share one. */
typedef struct nn_conv_int8 nn_conv_int8;

/* activation and alpha of the shape are not used. The arguments are copied. NULL on failure: no
 * memory, a shape that contradicts itself, or sums that could pass 32 bits (more than 65793
 * products each; ERR_UNSUPPORTED). */
nn_conv_int8 *nn_conv_int8_create(const nn_conv_shape *shape, const int8_t *weights, err *e);
void nn_conv_int8_free(nn_conv_int8 *conv);

/* How the sums of one sample are laid out. Column and 1x1 kernels see a plane as one row. */
nn_sums_layout nn_conv_int8_layout(const nn_conv_int8 *conv);

/* Bytes of 64-byte-aligned scratch that nn_conv_int8_run needs. */
size_t nn_conv_int8_scratch_bytes(const nn_conv_int8 *conv);

/* One sample. `offset` has channels_out values, or is NULL: zeros. `sums` is 64-byte aligned.
 * `extremes` is NULL, or takes the least and the greatest sums of each channel: a few of each, in
 * the layout that nn_conv_int8_extremes tells, so that nn_finish_range finds of them what it would
 * find of all. */
void nn_conv_int8_run(const nn_conv_int8 *conv, const uint8_t *x, uint8_t zero,
                      const int32_t *offset, int32_t *sums, int32_t *extremes, void *scratch);

/* False where there are none: where rows are no whole vectors, or planes hold hardly more. */
bool nn_conv_int8_extremes(const nn_conv_int8 *conv, nn_sums_layout *layout);

/* The definition, in plain loops; the sums are dense [channels_out][out_h][out_w]. */
void nn_conv_int8_reference(const nn_conv_shape *shape, const int8_t *weights, const uint8_t *x,
                            uint8_t zero, const int32_t *offset, int32_t *sums);

/* "quads avx512 8x2", "pairs avx2 4x2", ...: which path was chosen. */
const char *nn_conv_int8_path(const nn_conv_int8 *conv);

#endif
