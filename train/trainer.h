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

#include "nn/grad.h"
#include "train/architecture/architecture.h"
#include "train/objective.h"
#include "train/samples/feed.h"

enum { TRAIN_CHECKS_MAX = 8, TRAIN_THREADS_MAX = 64 };

/* Quantization-aware training (quantize.h) of the encoder, and of the decoder where asked for
 * (not static: its ranges would depend on the SNR). Batch norm is folded before. */
typedef struct train_quantize {
    grad_scheme scheme;
    bool decoder;
    const char *skip;   /* NULL, or layers that stay in float; see grad_quantization */
    const char *wide;   /* NULL, or layers whose input has two parts of 8 bits */
    size_t calibration; /* samples that static ranges are from; those of the initial weights */
} train_quantize;

typedef struct train_config {
    train_feed_config feed;
    train_objective objective;
    train_quantize quantize;
    unsigned threads;
    size_t batch;     /* a multiple of threads; a thread's part of it is a shard */
    size_t chunk;     /* samples a thread holds at once: the largest part of a shard up to this */
    uint64_t samples; /* of the whole run; the schedule is laid over them */
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
    double score, best_score;         /* mean of nmse_db: lower is better */
} train_status;

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
