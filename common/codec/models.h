/* models.h: where the files of codecs are: in $CSILINK_MODELS, ./models, and in models/ where
 * csilink's own files are (base/share.h). */
#ifndef CODEC_MODELS_H
#define CODEC_MODELS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Where a file of models/ is: its path into `path`. `file` has no '/'. ERR_IO when it is in none of
 * the folders. */
int models_find(const char *file, char *path, size_t size, err *e);

/* The same for a file of a folder in there, such as models/architectures. */
int models_find_in(const char *folder, const char *file, char *path, size_t size, err *e);

/* Whether the file of a codec that is one file is there: NAME<ending> in these folders, or in a
 * folder that the name has: "klt-indoor", "/tmp/mine/klt-indoor". The name may have the ending. */
bool models_has(const char *name, const char *ending);

/* As models_has, with that file's path. */
bool models_path(const char *name, const char *ending, char path[PATH_MAX]);

/* Reads that file whole, 1 to `limit` bytes, into *data (malloc'ed; the caller frees it). ERR_IO
 * where there is none, with those that there are; else as file_read (io/file.h). */
int models_read(const char *name, const char *ending, size_t limit, void **data, size_t *size,
                err *e);

/* "there are a, b, c" into `text`: the files whose names end so, without the ending. Cut where it
 * does not fit, so that what may have been meant instead of `asked` comes first, then names that
 * begin like it; "" where there is none. */
void models_list(const char *asked, const char *ending, char *text, size_t size);

#endif
