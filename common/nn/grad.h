/* grad.h: reverse mode: the gradients of a network's outputs with respect to its weights and its
 * input. The graph is an ordinary nn_model; grad_weights selects the constants that training
 * changes, a grad_net runs the graph forward and backward, and grad_quantization makes the net
 * compute with the rounded numbers of an 8-bit network.
 *
 *     grad_net *net = grad_net_open(weights, 10, &e);
 *     memcpy(grad_net_input(net, 0), x, ...);
 *     grad_net_forward(net, &e);
 *     loss(grad_net_output(net, 0), grad_net_output_gradient(net, 0));
 *     grad_net_backward(net);
 *     use(grad_net_gradients(net), grad_net_input_gradient(net, 0)); */
#ifndef NN_GRAD_H
#define NN_GRAD_H

#include "nn/nn.h"
#include "nn/quantize.h"

/* --- weights ------------------------------------------------------------------------------------
 *
 * The trainable numbers of a model, as one flat vector.
 *
 * It contains, in the order of the file, every float initializer that a differentiable operator
 * reads as a weight: kernels and biases of convolutions, operands of products, gains and shifts of
 * normalisations, slopes of PRelu, operands of Sign, and operands of Add, Sub, Mul, Div, Sum, Mean,
 * Max and Min whose rank is at least 1 (a scalar there is part of the formula, such as an epsilon).
 * It excludes initializers named "const.NAME" (a fixed offset, a Fourier matrix), bounds, exponents
 * and the values of Constant nodes. Running mean and variance of batch norm are statistics: the
 * vector includes them, so that they are saved and restored with it, but no optimiser changes them.
 */

typedef enum grad_kind {
    GRAD_MATRIX,    /* of a convolution or a product: weight decay applies */
    GRAD_VECTOR,    /* biases, gains, slopes, and operands of Add, Mul, ... of any shape */
    GRAD_STATISTIC, /* running mean or variance: no gradient */
} grad_kind;

typedef struct grad_entry {
    const char *name; /* of the initializer; owned by the model */
    int value;        /* its number in the model */
    grad_kind kind;
    size_t offset, count; /* in the flat vector; offsets are multiples of 16 (64 bytes) */
} grad_entry;

typedef struct grad_weights {
    const nn_model *model; /* must outlive this */
    int n_entries;
    grad_entry *entries;
    size_t count;      /* floats of `values`, padding (always zero) included */
    size_t parameters; /* the trainable ones, without statistics, as the literature counts */
    float *values;     /* 64-byte aligned; initially the model's */
} grad_weights;

/* NULL on failure. Free with grad_weights_free (NULL allowed). */
grad_weights *grad_weights_open(const nn_model *model, err *e);
void grad_weights_free(grad_weights *weights);

/* Copies `values` (weights->count floats: the current ones, or an average) into the model, for
 * later sessions and nn_model_save. */
int grad_weights_store(const grad_weights *weights, const float *values, nn_model *model, err *e);

/* Writes the exact statistics of batch norm over many batches to values[] (in the layout of the
 * weights): mean = S1 / n and variance = S2 / n - mean^2, at least 0. sums[] holds S1 at the
 * entries of means and S2 at those of variances, over n = `forwards` batches: the results of
 * grad_net_statistics_take, summed over the nets. */
void grad_statistics_put(const grad_weights *weights, const double *sums, double forwards,
                         float *values);

/* --- quantization -------------------------------------------------------------------------------
 *
 * The layers that training treats as quantized, and their weights.
 *
 * Quantization-aware training computes in float with the numbers that 8-bit inference uses: it
 * rounds the weights and the input of each convolution and product to their integers and back (fake
 * quantization), with the scales and the rounding of nn/quantize.h. The derivative of the rounding
 * is set to 1 (straight-through), and to 0 where a value is clipped at the end of its range: a
 * larger value would change nothing.
 *
 *     dynamic   weights int8, a scale for each output channel; activations uint8, in the range of
 *               each sample, so that training on a batch matches inference of single samples
 *     static    the same with fixed ranges of activations, from calibration
 *     binary    as dynamic, but weights of products (Gemm, MatMul) are s sign(w) with s = mean|w|
 *               of the output channel; their gradient stops where |w| > 1
 *
 * Conv, Gemm and MatMul are quantized if their second input is a constant (of rank 2 for a MatMul)
 * and the first is not. Biases stay float: inference adds them to wide sums. Fold batch norm into
 * the convolutions first. */

typedef enum grad_scheme { GRAD_UNQUANTIZED, GRAD_DYNAMIC, GRAD_STATIC, GRAD_BINARY } grad_scheme;

typedef struct grad_quantization {
    grad_scheme scheme;
    const char *skip; /* NULL, or the layers that stay in float, separated by commas: each by the
                         name of its node, its weights or its output */
    const char *wide; /* the same for layers with an input in two parts of 8 bits (nn/quant.h) */
    const nn_range *ranges; /* static: one for each value of the model; read at every forward run */
} grad_quantization;

/* ERR_INVALID if a list such as `skip` has a name that no node of the `count` models has. */
int grad_names_check(const char *list, nn_model *const *models, int count, err *e);

/* Rounds the weights of quantized layers to their integers times the scale, for a float model: the
 * network has learned with the rounded weights, and quantizing them again gives the same integers.
 * Changes `values`, in the layout of `weights`, in place. */
void grad_quantized_store(const grad_quantization *q, const grad_weights *weights, float *values);

/* Widens ranges[model->n_values] to cover the quantized layers' inputs when the float model runs on
 * `count` samples, images[count][...] of its input 0. */
int grad_calibrate(const grad_quantization *q, const nn_model *model, const float *images,
                   size_t count, nn_range *ranges, err *e);

/* --- nets ---------------------------------------------------------------------------------------
 *
 * One graph, run forward and differentiated in reverse, in one thread, for one batch size.
 *
 * The forward run is the engine's (nn_session in training mode: unfused, every value kept), except
 * where training computes something else (batch norm normalises with the statistics of the batch,
 * and includes the Relu or LeakyRelu behind it). Derivatives at a kink are PyTorch's: that of
 * LeakyRelu and PRelu at 0 is their slope, Clip has 1 on its bounds, Abs 0 at 0, equal extremes of
 * a reduction share the gradient; Floor, Ceil, Round and Sign have none, but Sign of a weight is
 * straight-through (1 where |w| <= 1, else 0), which trains the signs of a binary matrix. Nets in
 * several threads share one grad_weights; each has separate gradients. */

typedef struct grad_net grad_net;

/* `weights` must outlive the net. `input_gradients`: whether to compute grad_net_input_gradient
 * (only for input 0). ERR_UNSUPPORTED, naming the node, for a graph with an operator without a
 * reverse between a weight and output 0. */
grad_net *grad_net_open(const grad_weights *weights, int64_t batch, bool input_gradients, err *e);

/* The same, with the rounded numbers of quantized layers; gradients are those of the float weights.
 * `q` (NULL: none) is copied, but not the data that it points to. */
grad_net *grad_net_open_quantized(const grad_weights *weights, const grad_quantization *q,
                                  int64_t batch, bool input_gradients, err *e);

/* A net with several outputs in the loss, as in codecs with memory: the caller gives a gradient for
 * every float output, and each input i < GRAD_INPUTS_MAX with bit 1 << i set in `inputs` gets one.
 * Unquantized. */
enum { GRAD_INPUTS_MAX = 32 };
grad_net *grad_net_open_ends(const grad_weights *weights, int64_t batch, unsigned inputs, err *e);
void grad_net_free(grad_net *net);

/* Tensors of the session: shape in `dims`, the caller writes input data before a run. */
nn_tensor *grad_net_input(grad_net *net, int index);
const nn_tensor *grad_net_output(const grad_net *net);
const nn_tensor *grad_net_output_at(grad_net *net, int index); /* NULL if there is none */

/* Runs the graph with the current weights; call grad_net_refresh after changing weights. 0, or an
 * error if the data make a step impossible. */
int grad_net_forward(grad_net *net, err *e);
void grad_net_refresh(grad_net *net);

/* d loss / d output 0, in its shape: the caller writes it between forward and backward, which may
 * overwrite it (gradients share memory). */
float *grad_net_output_gradient(grad_net *net);

/* The same for another output; the caller writes all of them. NULL if that output takes no
 * gradient. */
float *grad_net_output_gradient_at(grad_net *net, int index);

/* Adds d loss / d weights to the gradients (weights->count floats, zero for statistics);
 * grad_net_clear_gradients zeroes them. */
void grad_net_backward(grad_net *net);
float *grad_net_gradients(grad_net *net);
void grad_net_clear_gradients(grad_net *net);

/* d loss / d input 0, valid until the next backward; NULL if not requested. */
const float *grad_net_input_gradient(const grad_net *net);
const float *grad_net_input_gradient_at(const grad_net *net, int index);

/* Batch norm. Every forward run adds its batch's mean, and variance + mean^2, of each channel to a
 * sum. grad_net_statistics_take adds the sums to `sums` (weights->count doubles in the layout of
 * the weights: mean entries hold the sum of means, variance entries the sum of mean squares),
 * zeroes them and returns the number of forward runs in them. The exact statistics of many batches
 * are mean = S1 / n, variance = S2 / n - mean^2, whatever the threads. A net without batch norm
 * adds zeros. */
size_t grad_net_statistics_take(grad_net *net, double *sums);

/* Whether the graph has batch norm, which makes the samples of a batch depend on each other. */
bool grad_net_has_batch_norm(const grad_net *net);

#endif
