#include "hex.h"

#include <stdio.h>
#include <string.h>

enum { DIGIT_BITS = 4 };
static const char digits_lower[] = "0123456789abcdef", digits_upper[] = "0123456789ABCDEF";

/* The value of a digit; 16 or more if it is not one. */
static unsigned value_of(char digit)
{
    const char *lower = strchr(digits_lower, digit), *upper = strchr(digits_upper, digit);
    if (lower)
        return (unsigned)(lower - digits_lower);
    return upper ? (unsigned)(upper - digits_upper) : sizeof digits_upper;
}

int hex_read(const char *digits, uint8_t *bits, uint32_t count, err *e)
{
    const size_t wanted = (count + DIGIT_BITS - 1) / DIGIT_BITS, given = strlen(digits);
    if (given != wanted)
        return err_set(e, ERR_INVALID, "--hex has %zu digit%s; %u bit%s take %zu", given,
                       given == 1 ? "" : "s", count, count == 1 ? "" : "s", wanted);
    for (uint32_t i = 0; i < wanted * DIGIT_BITS; i++) {
        const char digit = digits[i / DIGIT_BITS];
        const unsigned value = value_of(digit),
                       bit = value >> (DIGIT_BITS - 1 - i % DIGIT_BITS) & 1;
        if (value >= 16)
            return err_set(e, ERR_INVALID, "--hex takes the digits 0 to 9 and a to f, not '%c'",
                           digit);
        if (i >= count && bit)
            return err_set(e, ERR_INVALID,
                           "--hex ends in '%c'; the last %zu bits of its last digit are padding, "
                           "and must be zero",
                           digit, wanted * DIGIT_BITS - count);
        if (i < count)
            bits[i] = (uint8_t)bit;
    }
    return ERR_NONE;
}

void hex_print(const uint8_t *bits, uint32_t count)
{
    for (uint32_t i = 0; i < count; i += DIGIT_BITS) {
        unsigned value = 0;
        for (uint32_t k = i; k < i + DIGIT_BITS; k++)
            value = 2 * value + (k < count ? bits[k] : 0);
        putchar(digits_lower[value]);
    }
    putchar('\n');
}
