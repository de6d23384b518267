/* taps.h: chooses the few coefficients of the DFT over the subbands that are sent; exact, before
 * quantization. Private to beams.
 *
 *     a[row][n] = 1 / N3 sum over s of c[row][s] exp(j theta_s) exp(-j 2 pi n s / N3)
 *
 * The phase theta_s of a precoder is free; its choice decides how few taps n hold most of the
 * power. */
#ifndef CODEC_BEAMS_TAPS_H
#define CODEC_BEAMS_TAPS_H

#include <complex.h>

#include "base/error.h"
#include "codec/beams/config.h"
#include "csi/plan.h"

/* Workspace: arrays [rows][subbands] and the DFTs of the first two over the subbands, in place. */
typedef struct beams_taps {
    float complex *aligned, *kept;
    fftwf_plan forward, backward; /* of aligned; of kept */
} beams_taps;

int beams_taps_open(const beams_config *c, beams_taps *w, err *e);
void beams_taps_close(beams_taps *w); /* also on a zeroed one */

/* From c[rows][subbands], not all zero, to the coefficients to send, exact: w->kept[row][n], n = 0
 * .. subbands - 1, is zero except for at most K0 entries in Mv columns. The phase of each subband
 * is free: it is first the phase that aligns the strongest row, then the one that brings the
 * subband closest to its reconstruction from the kept coefficients. */
void beams_taps_choose(const beams_config *c, beams_taps *w, const float complex *coefficient);

#endif
