/* models.h: where codecs look for their files: $CSILINK_MODELS, ./models, and models/ beside
 * csilink's own files (base/share.h). */
#ifndef CODEC_MODELS_H
#define CODEC_MODELS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "codec/codec.h"

/* Finds a file of models/ and writes its path. `file` has no '/'. ERR_IO when none of the folders
 * has it. */
int models_find(const char *file, char *path, size_t size, err *e);

/* The same for a file in a folder of models/, such as models/architectures. */
int models_find_in(const char *folder, const char *file, char *path, size_t size, err *e);

/* Whether a codec's single file exists: NAME<ending> in these folders, or in the folder that the
 * name gives: "klt-indoor", "/tmp/mine/klt-indoor". The name may include the ending. */
bool models_has(const char *name, const char *ending);

/* As models_has, with that file's path. */
bool models_path(const char *name, const char *ending, char path[PATH_MAX]);

/* Reads that file whole, 1 to `limit` bytes, into *data (malloc'ed; the caller frees it). ERR_IO
 * where it does not exist, listing those that do; else as file_read (io/file.h). */
int models_read(const char *name, const char *ending, size_t limit, void **data, size_t *size,
                err *e);

/* The names of the files with this ending, listed without it, each once, in alphabetical order: an
 * array that the caller frees. Returns their number; 0, with *names NULL, where there are none. */
size_t models_names(const char *ending, char (**names)[CODEC_NAME_MAX]);

/* Suggestions in place of `asked`, for a message: "did you mean b? " if one name is near it, then
 * "there are b, a, c", beginning with names that begin like it. If none is near, "there are the
 * families a, b, c": names without "-cr8-indoor", the family with the most models first. `size` is
 * at least 64; a list that does not fit ends with `csilink model list`. "" where there are no
 * files.
 */
void models_list(const char *asked, const char *ending, char *text, size_t size);

#endif
