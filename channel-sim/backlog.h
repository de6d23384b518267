/* backlog.h: holds reports between arrival and forwarding: first for the simulated delay, then
 * until the base station has room, in rotation over peers (link/peers.h). Their memory is bounded.
 * A report that does not fit is returned with a reason: the new one or, with `oldest`, the oldest
 * of the same peer. */
#ifndef CHANNEL_SIM_BACKLOG_H
#define CHANNEL_SIM_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/error.h"
#include "link/peers.h"
#include "passage.h"

typedef struct backlog backlog;

typedef struct backlog_options {
    link_peers *peers;        /* with the budget; must outlive the backlog */
    bool oldest;              /* if a peer's share is full, drop its oldest, not the new one */
    bool (*room)(void *user); /* true if one more report can be forwarded */
    void (*forward)(void *user, passage *p);                     /* takes ownership */
    void (*dropped)(void *user, passage *p, const char *reason); /* the same */
    void *user;
} backlog_options;

/* NULL on failure. */
backlog *backlog_create(uv_loop_t *loop, const backlog_options *options, err *e);

/* Reserves memory for a report in its peer's share. ERR_STATE, without a reservation, if the share
 * is full. */
int backlog_reserve(backlog *b, link_peer *peer, passage *p, err *e);

/* Adds a report with a reservation, to be released at p->release_ns (0: at once). Takes ownership,
 * and may call `forward` before it returns. ERR_NOMEM: the caller keeps the passage, and the
 * reservation is gone. */
int backlog_add(backlog *b, passage *p, err *e);

/* Forwards waiting reports while there is room. */
void backlog_pump(backlog *b);

/* Reports that are delayed, and reports that wait for room. */
size_t backlog_delayed(const backlog *b);
size_t backlog_waiting(const backlog *b);

/* Forwards everything at once, even without room. */
void backlog_flush(backlog *b);

/* The backlog must be empty: call backlog_flush first. NULL allowed. */
void backlog_close(backlog *b);

#endif
