/* gnuplot.h: pictures by gnuplot, which reads its script from a pipe. */
#ifndef CLI_PLOT_GNUPLOT_H
#define CLI_PLOT_GNUPLOT_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

typedef struct gnuplot {
    FILE *to; /* the script goes here */
    const char *out;
    char temporary[PATH_MAX];
    void (*old)(int); /* what SIGPIPE did */
} gnuplot;

/* Whether a file's name ends in .png, .svg or .pdf. */
bool gnuplot_can_write(const char *out);

/* Starts a picture of so many pixels, with letters of `font` pixels: the terminal is chosen by the
 * name's ending, `out` is kept by reference. */
int gnuplot_start(gnuplot *g, const char *out, double width, double height, double font, err *e);

/* The same, a PNG `scale` times as large in all: letters, lines and marks. */
int gnuplot_start_scaled(gnuplot *g, const char *out, double width, double height, double font,
                         double scale, err *e);

/* Ends the script and puts the picture into place. ERR_UNSUPPORTED where there is no gnuplot,
 * ERR_IO where it failed; then no file is left. */
int gnuplot_finish(gnuplot *g, err *e);

/* A string of its language: single quotes doubled, and nothing in it ends the line. */
void gnuplot_quoted(FILE *to, const char *text);

#endif
