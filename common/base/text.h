/* text.h: numbers, durations and "did you mean", as users write them, and UTF-8.
 *
 * Options, configuration files, scenarios, recipes, records and metadata all read text through
 * these functions, so "1.5s" or "inf" means the same everywhere, and everything refuses a number
 * beyond a double or uint64_t: 1e999 is not infinity. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads "12", "-3.5", "inf", "1e3". False, with *value unspecified, unless the whole text is a
 * number; refuses NaN, blanks, and numbers beyond a double's range. */
bool text_number(const char *text, double *value);

/* Reads the finite number at the start of the text; returns the text behind it, NULL if there is
 * none. */
const char *text_number_at(const char *text, double *value);

/* Reads a whole number from `min` to `max`, digits only; false, with *value untouched, for any
 * other text. */
bool text_whole(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* Reads the digits at the start of the text; returns the text behind them, NULL if there are none
 * or the number is beyond a uint64_t. */
const char *text_whole_at(const char *text, uint64_t *value);

/* Reads a duration into *seconds: a finite number and ns, us, ms, s, m or h ("2ms", "1.5s"). A bare
 * number counts in units of `unit` seconds. False, with *seconds untouched, for anything else. The
 * caller checks the sign and all other bounds. */
bool text_duration(const char *text, double unit, double *seconds);

/* Reads a frequency into *hz: a finite number, in Hz or followed by Hz, kHz, MHz or GHz ("3.5GHz")
 * in any case of letters. False, with *hz untouched, for anything else. */
bool text_frequency(const char *text, double *hz);

/* The one of `count` names that is the fewest edits away from `name`, for "did you mean", ignoring
 * case. If none is within a third of the name's length plus one edit, the first name that begins
 * with it ("uma-nlos" for "uma"); else NULL. Points into `names`. */
const char *text_nearest(const char *name, const char *const *names, size_t count);

bool text_is_utf8(const char *text);

/* A copy with U+FFFD in place of every byte that is not part of a UTF-8 character; the caller frees
 * it. NULL when memory ran out. */
char *text_to_utf8(const char *text);

#endif
