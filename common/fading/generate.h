/* generate.h: many samples of a channel, by several threads.
 *
 * Sample (UE, step) is the image (csi/image.h) of that UE's truncated angle-delay matrix at report
 * number `step`, at step * period_s: a pure function of the channel's seed, so that neither the
 * number of threads nor the cutting into calls shows in the result. */
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
    csi_dims dims; /* as the channel was opened with */
    unsigned threads;
    uint32_t steps;  /* samples of one UE, at least 1 */
    double period_s; /* between them */
    /* Called about ten times a second and once at the end, by the caller's thread, with the samples
     * made so far in this call; false stops. May be NULL. */
    bool (*on_progress)(void *user, size_t done);
    void *user;
} fading_generation;

/* UEs first_ue .. first_ue + ues - 1 into images[ues][steps][2 nt ni]. ERR_STATE when on_progress
 * stopped it, ERR_UNSUPPORTED when a sample has no energy (an image of it could not be scaled), and
 * whatever the channel fails with. On failure what `images` holds is undefined. */
int fading_generate(const fading_generation *g, uint32_t first_ue, uint32_t ues, float *images,
                    err *e);

#endif
