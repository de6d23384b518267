/* status.h: how far a training is. */
#ifndef TRAIN_STATUS_H
#define TRAIN_STATUS_H

#include "train/config.h"

/* What a run looks like at one moment; belongs to the trainer. */
typedef struct train_status {
    uint64_t samples, total; /* trained on so far */
    double loss;             /* mean NMSE over the last trainer_advance, before balancing */
    double learning_rate, gradient_norm;
    double samples_per_s; /* over the last few seconds, validation left out */
    double seconds;       /* of training so far, over all resumed runs */
    bool validated;       /* the figures below are new */
    uint64_t validated_at;
    double nmse_db[TRAIN_CHECKS_MAX]; /* at check_snr_db, of the averaged weights */
    double score, best_score;         /* mean of nmse_db: lower is better; with lambda the last */
    double bits;                      /* of a codeword at the last validation, with lambda */
} train_status;

#endif
