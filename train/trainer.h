/* trainer.h: trains a pair over the noisy link.
 *
 * Each step takes `batch` samples and gives every thread an equal shard. A thread runs its shard in
 * chunks through encoder, link and decoder, forward and backward; with batch norm it runs the whole
 * shard at once, and the statistics are those of the shard. Gradients are summed in the order of
 * the threads, so the same seed and number of threads give the same weights, bit for bit.
 * Validation runs the averaged weights, with exact batch-norm statistics, on the inference engine.
 * It runs a quantized network with rounded numbers, as in training. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include "train/architecture/pair.h"
#include "train/config.h"
#include "train/status.h"

typedef struct trainer trainer;

/* Starts from the pair's weights; the pair must outlive the trainer. `resume` is NULL or a
 * checkpoint file of the same networks and settings; for any other the message says what differs.
 * NULL on failure. */
trainer *trainer_open(const train_config *config, train_pair *pair, const char *resume, err *e);
void trainer_free(trainer *t);

/* Trains at least one step, until `samples` more samples are done, a validation is made or the run
 * is complete. 0, or an error: the loss is not finite, or the feed failed. */
int trainer_advance(trainer *t, uint64_t samples, err *e);
bool trainer_complete(const trainer *t);
const train_status *trainer_status(const trainer *t);

/* Writes everything that an exact continuation needs, atomically. */
int trainer_checkpoint(trainer *t, const char *path, err *e);

/* Puts the best validated weights into the pair, or the current averaged ones if none were
 * validated. They are floats, which the caller quantizes; binary layers get their two values. */
int trainer_store_best(trainer *t, err *e);

/* If training quantizes that side, converts the float network in the file `from` to its 8-bit
 * network (nn/quant.h) in `to`, with static ranges measured anew on the calibration samples.
 * Otherwise does nothing. */
int trainer_save_integers(trainer *t, codec_side side, const char *from, const char *to, err *e);

#endif
