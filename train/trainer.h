/* trainer.h: training of a pair over the noisy link, from the first step to the last.
 *
 * Every step takes `batch` samples, cut into equal shards for the threads; a thread runs its shard
 * in chunks (the whole shard at once where the graph has batch norm, whose statistics are then the
 * shard's) through encoder, link and decoder, forward and back. Gradients are summed in the order
 * of the threads, so that the same seed and the same number of threads give the same weights, bit
 * for bit. Validation uses the averaged weights, by the inference engine, with exact batch-norm
 * statistics; those of a quantized network as it is trained, with rounded numbers. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include "train/architecture/pair.h"
#include "train/config.h"
#include "train/status.h"

typedef struct trainer trainer;

/* Takes the pair's weights as the start (the pair must outlive the trainer). `resume`: NULL, or a
 * checkpoint file, which must be of the same networks and settings: refused otherwise, saying what
 * differs. NULL on failure. */
trainer *trainer_open(const train_config *config, train_pair *pair, const char *resume, err *e);
void trainer_free(trainer *t);

/* Trains until `samples` more are done, a validation was made or the run is complete, at least one
 * step. 0, or an error (loss not finite, the generator failed). */
int trainer_advance(trainer *t, uint64_t samples, err *e);
bool trainer_complete(const trainer *t);
const train_status *trainer_status(const trainer *t);

/* Everything that an exact continuation needs; the file appears whole or not at all. */
int trainer_checkpoint(trainer *t, const char *path, err *e);

/* Puts the best validated weights (the averaged ones now, if none were validated) into the pair:
 * floats, to be quantized; those of binary layers in their two values. */
int trainer_store_best(trainer *t, err *e);

/* Where that side is quantized in training: makes its 8-bit network (nn/quant.h) of the float
 * one in the file `from`, as `to`; static ranges are measured anew, on the samples that they were
 * calibrated on. Else it does nothing. */
int trainer_save_integers(trainer *t, codec_side side, const char *from, const char *to, err *e);

#endif
