/* peers.h: the peers of a ROUTER, the share of a memory budget that each holds, and the order in
 * which they are served.
 *
 * A peer is a routing identity; an agent has one per connection. An item is something that a peer
 * has sent and that is not finished yet. The bytes of all items count against one budget. A peer
 * may hold at most as much as is still free: one peer that floods gets half of the budget, two get
 * a third each, and there is always room for a peer that holds little. Waiting items are served
 * round-robin, one item per peer, so a peer with few items does not wait for one with many.
 *
 * The table holds up to `most` peers. Then the peer that has been silent longest and holds nothing
 * is forgotten. Make all calls from one thread, or under one lock. */
#ifndef LINK_PEERS_H
#define LINK_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/error.h"

enum {
    LINK_PEERS_MAX = 4096,    /* in a table */
    LINK_IDENTITY_MAX = 1024, /* bytes: four routing identities of ZeroMQ, one after the other */
    LINK_PEER_NAME_MAX = 24,  /* bytes, including the NUL */
};

typedef struct link_peers link_peers;
typedef struct link_peer link_peer;

/* The first member of what is counted; zero-initialise. */
typedef struct link_item {
    TAILQ_ENTRY(link_item) by_age, in_waiting;
    link_peer *peer; /* NULL: not held */
    size_t bytes;
    bool waits, given_up;
} link_item;

typedef TAILQ_HEAD(link_items, link_item) link_items;

/* Callers may read it; unless a field says otherwise, only the functions below change it. */
struct link_peer {
    TAILQ_ENTRY(link_peer) by_use;   /* the one silent longest first */
    TAILQ_ENTRY(link_peer) in_queue; /* of those with waiting items */
    link_items held;                 /* oldest first; without those that were given up */
    link_items waiting;              /* to be served, oldest first */
    size_t bytes;                    /* held against the budget */
    size_t items;                    /* held, given up or not */
    uint64_t serial;                 /* from 1; unique among all peers */
    bool gone;                       /* its connection has ended */
    int connection;                  /* set by the caller (link/socket.h); -1: unknown */
    bool trusted;                    /* set by the caller; cleared when the connection ends */
    uint64_t first_ns;               /* when it first appeared, by the caller's clock */
    double first_due_s;              /* set by the caller; NaN before */
    uint64_t refused;                /* counted by the caller */
    char name[LINK_PEER_NAME_MAX];   /* for messages: the end of its identity, in hexadecimal */
    size_t size;
    unsigned char identity[];
};

/* `bytes_max`: the budget. NULL when memory ran out. */
link_peers *link_peers_create(size_t most, size_t bytes_max);

/* Waiting items stay the caller's. NULL allowed. */
void link_peers_free(link_peers *peers);

/* Finds the peer of this identity or creates it, and notes that it was heard just now. NULL when
 * memory ran out, or when the table is full of peers that hold something. */
link_peer *link_peers_at(link_peers *peers, const void *identity, size_t size, uint64_t now_ns);

/* The peer of that identity; NULL where there is none. Does not count as hearing from it. */
link_peer *link_peers_find(const link_peers *peers, const void *identity, size_t size);

/* The peer with that serial number; NULL if it was forgotten. */
link_peer *link_peers_with(const link_peers *peers, uint64_t serial);

/* A connection has ended: its peers count as gone until their next message. */
void link_peers_ended(link_peers *peers, int connection);

/* Counts an item of `bytes` for its peer, until link_peers_release. ERR_STATE, counting nothing,
 * where the peer would hold more than is free; the text says how much it holds. */
int link_peers_hold(link_peers *peers, link_peer *peer, link_item *item, size_t bytes, err *e);
void link_peers_release(link_peers *peers, link_item *item);

/* Reduces an item that cannot be released yet to the `bytes` that it still needs, and gives it up.
 * Not for a waiting item. */
void link_peers_give_up(link_peers *peers, link_item *item, size_t bytes);

/* Puts a held item into its peer's queue. */
void link_peers_wait(link_peers *peers, link_item *item);

/* Puts an item from link_peers_next back, before its peer's others. */
void link_peers_put_back(link_peers *peers, link_item *item);

/* Removes a waiting item from its queue, without serving it. */
void link_peers_withdraw(link_peers *peers, link_item *item);

/* Removes and returns the next item; its peer then comes last. `ready` (NULL: every item is ready)
 * says which items may be served: takes a peer's first one. NULL where there is none. */
link_item *link_peers_next(link_peers *peers, bool (*ready)(link_item *item));

size_t link_peers_count(const link_peers *peers);
size_t link_peers_bytes(const link_peers *peers);     /* held by all peers */
size_t link_peers_bytes_max(const link_peers *peers); /* the budget */
size_t link_peers_waiting(const link_peers *peers);   /* items */

#endif
