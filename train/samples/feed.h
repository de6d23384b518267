/* feed.h: the training samples.
 *
 * The feed mixes sources (channel models or data files) by weight. It has two pools: the network
 * trains on one while the feed's threads fill the other from the channel models. A pool is used
 * `reuse` times, each time in another order. Each use multiplies a sample by a random phase; a
 * common phase carries no information, since every path of every channel here has a random one. The
 * feed aligns samples once, when it draws them; the phase cannot change the alignment because it
 * changes no power. Sample i depends only on (seed, i), so a resumed run gets the same samples as
 * an uninterrupted one.
 *
 * The feed never draws an environment twice, nor one that a run or an evaluation with the same seed
 * uses: each source's channel has its own seed, derived from the feed's.
 *
 * A file is held in memory whole, each sample scaled by its own largest part. Pools take every
 * sample once, in a random order, before they repeat any. The last tenth of the file is held out
 * and never trained on; whoever writes the file must put other environments there.
 *
 * Pools hold samples as int16, with the largest part at full scale. The rounding noise, 1/12 step^2
 * per value, is on average 71 dB (uma-los) to 85 dB (rayleigh) below the sample at 2 x 32 x 32. */
#ifndef TRAIN_SAMPLES_FEED_H
#define TRAIN_SAMPLES_FEED_H

#include "train/samples/config.h"

typedef struct train_feed train_feed;

/* Opens every source and fills the pool of sample number `first` (0 for a new run). Copies the
 * configuration, names included. NULL on failure, such as an unknown channel, a file that does not
 * fit, or a source with less than one sample per pool. */
train_feed *train_feed_open(const train_feed_config *config, uint64_t first, err *e);
void train_feed_close(train_feed *feed);

/* Waits for the pools that hold samples `first` .. `first` + count - 1 of the run: at most two,
 * since count <= pool. These samples stay readable until the next call, which releases all samples
 * before its own `first`. Call it from one thread, while no thread is in train_feed_sample. `first`
 * must never decrease (ERR_STATE). Returns the error of a drawing thread, too. */
int train_feed_ready(train_feed *feed, uint64_t first, size_t count, err *e);

/* Writes sample number `index` of the run as an image [2][rows][columns] in [0,1], in the
 * configured layout. A sequence gives one image per report, each scaled by itself, as a UE does.
 * Any thread can call it for samples that are ready. Allocates nothing. */
void train_feed_sample(const train_feed *feed, uint64_t index, float *image);

/* Draws `count` samples for validation or statistics from source number `source` (-1: from all
 * sources alternately) into images[count][reports][2][rows][columns]. They come from environments
 * that training never uses, aligned and without a random phase, and depend only on (seed, source,
 * set); a longer set begins with the shorter one. A file gives its last tenth, which repeats if
 * count is larger. The calling thread draws them and can do so beside all other calls. */
int train_feed_holdout(const train_feed *feed, int source, uint64_t set, size_t count,
                       float *images, err *e);

/* Seconds that train_feed_ready has waited so far, which shows whether the feed is the bottleneck.
 * For the thread that calls train_feed_ready. */
double train_feed_waited(const train_feed *feed);

#endif
