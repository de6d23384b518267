/* losses.h: curves of a sweep over the share of reports that are lost. */
#ifndef CLI_SWEEP_LOSSES_H
#define CLI_SWEEP_LOSSES_H

#include "cli/plot/figure.h"
#include "points.h"

/* A curve for each codec, channel and way of sending, at the SNR next to 10 dB: bits per report or,
 * of those with an NMSE, that of the CSI in use; over the link, where nobody knows that, of the
 * reports that arrived. ERR_NOMEM. */
int sweep_fill_losses(const sweep *s, figure *f, bool bits);

#endif
