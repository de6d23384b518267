/* account.h: what an agent has counted, on the disk: at its end, and aside while it runs, so that
 * an agent that is killed has told all but its last second.
 *
 * The file is one JSON object: the tally (measure/tally.h) and "complete", which is false until the
 * end. It is replaced whole (io/file.h). */
#ifndef UE_AGENT_ACCOUNT_H
#define UE_AGENT_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "measure/tally.h"

/* The tally as text, which the caller frees; NULL when memory ran out. */
char *account_text(const chain_tally *tally, bool complete);

typedef struct account account;

/* Writes the first one, in which nothing is counted yet. The path and the tally are kept by
 * reference. NULL on failure. */
account *account_open(const char *path, const chain_tally *tally, err *e);

/* To be called often: once a second the tally is copied, and a thread of its own writes it; less
 * often where that takes more than a fiftieth of a processor's time. What cannot be written is
 * logged once. NULL allowed. */
void account_tick(account *a, uint64_t now_ns);

/* Waits for what is being written. NULL allowed. */
void account_close(account *a);

#endif
