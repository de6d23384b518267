/* trainer_internal.h: what the files of the trainer share. */
#ifndef TRAIN_TRAINER_INTERNAL_H
#define TRAIN_TRAINER_INTERNAL_H

#include "nn/grad.h"
#include "train/checkpoint.h"
#include "train/optimizer.h"
#include "train/ports.h"
#include "train/samples/feed.h"
#include "train/schedule.h"
#include "train/status.h"
#include "train/thread_pool.h"
#include "train/tie.h"

typedef struct trainer trainer;

/* Training samples have indices below 2^62; the link's draws for validation and statistics begin
 * here. */
#define TRAIN_VALIDATION_INDEX ((uint64_t)1 << 62)
#define TRAIN_STATISTICS_INDEX ((uint64_t)2 << 62)

enum { SIDES = 2, PACE_MARKS = 8 }; /* a side is a codec_side */

/* The sequences of a thread's chunk. */
typedef struct train_track {
    float *images;                          /* [chunk][reports][pixels] */
    train_outcome *outcomes;                /* [chunk][reports] */
    float *memory[SIDES], *d_memory[SIDES]; /* [reports][chunk][held]: after each report */
} train_track;

/* The state of one thread. */
typedef struct train_worker {
    grad_net *nets[SIDES];
    float *noise;      /* [chunk][codeword] */
    train_link *links; /* [chunk] */
    train_track track;
    double nmse_sum[TRAIN_SNR_BINS];
    size_t samples[TRAIN_SNR_BINS];
    double bits;            /* of the samples' codewords, with lambda */
    double squares;         /* of its slice of the gradient */
    double *sums[SIDES];    /* of batch norm; NULL without */
    size_t forwards[SIDES]; /* forward passes summed in them */
    err error;
} train_worker;

/* The speed over the last few seconds. */
typedef struct train_pace {
    double seconds; /* spent on steps in this process */
    struct {
        double seconds;
        uint64_t samples;
    } marks[PACE_MARKS]; /* oldest first */
    int count;
} train_pace;

typedef struct train_validation {
    nn_model *models[SIDES]; /* copies with the weights under test */
    float *weights[SIDES];   /* those weights: the average, with exact statistics */
    float *best[SIDES];
    float *images;     /* [validation][sample] */
    float *statistics; /* [passes][batch][sample], for batch norm alone */
    size_t passes;
    double *nmse; /* [checks][validation][reports]; below 0 for a lost report */
    double *bits; /* [validation], with lambda */
} train_validation;

struct trainer {
    train_config config;
    train_adam adam;
    train_schedule schedule;
    char *settings; /* as text */
    uint64_t network[SIDES];
    nn_model *models[SIDES]; /* the pair's */
    grad_quantization quantization[SIDES];
    nn_range *ranges; /* of the encoder's static quantization */
    train_feed *feed;
    grad_weights *weights[SIDES];
    train_optimizer optimizers[SIDES];
    float **gradients[SIDES]; /* [threads], of the workers' nets */
    train_ties ties;
    double tied_squares; /* their change of the step's sum of squares */
    train_thread_pool *threads;
    train_worker *workers;
    size_t shard, chunk, pixels, codeword;
    size_t stride;    /* of a sample in the decoder's output: pixels, and with lambda its bits */
    unsigned reports; /* of a sample; above 1 for sequences */
    size_t sample;    /* pixels of all its reports */
    train_ports ports[SIDES];
    bool batch_norm;
    train_validation validation;
    train_balance balance;
    uint64_t steps;
    train_update update; /* of the step under way */
    train_pace pace;
    train_status status;
};

/* The first error among the workers, or 0. */
int trainer_gather_error(const trainer *t, err *e);

int trainer_track_open(const trainer *t, train_track *track, err *e);
void trainer_track_close(train_track *track);

/* The outcome of a report of the chunk's sample i. */
const train_outcome *trainer_outcome(const trainer *t, const train_track *track, unsigned report,
                                     size_t i);

/* Runs encoder, link and decoder forward on all reports of w->track.images; the link draws for
 * samples from `index` on. Sets w->error. */
int trainer_forward(const trainer *t, train_worker *w, const train_objective *objective,
                    uint64_t index);

/* The backward pass, after trainer_forward. Sums the losses and adds the gradients. */
int trainer_backward(const trainer *t, train_worker *w, const train_objective *objective,
                     uint64_t index);

/* One step on the next batch. An error leaves the trainer unchanged. */
int trainer_step(trainer *t, err *e);

/* The samples that static ranges are measured on; the caller frees them. NULL on failure. */
float *trainer_calibration_images(trainer *t, err *e);

/* Fills t->ranges if the scheme is static. The feed must be open. */
int trainer_calibrate(trainer *t, err *e);

/* trainer_validation_open allocates memory and models; trainer_validation_draw then draws the
 * samples from the open feed. */
int trainer_validation_open(trainer *t, err *e);
int trainer_validation_draw(trainer *t, err *e);
void trainer_validation_close(trainer *t);

/* The averaged weights, with exact statistics, into t->validation.weights. */
int trainer_average(trainer *t, err *e);

/* Measures the averaged weights, and sets the status and the best weights. */
int trainer_validate(trainer *t, err *e);

#endif
