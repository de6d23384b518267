/* gnuplot.h: draws with gnuplot, which reads its script from a pipe. */
#ifndef CLI_PLOT_GNUPLOT_H
#define CLI_PLOT_GNUPLOT_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

typedef struct gnuplot {
    FILE *to; /* the pipe for the script */
    const char *out;
    char temporary[PATH_MAX];
    void (*old)(int); /* the earlier handler of SIGPIPE */
} gnuplot;

/* True if a file's name ends in .png, .svg or .pdf. */
bool gnuplot_can_write(const char *out);

/* Starts a picture of width x height pixels with letters of `font` pixels, in the format of the
 * name's ending. Keeps `out` by reference. */
int gnuplot_start(gnuplot *g, const char *out, double width, double height, double font, err *e);

/* The same; a PNG is `scale` times as large, with its letters, lines and marks. */
int gnuplot_start_scaled(gnuplot *g, const char *out, double width, double height, double font,
                         double scale, err *e);

/* Ends the script and moves the picture to its name. ERR_UNSUPPORTED without gnuplot, ERR_IO if
 * gnuplot failed; it then leaves no file. */
int gnuplot_finish(gnuplot *g, err *e);

/* Writes a string in gnuplot's language: doubles single quotes, and replaces control characters by
 * ?. */
void gnuplot_quoted(FILE *to, const char *text);

#endif
