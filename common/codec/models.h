/* models.h: where the files of codecs are: in $CSILINK_MODELS, ./models, and in models/ where
 * csilink's own files are (base/share.h). */
#ifndef CODEC_MODELS_H
#define CODEC_MODELS_H

#include <stddef.h>

#include "base/error.h"

/* Where a file of models/ is: its path into `path`. `file` has no '/'. ERR_IO when it is in none of
 * the folders. */
int models_find(const char *file, char *path, size_t size, err *e);

/* The same for a file of a folder in there, such as models/architectures. */
int models_find_in(const char *folder, const char *file, char *path, size_t size, err *e);

/* "there are a, b, c" into `text`: the files whose names end so, without the ending. Cut where it
 * does not fit, so that what may have been meant instead of `asked` comes first; "" where there is
 * none. */
void models_list(const char *asked, const char *ending, char *text, size_t size);

#endif
