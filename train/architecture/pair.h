/* pair.h: an encoder and a decoder, as models in memory, that are trained together. */
#ifndef TRAIN_ARCHITECTURE_PAIR_H
#define TRAIN_ARCHITECTURE_PAIR_H

#include "nn/nn.h"

typedef struct train_pair {
    nn_model *encoder, *decoder;
} train_pair;

/* Frees both models and zeroes the pair. */
void train_pair_free(train_pair *pair);

#endif
