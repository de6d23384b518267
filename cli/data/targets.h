/* targets.h: the targets for comparing a set of channels: another set, or the published figures of
 * a set that is not available, from a JSON file.
 *
 *     {
 *       "title": "the public COST 2100 outdoor files",
 *       "source": "where the figures are from",
 *       "nmse_db": {"csinet-cr16-outdoor": -4.51},     each critic's NMSE there, dB
 *       "kept_db": {"13": -4.61},                      NMSE of keeping that many entries, dB
 *       "tap": {"first": 3, "power": [77, 149]},       power of delay taps, from that one on
 *       "angle": {"first": 0, "power": [1, 2]},        power of angle rows
 *       "within": {"nmse_db": 0.5, "kept_db": 0.3}     what counts as met, dB
 *     }
 *
 * All keys are optional. Powers are in any unit: only their shares count. */
#ifndef CLI_DATA_TARGETS_H
#define CLI_DATA_TARGETS_H

#include <stddef.h>

#include "base/error.h"

enum {
    TARGET_CRITICS_MAX = 64,
    TARGET_NAME_MAX = 64,
    TARGET_KEPT_MAX = 16,
    TARGET_AXIS_MAX = 4096, /* taps, angles */
    TARGET_TEXT_MAX = 512
};

typedef struct target_axis {
    size_t first, count; /* count 0: no target */
    double power[TARGET_AXIS_MAX];
} target_axis;

typedef struct targets {
    char title[TARGET_TEXT_MAX], source[TARGET_TEXT_MAX];
    size_t critics, kept;
    struct {
        char name[TARGET_NAME_MAX];
        double nmse_db; /* NaN: there is no target */
    } critic[TARGET_CRITICS_MAX];
    struct {
        size_t entries;
        double nmse_db;      /* NaN: there is no target */
    } keep[TARGET_KEPT_MAX]; /* in ascending order */
    target_axis tap, angle;
    double nmse_within_db, kept_within_db;
} targets;

/* Sets the default tolerances, and 13, 55 and 221 kept entries, for which figures of the field's
 * files are published. Sets nothing else. */
void targets_init(targets *t);

/* Parses text of the format above; `file` is for messages. ERR_FORMAT, ERR_NOMEM; the message names
 * the file, the key and the allowed values. *t is undefined after a failure. */
int targets_parse(targets *t, const char *file, const char *text, size_t size, err *e);

/* The same for a file. Also ERR_IO. */
int targets_read(targets *t, const char *path, err *e);

#endif
