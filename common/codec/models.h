/* models.h: where codecs look for their files: $CSILINK_MODELS, ./models, and models/ beside
 * csilink's own files (base/share.h). */
#ifndef CODEC_MODELS_H
#define CODEC_MODELS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

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

/* "there are a, b, c" into `text`: the files with this ending, listed without it. The text is cut
 * where it does not fit, so the most likely meanings of `asked` come first, then names that begin
 * like it; "" where there are no files. */
void models_list(const char *asked, const char *ending, char *text, size_t size);

#endif
