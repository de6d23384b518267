/* csv.h: comma-separated values as RFC 4180 has them: fields with commas, line breaks or quotes are
 * in double quotes, and a quote inside is doubled. */
#ifndef IO_CSV_H
#define IO_CSV_H

#include <stddef.h>

#include "base/error.h"

enum { CSV_FIELDS_MAX = 128 };

typedef struct csv_reader {
    const char *file; /* for messages */
    char *at;         /* the unread rest; NULL behind the last row */
    size_t line;      /* of the latest row */
    size_t breaks;    /* line breaks read so far */
} csv_reader;

typedef struct csv_row {
    size_t count;
    char *field[CSV_FIELDS_MAX]; /* in the text, without their quotes */
} csv_row;

/* Reads `text`, which must end with NUL. The reader changes it and keeps pointers to both
 * arguments, which must outlive the last row. */
csv_reader csv_open(const char *file, char *text);

/* The next row that is not empty; count 0 behind the last. ERR_FORMAT, "<file>:<line>: ...", for an
 * open quote, text behind a closing quote, and more than CSV_FIELDS_MAX fields. */
int csv_next(csv_reader *r, csv_row *row, err *e);

/* The index of `name` in a row of names; row->count if it is missing. */
size_t csv_column(const csv_row *names, const char *name);

#endif
