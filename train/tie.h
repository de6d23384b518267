/* tie.h: weights that the encoder and the decoder share, such as the matrix of a linear encoder
 * that its decoder inverts. An initializer that both models have, with a name that begins with
 * "tied.", is one weight. Both copies start from one value and move by the sum of the two
 * gradients, so they stay equal bit for bit. The weight counts once among the parameters. */
#ifndef TRAIN_TIE_H
#define TRAIN_TIE_H

#include "nn/grad.h"

typedef struct train_tie {
    size_t offset[2]; /* in the flat vectors of encoder and decoder */
    size_t count;
} train_tie;

typedef struct train_ties {
    train_tie *list; /* the caller frees it */
    int count;
} train_ties;

/* ERR_MISMATCH, naming the weight, where the two copies differ in size or value. */
int train_ties_find(const grad_weights *const weights[2], train_ties *ties, err *e);

/* Sets both gradients of each tied weight to their sum. Returns the change of the sum of squares
 * over all weights, where a tied weight counts once. */
double train_ties_join(const train_ties *ties, float *const gradients[2]);

/* The number of parameters that the decoder shares with the encoder. */
size_t train_ties_parameters(const train_ties *ties);

#endif
