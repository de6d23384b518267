/* formats.h: the source formats that `csilink uplink table` chooses from, and what they cost. */
#ifndef CLI_UPLINK_FORMATS_H
#define CLI_UPLINK_FORMATS_H

#include <stdint.h>

/* Rice codes of 1.25 to 8 bits a value, in quarters of a bit: r1.25, r1.5, ..., r8. */
enum { FORMATS = 28, FORMAT_NAME_MAX = 16 };

/* "r1.25" for format 0; returns `name`. */
const char *format_name(unsigned format, char name[FORMAT_NAME_MAX]);

/* Payload bits of so many values: the values' own and those of their range. */
uint32_t format_bits(unsigned format, uint32_t values);

#endif
