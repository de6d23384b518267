/* text.h: numbers, durations and "did you mean", as users write them, and UTF-8.
 *
 * Options, configuration files, scenarios, recipes, records and metadata all read text through
 * these functions, so "1.5s" or "inf" means the same wherever it stands, and a number that no
 * double or uint64_t holds is refused everywhere: 1e999 is not infinity. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads "12", "-3.5", "inf", "1e3". False, with *value unspecified, unless the whole text is a
 * number; NaN, blanks, and numbers beyond a double's range are refused. */
bool text_number(const char *text, double *value);

/* The finite number that the text begins with; returns what follows it, NULL where there is none.
 */
const char *text_number_at(const char *text, double *value);

/* A whole number from `min` to `max`, digits alone; false, with *value untouched, for any other
 * text. */
bool text_whole(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* The digits that the text begins with; returns what follows them, NULL where there are none or
 * their number is beyond a uint64_t. */
const char *text_whole_at(const char *text, uint64_t *value);

/* Reads a duration into *seconds: a finite number and ns, us, ms, s, m or h ("2ms", "1.5s"). A bare
 * number counts in `unit` seconds. False, with *seconds untouched, for anything else. The sign is
 * the caller's to check, as every other bound is. */
bool text_duration(const char *text, double unit, double *seconds);

/* Reads a frequency into *hz: a finite number, in Hz or with Hz, kHz, MHz or GHz behind it
 * ("3.5GHz"), whatever the case of the letters. False, with *hz untouched, for anything else. */
bool text_frequency(const char *text, double *hz);

/* The one of `count` names that is fewest edits away from `name`, for "did you mean", whatever the
 * case of the letters. Where none is nearer than a third of the name's length and two, the first
 * that begins with it ("uma-nlos" for "uma"); else NULL. Points into `names`. */
const char *text_nearest(const char *name, const char *const *names, size_t count);

bool text_is_utf8(const char *text);

/* A copy with U+FFFD in place of every byte that is not part of a UTF-8 character; the caller frees
 * it. NULL when memory ran out. */
char *text_to_utf8(const char *text);

#endif
