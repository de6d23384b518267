/* peers.h: the peers of a ROUTER, what each of them holds of a memory budget, and whose turn it is.
 *
 * A peer is a routing identity: of an agent, one connection. What a peer has sent and what is not
 * done with yet is an item. Items are counted in bytes against one budget. A peer may hold as much
 * as is still free, no more: one peer that floods gets half of the budget, two get a third each,
 * and there is always room for a peer that holds little. Items that wait are served one peer after
 * the other, one item each turn, so that a peer with few items does not wait behind one with many.
 *
 * The table holds up to `most` peers. Behind that the one that was silent longest and holds nothing
 * is forgotten. All calls belong to one thread, or under one lock. */
#ifndef LINK_PEERS_H
#define LINK_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/error.h"

enum {
    LINK_PEERS_MAX = 4096,    /* of a table */
    LINK_IDENTITY_MAX = 1024, /* bytes: four routing identities of ZeroMQ, one behind the other */
    LINK_PEER_NAME_MAX = 24,  /* bytes, the closing NUL included */
};

typedef struct link_peers link_peers;
typedef struct link_peer link_peer;

/* First in what is counted; zero-initialise. */
typedef struct link_item {
    TAILQ_ENTRY(link_item) by_age, by_turn;
    link_peer *peer; /* NULL: not held */
    size_t bytes;
    bool waits, given_up;
} link_item;

typedef TAILQ_HEAD(link_items, link_item) link_items;

/* Callers read it; unless a field says otherwise, only the functions below change it. */
struct link_peer {
    TAILQ_ENTRY(link_peer) by_use; /* the one silent longest first */
    TAILQ_ENTRY(link_peer) turn;   /* of those with items that wait */
    link_items held;               /* oldest first; without those that were given up */
    link_items waiting;            /* for the peer's turn, oldest first */
    size_t bytes;                  /* held of the budget */
    size_t items;                  /* held, given up or not */
    uint64_t serial;               /* from 1; no two peers have had the same */
    bool gone;                     /* its connection has ended */
    int connection;                /* the caller's to set (link/socket.h); -1: unknown */
    bool trusted;                  /* the caller's to set; ends with the connection */
    uint64_t first_ns;             /* when it came; the caller's clock */
    double first_due_s;            /* the caller's; NaN before it is set */
    uint64_t refused;              /* the caller's count */
    char name[LINK_PEER_NAME_MAX]; /* for people: its identity in hexadecimal digits, the end of it
                                    */
    size_t size;
    unsigned char identity[];
};

/* `bytes_max`: the budget. NULL when memory ran out. */
link_peers *link_peers_create(size_t most, size_t bytes_max);

/* Items that wait stay the caller's. NULL allowed. */
void link_peers_free(link_peers *peers);

/* Finds the peer of this identity, or makes one, and notes that it was heard just now. NULL when
 * memory ran out, or when the table is full of peers that hold something. */
link_peer *link_peers_at(link_peers *peers, const void *identity, size_t size, uint64_t now_ns);

/* The peer of that identity; NULL where there is none. It stays as long silent as it was. */
link_peer *link_peers_find(const link_peers *peers, const void *identity, size_t size);

/* The peer with that serial number; NULL where it was forgotten. */
link_peer *link_peers_with(const link_peers *peers, uint64_t serial);

/* A connection has ended: its peers count as gone until a message of theirs comes. */
void link_peers_ended(link_peers *peers, int connection);

/* Counts an item of `bytes` for its peer, until link_peers_release. ERR_STATE, and nothing is
 * counted, where the peer would hold more than is free; the text says how much it holds. */
int link_peers_hold(link_peers *peers, link_peer *peer, link_item *item, size_t bytes, err *e);
void link_peers_release(link_peers *peers, link_item *item);

/* What is left of an item, `bytes` of it, is held no longer for its own sake: where something
 * cannot be released yet but counts for as little as it takes now. Not of one that waits. */
void link_peers_give_up(link_peers *peers, link_item *item, size_t bytes);

/* A held item waits for its peer's turn. */
void link_peers_wait(link_peers *peers, link_item *item);

/* One that link_peers_next gave and that has to wait on, in front of its peer's others. */
void link_peers_put_back(link_peers *peers, link_item *item);

/* An item that waits no longer, without its turn. */
void link_peers_withdraw(link_peers *peers, link_item *item);

/* The next item, which waits no longer; its peer comes last now. `ready` (NULL: every item is) says
 * which may be served: of a peer, the first such. NULL where there is none. */
link_item *link_peers_next(link_peers *peers, bool (*ready)(link_item *item));

size_t link_peers_count(const link_peers *peers);
size_t link_peers_bytes(const link_peers *peers);     /* held, of all peers */
size_t link_peers_bytes_max(const link_peers *peers); /* the budget */
size_t link_peers_waiting(const link_peers *peers);   /* items */

#endif
