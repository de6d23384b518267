/* training.h: the training samples of `csilink model KIND`: a data set, or channels.
 *
 * Channels come from separate environments: their seed is derived from `seed` like that of `csilink
 * train`, so that no run or evaluation uses them. The samples and their order depend only on
 * (sources, samples, seed). */
#ifndef CLI_MODEL_TRAINING_H
#define CLI_MODEL_TRAINING_H

#include "codec/kind.h"

typedef struct model_training model_training;

typedef struct model_training_config {
    const char *data;    /* a file of samples, or NULL */
    const char *channel; /* without a file: one or several NAME[@CARRIER], separated by blanks;
                            each gives the same share of the samples */
    uint64_t samples;    /* of all channels together; ignored for a file, which is used whole */
    uint64_t seed;
    unsigned threads; /* threads that draw */
    csi_dims dims;    /* of the channels; a file has others */
} model_training_config;

/* Opens the file or all channels. NULL on failure, with a message that names the one at fault.
 * Prints progress on standard error while samples are read. */
model_training *model_training_open(const model_training_config *config, err *e);
void model_training_close(model_training *t); /* NULL allowed */

/* The samples for a design, for one pass; owned by `t`. */
const codec_training *model_training_samples(const model_training *t);

#endif
