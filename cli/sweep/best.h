/* best.h: the best point of each kind of uplink among those within a number of channel uses. */
#ifndef CLI_SWEEP_BEST_H
#define CLI_SWEEP_BEST_H

#include <cjson/cJSON.h>

#include "points.h"

/* "256": at most 256; "200:264": from 200 to 264, both included. NULL: any number. ERR_INVALID. */
int sweep_budget_read(const char *text, sweep_budget *budget, err *e);

/* True if a point's channel uses are within --uses. */
bool sweep_is_within(const sweep *s, const sweep_point *p);

/* The name of a budget: "at most 256 uses", "200-264 uses". */
enum { SWEEP_BUDGET_TEXT_MAX = 64 };
const char *sweep_budget_text(const sweep_budget *budget, char text[SWEEP_BUDGET_TEXT_MAX]);

/* The point of the lowest NMSE within --uses, for one channel, kind of uplink and SNR. */
typedef struct sweep_best {
    size_t channel, snr; /* indices of set and SNR */
    char kind[UPLINK_KIND_MAX];
    size_t among;             /* number of points within --uses that have an NMSE over all
                                 reports */
    const sweep_point *point; /* NULL: none */
} sweep_best;

/* Finds the best points, channel by channel, kind by kind, SNR by SNR; the caller frees *best.
 * ERR_NOMEM. */
int sweep_find_best(const sweep *s, sweep_best **best, size_t *count, err *e);

/* Writes FOLDER/best.csv; makes the same rows for sweep.json. */
int sweep_write_best(const sweep *s, err *e);
cJSON *sweep_best_json(const sweep *s);

#endif
