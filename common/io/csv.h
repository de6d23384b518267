/* csv.h: comma-separated values as RFC 4180 has them: fields with commas, line breaks or quotes
 * stand in double quotes, and a quote inside is doubled. */
#ifndef IO_CSV_H
#define IO_CSV_H

#include <stddef.h>

#include "base/error.h"

enum { CSV_FIELDS_MAX = 128 };

typedef struct csv_reader {
    const char *file; /* for messages */
    char *at;         /* what is not read yet; NULL behind the last row */
    size_t line;      /* of the row that was read last */
    size_t breaks;    /* line breaks read so far */
} csv_reader;

typedef struct csv_row {
    size_t count;
    char *field[CSV_FIELDS_MAX]; /* in the text, without their quotes */
} csv_row;

/* Reads `text`, which must end with NUL and stay until the last row is used; it is changed. Both
 * are kept by reference. */
csv_reader csv_open(const char *file, char *text);

/* The next row that is not empty; count 0 behind the last. ERR_FORMAT, "<file>:<line>: ...", for a
 * quote that is not closed, text behind one, and more than CSV_FIELDS_MAX fields. */
int csv_next(csv_reader *r, csv_row *row, err *e);

/* Which field of a row of names `name` is; row->count for one that is not there. */
size_t csv_column(const csv_row *names, const char *name);

#endif
