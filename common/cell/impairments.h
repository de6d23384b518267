/* impairments.h: what the simulated uplink does to a report, and the names, units and ranges by
 * which scenarios and controllers speak of it. */
#ifndef CELL_IMPAIRMENTS_H
#define CELL_IMPAIRMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

typedef enum setting_name {
    SETTING_SNR,
    SETTING_LOSS,
    SETTING_DELAY,
    SETTING_JITTER,
    SETTINGS
} setting_name;

/* SNR also takes +inf: no noise. */
#define SETTING_SNR_MIN_DB (-30.0)
#define SETTING_SNR_MAX_DB 100.0
#define SETTING_DELAY_MAX_S 10.0 /* of delay and of jitter */

typedef struct setting_kind {
    const char *name, *unit; /* the name is that of the key in cell/keys.h */
    double min, max;
    const char *about;
} setting_kind;

extern const setting_kind setting_kinds[SETTINGS];

/* In force for one UE. */
typedef struct impairments {
    double value[SETTINGS]; /* dB, fraction, seconds, seconds */
} impairments;

/* ERR_INVALID for a name that is none; the message says which there are, or which is near. */
int setting_find(const char *name, setting_name *found, err *e);

/* ERR_INVALID for a value out of range; the message names the range. */
int setting_check(setting_name name, double value, err *e);

/* "5", "inf", "2ms", "0.01": times may have a unit. ERR_INVALID as above. */
int setting_parse(setting_name name, const char *text, double *value, err *e);

/* A value that goes from one number to another, at an even rate (SNR: in dB). */
typedef struct course {
    double from, to;
    double start_s, over_s; /* over_s 0: `to`, at once */
} course;

/* `from` until start_s, `to` from start_s + over_s on, exactly, and in between
 * from + (to - from) (t - start_s) / over_s. */
double course_at(const course *c, double t_s);

/* Seconds that a ramp still takes at t; 0 once it is over. */
double course_left(const course *c, double t_s);

#endif
