/* quant.h: a float ONNX model made into one that computes in 8-bit integers, in ONNX's own terms,
 * so that any runtime that has the operators gives the same results. It knows nothing of CSI.
 *
 * Batch norm is folded into the convolutions first. Then every Conv, Gemm and MatMul with constant
 * weights becomes, on weights q_w (int8, a scale s_w for each output channel; nn/quantize.h):
 *
 *   dynamic  x_q, S, Z = DynamicQuantizeLinear(x)      (one for all that read x)
 *            y = Cast(ConvInteger(x_q, q_w, Z)) * (S * s_w) + bias       (Gemm: MatMulInteger)
 *   static   x' = DequantizeLinear(QuantizeLinear(x, S, Z))              S, Z from calibration
 *            y = Conv(x', DequantizeLinear(q_w, s_w), bias)
 *   binary   as dynamic, but the weights of dense layers (Gemm, MatMul) are +1 and -1, their scale
 *            mean |w|; convolutions have 8 bits
 *
 * A wide layer takes its input in two parts of 8 bits, x ~ S1 (q1 - Z1) + S2 (q2 - Z2): the second
 * is what the first leaves over, quantized the same way, and y is the sum of the two products. That
 * is an input of 16 bits for twice the multiply-accumulates and no further weights; it serves
 * layers that read what has a large dynamic range, such as a channel image: most of its values lie
 * far below the largest.
 *
 * Padding in integers is by Z, which stands for 0. What else the network has (activations,
 * additions, reshapes) stays as it is, in float.
 *
 *     quantizer *q = quant_open(model, &options, &e);
 *     for each sample: quant_observe(q, inputs, &e);
 *     nn_model *quantized = quant_convert(q, &e);
 *     for each sample: quant_compare(q, inputs, &e);
 *     quant_layer_at(q, i)->snr_db ...
 */
#ifndef NN_QUANT_H
#define NN_QUANT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "nn/nn.h"
#include "nn/quantize.h"

typedef enum quant_scheme { QUANT_DYNAMIC, QUANT_STATIC, QUANT_BINARY } quant_scheme;

/* How calibration chooses the range of an activation from what it saw: all of it; all but 0.01 % at
 * each end; or the range that makes the mean squared error of quantizing least. */
typedef enum quant_rule { QUANT_MINMAX, QUANT_PERCENTILE, QUANT_MSE } quant_rule;

/* "dynamic", "static", "binary"; "minmax", "percentile", "mse". -1 for a name that is none. */
const char *quant_scheme_name(quant_scheme scheme);
int quant_scheme_from_name(const char *name);
int quant_rule_from_name(const char *name);

typedef struct quant_options {
    quant_scheme scheme;
    quant_rule rule; /* of the static scheme */
    size_t skips;
    const char *const *skip; /* layers to keep in float, by the name of node, weights or output */
    size_t wides;
    /* Layers that are wide, by the same names, or "input": those that read an input of the model,
     * with no other layer between. */
    const char *const *wide;
} quant_options;

/* A Conv, Gemm or MatMul of the folded model. The strings belong to the quantizer. */
typedef struct quant_layer {
    const char *name;      /* the node's, or its output's where it has none */
    const char *op;        /* "Conv" */
    const char *kept;      /* NULL, or why it stays in float */
    bool wide;             /* takes its input in two parts */
    bool binary;           /* weights +1 and -1 */
    nn_range weight;       /* of its weights, batch norm folded in */
    nn_range seen;         /* of its input, over what was observed */
    nn_quantization input; /* static: how the input is quantized; known after quant_convert */
    size_t bytes_before;   /* of weights and bias in the file */
    size_t bytes_after;    /* and with the scales */
    /* Signal to quantization noise at its output, in dB over all that was compared: with the float
     * network's input, its own noise alone; and in the quantized network, all noise so far. NAN
     * before quant_compare and for layers that stay in float. */
    double own_snr_db, snr_db;
} quant_layer;

typedef struct quantizer quantizer;

/* The model must outlive the quantizer; its inputs' symbolic sizes are taken as 1. NULL on failure:
 * ERR_UNSUPPORTED for an opset below 13 and for a model that is quantized already, ERR_INVALID
 * where `skip` names no layer or no layer is left to quantize. */
quantizer *quant_open(const nn_model *model, const quant_options *options, err *e);
void quant_free(quantizer *q);

/* Runs the float network on one sample, inputs[i] for the model's input i, and takes note of the
 * range and the distribution of what its layers read. */
int quant_observe(quantizer *q, const float *const *inputs, err *e);

/* The quantized model, with the metadata of the float one. It belongs to the quantizer. The static
 * scheme needs observed samples (ERR_STATE). NULL on failure. Once for a quantizer. */
nn_model *quant_convert(quantizer *q, err *e);

/* Runs both networks on one sample and adds up signal and noise of every layer. */
int quant_compare(quantizer *q, const float *const *inputs, err *e);

int quant_layers(const quantizer *q);
const quant_layer *quant_layer_at(const quantizer *q, int index);

/* The model with every batch norm that follows a convolution alone folded into it: what is
 * quantized. For training that imitates quantization, too. Free with nn_model_free. */
nn_model *quant_fold(const nn_model *model, err *e);

#endif
