/* net.h: one graph, run forward and differentiated in reverse, by one thread, for one batch size.
 *
 * The forward run is the engine's (nn_session in training mode: unfused, every value kept), except
 * where training computes something else (batch norm normalises with the batch's own statistics,
 * and takes the Relu or LeakyRelu behind it along). Derivatives at a kink are PyTorch's: that of
 * LeakyRelu and PRelu at 0 is their slope, Clip has 1 on its bounds, Abs 0 at 0, equal extremes of
 * a reduction share the gradient; Floor, Ceil, Round and Sign have none. Nets of several threads
 * share one train_weights; each has its own gradients.
 *
 *     train_net *net = train_net_open(weights, 10, &e);
 *     memcpy(train_net_input(net, 0), x, ...);
 *     train_net_forward(net, &e);
 *     loss(train_net_output(net, 0), train_net_output_gradient(net, 0));
 *     train_net_backward(net);
 *     use(train_net_gradients(net), train_net_input_gradient(net, 0));
 */
#ifndef NN_GRAD_NET_H
#define NN_GRAD_NET_H

#include "nn/grad/quantize.h"
#include "nn/grad/weights.h"
#include "nn/nn.h"

typedef struct train_net train_net;

/* `weights` must outlive the net. `input_gradients`: whether train_net_input_gradient is wanted
 * (of input 0; the others never have one). Refused (ERR_UNSUPPORTED, naming the node): a graph with
 * an operator that has no reverse on the way from a weight to output 0. */
train_net *train_net_open(const train_weights *weights, int64_t batch, bool input_gradients,
                          err *e);

/* The same, computing with the rounded numbers of quantized layers; gradients are those of the
 * float weights. `q` (NULL: none) is copied, but not what it points to. */
train_net *train_net_open_quantized(const train_weights *weights, const train_quantization *q,
                                    int64_t batch, bool input_gradients, err *e);
void train_net_free(train_net *net);

/* Tensors of the session: shape in `dims`, the caller writes input data before a run. */
nn_tensor *train_net_input(train_net *net, int index);
const nn_tensor *train_net_output(const train_net *net);

/* Runs the graph on the weights as they stand. Changed weights are taken after train_net_refresh.
 * 0, or an error where the data make a step impossible. */
int train_net_forward(train_net *net, err *e);
void train_net_refresh(train_net *net);

/* d loss / d output 0, in its shape: written by the caller between forward and backward, which may
 * change it (gradients share memory). */
float *train_net_output_gradient(train_net *net);

/* Adds d loss / d weights to the gradients (weights->count floats, zero where an entry is a
 * statistic); train_net_clear_gradients zeroes them. */
void train_net_backward(train_net *net);
float *train_net_gradients(train_net *net);
void train_net_clear_gradients(train_net *net);

/* d loss / d input 0, valid after backward until the next; NULL when it was not asked for. */
const float *train_net_input_gradient(const train_net *net);

/* Batch norm. Every forward adds its batch's mean, and variance + mean^2, of each channel to a sum;
 * train_net_statistics_take moves the sums (added to what `sums` holds, weights->count doubles with
 * the layout of the weights: mean entries hold the sum of means, variance entries the sum of mean
 * squares) out, zeroes them and returns how many forwards they hold: the exact statistics of many
 * batches are mean = S1 / n, variance = S2 / n - mean^2, whatever the threads. A net without batch
 * norm has only zeros to give. */
size_t train_net_statistics_take(train_net *net, double *sums);

/* Whether the graph has batch norm in it, so that samples of a batch depend on each other. */
bool train_net_has_batch_norm(const train_net *net);

#endif
