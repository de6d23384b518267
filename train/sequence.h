/* sequence.h: what becomes of the reports of a sequence in training: which are keys, which are
 * lost, and what each builds on, as in the link (chain/memory.h). A report that is lost leaves both
 * ends' memories as they were, for the UE learns of it before it builds on it. */
#ifndef TRAIN_SEQUENCE_H
#define TRAIN_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { TRAIN_REPORTS_MAX = 64, TRAIN_DELAY_MAX = 7 };

typedef struct train_sequence {
    double loss;  /* share of reports that are lost, 0 to 0.9 */
    double burst; /* mean number of reports that are lost in a row, from 1; 0: each by itself */
    double key;   /* share of keys beside the first report, 0 to 1 */
    uint32_t
        delay; /* report s builds on the newest that arrived up to s - delay; 0 is taken as 1 */
} train_sequence;

typedef struct train_fate {
    int base; /* the report it builds on, -1 for a key */
    bool lost;
} train_fate;

/* ERR_INVALID, with the range, for numbers that make no sequence. */
int train_sequence_check(const train_sequence *s, err *e);

/* The fates of `reports` reports (1 to TRAIN_REPORTS_MAX) of sequence number `index` of a run: a
 * function of (seed, index) alone. */
void train_sequence_draw(const train_sequence *s, uint64_t seed, uint64_t index, unsigned reports,
                         train_fate *fates);

#endif
