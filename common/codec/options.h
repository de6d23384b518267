/* options.h: a codec's arguments, "klt-indoor,cr=8,spread=0.5", for authors of codecs: the name of
 * its file, where it has one, and options. */
#ifndef CODEC_OPTIONS_H
#define CODEC_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "codec/codec.h"

/* One option. Both texts end with a NUL and live for the call alone. */
typedef int codec_take_option(void *user, const char *key, const char *value, err *e);

/* Gives every KEY=VALUE between the commas of `list` to `take`, in their order; empty ones are
 * skipped. ERR_INVALID for an option without '=', naming the codec `kind`; else what `take`
 * returns. */
int codec_options(const char *kind, const char *list, codec_take_option *take, void *user, err *e);

/* Whether `value` is a whole number from `least` to `most`, which goes into *number. */
bool codec_whole_option(const char *value, uint32_t least, uint32_t most, uint32_t *number);

/* The file that the arguments name first, up to the first comma, as models_has and models_read
 * (codec/models.h) find it. */
bool codec_file_exists(const char *arguments, const char *ending);

/* Reads it whole, 1 to `limit` bytes, into *data (malloc'ed; the caller frees it), and its name as
 * it was given into `name`. ERR_INVALID where no name is given, saying so of the codec `kind`; else
 * as models_read. */
int codec_file_read(const char *kind, const char *arguments, const char *ending, size_t limit,
                    void **data, size_t *size, char name[CODEC_SPEC_MAX], err *e);

/* What logs, records and tables call a codec: "FOLDER/klt-indoor.klt,cr=8" is klt-indoor-cr8.
 * `ending` is its file's, NULL for a codec without. */
void codec_name_of_arguments(const char *arguments, const char *ending, char name[CODEC_NAME_MAX]);

#endif
