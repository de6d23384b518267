/* profile.h: power-delay profiles, by name or as a list. */
#ifndef FADING_PROFILE_H
#define FADING_PROFILE_H

#include "base/error.h"

enum { FADING_MAX_PATHS = 64 };

typedef struct fading_profile {
    int paths;
    double delay[FADING_MAX_PATHS]; /* in samples, 1 / bandwidth each */
    double power[FADING_MAX_PATHS]; /* sum 1 */
} fading_profile;

/* Reads the text after "rayleigh:" (see fading.h; "" is the exponential profile). ERR_INVALID lists
 * the profiles, or says what is wrong in a list; delays must be below `max_delay` samples. */
int fading_profile_parse(fading_profile *p, const char *text, double bandwidth_hz, double max_delay,
                         err *e);

#endif
