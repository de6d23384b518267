/* int8.h: the operators that fusion creates for integer layers; no model names them. A layer reads
 * bytes, and writes floats or the next layer's bytes:
 *
 *     sums = w (x - x_zero) [+ bias, if it is int32]
 *     y = activation(sums * (x_scale * w_scale[c]) + bias[c] + addend)
 *
 * Output 0 is y as floats; or y quantized with y_scale and y_zero; or, with three outputs, y
 * quantized as DynamicQuantizeLinear does, its scale and zero point.
 *
 * A step with a `fine` one also has that one's inputs, behind its own, and adds its y, in floats,
 * before the addend: the two parts of a wide layer.
 *
 * Between two layers no float is stored: the sums stay in the shared scratch until their range is
 * known, and are converted to bytes from there. */
#ifndef NN_OPS_INT8_H
#define NN_OPS_INT8_H

#include "nn/ops/ops.h"

/* Inputs of these steps. The weights, their scales, bias and addend are constants. */
enum {
    NN_INT8_X,
    NN_INT8_W,       /* int8, in the ONNX operator's layout, zero point 0 */
    NN_INT8_X_ZERO,  /* absent: 0 */
    NN_INT8_X_SCALE, /* absent: 1 */
    NN_INT8_W_SCALE, /* one, or one for each channel */
    NN_INT8_BIAS,    /* absent, or one, or one for each channel; float, or int32 for sums */
    NN_INT8_ADDEND,  /* absent, or in the shape of one sample's y */
    NN_INT8_Y_SCALE, /* present if output 0 is uint8 and the only output */
    NN_INT8_Y_ZERO,  /* absent: 0 */
    NN_INT8_INPUTS
};

/* nn_int8_qlinear rounds as QLinearConv: it divides its scales by y_scale first. */
extern const nn_op nn_int8_conv, nn_int8_qlinear, nn_int8_dense;

/* Parallel convolutions with outputs joined along the channels, in bytes of one scale: the inputs
 * of each, one after the other; output 0 is uint8. */
extern const nn_op nn_int8_join;

/* Makes `step` a join of n convolutions. The caller sets its outputs. */
int nn_int8_join_layers(nn_step *step, nn_step *const *layers, int n, err *e);

/* Whether the kernels can compute the step exactly with these inputs. Its output still has the
 * shape of the operator's. */
bool nn_int8_fits(const nn_op *op, const nn_step *step, const nn_tensor *x, const nn_tensor *w);

/* Whether a matrix of weights is stored as [columns][depth]: Gemm's transB. */
bool nn_int8_transposed(const nn_step *step);

#endif
