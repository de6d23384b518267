/* memory.h: a codec's memory of one UE at one end of the link, after each of its last few reports.
 *
 * A report that builds on report s is encoded and decoded with what either end remembered right
 * after s. The UE builds on its newest acknowledged report, so it keeps the memory after each
 * report that is not settled yet; the base station keeps that after the last few it decoded, and
 * answers NEEDS_KEY where it lacks the one that is asked for.
 *
 * When it is full, the report that was added longest ago gives way, but never the one that was
 * acknowledged and added last. Age goes by the order of adding, not by the numbers: those of a UE
 * whose agent was restarted begin at 0 again. */
#ifndef CHAIN_MEMORY_H
#define CHAIN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Reports remembered; an acknowledgement delay must be below. */
enum { CHAIN_MEMORY_REPORTS = 8, CHAIN_ACK_DELAY_MAX = CHAIN_MEMORY_REPORTS - 1 };

typedef struct chain_memory chain_memory;

/* `bytes` as codec_memory_bytes has it, at least 1. NULL when memory ran out. */
chain_memory *chain_memory_create(size_t bytes, err *e);
void chain_memory_free(chain_memory *m);

/* Room for the memory after report `seq`, which is not acknowledged yet. Never NULL. `keep`, one of
 * this object's memories or NULL, does not give way: it is what the report is decoded with. */
void *chain_memory_add(chain_memory *m, uint32_t seq, const void *keep);

/* Both ends now agree on the memory after this report. Nothing happens where it is not kept. */
void chain_memory_acknowledge(chain_memory *m, uint32_t seq);

/* Forgets one report (it was lost), or it and all earlier ones (the other end lacks them). */
void chain_memory_drop(chain_memory *m, uint32_t seq);
void chain_memory_drop_until(chain_memory *m, uint32_t seq);

/* The memory after report `seq`; NULL where it is not kept. Valid until the next add. */
const void *chain_memory_find(const chain_memory *m, uint32_t seq);

/* The newest acknowledged report of those numbered up to `limit`, and the memory after it; NULL
 * where there is none. */
const void *chain_memory_newest(const chain_memory *m, uint32_t limit, uint32_t *seq);

/* builds_on of a report that is encoded with chain_memory_newest. */
static inline uint32_t chain_memory_builds_on(const void *memory, uint32_t seq)
{
    return memory ? seq + 1 : 0;
}

/* What a UE's report `seq` builds on, and *builds_on as in a payload: the memory after the newest
 * report that was acknowledged by then (`delay` as below); NULL and 0, a key, where there is none,
 * or where that report is `key_age` reports old or older. key_age 0: no report is too old. */
const void *chain_memory_base(const chain_memory *m, uint32_t seq, uint32_t delay, uint32_t key_age,
                              uint32_t *builds_on);

/* What a UE's report `seq` may build on, where acknowledgements count from `delay` reports on: the
 * largest number, or false where there is none yet. With a delay of 0 every report counts whose
 * acknowledgement has come. */
bool chain_memory_limit(uint32_t seq, uint32_t delay, uint32_t *limit);

#endif
