/* text.h: numbers, durations and "did you mean", as users write them.
 *
 * Options, configuration files, scenarios, recipes and records all read text through these three
 * functions, so "1.5s" or "inf" means the same wherever a user writes it. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Reads "12", "-3.5", "inf", "1e3". False, with *value unspecified, unless the whole text is a
 * number; NaN and leading blanks are refused. */
bool text_number(const char *text, double *value);

/* Reads a duration into *seconds: a finite number and ns, us, ms, s, m or h ("2ms", "1.5s"). A bare
 * number counts in `unit` seconds. False, with *seconds untouched, for anything else. The sign is
 * the caller's to check, as every other bound is. */
bool text_duration(const char *text, double unit, double *seconds);

/* The one of `count` names that is fewest edits away from `name`, for "did you mean"; NULL where
 * none is nearer than a third of the name's length and two. Points into `names`. */
const char *text_nearest(const char *name, const char *const *names, size_t count);

#endif
