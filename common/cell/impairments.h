/* impairments.h: what the simulated uplink does to a report, and the names, units and ranges of its
 * settings in scenarios and controllers. */
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

/* SNR may also be +inf: no noise. */
#define SETTING_SNR_MIN_DB (-30.0)
#define SETTING_SNR_MAX_DB 100.0
#define SETTING_DELAY_MAX_S 10.0 /* of delay and of jitter */

typedef struct setting_kind {
    const char *name, *unit; /* the name is the key in cell/keys.h */
    double min, max;
    const char *about;
} setting_kind;

extern const setting_kind setting_kinds[SETTINGS];

/* In force for one UE. */
typedef struct impairments {
    double value[SETTINGS]; /* dB, fraction, seconds, seconds */
} impairments;

/* ERR_INVALID for an unknown name; the message lists the names, or suggests a similar one. */
int setting_find(const char *name, setting_name *found, err *e);

/* ERR_INVALID for a value out of range; the message names the range. */
int setting_check(setting_name name, double value, err *e);

/* "5", "inf", "2ms", "0.01": times may have a unit. ERR_INVALID as above. */
int setting_parse(setting_name name, const char *text, double *value, err *e);

/* A value that moves from one number to another at a constant rate (SNR: in dB). */
typedef struct course {
    double from, to;
    double start_s, over_s; /* over_s 0: `to`, at once */
} course;

/* `from` until start_s, exactly `to` from start_s + over_s on, and in between from + (to - from)
 * (t - start_s) / over_s. */
double course_at(const course *c, double t_s);

/* Seconds left of a ramp at t; 0 once it is over. */
double course_left(const course *c, double t_s);

#endif
