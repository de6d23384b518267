/* ranges.h: what every number on the wire may be: one table of all fields of all messages, and one
 * check that walks a message by it. A number that no sender of csilink sends is refused where it
 * comes in, so that nobody behind has to think of NaN, of 1e300, or of a billion UEs.
 *
 * What a field's meaning asks for besides (a status that exists, side bits that fit their bytes)
 * its reader checks. A field without a row is an error that the tests find. */
#ifndef WIRE_RANGES_H
#define WIRE_RANGES_H

#include <stdbool.h>

#include "wire/internal.h"

typedef struct wire_range {
    const ProtobufCMessageDescriptor *message;
    const char *field;
    double min, max; /* of a whole number or a double, both included */
    bool special;    /* a double may be infinite or NaN, too */
    bool endless;    /* a whole number that may have any value: a stamp, an identity */
} wire_range;

/* Every field of a numeric type but bool and enum, of every message. */
extern const wire_range wire_ranges[];
extern const size_t wire_range_count;

/* NULL where the table has none. */
const wire_range *wire_range_of(const ProtobufCMessageDescriptor *message, const char *field);

/* ERR_FORMAT where a number of the message, or of one in it, is outside its range: the text names
 * field, value and range. */
int wire_check_ranges(const void *message, err *e);

#endif
