/* thread_pool.h: threads that all run the same job at once, then wait for the next one. */
#ifndef TRAIN_THREAD_POOL_H
#define TRAIN_THREAD_POOL_H

#include "base/error.h"

typedef struct train_thread_pool train_thread_pool;

/* A pool of `threads` >= 1 threads. The caller of train_thread_pool_run is thread 0, so the pool
 * starts threads - 1. They block all signals. Returns NULL when a thread cannot be started. */
train_thread_pool *train_thread_pool_open(unsigned threads, err *e);
void train_thread_pool_free(train_thread_pool *pool);

/* Calls work(arg, thread) on every thread 0 .. threads - 1 and returns when all have finished; the
 * caller then sees everything they wrote. Only one caller at a time. */
void train_thread_pool_run(train_thread_pool *pool, void (*work)(void *arg, unsigned thread),
                           void *arg);

#endif
