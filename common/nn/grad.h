/* grad.h: reverse mode: the gradient of what a network computes with respect to its weights, and to
 * its input. The graph is an ordinary nn_model; grad_weights says which of its constants training
 * may change, a grad_net runs it forward and back, and grad_quantization makes the net compute with
 * the rounded numbers of an 8-bit network.
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
 * What of a model training may change, as one flat vector.
 *
 * Every float initializer that a differentiable operator reads as a weight belongs to it, in the
 * order of the file: kernels and biases of convolutions, operands of products, gains and shifts of
 * normalisations, slopes of PRelu, what Sign takes the signs of, and operands of Add, Sub, Mul,
 * Div, Sum, Mean, Max and Min whose rank is at least 1 (a scalar there is a number of the formula,
 * such as an epsilon). Initializers whose name begins with "const." never do (a fixed offset, a
 * Fourier matrix), nor do bounds, exponents and the values of Constant nodes. Running mean and
 * variance of batch norm are statistics: they belong to the vector, so that they are saved and
 * restored with it, but no optimiser touches them. */

typedef enum grad_kind {
    GRAD_MATRIX,    /* of a convolution or a product: weight decay applies */
    GRAD_VECTOR,    /* biases, gains, slopes, and operands of Add, Mul, ... of any shape */
    GRAD_STATISTIC, /* running mean or variance: no gradient */
} grad_kind;

typedef struct grad_entry {
    const char *name; /* of the initializer, owned by the model */
    int value;        /* its number in the model */
    grad_kind kind;
    size_t offset, count; /* in the flat vector; offsets are multiples of 16 (64 bytes) */
} grad_entry;

typedef struct grad_weights {
    const nn_model *model; /* must outlive this */
    int n_entries;
    grad_entry *entries;
    size_t count;      /* floats of `values`, padding (always zero) included */
    size_t parameters; /* of them trainable: what the literature counts, statistics left out */
    float *values;     /* 64-byte aligned; as the model has them at first */
} grad_weights;

/* NULL on failure. Free with grad_weights_free (NULL allowed). */
grad_weights *grad_weights_open(const nn_model *model, err *e);
void grad_weights_free(grad_weights *weights);

/* Puts `values` (weights->count floats: the live ones, or an average of them) into the model, so
 * that sessions opened from now on and nn_model_save have them. */
int grad_weights_store(const grad_weights *weights, const float *values, nn_model *model, err *e);

/* The exact statistics of batch norm over many batches into values[] (of the layout of the
 * weights): mean = S1 / n and variance = S2 / n - mean^2, at least 0, where sums[] holds S1 at the
 * entries of means and S2 at those of variances, of n = `forwards` batches: what
 * grad_net_statistics_take gives, added up over the nets. */
void grad_statistics_put(const grad_weights *weights, const double *sums, double forwards,
                         float *values);

/* --- quantization -------------------------------------------------------------------------------
 *
 * Which layers training treats as quantized, and what their weights then are.
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

typedef enum grad_scheme { GRAD_UNQUANTIZED, GRAD_DYNAMIC, GRAD_STATIC, GRAD_BINARY } grad_scheme;

typedef struct grad_quantization {
    grad_scheme scheme;
    const char *skip; /* NULL, or layers that stay in float, with commas between them: each by the
                         name of its node, of its weights or of its output */
    const char *wide; /* layers whose input has two parts of 8 bits (nn/quant.h), likewise */
    const nn_range *ranges; /* static: of each value of the model; read at every forward */
} grad_quantization;

/* ERR_INVALID where a list such as `skip` has a name that no node of the `count` models has. */
int grad_names_check(const char *list, nn_model *const *models, int count, err *e);

/* Weights as a float model should carry them: those of quantized layers as their integers times the
 * scale, which quantizing anew gives again, since the network has learned to live with how they are
 * rounded and not without. `values` is a vector of the layout of `weights`, changed in place. */
void grad_quantized_store(const grad_quantization *q, const grad_weights *weights, float *values);

/* Widens ranges[model->n_values] to what the quantized layers' inputs are when the float model runs
 * on `count` samples, images[count][...] of its input 0. */
int grad_calibrate(const grad_quantization *q, const nn_model *model, const float *images,
                   size_t count, nn_range *ranges, err *e);

/* --- nets ---------------------------------------------------------------------------------------
 *
 * One graph, run forward and differentiated in reverse, by one thread, for one batch size.
 *
 * The forward run is the engine's (nn_session in training mode: unfused, every value kept), except
 * where training computes something else (batch norm normalises with the batch's own statistics,
 * and takes the Relu or LeakyRelu behind it along). Derivatives at a kink are PyTorch's: that of
 * LeakyRelu and PRelu at 0 is their slope, Clip has 1 on its bounds, Abs 0 at 0, equal extremes of
 * a reduction share the gradient; Floor, Ceil, Round and Sign have none, but Sign of a weight is
 * straight-through (1 where |w| <= 1, else 0), which trains the signs of a binary matrix. Nets of
 * several threads share one grad_weights; each has its own gradients. */

typedef struct grad_net grad_net;

/* `weights` must outlive the net. `input_gradients`: whether grad_net_input_gradient is wanted
 * (of input 0; the others never have one). Refused (ERR_UNSUPPORTED, naming the node): a graph with
 * an operator that has no reverse on the way from a weight to output 0. */
grad_net *grad_net_open(const grad_weights *weights, int64_t batch, bool input_gradients, err *e);

/* The same, computing with the rounded numbers of quantized layers; gradients are those of the
 * float weights. `q` (NULL: none) is copied, but not what it points to. */
grad_net *grad_net_open_quantized(const grad_weights *weights, const grad_quantization *q,
                                  int64_t batch, bool input_gradients, err *e);

/* A net with more than one end, as those with memory have: every float output brings a gradient,
 * and each input i < GRAD_INPUTS_MAX whose bit 1 << i is set in `inputs` has one. Unquantized. */
enum { GRAD_INPUTS_MAX = 32 };
grad_net *grad_net_open_ends(const grad_weights *weights, int64_t batch, unsigned inputs, err *e);
void grad_net_free(grad_net *net);

/* Tensors of the session: shape in `dims`, the caller writes input data before a run. */
nn_tensor *grad_net_input(grad_net *net, int index);
const nn_tensor *grad_net_output(const grad_net *net);
const nn_tensor *grad_net_output_at(grad_net *net, int index); /* NULL where there is none */

/* Runs the graph on the weights as they stand. Changed weights are taken after grad_net_refresh.
 * 0, or an error where the data make a step impossible. */
int grad_net_forward(grad_net *net, err *e);
void grad_net_refresh(grad_net *net);

/* d loss / d output 0, in its shape: written by the caller between forward and backward, which may
 * change it (gradients share memory). */
float *grad_net_output_gradient(grad_net *net);

/* The same of another output; the caller writes those of all ends. NULL where that output brings
 * none. */
float *grad_net_output_gradient_at(grad_net *net, int index);

/* Adds d loss / d weights to the gradients (weights->count floats, zero where an entry is a
 * statistic); grad_net_clear_gradients zeroes them. */
void grad_net_backward(grad_net *net);
float *grad_net_gradients(grad_net *net);
void grad_net_clear_gradients(grad_net *net);

/* d loss / d input 0, valid after backward until the next; NULL when it was not asked for. */
const float *grad_net_input_gradient(const grad_net *net);
const float *grad_net_input_gradient_at(const grad_net *net, int index);

/* Batch norm. Every forward adds its batch's mean, and variance + mean^2, of each channel to a sum;
 * grad_net_statistics_take moves the sums (added to what `sums` holds, weights->count doubles with
 * the layout of the weights: mean entries hold the sum of means, variance entries the sum of mean
 * squares) out, zeroes them and returns how many forwards they hold: the exact statistics of many
 * batches are mean = S1 / n, variance = S2 / n - mean^2, whatever the threads. A net without batch
 * norm has only zeros to give. */
size_t grad_net_statistics_take(grad_net *net, double *sums);

/* Whether the graph has batch norm in it, so that samples of a batch depend on each other. */
bool grad_net_has_batch_norm(const grad_net *net);

#endif
