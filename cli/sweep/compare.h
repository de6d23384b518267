/* compare.h: pictures that compare uplinks: NMSE over SNR and over channel uses, each with the
 * separation limit of its channels. */
#ifndef CLI_SWEEP_COMPARE_H
#define CLI_SWEEP_COMPARE_H

#include "cli/plot/figure.h"
#include "points.h"

/* Adds a curve for each model, channel and uplink, from the points within --uses. With --uses also
 * adds the best of each kind of uplink, if several of a kind are compared. The limit is for the
 * upper end of --uses or, without it, for the largest number of channel uses. ERR_NOMEM. */
int sweep_fill_snr(const sweep *s, figure *f);

/* The SNRs of the pictures over channel uses: all finite ones or, of more than four, those closest
 * to 0, 10 and 20 dB. Returns their number. */
enum { SWEEP_USES_SNRS = 4 };
size_t sweep_choose_uses(const sweep *s, size_t chosen[SWEEP_USES_SNRS]);

/* At one SNR, adds a curve for each model and uplink that has several sizes (uses=, rate=), else
 * over compression ratios. ERR_NOMEM. */
int sweep_fill_uses(const sweep *s, figure *f, size_t snr);

#endif
