/* optimizer.h: Adam and AdamW, and the running mean of the weights.
 *
 * With the clipped gradient g of step t = 1, 2, ..., for each weight w (Kingma and Ba, "Adam", ICLR
 * 2015; Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019):
 *
 *     m <- b1 m + (1 - b1) g          v <- b2 v + (1 - b2) g^2
 *     w <- w - rate (lambda w + (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon))
 *     a <- d a + (1 - d) w,           d = min(ema, (1 + t) / (10 + t))
 *
 * lambda is 0 except for matrices. Statistics and the padding between entries never change. All
 * vectors have the layout of grad_weights. Weights do not depend on each other, so threads take
 * slices, and the result is the same for any slices. */
#ifndef TRAIN_OPTIMIZER_H
#define TRAIN_OPTIMIZER_H

#include "nn/grad.h"
#include "train/optimizer_simd.h"

typedef struct train_adam {
    double beta1, beta2; /* 0..1, 1 excluded */
    double epsilon;      /* above 0 */
    double weight_decay; /* lambda */
    double ema;          /* 0: the mean is the weights themselves */
} train_adam;

/* The moments and the mean of one network. */
typedef struct train_optimizer {
    size_t count;
    float *m, *v, *average; /* [count], 64-byte aligned; 0, 0 and the weights at first */
    unsigned char *kinds;   /* [count / TRAIN_BLOCK], a grad_kind */
} train_optimizer;

/* 0 or ERR_NOMEM. Call train_optimizer_free even after a failure. */
int train_optimizer_init(train_optimizer *optimizer, const grad_weights *weights, err *e);
void train_optimizer_free(train_optimizer *optimizer);

/* The numbers of step number `step` (from 1 on). Where `clip` is not 0 and `norm` is larger, the
 * gradient is scaled to that norm. */
train_update train_update_at(const train_adam *adam, uint64_t step, double rate, double norm,
                             double clip);

/* Applies it to the weights [from, to) of `values`. */
void train_optimizer_apply(train_optimizer *optimizer, const train_update *update,
                           const float *gradient, float *values, size_t from, size_t to);

/* Adds [from, to) of gradients[1], [2], ... to gradients[0], in that order, and returns the sum of
 * the result's squares. */
double train_gradient_reduce(float *const *gradients, unsigned count, size_t from, size_t to);

/* An array of zeros, 64-byte aligned; the caller frees it with free(). NULL when memory runs out.
 */
float *train_vector_new(size_t count);

#endif
