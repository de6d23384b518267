/* hex.h: bits as hex digits. The first bit is the highest of the first digit; the last digit is
 * padded with zeros at its low end. */
#ifndef CLI_UPLINK_HEX_H
#define CLI_UPLINK_HEX_H

#include <stdint.h>

#include "base/error.h"

/* Digits, of either case, to bits[count], each 0 or 1. ERR_INVALID with what would be right: for
 * more or fewer digits than `count` bits take, what is no digit, and padding that is not zero. */
int hex_read(const char *digits, uint8_t *bits, uint32_t count, err *e);

/* bits[count] as a line on standard output. */
void hex_print(const uint8_t *bits, uint32_t count);

#endif
