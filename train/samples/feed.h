/* feed.h: the samples that a network trains on.
 *
 * Sources (channel models, or data files) are mixed by weight. A model's samples are drawn from the
 * generator while the network trains on what was drawn before: two pools, one in use and one being
 * filled by threads of the feed. A pool is used `reuse` times, in another order each time; each use
 * turns the sample by a random phase (a common phase is not information: every path of every
 * channel here has a random one). Samples are aligned as the model asks, once, when they are drawn:
 * a phase changes no power. What sample i is follows from (seed, i) alone, so that a resumed run
 * meets the samples that an uninterrupted one would have.
 *
 * No environment is ever drawn twice, nor any that a run or an evaluation of the same seed would
 * meet: a source's channel has a seed of its own, derived from the feed's.
 *
 * Of a file, all samples are held, scaled by their own largest part, and pools are drawn from them:
 * each sample once, in a random order, before any comes again. The last tenth of the file is held
 * out and never trained on; that it be of other environments is the file's affair.
 *
 * In pools, samples are int16, their largest part at full scale. The noise of that, 1/12 step^2 per
 * value, is on average 71 dB (uma-los) to 85 dB (rayleigh) below the sample at 2 x 32 x 32. */
#ifndef TRAIN_SAMPLES_FEED_H
#define TRAIN_SAMPLES_FEED_H

#include "train/samples/config.h"

typedef struct train_feed train_feed;

/* Opens every source and draws the first pool (that of sample number `first`, 0 for a fresh run).
 * NULL on failure: an unknown channel, a file that does not fit, a source whose share of a pool is
 * not one sample. The configuration, its names included, is copied. */
train_feed *train_feed_open(const train_feed_config *config, uint64_t first, err *e);
void train_feed_close(train_feed *feed);

/* Makes samples `first` .. `first` + count - 1 of the run ready: waits for the pools that hold
 * them, two at most (count <= pool). They stay readable until the next call, which declares those
 * before its own `first` done with. To be called by one thread, with `first` never decreasing
 * (ERR_STATE), while nobody is in train_feed_sample. A failure of a drawing thread shows here. */
int train_feed_ready(train_feed *feed, uint64_t first, size_t count, err *e);

/* Sample number `index` of the run as an image in [0,1] of the layout asked for,
 * [2][rows][columns], or as many images as it has reports, each in a scale of its own, as a UE
 * makes them. Any thread, for samples that are ready; allocates nothing. */
void train_feed_sample(const train_feed *feed, uint64_t index, float *image);

/* Samples for validation or for statistics: `count` of source `source`'s channel (of all sources in
 * turn where it is -1), from environments that training never meets, aligned, not turned; into
 * images[count][reports][2][rows][columns]. They follow from (seed, source, set), a longer set
 * beginning with the shorter one. Of a file: from its last tenth, repeating where count is larger.
 * Drawn by the calling thread; may run beside everything else. */
int train_feed_holdout(const train_feed *feed, int source, uint64_t set, size_t count,
                       float *images, err *e);

/* Seconds that train_feed_ready has waited so far (for the thread that calls that): is the
 * generator the bottleneck? */
double train_feed_waited(const train_feed *feed);

#endif
