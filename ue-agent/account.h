/* account.h: writes an agent's tally to disk, at its end and once a second while it runs, so that a
 * killed agent loses only the last second.
 *
 * The file is one JSON object: the tally (measure/tally.h) and "complete", which is false until the
 * end. Each write replaces it atomically (io/file.h). */
#ifndef UE_AGENT_ACCOUNT_H
#define UE_AGENT_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "measure/tally.h"

/* The tally as text, which the caller frees; NULL when memory runs out. */
char *account_text(const chain_tally *tally, bool complete);

typedef struct account account;

/* Writes the first file, with an empty tally. Keeps references to the path and the tally. NULL on
 * failure. */
account *account_open(const char *path, const chain_tally *tally, err *e);

/* Call it often. Once a second it copies the tally, which a separate thread writes; less often if
 * writing takes more than a fiftieth of a processor's time. Logs a write error once. NULL allowed.
 */
void account_tick(account *a, uint64_t now_ns);

/* Waits for a write in progress. NULL allowed. */
void account_close(account *a);

#endif
