/* options.h: lists of KEY=VALUE, as klt takes them when it is loaded and when it is designed.
 * Private to klt. */
#ifndef CODEC_KLT_OPTIONS_H
#define CODEC_KLT_OPTIONS_H

#include "base/error.h"

/* Takes one option; ERR_INVALID for one that it does not know, with those that it does. */
typedef int klt_take_option(void *user, const char *key, const char *value, err *e);

/* Hands each KEY=VALUE between commas of `list` to `take`, until it fails. ERR_INVALID for what is
 * not of that form, else what `take` gives. */
int klt_options(const char *list, klt_take_option *take, void *user, err *e);

#endif
