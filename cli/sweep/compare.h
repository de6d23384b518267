/* compare.h: the pictures that hold uplinks against each other: NMSE over SNR and over channel
 * uses, each with the separation limit of its channels. */
#ifndef CLI_SWEEP_COMPARE_H
#define CLI_SWEEP_COMPARE_H

#include "cli/plot/figure.h"
#include "points.h"

/* A curve for each model, channel and uplink, of the points within --uses. With --uses also the
 * best of each kind of uplink, where several of a kind are compared. The limit is that of the most
 * channel uses within --uses: its own number where it is given. ERR_NOMEM. */
int sweep_fill_snr(const sweep *s, figure *f);

/* The SNRs of the pictures over channel uses: all finite ones, or of more than four those next to
 * 0, 10 and 20 dB. Returns how many. */
enum { SWEEP_USES_SNRS = 4 };
size_t sweep_choose_uses(const sweep *s, size_t chosen[SWEEP_USES_SNRS]);

/* At one SNR: a curve for each model and uplink that comes in several sizes (uses=, rate=), else
 * over compression ratios. ERR_NOMEM. */
int sweep_fill_uses(const sweep *s, figure *f, size_t snr);

#endif
