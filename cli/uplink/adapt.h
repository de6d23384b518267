/* adapt.h: what the shipped table makes of a burst: the rows of `csilink uplink table`. */
#ifndef CLI_UPLINK_ADAPT_H
#define CLI_UPLINK_ADAPT_H

#include "base/error.h"
#include "formats.h"
#include "uplink/digital/adaptation.h"

typedef struct adapt {
    uint32_t uses, values, side_bits;
    modulation modulation; /* MODULATIONS: any */
    double margin_db;
    uint32_t bits[FORMATS]; /* payload bits of each source format */
    size_t count;
    adaptation_row row[ADAPTATION_ROWS_MAX]; /* their candidates are source formats */
} adapt;

/* Fills `bits` and what is behind it. ERR_INVALID where not even the smallest format fits. */
int adapt_fill(adapt *a, err *e);

/* On standard output. */
void adapt_print_text(const adapt *a);
void adapt_print_json(const adapt *a);

/* PREFIX.csv, and the bits over SNR, with the capacity, in PREFIX.svg and PREFIX.png, as
 * picture_draw. ERR_IO, ERR_NOMEM. */
int adapt_write_files(const adapt *a, const char *prefix, err *e);

#endif
