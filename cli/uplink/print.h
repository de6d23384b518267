/* print.h: the rows of `csilink uplink ber` as text, JSON, CSV and curves. */
#ifndef CLI_UPLINK_PRINT_H
#define CLI_UPLINK_PRINT_H

#include <stddef.h>

#include "count.h"

typedef struct print_rows {
    const trial_link *link;
    const count_limits *limits;
    size_t count;
    const count_row *row; /* [count] */
} print_rows;

/* Print on standard output. */
void print_text(const print_rows *rows);
void print_json(const print_rows *rows);

/* Writes PREFIX.csv, and draws curves in PREFIX.svg and PREFIX.png. Without gnuplot it logs a
 * warning and writes only the CSV. ERR_INVALID for a prefix that is too long, ERR_IO, ERR_NOMEM. */
int print_files(const print_rows *rows, const char *prefix, err *e);

#endif
