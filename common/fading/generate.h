/* generate.h: generates many samples of a channel, in several threads.
 *
 * Sample (UE, step) is the image (csi/image.h) of that UE's truncated angle-delay matrix at report
 * number `step`, at step * period_s: a pure function of the channel's seed, so the result depends
 * neither on the number of threads nor on how the work is split into calls. */
#ifndef FADING_GENERATE_H
#define FADING_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "fading/fading.h"

enum { FADING_THREADS_MAX = 256 };

typedef struct fading_generation {
    const fading *channel;
    csi_dims dims; /* those of the channel */
    unsigned threads;
    uint32_t steps;  /* samples of one UE, at least 1 */
    double period_s; /* between them */
    /* The caller's thread calls this about ten times a second and once at the end, with the samples
     * generated so far in this call; returning false stops the call. NULL allowed. */
    bool (*on_progress)(void *user, size_t done);
    void *user;
} fading_generation;

/* Writes UEs first_ue .. first_ue + ues - 1 to images[ues][steps][2 nt ni]. ERR_STATE when
 * on_progress stopped it, ERR_UNSUPPORTED when a sample has no energy (its image could not be
 * scaled), and the channel's errors. On failure the contents of `images` are undefined. */
int fading_generate(const fading_generation *g, uint32_t first_ue, uint32_t ues, float *images,
                    err *e);

#endif
