/* picture.h: the files of --out PREFIX. */
#ifndef CLI_UPLINK_PICTURE_H
#define CLI_UPLINK_PICTURE_H

#include <limits.h>

#include "cli/plot/figure.h"

/* PREFIX followed by `ending`, such as ".csv". ERR_INVALID for a prefix that is too long. */
int picture_path(const char *prefix, const char *ending, char path[PATH_MAX], err *e);

/* Draws into PREFIX.svg and PREFIX.png. Without gnuplot it logs a warning and draws nothing. Fails
 * like figure_draw and picture_path. */
int picture_draw(const figure *f, const char *prefix, err *e);

#endif
