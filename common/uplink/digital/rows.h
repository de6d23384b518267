/* rows.h: the ways in which a digital uplink may send a payload: its rows, each a number of bits by
 * one law over one modulation. digital.h says how a row is chosen. */
#ifndef UPLINK_DIGITAL_ROWS_H
#define UPLINK_DIGITAL_ROWS_H

#include <stdbool.h>
#include <stddef.h>

#include "uplink/digital/arguments.h"

enum {
    DIGITAL_ROWS_MAX = 32,
    DIGITAL_REACH = 2, /* rows to either side of the likely one that a receiver tries */
    DIGITAL_TRIES_MAX = 2 * DIGITAL_REACH + 2, /* per burst: these, and the first row */
};

typedef struct digital_row {
    digital_source source;
    modulation modulation;
    uint32_t bits;  /* A */
    double from_db; /* the SNR from which it is used, including the margin; ascending */
} digital_row;

/* Whether the SNR determines a law's bits or the modulation. */
bool digital_rows_are_chosen(const digital_arguments *a);

/* Finds the rows, at least one, and the data symbols of a burst. ERR_INVALID, with what would be
 * right, where the payload does not fit. */
int digital_rows_find(const digital_arguments *a, const payload_shape *shape,
                      digital_row row[DIGITAL_ROWS_MAX], size_t *rows, uint32_t *symbols, err *e);

/* The last row that the SNR allows; the first row below all of them, and for NaN. */
size_t digital_rows_choose(const digital_row *row, size_t rows, double snr_db);

/* The order in which a receiver tries the rows, up to DIGITAL_TRIES_MAX; returns their number. */
size_t digital_rows_order(const digital_row *row, size_t rows, double snr_db,
                          size_t order[DIGITAL_TRIES_MAX]);

/* Identifies the table that rows come from: different tables give different rows. */
uint64_t digital_rows_table(void);

#endif
