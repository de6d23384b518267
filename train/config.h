/* config.h: the settings of a training run. settings.h checks them; trainer.h runs them. */
#ifndef TRAIN_CONFIG_H
#define TRAIN_CONFIG_H

#include "nn/grad.h"
#include "train/objective.h"
#include "train/samples/config.h"
#include "train/sequence.h"

enum { TRAIN_CHECKS_MAX = 8, TRAIN_THREADS_MAX = 64 };

/* Quantization-aware training (nn/grad.h) of the encoder and, on request, of the decoder. The
 * decoder cannot be static, since its ranges would depend on the SNR. Batch norm is folded first.
 */
typedef struct train_quantize {
    grad_scheme scheme;
    bool decoder;
    const char *skip;   /* NULL, or layers that stay in float; see grad_quantization */
    const char *wide;   /* NULL, or layers whose input has two parts of 8 bits */
    size_t calibration; /* samples that static ranges are measured on, with the initial weights */
} train_quantize;

typedef struct train_config {
    train_feed_config feed;
    train_objective objective;
    train_quantize quantize;
    train_sequence sequence; /* used where feed.reports is above 1 */
    unsigned threads;
    size_t batch;     /* a multiple of threads; a thread's part of it is a shard */
    size_t chunk;     /* samples a thread runs at once: the largest divisor of the shard up to
                         this */
    uint64_t samples; /* of the whole run; the schedule spans them */
    double learning_rate, final_rate; /* warm-up from 0, then a cosine to final_rate */
    uint64_t warmup;                  /* samples */
    double beta1, beta2, epsilon;     /* Adam's */
    double weight_decay;              /* decoupled (AdamW), on matrices only; 0: Adam */
    double clip;                      /* on the gradient's norm; 0: none */
    double ema;                       /* factor of the weights' running mean per step; 0: none */
    uint64_t validate_every;          /* samples */
    size_t validation;                /* samples in the validation set */
    size_t statistics; /* samples for exact batch-norm statistics, before validation and export */
    size_t checks;     /* SNRs of the validation */
    double check_snr_db[TRAIN_CHECKS_MAX]; /* +inf: no noise */
    uint64_t seed;
} train_config;

#endif
