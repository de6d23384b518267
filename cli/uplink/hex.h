/* hex.h: bits as hex digits. The first bit is the highest of the first digit; the last digit is
 * padded with zeros at its low end. */
#ifndef CLI_UPLINK_HEX_H
#define CLI_UPLINK_HEX_H

#include <stdint.h>

#include "base/error.h"

/* Reads digits of either case into bits[count], each 0 or 1. ERR_INVALID for a wrong number of
 * digits, for a character that is not a hex digit, and for padding other than zero; the message
 * says what would be right. */
int hex_read(const char *digits, uint8_t *bits, uint32_t count, err *e);

/* Prints bits[count] as a line on standard output. */
void hex_print(const uint8_t *bits, uint32_t count);

#endif
