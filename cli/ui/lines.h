/* lines.h: the progress of a long command, one line per finished piece, so that the same command
 * can continue after an interruption. One process at a time locks such a file. A line is on disk
 * when lines_add returns; a line that a crash cut short is dropped. */
#ifndef CLI_UI_LINES_H
#define CLI_UI_LINES_H

#include <stddef.h>

#include "base/error.h"

enum { LINES_BYTES_MAX = 1 << 28 };

/* Opens and locks the file, and creates it if necessary. ERR_STATE with the message `busy` if
 * another process has locked it; ERR_IO. The caller closes *fd. */
int lines_open(const char *path, const char *busy, int *fd, err *e);

/* Appends `text` as one line, completely or, on a full disk, not at all. ERR_IO. */
int lines_add(int fd, const char *path, const char *text, err *e);

/* Passes every complete line to `take`, with its number from 1, and cuts off the rest; *count is
 * the number of lines. ERR_IO, ERR_NOMEM, or the error of `take`, prefixed with file and line
 * unless it is ERR_STATE (a valid file of something else). */
typedef int lines_take(void *user, const char *line, size_t number, err *e);
int lines_read(int fd, const char *path, lines_take *take, void *user, size_t *count, err *e);

#endif
