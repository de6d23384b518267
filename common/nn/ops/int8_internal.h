/* int8_internal.h: what an integer layer does, for those who run several as one. */
#ifndef NN_OPS_INT8_INTERNAL_H
#define NN_OPS_INT8_INTERNAL_H

#include "nn/ops/ops.h"
#include "nn/quantize.h"

int nn_int8_prepare(nn_step *layer, err *e);
void nn_int8_release(nn_step *layer);

/* Of a prepared layer's scratch: the bytes in front that it needs while its kernel runs, and those
 * behind, where its sums are, which nn_int8_move_sums puts elsewhere. */
size_t nn_int8_kernel_bytes(const nn_step *layer);
size_t nn_int8_sums_bytes(const nn_step *layer);
void nn_int8_move_sums(nn_step *layer, size_t to);

/* Runs the kernel over all samples and leaves the sums in the scratch; *range takes in what they
 * stand for. The layer has three outputs. */
void nn_int8_hold(const nn_step *layer, nn_range *range);

/* The sums held, as bytes; q is of a range that takes in theirs. Samples are `apart` bytes apart.
 */
void nn_int8_give(const nn_step *layer, nn_quantization q, uint8_t *out, size_t apart);

/* Both at once, with the layer's own constant scale. */
void nn_int8_run_static(const nn_step *layer, uint8_t *out, size_t apart);

#endif
