/* quantize.h: which layers training treats as quantized, and what their weights then are.
 *
 * Quantization-aware training computes, in float, with the numbers that 8-bit inference will have:
 * the weights and the input of each convolution and product are rounded to their integers and back
 * (fake quantization), by the scales and the rounding of nn/quantize.h. The derivative of the
 * rounding is taken to be 1 (straight-through), and 0 where a value is cut off at the end of its
 * range: then no larger value would change anything.
 *
 *     dynamic   weights int8, a scale for each output channel; activations uint8, in the range of
 *               the one sample, so that a batch trains what inference does sample by sample
 *     static    the same with ranges of activations that are fixed, from calibration
 *     binary    as dynamic, but weights of products (Gemm, MatMul) are s sign(w) with s = mean|w|
 *               of the output channel; their gradient stops where |w| > 1
 *
 * Quantized are Conv, Gemm and MatMul whose second input is a constant (of rank 2 for a MatMul) and
 * whose first is not, by whatever name. Biases stay float: inference adds them to wide sums. Batch
 * norm belongs into the convolutions before it is quantized. */
#ifndef NN_GRAD_QUANTIZE_H
#define NN_GRAD_QUANTIZE_H

#include "nn/grad/weights.h"
#include "nn/graph.h"
#include "nn/quantize.h"

typedef enum train_scheme {
    TRAIN_UNQUANTIZED,
    TRAIN_DYNAMIC,
    TRAIN_STATIC,
    TRAIN_BINARY
} train_scheme;

typedef struct train_quantization {
    train_scheme scheme;
    const char *skip; /* NULL, or layers that stay in float, with commas between them: each by the
                         name of its node, of its weights or of its output */
    const char *wide; /* layers whose input has two parts of 8 bits (nn/quant/quant.h), likewise */
    const nn_range *ranges; /* static: of each value of the model; read at every forward */
} train_quantization;

/* The weights of a quantized node. */
typedef struct train_layer {
    const nn_node *node;
    int value; /* of the model: the weights */
    nn_weights shape;
    bool binary, wide;
} train_layer;

/* Whether a node is quantized; then *layer says how. */
bool train_quantizes(const train_quantization *q, const nn_model *model, const nn_node *node,
                     train_layer *layer);

/* ERR_INVALID where a list such as `skip` has a name that no node of the `count` models has. */
int train_names_check(const char *list, nn_model *const *models, int count, err *e);

/* ERR_INVALID where nothing is left to quantize; ERR_UNSUPPORTED, naming the node, where quantized
 * weights are also used in another way, or where there is batch norm. */
int train_quantization_check(const train_quantization *q, const nn_model *model, err *e);

/* to[] = what the layer computes with in place of w[]: integers times their scale. `to` may be w.
 */
void train_fake_weights(const train_layer *layer, const float *w, float *to);

/* Weights as a float model should carry them: those of quantized layers as their integers times the
 * scale, which quantizing anew gives again, since the network has learned to live with how they are
 * rounded and not without. `values` is a vector of the layout of `weights`, changed in place. */
void train_quantized_store(const train_quantization *q, const train_weights *weights,
                           float *values);

/* Widens ranges[model->n_values] to what the quantized layers' inputs are when the float model runs
 * on `count` samples, images[count][...] of its input 0. */
int train_calibrate(const train_quantization *q, const nn_model *model, const float *images,
                    size_t count, nn_range *ranges, err *e);

#endif
