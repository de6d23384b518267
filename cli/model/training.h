/* training.h: the training samples of `csilink model KIND`: a data set, or channels.
 *
 * Channels are drawn from environments of their own: their seed is derived from `seed` as that of
 * `csilink train` is, so that no run or evaluation of any seed one would give meets them. Which
 * samples come, and in which order, follows from (sources, samples, seed) alone. */
#ifndef CLI_MODEL_TRAINING_H
#define CLI_MODEL_TRAINING_H

#include "codec/kind.h"

typedef struct model_training model_training;

typedef struct model_training_config {
    const char *data;    /* a file of samples, or NULL */
    const char *channel; /* where there is no file: one or several, NAME[@CARRIER], with blanks
                            between them; each gives the same share of the samples */
    uint64_t samples;    /* of the channels together; ignored for a file, which is taken whole */
    uint64_t seed;
    unsigned threads; /* that draw */
    csi_dims dims;    /* of the channels; a file has its own */
} model_training_config;

/* Opens the file, or every channel. NULL on failure, with a message that names which. Progress goes
 * to standard error while samples are taken. */
model_training *model_training_open(const model_training_config *config, err *e);
void model_training_close(model_training *t); /* NULL allowed */

/* What a design takes; owned by `t`, and good for one pass. */
const codec_training *model_training_samples(const model_training *t);

#endif
