/* backlog.h: reports between their arrival and their way on: delayed on purpose, then waiting until
 * the base station has room, one peer's after another's (link/peers.h). Their memory is bounded;
 * what does not fit any more is handed back with a reason: the new report or, with `oldest`, the
 * same peer's reports that came first. */
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
    bool oldest;              /* goes where a peer's share is full; else the new one is not taken */
    bool (*room)(void *user); /* for one more report? */
    void (*forward)(void *user, passage *p);                     /* takes ownership */
    void (*dropped)(void *user, passage *p, const char *reason); /* the same */
    void *user;
} backlog_options;

/* NULL on failure. */
backlog *backlog_create(uv_loop_t *loop, const backlog_options *options, err *e);

/* Counts a report for its peer. ERR_STATE where the peer's share is full; then nothing was counted.
 */
int backlog_reserve(backlog *b, link_peer *peer, passage *p, err *e);

/* A report that was counted, released at p->release_ns (0: at once). Takes ownership, and may
 * forward it from within. ERR_NOMEM: the passage stays the caller's, and is no longer counted. */
int backlog_add(backlog *b, passage *p, err *e);

/* Forwards what waits, as far as there is room. */
void backlog_pump(backlog *b);

/* Reports that are delayed, and reports that wait for room. */
size_t backlog_delayed(const backlog *b);
size_t backlog_waiting(const backlog *b);

/* Forwards everything at once, whether there is room or not. */
void backlog_flush(backlog *b);

/* Of an empty backlog: call backlog_flush first. NULL allowed. */
void backlog_close(backlog *b);

#endif
