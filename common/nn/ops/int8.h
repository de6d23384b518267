/* int8.h: the operators that fusion makes of integer layers; no model names them. A layer takes
 * bytes, and gives floats or the next layer's bytes:
 *
 *     sums = w (x - x_zero) [+ bias, where it is int32]
 *     y = activation(sums * (x_scale * w_scale[c]) + bias[c] + addend)
 *
 * Output 0 is y as floats; or y quantized with y_scale and y_zero; or, with three outputs, y
 * quantized as DynamicQuantizeLinear does, its scale and zero point.
 *
 * A step with a `fine` one takes that one's inputs, too, behind its own, and adds its y, in floats,
 * before the addend: the two parts of a wide layer.
 *
 * Between two layers no float is stored: the sums stand in the scratch that all steps share until
 * their range is known, and become bytes from there.
 */
#ifndef NN_OPS_INT8_H
#define NN_OPS_INT8_H

#include "nn/ops/ops.h"

/* Inputs of these steps. The weights, their scales, bias and addend are constants. */
enum {
    NN_INT8_X,
    NN_INT8_W,       /* int8, as the ONNX operator has them, zero point 0 */
    NN_INT8_X_ZERO,  /* absent: 0 */
    NN_INT8_X_SCALE, /* absent: 1 */
    NN_INT8_W_SCALE, /* one, or one for each channel */
    NN_INT8_BIAS,    /* absent, or one, or one for each channel; float, or int32 for sums */
    NN_INT8_ADDEND,  /* absent, or as one sample's y */
    NN_INT8_Y_SCALE, /* there where output 0 is uint8 and the only output */
    NN_INT8_Y_ZERO,  /* absent: 0 */
    NN_INT8_INPUTS
};

/* nn_int8_qlinear rounds as QLinearConv: its scales are divided by y_scale beforehand. */
extern const nn_op nn_int8_conv, nn_int8_qlinear, nn_int8_dense;

/* Convolutions side by side whose outputs, joined along the channels, are bytes of one scale: the
 * inputs of each, one after the other; output 0 is uint8. */
extern const nn_op nn_int8_join;

/* Makes `step` such a one of n convolutions. Its outputs are set by the caller. */
int nn_int8_join_layers(nn_step *step, nn_step *const *layers, int n, err *e);

/* Can the step, with these inputs, be computed exactly by the kernels? Its output still has the
 * shape of the operator's. */
bool nn_int8_fits(const nn_op *op, const nn_step *step, const nn_tensor *x, const nn_tensor *w);

/* Is a matrix of weights stored as [columns][depth]: Gemm's transB? */
bool nn_int8_turned(const nn_step *step);

#endif
