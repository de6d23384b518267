/* adapt.h: how the shipped table adapts a burst to the SNR: the rows of `csilink uplink table`. */
#ifndef CLI_UPLINK_ADAPT_H
#define CLI_UPLINK_ADAPT_H

#include "base/error.h"
#include "uplink/digital/rows.h"

typedef struct adapt {
    uint32_t uses, values, side_bits;
    digital_source law;    /* its bits are chosen where `quarters` is 0 */
    modulation modulation; /* MODULATIONS: any */
    double margin_db;
    size_t count;
    digital_row row[DIGITAL_ROWS_MAX]; /* those of the uplink */
} adapt;

/* Fills `count` and the rows. ERR_INVALID if not even the smallest row fits. */
int adapt_fill(adapt *a, err *e);

/* Print on standard output. */
void adapt_print_text(const adapt *a);
void adapt_print_json(const adapt *a);

/* Writes PREFIX.csv, and draws the bits over SNR, with the capacity, as picture_draw does. ERR_IO,
 * ERR_NOMEM. */
int adapt_write_files(const adapt *a, const char *prefix, err *e);

#endif
