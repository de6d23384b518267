/* losses.h: curves of a sweep over the share of reports that are lost. */
#ifndef CLI_SWEEP_LOSSES_H
#define CLI_SWEEP_LOSSES_H

#include "cli/plot/figure.h"
#include "points.h"

/* Adds a curve for each codec, channel and way of sending, at the SNR closest to 10 dB: bits per
 * report or, for codecs with an NMSE, the NMSE of the CSI in use; over the link, where that is
 * unknown, the NMSE of the reports that arrived. ERR_NOMEM. */
int sweep_fill_losses(const sweep *s, figure *f, bool bits);

#endif
