/* ranges.h: the range of every number on the wire: one table of all fields of all messages, and one
 * check that applies it to a message. A number that no csilink program sends is rejected on
 * arrival, so that no later code has to consider NaN, 1e300, or a billion UEs.
 *
 * The reader of a field checks the rest of its meaning (a status that exists, side bits that fit
 * their bytes). The tests find a field without a row. */
#ifndef WIRE_RANGES_H
#define WIRE_RANGES_H

#include <stdbool.h>

#include "wire/internal.h"

typedef struct wire_range {
    const ProtobufCMessageDescriptor *message;
    const char *field;
    double min, max; /* of a whole number or a double, both inclusive */
    bool special;    /* a double may also be infinite or NaN */
    bool endless;    /* a whole number may have any value: a stamp, an identity */
} wire_range;

/* Every numeric field, other than bool and enum, of every message. */
extern const wire_range wire_ranges[];
extern const size_t wire_range_count;

/* NULL where the table has none. */
const wire_range *wire_range_of(const ProtobufCMessageDescriptor *message, const char *field);

/* ERR_FORMAT where a number of the message, or of a message in it, is outside its range: the text
 * gives field, value and range. */
int wire_check_ranges(const void *message, err *e);

#endif
