/* file.h: whole files: read at once, replaced at once.
 *
 * Whatever csilink writes whole goes through here; tools/check-writes, part of `make test`, names
 * what does not, and why. */
#ifndef IO_FILE_H
#define IO_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/* Reads a regular file of 1 to `limit` bytes into *data (malloc'ed; the caller frees it). ERR_IO,
 * ERR_FORMAT for one that is empty or longer, ERR_NOMEM; *data is then NULL. */
int file_read(const char *path, size_t limit, void **data, size_t *size, err *e);

/* Replacing a file. The new one is written beside `path`, brought to the disk with fsync, renamed
 * over it, and its folder is synced, so that a reader finds the old file or the new one, whole, and
 * after a power cut, too. Where anything fails, a full disk say, the old file stays and the new one
 * is removed. A link is followed, and a file keeps its mode; a new one has 0666 less the umask.
 * What is no regular file (/dev/stdout, a FIFO) is written to as it stands.
 *
 * A process that is killed in between leaves PATH.????????.part, which nobody reads. */

/* With these bytes. ERR_IO, ERR_NOMEM. */
int file_replace(const char *path, const void *data, size_t size, err *e);

/* By whatever is printed into a stream. */
typedef struct file_writer file_writer;

/* NULL on ERR_IO, ERR_NOMEM. */
file_writer *file_writer_open(const char *path, err *e);
FILE *file_writer_stream(file_writer *w);

/* Puts the file into place; with it gone or failed, the writer is freed. ERR_IO also where an
 * earlier write into the stream failed. */
int file_writer_close(file_writer *w, err *e);

/* Leaves the old file as it is, and frees the writer. NULL allowed. */
void file_writer_drop(file_writer *w);

/* The same for those whose file a library or another program writes: the name that it is to write
 * under, PATH.PID.part, is composed here. ERR_INVALID where it has no room. */
int file_beside(const char *path, char *beside, size_t size, err *e);

/* Puts the file that was written and closed there into place. On ERR_IO it is removed. */
int file_put_in_place(const char *beside, const char *path, err *e);

#endif
