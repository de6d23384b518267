/* lines.h: what a long command has done so far, a line for each piece of it, so that the same
 * command goes on where it was interrupted. One process at a time holds such a file. A line is on
 * the disk when lines_add returns; one that a crash cut short is as if it had never been. */
#ifndef CLI_UI_LINES_H
#define CLI_UI_LINES_H

#include <stddef.h>

#include "base/error.h"

enum { LINES_BYTES_MAX = 1 << 28 };

/* Opens the file, which is made if it is not there, and locks it. `busy` is the message where
 * another process holds it: ERR_STATE. ERR_IO. The caller closes *fd. */
int lines_open(const char *path, const char *busy, int *fd, err *e);

/* Appends one line, `text` and its end; of one that a full disk cuts, nothing stays. ERR_IO. */
int lines_add(int fd, const char *path, const char *text, err *e);

/* Gives every whole line to `take`, with its number from 1, and cuts off what is behind the last;
 * *count is their number. ERR_IO, ERR_NOMEM, or what `take` fails with: with file and line unless
 * it is ERR_STATE, a file that is sound and of something else. */
typedef int lines_take(void *user, const char *line, size_t number, err *e);
int lines_read(int fd, const char *path, lines_take *take, void *user, size_t *count, err *e);

#endif
