/* trainer_internal.h: what the files of the trainer share. */
#ifndef TRAIN_TRAINER_INTERNAL_H
#define TRAIN_TRAINER_INTERNAL_H

#include "nn/grad.h"
#include "train/checkpoint.h"
#include "train/crew.h"
#include "train/optimizer.h"
#include "train/ports.h"
#include "train/samples/feed.h"
#include "train/schedule.h"
#include "train/status.h"
#include "train/tie.h"

typedef struct trainer trainer;

/* Indices of samples are below 2^62; those of other draws of the link begin here. */
#define TRAIN_VALIDATION_INDEX ((uint64_t)1 << 62)
#define TRAIN_STATISTICS_INDEX ((uint64_t)2 << 62)

enum { SIDES = 2, PACE_MARKS = 8 }; /* a side is a codec_side */

/* What a thread keeps of its chunk's sequences. */
typedef struct train_track {
    float *images;                          /* [chunk][reports][pixels] */
    train_fate *fates;                      /* [chunk][reports] */
    float *memory[SIDES], *d_memory[SIDES]; /* [reports][chunk][held]: after each report */
} train_track;

/* What one thread has of its own. */
typedef struct train_worker {
    grad_net *nets[SIDES];
    float *noise;      /* [chunk][codeword] */
    train_link *links; /* [chunk] */
    train_track track;
    double nmse_sum[TRAIN_SNR_BINS];
    size_t samples[TRAIN_SNR_BINS];
    double bits;            /* of the samples' codewords, with lambda */
    double squares;         /* of its slice of the gradient */
    double *sums[SIDES];    /* batch norm's; NULL without */
    size_t forwards[SIDES]; /* that they hold */
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
    nn_model *models[SIDES]; /* copies that take the weights under test */
    float *weights[SIDES];   /* these: the average, with exact statistics */
    float *best[SIDES];
    float *images;     /* [validation][sample] */
    float *statistics; /* [passes][batch][sample], for batch norm alone */
    size_t passes;
    double *nmse; /* [checks][validation][reports]; of a lost report below 0 */
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
    nn_range *ranges; /* the encoder's, of its static quantization */
    train_feed *feed;
    grad_weights *weights[SIDES];
    train_optimizer optimizers[SIDES];
    float **gradients[SIDES]; /* [threads], of the workers' nets */
    train_ties ties;
    double tied_squares; /* what they change of the step's sum of squares */
    train_crew *crew;
    train_worker *workers;
    size_t shard, chunk, pixels, codeword;
    size_t stride;    /* of a sample in the decoder's output: pixels, and with lambda its bits */
    unsigned reports; /* of a sample; 1 but for sequences */
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

/* The first error among the workers, 0 when there is none. */
int trainer_gather_error(const trainer *t, err *e);

int trainer_track_open(const trainer *t, train_track *track, err *e);
void trainer_track_close(train_track *track);

/* What became of a report of the chunk's sample i. */
const train_fate *trainer_fate(const trainer *t, const train_track *track, unsigned report,
                               size_t i);

/* The images of the track are filled: encoder, link (for samples from `index` on) and decoder of
 * all reports, forward. Sets w->error. */
int trainer_forward(const trainer *t, train_worker *w, const train_objective *objective,
                    uint64_t index);

/* The same way back, behind trainer_forward: sums of the losses, and gradients added. */
int trainer_backward(const trainer *t, train_worker *w, const train_objective *objective,
                     uint64_t index);

/* One step on the next batch. After an error everything is as before it. */
int trainer_step(trainer *t, err *e);

/* The samples that static ranges are from; the caller frees them. NULL on failure. */
float *trainer_calibration_images(trainer *t, err *e);

/* Fills t->ranges: where the scheme is static, and the feed is open. */
int trainer_calibrate(trainer *t, err *e);

/* Memory and models for validation; then, with the feed open, its samples. */
int trainer_validation_open(trainer *t, err *e);
int trainer_validation_draw(trainer *t, err *e);
void trainer_validation_close(trainer *t);

/* The averaged weights, with exact statistics, into t->validation.weights. */
int trainer_average(trainer *t, err *e);

/* Measures them, sets status and best. */
int trainer_validate(trainer *t, err *e);

#endif
