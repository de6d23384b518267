/* setting.h: the table of what can be set behind a COST 2100 channel's name, and how one row of it
 * is read and told. For settings.c; settings.h is the manual. */
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

/* What a network must have for a setting to mean anything. */
typedef enum cost2100_need {
    COST2100_NOTHING,
    COST2100_LINE_OF_SIGHT,
    COST2100_DECAY_END
} cost2100_need;

typedef struct cost2100_setting {
    const char *name, *what;
    const char *form; /* of the value; of a word the two that there are, "bs|ue" */
    cost2100_kind kind;
    cost2100_need need;
    double low, high; /* in the unit */
    bool of_radius;   /* low and high are in radii of the cell */
    const char *unit; /* as it follows a number in messages */
    double units;     /* in what the network counts in; 0 is 1 */
    size_t at;        /* in cost2100_settings */
} cost2100_setting;

/* The order in which messages and descriptions list them. */
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

/* Takes the value that the text's first `length` bytes are, and leaves the network alone where that
 * is its own value. ERR_INVALID, with what would be right, where it is none. */
int cost2100_setting_take(const cost2100_setting *x, const char *text, size_t length,
                          cost2100_settings *to, err *e);

/* Whether the value is another one than the network's own. Not for `ues`. */
bool cost2100_setting_differs(const cost2100_setting *x, const cost2100_settings *s);

/* The value as the channel's name would have it. */
enum { COST2100_VALUE_MAX = 32 };
void cost2100_setting_print(const cost2100_setting *x, const cost2100_settings *s,
                            char text[COST2100_VALUE_MAX]);

#endif
