/* options.h: the options in a codec's arguments, "cr=8,spread=0.5", for authors of codecs. */
#ifndef CODEC_OPTIONS_H
#define CODEC_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* One option. Both texts end with a NUL and live for the call alone. */
typedef int codec_take_option(void *user, const char *key, const char *value, err *e);

/* Gives every KEY=VALUE between the commas of `list` to `take`, in their order; empty ones are
 * skipped. ERR_INVALID for an option without '=', naming the codec `kind`; else what `take`
 * returns. */
int codec_options(const char *kind, const char *list, codec_take_option *take, void *user, err *e);

/* Whether `value` is a whole number from `least` to `most`, which goes into *number. */
bool codec_whole_option(const char *value, uint32_t least, uint32_t most, uint32_t *number);

#endif
