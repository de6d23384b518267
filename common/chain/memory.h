/* memory.h: a codec's memory of one UE at one end of the link, after each of its last few reports.
 *
 * A report that builds on report s is encoded and decoded with the memory that each end had right
 * after s. The UE builds on its newest acknowledged report, so it keeps the memory after each
 * report that still waits for its answer. The base station keeps the memory after the last few
 * reports it decoded, and answers NEEDS_KEY where it lacks the one that it needs.
 *
 * When it is full, a new report replaces the one that was added longest ago, but never the last one
 * added of those acknowledged. The order of adding counts, not the numbers: after a restart of its
 * agent, a UE counts from 0 again. */
#ifndef CHAIN_MEMORY_H
#define CHAIN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Reports remembered; an acknowledgement delay must be less. */
enum { CHAIN_MEMORY_REPORTS = 8, CHAIN_ACK_DELAY_MAX = CHAIN_MEMORY_REPORTS - 1 };

typedef struct chain_memory chain_memory;

/* `bytes` from codec_memory_bytes, at least 1. NULL when memory ran out. */
chain_memory *chain_memory_create(size_t bytes, err *e);
void chain_memory_free(chain_memory *m);

/* Room for the memory after report `seq`, which is not acknowledged yet. Never NULL. Does not
 * replace `keep`, one of this object's memories or NULL: the report is decoded with it. */
void *chain_memory_add(chain_memory *m, uint32_t seq, const void *keep);

/* Marks that both ends now agree on the memory after this report. Does nothing where it is not
 * kept. */
void chain_memory_acknowledge(chain_memory *m, uint32_t seq);

/* Forgets one report (it was lost), or it and all earlier ones (the other end lacks them). */
void chain_memory_drop(chain_memory *m, uint32_t seq);
void chain_memory_drop_until(chain_memory *m, uint32_t seq);

/* The memory after report `seq`; NULL where it is not kept. Valid until the next add. */
const void *chain_memory_find(const chain_memory *m, uint32_t seq);

/* The newest acknowledged report with a number up to `limit`, and the memory after it; NULL where
 * there is none. */
const void *chain_memory_newest(const chain_memory *m, uint32_t limit, uint32_t *seq);

/* builds_on of a report that is encoded with chain_memory_newest. */
static inline uint32_t chain_memory_builds_on(const void *memory, uint32_t seq)
{
    return memory ? seq + 1 : 0;
}

/* The memory that a UE's report `seq` builds on, and *builds_on as in a payload: the memory after
 * the newest report acknowledged by then (`delay` as below). NULL and 0, a key, where there is none
 * or where that report is `key_age` or more reports old. key_age 0: no report is too old. */
const void *chain_memory_base(const chain_memory *m, uint32_t seq, uint32_t delay, uint32_t key_age,
                              uint32_t *builds_on);

/* The largest number of a report that a UE's report `seq` may build on, where acknowledgements
 * arrive `delay` reports later; false where there is none yet. With a delay of 0, every
 * acknowledged report counts. */
bool chain_memory_limit(uint32_t seq, uint32_t delay, uint32_t *limit);

#endif
