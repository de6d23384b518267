/* file.h: whole files: read at once, replaced at once. */
#ifndef IO_FILE_H
#define IO_FILE_H

#include <stddef.h>

#include "base/error.h"

/* Reads a regular file of 1 to `limit` bytes into *data (malloc'ed; the caller frees it). ERR_IO,
 * ERR_FORMAT for one that is empty or longer, ERR_NOMEM; *data is then NULL. */
int file_read(const char *path, size_t limit, void **data, size_t *size, err *e);

/* Replacing a file. The new one is written beside `path`, brought to the disk with fsync, and only
 * then renamed over it, so that a reader finds the old file or the new one, whole. Where anything
 * fails, a full disk say, the old file stays and the new one is removed. The folder is not synced:
 * after a power cut the name may show either of the two. */

/* With these bytes and mode 0644. ERR_IO, ERR_NOMEM. */
int file_replace(const char *path, const void *data, size_t size, err *e);

/* The same for those whose file a library or another program writes: the name that it is to write
 * under, PATH.PID.part, is composed here. ERR_INVALID where it has no room. */
int file_beside(const char *path, char *beside, size_t size, err *e);

/* Puts the file that was written and closed there into place. On ERR_IO it is removed. */
int file_put_in_place(const char *beside, const char *path, err *e);

#endif
