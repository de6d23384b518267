/* retry.h: connecting again after a peer has rejected us.
 *
 * libzmq reconnects by itself after every failure but one: it gives up after a peer rejects its
 * certificate. A program that is admitted later must get in without a restart. */
#ifndef LINK_RETRY_H
#define LINK_RETRY_H

#include <uv.h>

#include "base/error.h"

enum { LINK_RETRY_MS = 500 };

typedef struct link_retry link_retry;

/* NULL when memory ran out. */
link_retry *link_retry_open(uv_loop_t *loop, void (*again)(void *user), void *user, err *e);

/* The peer has rejected us: calls `again` on the loop after LINK_RETRY_MS. */
void link_retry_later(link_retry *retry);

/* Memory is freed after the next loop iteration. NULL allowed. */
void link_retry_close(link_retry *retry);

#endif
