/* plot.h: the pictures of a sweep. */
#ifndef CLI_SWEEP_PLOT_H
#define CLI_SWEEP_PLOT_H

#include "points.h"

/* FOLDER/nmse-snr, nmse-uses-SNRdB, nmse-bits and, over the link, latency-cdf, each .svg and .png.
 * Without gnuplot it only warns; ERR_IO for a picture that cannot be written. */
int sweep_plot(const sweep *s, err *e);

#endif
