/* arguments.h: the arguments of an uplink, after the kind in its name: words between commas, some
 * of them KEY=VALUE. For authors of uplinks. */
#ifndef UPLINK_ARGUMENTS_H
#define UPLINK_ARGUMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* The text after KEY= in `word`; sets *before. NULL where the word is another or *before is set
 * already: no key may be given twice. */
const char *uplink_argument(const char *word, const char *key, bool *before);

/* A whole number. ERR_INVALID names the key and the range. */
int uplink_argument_whole(const char *key, const char *text, uint64_t min, uint64_t max,
                          uint32_t *to, err *e);

/* A number of dB. -0 becomes 0: equal values need the same spelling. */
int uplink_argument_db(const char *key, const char *text, double min, double max, double *to,
                       err *e);

#endif
