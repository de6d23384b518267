/* tie.h: matrices that the encoder and the decoder have in common, as the matrix of a linear
 * encoder that its decoder inverts. An initializer whose name begins with "tied." and that both
 * models have is one weight: it starts from one value, and both copies move by the sum of their two
 * gradients, so that they stay equal bit for bit. It counts once among the parameters. */
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

/* Refuses (ERR_MISMATCH, naming the weight) copies of different sizes or values. */
int train_ties_find(const grad_weights *const weights[2], train_ties *ties, err *e);

/* Both gradients of each tied weight become their sum. Returns by how much that changes the sum of
 * squares over all weights, in which a tied one counts once. */
double train_ties_join(const train_ties *ties, float *const gradients[2]);

/* How many of the decoder's parameters are the encoder's. */
size_t train_ties_parameters(const train_ties *ties);

#endif
