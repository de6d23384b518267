/* quant.h: converts a float ONNX model to one that computes in 8-bit integers with ONNX's
 * operators, so that any runtime that has them gives the same results. It knows nothing about CSI.
 *
 * Batch norm is folded into the convolutions first. Then every Conv, Gemm and MatMul with constant
 * weights uses weights q_w (int8, a scale s_w for each output channel; nn/quantize.h) and becomes:
 *
 *   dynamic  x_q, S, Z = DynamicQuantizeLinear(x)      (shared by all that read x)
 *            y = Cast(ConvInteger(x_q, q_w, Z)) * (S * s_w) + bias       (Gemm: MatMulInteger)
 *   static   x' = DequantizeLinear(QuantizeLinear(x, S, Z))              S, Z from calibration
 *            y = Conv(x', DequantizeLinear(q_w, s_w), bias)
 *   binary   as dynamic, but the weights of dense layers (Gemm, MatMul) are +1 and -1, their scale
 *            mean |w|; convolutions have 8 bits
 *
 * A wide layer takes its input in two parts of 8 bits, x ~ S1 (q1 - Z1) + S2 (q2 - Z2): the second
 * is the remainder of the first, quantized the same way, and y is the sum of the two products. That
 * gives an input of 16 bits for twice the multiply-accumulates and no further weights, for layers
 * with an input of large dynamic range, such as a channel image: most of its values are far below
 * the largest.
 *
 * Integer padding is Z, which represents 0. The rest of the network (activations, additions,
 * reshapes) stays in float.
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

/* How calibration chooses the range of an activation from the observed values: all of them; all but
 * 0.01 % at each end; or the range with the least mean squared quantization error. */
typedef enum quant_rule { QUANT_MINMAX, QUANT_PERCENTILE, QUANT_MSE } quant_rule;

/* "dynamic", "static", "binary"; "minmax", "percentile", "mse". -1 for an unknown name. */
const char *quant_scheme_name(quant_scheme scheme);
int quant_scheme_from_name(const char *name);
int quant_rule_from_name(const char *name);

typedef struct quant_options {
    quant_scheme scheme;
    quant_rule rule; /* of the static scheme */
    size_t skips;
    const char *const *skip; /* layers to keep in float, by the name of node, weights or output */
    size_t wides;
    /* Wide layers, by the same names, or "input": those that read an input of the model without
     * another layer between. */
    const char *const *wide;
} quant_options;

/* A Conv, Gemm or MatMul of the folded model. The quantizer owns the strings. */
typedef struct quant_layer {
    const char *name;      /* of the node, or of its output if it has none */
    const char *op;        /* "Conv" */
    const char *why_float; /* NULL, or why it stays in float */
    bool wide;             /* reads its input in two parts */
    bool binary;           /* weights +1 and -1 */
    nn_range weight;       /* of its weights, batch norm folded in */
    nn_range seen;         /* of its input, over the observed samples */
    nn_quantization input; /* static: how the input is quantized; known after quant_convert */
    size_t bytes_before;   /* of weights and bias in the file */
    size_t bytes_after;    /* and of the scales */
    /* Signal to quantization noise at its output, in dB over the compared samples: with the float
     * network's input, only the layer's own noise; and in the quantized network, all noise so far.
     * NAN before quant_compare and for layers that stay in float. */
    double own_snr_db, snr_db;
} quant_layer;

typedef struct quantizer quantizer;

/* The model must outlive the quantizer, which sets its inputs' symbolic sizes to 1. NULL on
 * failure: ERR_UNSUPPORTED for an opset below 13 and for a model that is already quantized,
 * ERR_INVALID if a name in `skip` is no layer or no layer remains to quantize. */
quantizer *quant_open(const nn_model *model, const quant_options *options, err *e);
void quant_free(quantizer *q);

/* Runs the float network on one sample, inputs[i] for the model's input i, and records the range
 * and distribution of its layers' inputs. */
int quant_observe(quantizer *q, const float *const *inputs, err *e);

/* The quantized model, with the metadata of the float one; owned by the quantizer. The static
 * scheme needs observed samples (ERR_STATE). NULL on failure. Call it once per quantizer. */
nn_model *quant_convert(quantizer *q, err *e);

/* Runs both networks on one sample and accumulates signal and noise of every layer. */
int quant_compare(quantizer *q, const float *const *inputs, err *e);

int quant_layers(const quantizer *q);
const quant_layer *quant_layer_at(const quantizer *q, int index);

/* Folds every batch norm that is the only reader of a convolution into it: the form that is
 * quantized. Quantization-aware training uses it, too. Free with nn_model_free. */
nn_model *quant_fold(const nn_model *model, err *e);

#endif
