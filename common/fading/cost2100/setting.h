/* setting.h: the table of settings behind a COST 2100 channel's name, and functions that read and
 * print one row. Private to settings.c; settings.h is the manual. */
#ifndef FADING_COST2100_SETTING_H
#define FADING_COST2100_SETTING_H

#include "fading/cost2100/settings.h"

typedef enum cost2100_kind {
    COST2100_NUMBER,
    COST2100_WHOLE,
    COST2100_DECIBEL,
    COST2100_PAIR,  /* of numbers, with a slash between, the second from 0 */
    COST2100_POINT, /* x and y, with a slash between */
    COST2100_WORD   /* one of two */
} cost2100_kind;

/* What a network must have for a setting to apply. */
typedef enum cost2100_need {
    COST2100_NOTHING,
    COST2100_LINE_OF_SIGHT,
    COST2100_DECAY_END
} cost2100_need;

typedef struct cost2100_setting {
    const char *name, *what;
    const char *form; /* of the value; for a word, the two choices, "bs|ue" */
    cost2100_kind kind;
    cost2100_need need;
    double low, high; /* in the unit */
    bool of_radius;   /* low and high count in radii of the cell */
    const char *unit; /* as it follows a number in messages */
    double units;     /* factor to the network's unit; 0 means 1 */
    size_t at;        /* in cost2100_settings */
} cost2100_setting;

/* In the order of messages and descriptions. */
enum {
    COST2100_SET_UES,
    COST2100_SET_SIDE,
    COST2100_SET_BS,
    COST2100_SET_DISTANCE,
    COST2100_SET_FAR,
    COST2100_SET_DECAY,
    COST2100_SET_CUTOFF,
    COST2100_SET_SINGLE,
    COST2100_SET_LINK,
    COST2100_SET_REACH,
    COST2100_SET_VR,
    COST2100_SET_TRANSITION,
    COST2100_SET_MPCS,
    COST2100_SET_SPREAD,
    COST2100_SET_K,
    COST2100_SET_ANGLE,
    COST2100_SET_LOS,
    COST2100_SETTINGS
};
extern const cost2100_setting cost2100_setting_table[COST2100_SETTINGS];

/* Sets the value in the text's first `length` bytes; leaves the network unchanged if that equals
 * its default. ERR_INVALID, with the allowed values, for anything else. */
int cost2100_setting_take(const cost2100_setting *x, const char *text, size_t length,
                          cost2100_settings *to, err *e);

/* Whether the value differs from the network's default. Not for `ues`. */
bool cost2100_setting_differs(const cost2100_setting *x, const cost2100_settings *s);

/* Writes the value as in a channel's name. */
enum { COST2100_VALUE_MAX = 32 };
void cost2100_setting_print(const cost2100_setting *x, const cost2100_settings *s,
                            char text[COST2100_VALUE_MAX]);

#endif
