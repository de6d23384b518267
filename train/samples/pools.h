/* pools.h: the feed's two pools, and the threads that fill them. Private to the feed.
 *
 * Pool p is in buffer p mod 2. Threads take pieces of pool `next` one after another. They start
 * once the caller has released the pool that was in that buffer, so a range across two pools stays
 * readable. The result does not depend on which thread draws a piece. */
#ifndef TRAIN_SAMPLES_POOLS_H
#define TRAIN_SAMPLES_POOLS_H

#include <pthread.h>

#include "fading/generate.h"
#include "train/samples/sampler.h"

enum { TRAIN_POOLS = 2 };

typedef struct train_feed train_feed; /* feed.h */

struct train_feed {
    train_feed_config config;
    size_t values; /* of a sample: 2 nt ni for each of its reports */
    train_sampler samplers[TRAIN_SOURCES_MAX];
    int16_t *pools[TRAIN_POOLS]; /* [pool][values]; each source has a range of it */
    double waited_s;

    pthread_t threads[FADING_THREADS_MAX];
    unsigned n_threads;
    atomic_bool stop;
    pthread_mutex_t mutex; /* guards what follows, and the samplers' channel_number */
    pthread_cond_t work, filled;
    uint64_t low;     /* pools below it are released */
    uint64_t next;    /* the pool being filled; those from `low` to here are ready */
    size_t at;        /* its samples up to here have been given to threads */
    unsigned drawing; /* threads that draw a piece now */
    err failure;
};

/* Allocates the pools and starts threads that fill pool `low` and those after it. The samplers must
 * be open. Call train_pools_close even after a failure. */
int train_pools_open(train_feed *f, uint64_t low, err *e);

/* Ends the threads, each after its current sample, and frees the pools. */
void train_pools_close(train_feed *f);

/* Releases the pools before `low` (ERR_STATE if `low` decreases), then waits until all pools up to
 * `last`, at most low + 1, are filled or a thread has failed. */
int train_pools_wait(train_feed *f, uint64_t low, uint64_t last, err *e);

#endif
