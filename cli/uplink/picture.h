/* picture.h: the files of --out PREFIX. */
#ifndef CLI_UPLINK_PICTURE_H
#define CLI_UPLINK_PICTURE_H

#include <limits.h>

#include "cli/plot/figure.h"

/* PREFIX and what a file ends in, ".csv". ERR_INVALID for a prefix that is too long. */
int picture_path(const char *prefix, const char *ending, char path[PATH_MAX], err *e);

/* Draws into PREFIX.svg and PREFIX.png. Without gnuplot a warning says so, and there is no picture.
 * As figure_draw and picture_path. */
int picture_draw(const figure *f, const char *prefix, err *e);

#endif
