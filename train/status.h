/* status.h: how far a training is. */
#ifndef TRAIN_STATUS_H
#define TRAIN_STATUS_H

#include <stddef.h>

#include "base/decibel.h"
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
    double score, best_score;         /* train_score_db: lower is better; with lambda the last */
    double bits;                      /* of a codeword at the last validation, with lambda */
} train_status;

/* What "best" goes by: the mean of the NMSE, as a ratio, over the SNRs of a validation, in dB. A
 * mean of decibels would let the point without noise rule, where a few thousand samples more or
 * less of training make many decibels. */
static inline double train_score_db(const double *nmse_db, size_t checks)
{
    double sum = 0;
    for (size_t i = 0; i < checks; i++)
        sum += power_of_db(nmse_db[i]);
    return db_of_power(sum / (double)checks);
}

#endif
