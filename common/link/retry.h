/* retry.h: connecting again after a peer has turned us away.
 *
 * libzmq connects again by itself after every failure but one: a peer that refuses a certificate
 * ends its attempts for good. Who is admitted later, or again, must get in without a restart. */
#ifndef LINK_RETRY_H
#define LINK_RETRY_H

#include <uv.h>

#include "base/error.h"

enum { LINK_RETRY_MS = 500 };

typedef struct link_retry link_retry;

/* NULL when memory ran out. */
link_retry *link_retry_open(uv_loop_t *loop, void (*again)(void *user), void *user, err *e);

/* The peer has refused us: calls `again` on the loop LINK_RETRY_MS from now. */
void link_retry_later(link_retry *retry);

/* Memory goes back once the loop has turned. NULL allowed. */
void link_retry_close(link_retry *retry);

#endif
