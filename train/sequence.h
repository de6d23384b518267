/* sequence.h: draws, for the reports of a training sequence, which are keys, which are lost and
 * what each builds on, as in the link (chain/memory.h). A lost report leaves the memories of both
 * ends unchanged, because the UE learns of the loss before it builds on that report. */
#ifndef TRAIN_SEQUENCE_H
#define TRAIN_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { TRAIN_REPORTS_MAX = 64, TRAIN_DELAY_MAX = 7 };

typedef struct train_sequence {
    double loss;  /* share of reports that are lost, 0 to 0.9 */
    double burst; /* mean length of a run of losses, from 1; 0: independent losses */
    double key;   /* share of keys among all reports but the first, 0 to 1 */
    uint32_t
        delay; /* report s builds on the newest that arrived up to s - delay; 0 is taken as 1 */
} train_sequence;

typedef struct train_outcome {
    int base; /* the report that it builds on; -1: a key */
    bool lost;
} train_outcome;

/* ERR_INVALID, with the allowed range, for numbers out of range. */
int train_sequence_check(const train_sequence *s, err *e);

/* The outcomes of the `reports` reports (1 to TRAIN_REPORTS_MAX) of sequence number `index` of a
 * run. They depend only on (seed, index). */
void train_sequence_draw(const train_sequence *s, uint64_t seed, uint64_t index, unsigned reports,
                         train_outcome *outcomes);

#endif
