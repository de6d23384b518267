/* checkpoint.h: the file that holds the state of a training run.
 *
 *     magic "csilckpt", version       8 + 8 bytes
 *     bytes of the whole file         uint64
 *     figures                         train_figures
 *     bytes of the settings           uint64, and the settings (settings.h)
 *     floats of each vector           CHECKPOINT_VECTORS uint64, and the vectors
 *     checksum of all before it       uint64
 *
 * Numbers are little-endian. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "train/config.h"

/* Five for each network: weights, both moments, average, best. */
enum { CHECKPOINT_VECTORS = 10 };

/* Everything but the vectors. The struct has no padding, since the file holds its bytes. */
typedef struct train_figures {
    uint64_t network[2]; /* nn_model_hash of encoder and decoder at the start */
    uint64_t total;      /* samples of the whole run */
    uint64_t samples, steps;
    uint64_t validated_at; /* 0: not yet */
    double seconds;
    double nmse_db[TRAIN_CHECKS_MAX], score, best_score;
    train_balance balance;
} train_figures;

typedef struct train_snapshot {
    train_figures figures;
    const char *settings;
    struct {
        float *values;
        size_t count;
    } vectors[CHECKPOINT_VECTORS];
} train_snapshot;

/* ERR_IO, ERR_NOMEM. */
int train_checkpoint_write(const char *path, const train_snapshot *snapshot, err *e);

/* Reads the file into `snapshot`. On entry its figures.network, settings and counts say what the
 * file must match; figures.total may be larger than the file's, which continues a finished run. On
 * failure `snapshot` is unchanged: ERR_FORMAT for a file that is not a checkpoint, is truncated or
 * damaged, or holds impossible numbers (weights that are not finite, figures that contradict each
 * other); ERR_MISMATCH, with the difference, for other networks or settings. */
int train_checkpoint_read(const char *path, train_snapshot *snapshot, err *e);

#endif
