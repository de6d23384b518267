/* options.h: a codec's arguments, "klt-indoor,cr=8,spread=0.5", for authors of codecs: the name of
 * its file, if it has one, and options. */
#ifndef CODEC_OPTIONS_H
#define CODEC_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "codec/codec.h"

/* One option. Both texts end with a NUL and are valid only during the call. */
typedef int codec_take_option(void *user, const char *key, const char *value, err *e);

/* Passes every KEY=VALUE between the commas of `list` to `take`, in order; empty ones are skipped.
 * ERR_INVALID for an option without '=', naming the codec `kind`; else what `take` returns. */
int codec_options(const char *kind, const char *list, codec_take_option *take, void *user, err *e);

/* Whether `value` is a whole number from `least` to `most`; if so, stores it in *number. */
bool codec_whole_option(const char *value, uint32_t least, uint32_t most, uint32_t *number);

/* Whether the file exists that the arguments name first, up to the first comma; models_has and
 * models_read (codec/models.h) say where it may be. */
bool codec_file_exists(const char *arguments, const char *ending);

/* Reads it whole, 1 to `limit` bytes, into *data (malloc'ed; the caller frees it), and its name as
 * given into `name`. ERR_INVALID, naming the codec `kind`, where the arguments give no name; else
 * as models_read. */
int codec_file_read(const char *kind, const char *arguments, const char *ending, size_t limit,
                    void **data, size_t *size, char name[CODEC_SPEC_MAX], err *e);

/* The codec's name in logs, records and tables: "FOLDER/klt-indoor.klt,cr=8" becomes
 * klt-indoor-cr8. `ending` is its file's, NULL for a codec without a file. */
void codec_name_of_arguments(const char *arguments, const char *ending, char name[CODEC_NAME_MAX]);

#endif
