/* weights.h: what of a model training may change, as one flat vector.
 *
 * Every float initializer that a differentiable operator reads as a weight belongs to it, in the
 * order of the file: kernels and biases of convolutions, operands of products, gains and shifts of
 * normalisations, slopes of PRelu, and operands of Add, Sub, Mul, Div, Sum, Mean, Max and Min whose
 * rank is at least 1 (a scalar there is a number of the formula, such as an epsilon). Initializers
 * whose name begins with "const." never do (a fixed offset, a Fourier matrix), nor do bounds,
 * exponents and the values of Constant nodes. Running mean and variance of batch norm are
 * statistics: they belong to the vector, so that they are saved and restored with it, but no
 * optimiser touches them. */
#ifndef NN_GRAD_WEIGHTS_H
#define NN_GRAD_WEIGHTS_H

#include "nn/nn.h"

typedef enum train_kind {
    TRAIN_MATRIX,    /* of a convolution or a product: weight decay applies */
    TRAIN_VECTOR,    /* biases, gains, slopes, and operands of Add, Mul, ... of any shape */
    TRAIN_STATISTIC, /* running mean or variance: no gradient */
} train_kind;

typedef struct train_entry {
    const char *name; /* of the initializer, owned by the model */
    int value;        /* its number in the model */
    train_kind kind;
    size_t offset, count; /* in the flat vector; offsets are multiples of 16 (64 bytes) */
} train_entry;

typedef struct train_weights {
    const nn_model *model; /* must outlive this */
    int n_entries;
    train_entry *entries;
    size_t count;      /* floats of `values`, padding (always zero) included */
    size_t parameters; /* of them trainable: what the literature counts, statistics left out */
    float *values;     /* 64-byte aligned; as the model has them at first */
} train_weights;

/* NULL on failure. Free with train_weights_free (NULL allowed). */
train_weights *train_weights_open(const nn_model *model, err *e);
void train_weights_free(train_weights *weights);

/* Puts `values` (weights->count floats: the live ones, or an average of them) into the model, so
 * that sessions opened from now on and nn_model_save have them. */
int train_weights_store(const train_weights *weights, const float *values, nn_model *model, err *e);

#endif
