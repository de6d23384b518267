#include "train/architecture/pair.h"

void train_pair_free(train_pair *pair)
{
    nn_model_free(pair->encoder);
    nn_model_free(pair->decoder);
    *pair = (train_pair){0};
}
