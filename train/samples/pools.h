/* pools.h: the feed's two pools, and the threads that fill them. Private to the feed.
 *
 * Pool p lies in buffer p mod 2. Threads take pieces of pool `next` in turn; they may begin once no
 * sample of the pool that lay in its buffer can be asked for any more, so that a range across two
 * pools stays readable. Which thread draws what shows nowhere in the result. */
#ifndef TRAIN_SAMPLES_POOLS_H
#define TRAIN_SAMPLES_POOLS_H

#include <pthread.h>

#include "fading/generate.h"
#include "train/samples/supply.h"

enum { TRAIN_POOLS = 2 };

typedef struct train_feed train_feed; /* feed.h */

struct train_feed {
    train_feed_config config;
    size_t values; /* of a sample: 2 nt ni for each of its reports */
    train_supply supplies[TRAIN_SOURCES_MAX];
    int16_t *pools[TRAIN_POOLS]; /* [pool][values]; each source has a range of it */
    double waited_s;

    pthread_t threads[FADING_THREADS_MAX];
    unsigned n_threads;
    atomic_bool stop;
    pthread_mutex_t mutex; /* guards what follows, and the supplies' eras */
    pthread_cond_t work, filled;
    uint64_t low;     /* pools below it are done with */
    uint64_t next;    /* the pool being filled; those from `low` to here are ready */
    size_t at;        /* its samples up to here are given out to be drawn */
    unsigned drawing; /* threads at it */
    err failure;
};

/* Allocates the pools and starts threads that fill pool `low` and those after it; the supplies are
 * open. train_pools_close belongs to it even where it failed. */
int train_pools_open(train_feed *f, uint64_t low, err *e);

/* Ends the threads, each after the UE that it is at, and frees the pools. */
void train_pools_close(train_feed *f);

/* Gives up the pools before `low` (ERR_STATE where that goes backwards), then waits until those up
 * to `last`, at most low + 1, are filled, or a thread has failed. */
int train_pools_wait(train_feed *f, uint64_t low, uint64_t last, err *e);

#endif
