/* plot.h: NMSE over the uplink's SNR, a curve for each case. */
#ifndef CLI_EVAL_PLOT_H
#define CLI_EVAL_PLOT_H

#include "case.h"

/* Draws into the file `out`, .svg or .png. */
int eval_plot(const eval_set *set, const char *out, err *e);

#endif
