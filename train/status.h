/* status.h: the progress of a training run. */
#ifndef TRAIN_STATUS_H
#define TRAIN_STATUS_H

#include <stddef.h>

#include "base/decibel.h"
#include "train/config.h"

/* A snapshot of a run, owned by the trainer. */
typedef struct train_status {
    uint64_t samples, total; /* trained on so far */
    double loss;             /* mean NMSE over the last trainer_advance, before balancing */
    double learning_rate, gradient_norm;
    double samples_per_s; /* over the last few seconds, validation left out */
    double seconds;       /* of training so far, over all resumed runs */
    bool validated;       /* the figures below are new */
    uint64_t validated_at;
    double nmse_db[TRAIN_CHECKS_MAX]; /* at check_snr_db, of the averaged weights */
    double score, best_score;         /* train_score_db, lower is better; with lambda, best is
                                         the last */
    double bits;                      /* of a codeword at the last validation, with lambda */
} train_status;

/* The score that decides which weights are best: the mean NMSE over the SNRs of a validation,
 * averaged as a ratio and given in dB. A mean of decibels would be dominated by the point without
 * noise, which moves by many dB within a few thousand samples of training. */
static inline double train_score_db(const double *nmse_db, size_t checks)
{
    double sum = 0;
    for (size_t i = 0; i < checks; i++)
        sum += power_of_db(nmse_db[i]);
    return db_of_power(sum / (double)checks);
}

#endif
