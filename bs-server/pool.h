/* pool.h: worker threads that decode. A job goes in on the loop, comes out on the loop; in between
 * a worker takes what waits, a batch of one model at a time, so that a queue makes batches and an
 * idle server answers at once. */
#ifndef BS_SERVER_POOL_H
#define BS_SERVER_POOL_H

#include <uv.h>

#include "base/error.h"
#include "codec/onnx/pair.h"
#include "csi/dims.h"
#include "job.h"

typedef struct pool pool;

typedef struct pool_options {
    csi_dims dims;
    onnx_part *const *decoders; /* [decoder_count]; must outlive the pool */
    size_t decoder_count;
    size_t workers;
    void (*done)(void *user, job *j); /* on the loop; takes ownership of the job */
    void *user;
} pool_options;

pool *pool_create(uv_loop_t *loop, const pool_options *options, err *e);

/* Takes ownership. */
void pool_add(pool *p, job *j);

/* Jobs that came in and are not done yet. */
size_t pool_in_flight(const pool *p);

/* Ends the threads once the queue is empty, hands out the last jobs, and closes the pool's handle;
 * memory goes back once the loop has turned. */
void pool_close(pool *p);

#endif
