/* optimizer.h: what a step does with a gradient: Adam and AdamW, and the weights' running mean.
 *
 * With the gradient g of step t = 1, 2, ..., after clipping, for every weight w of its own
 * (Kingma and Ba, "Adam", ICLR 2015; Loshchilov and Hutter, "Decoupled weight decay
 * regularization", ICLR 2019):
 *
 *     m <- b1 m + (1 - b1) g          v <- b2 v + (1 - b2) g^2
 *     w <- w - rate (lambda w + (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon))
 *     a <- d a + (1 - d) w,           d = min(ema, (1 + t) / (10 + t))
 *
 * lambda is 0 for all but the matrices. Statistics, and the padding between entries, stay as they
 * are. All vectors have the layout of grad_weights, and every weight is for itself: threads take
 * slices, and the result does not depend on the cut. */
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

/* 0 or ERR_NOMEM. Free with train_optimizer_free, whatever came of it. */
int train_optimizer_init(train_optimizer *optimizer, const grad_weights *weights, err *e);
void train_optimizer_free(train_optimizer *optimizer);

/* Step number `step`, from 1 on. The factor of the gradient is 1, or what makes a larger `norm`
 * equal `clip` where that is not 0. */
train_update train_update_at(const train_adam *adam, uint64_t step, double rate, double norm,
                             double clip);

/* Applies it to the weights [from, to) of `values`. */
void train_optimizer_apply(train_optimizer *optimizer, const train_update *update,
                           const float *gradient, float *values, size_t from, size_t to);

/* Adds [from, to) of gradients[1], [2], ... to gradients[0], in that order, and returns the sum of
 * the result's squares. */
double train_gradient_reduce(float *const *gradients, unsigned count, size_t from, size_t to);

/* An array of floats, zeroed, 64-byte aligned; free() it. NULL when there is no memory. */
float *train_vector_new(size_t count);

#endif
