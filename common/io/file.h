/* file.h: reads and replaces whole files.
 *
 * csilink writes every whole file through here; tools/check-writes, part of `make test`, lists the
 * exceptions and their reasons. */
#ifndef IO_FILE_H
#define IO_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/* Reads a regular file of 1 to `limit` bytes into *data (malloc'ed; the caller frees it). ERR_IO,
 * ERR_FORMAT for an empty or longer file, ERR_NOMEM; *data is then NULL. */
int file_read(const char *path, size_t limit, void **data, size_t *size, err *e);

/* Replacing a file. These functions write the new file beside `path`, fsync it, rename it over
 * `path` and sync the folder: a reader finds either the old file or the new one, whole, even after
 * a power cut. If anything fails (a full disk, say), the old file stays and the new one is removed.
 * They follow a link and keep a file's mode; a new file has 0666 less the umask. What is not a
 * regular file (/dev/stdout, a FIFO) is written directly.
 *
 * A process killed in between leaves PATH.????????.part, which nothing reads. */

/* Replaces the file with these bytes. ERR_IO, ERR_NOMEM. */
int file_replace(const char *path, const void *data, size_t size, err *e);

/* Replaces the file with what the caller prints into a stream. */
typedef struct file_writer file_writer;

/* NULL on ERR_IO, ERR_NOMEM. */
file_writer *file_writer_open(const char *path, err *e);
FILE *file_writer_stream(file_writer *w);

/* Renames the file into place and frees the writer, on failure too. ERR_IO also if an earlier write
 * into the stream failed. */
int file_writer_close(file_writer *w, err *e);

/* Keeps the old file, and frees the writer. NULL allowed. */
void file_writer_drop(file_writer *w);

/* The same for a file that a library or another program writes: composes the name to write to,
 * PATH.PID.part. ERR_INVALID if it does not fit. */
int file_beside(const char *path, char *beside, size_t size, err *e);

/* Renames that file, written and closed, into place. On ERR_IO it is removed. */
int file_put_in_place(const char *beside, const char *path, err *e);

#endif
