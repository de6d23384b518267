/* file.h: whole files: read at once, replaced at once. */
#ifndef IO_FILE_H
#define IO_FILE_H

#include <stddef.h>

#include "base/error.h"

/* Reads a regular file of 1 to `limit` bytes into *data (malloc'ed; the caller frees it). ERR_IO,
 * ERR_FORMAT for one that is empty or longer, ERR_NOMEM; *data is then NULL. */
int file_read(const char *path, size_t limit, void **data, size_t *size, err *e);

/* The file appears whole or not at all: written beside `path`, brought to the disk, then renamed.
 * ERR_IO, ERR_NOMEM. */
int file_replace(const char *path, const void *data, size_t size, err *e);

#endif
