/* checkpoint.h: the state of a training as a file.
 *
 *     magic "csilckpt", version       8 + 8 bytes
 *     bytes of the whole file         uint64
 *     figures                         train_figures
 *     bytes of the settings           uint64, and the settings (settings.h)
 *     floats of each vector           CHECKPOINT_VECTORS uint64, and the vectors
 *     checksum of all before it       uint64
 *
 * Numbers as they lie in memory, on little-endian machines. */
#ifndef TRAIN_CHECKPOINT_H
#define TRAIN_CHECKPOINT_H

#include "train/config.h"

/* Of each of the two networks: weights, both moments, average, best. */
enum { CHECKPOINT_VECTORS = 10 };

/* What is no vector; has no padding. */
typedef struct train_figures {
    uint64_t network[2]; /* nn_model_hash of encoder and decoder, as the training began */
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

/* Fills figures and vectors of `snapshot`, whose figures.network and .total, settings and counts
 * say what must be in the file. It may have been made for a shorter run (another total). Refused,
 * with nothing changed: another sort of file, a cut, damaged or forged one (ERR_FORMAT: weights
 * that are not finite, figures that contradict each other), one of other networks or settings
 * (ERR_MISMATCH, saying what differs). */
int train_checkpoint_read(const char *path, train_snapshot *snapshot, err *e);

#endif
