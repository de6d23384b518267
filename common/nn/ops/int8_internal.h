/* int8_internal.h: the phases of an integer layer, for steps that run several as one. */
#ifndef NN_OPS_INT8_INTERNAL_H
#define NN_OPS_INT8_INTERNAL_H

#include "nn/ops/ops.h"
#include "nn/quantize.h"

int nn_int8_prepare(nn_step *layer, err *e);
void nn_int8_release(nn_step *layer);

/* Parts of a prepared layer's scratch: the bytes in front that its kernel needs, and the bytes of
 * its sums behind, which nn_int8_move_sums moves elsewhere. */
size_t nn_int8_kernel_bytes(const nn_step *layer);
size_t nn_int8_sums_bytes(const nn_step *layer);
void nn_int8_move_sums(nn_step *layer, size_t to);

/* Runs the kernel over all samples and leaves the sums in the scratch; widens *range to their
 * values. The layer has three outputs. */
void nn_int8_hold(const nn_step *layer, nn_range *range);

/* Converts those sums to bytes; q is for a range that includes theirs. Samples are `apart` bytes
 * apart. */
void nn_int8_give(const nn_step *layer, nn_quantization q, uint8_t *out, size_t apart);

/* Both at once, with the layer's constant scale. */
void nn_int8_run_static(const nn_step *layer, uint8_t *out, size_t apart);

#endif
