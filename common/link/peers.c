#include "link/peers.h"

#include <math.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TAILQ_HEAD(peer_list, link_peer);

struct link_peers {
    size_t most, count;
    size_t bytes_max, bytes;
    size_t waiting;
    uint64_t serials;
    void *by_identity, *by_serial; /* trees of search.h */
    struct peer_list by_use, queue;
};

static int compare_identities(const void *a, const void *b)
{
    const link_peer *p = a, *q = b;
    size_t shorter = p->size < q->size ? p->size : q->size;
    int order = memcmp(p->identity, q->identity, shorter);
    return order ? order : (p->size > q->size) - (p->size < q->size);
}

static int compare_serials(const void *a, const void *b)
{
    const link_peer *p = a, *q = b;
    return (p->serial > q->serial) - (p->serial < q->serial);
}

link_peers *link_peers_create(size_t most, size_t bytes_max)
{
    link_peers *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->most = most;
    t->bytes_max = bytes_max;
    TAILQ_INIT(&t->by_use);
    TAILQ_INIT(&t->queue);
    return t;
}

static void forget(link_peers *t, link_peer *p)
{
    tdelete(p, &t->by_identity, compare_identities);
    tdelete(p, &t->by_serial, compare_serials);
    TAILQ_REMOVE(&t->by_use, p, by_use);
    t->count--;
    free(p);
}

void link_peers_free(link_peers *t)
{
    if (!t)
        return;
    while (!TAILQ_EMPTY(&t->by_use))
        forget(t, TAILQ_FIRST(&t->by_use));
    free(t);
}

/* Forgets the peer that has been silent longest, among those that hold nothing. */
static bool make_room(link_peers *t)
{
    link_peer *p = TAILQ_FIRST(&t->by_use);
    while (p && p->items > 0)
        p = TAILQ_NEXT(p, by_use);
    if (p)
        forget(t, p);
    return p != NULL;
}

/* The last bytes distinguish ZeroMQ's own identities, which count up. */
static void name_peer(link_peer *p)
{
    size_t shown = (LINK_PEER_NAME_MAX - 1) / 2;
    size_t first = p->size > shown ? p->size - shown : 0;
    for (size_t i = first; i < p->size; i++)
        snprintf(p->name + 2 * (i - first), 3, "%02x", p->identity[i]);
}

typedef union key {
    link_peer peer;
    unsigned char bytes[sizeof(link_peer) + LINK_IDENTITY_MAX];
} key;

/* Sets only what the comparison reads. */
static link_peer *find(const link_peers *t, const void *identity, size_t size)
{
    key asked;
    if (size > LINK_IDENTITY_MAX)
        return NULL;
    asked.peer.size = size;
    memcpy(asked.bytes + offsetof(link_peer, identity), identity, size);
    void *const *found = tfind(&asked.peer, &t->by_identity, compare_identities);
    return found ? *found : NULL;
}

static link_peer *make_peer(const void *identity, size_t size)
{
    link_peer *p = calloc(1, sizeof *p + size);
    if (!p)
        return NULL;
    p->size = size;
    memcpy(p->identity, identity, size);
    p->connection = -1;
    p->first_due_s = NAN;
    TAILQ_INIT(&p->held);
    TAILQ_INIT(&p->waiting);
    name_peer(p);
    return p;
}

static link_peer *add(link_peers *t, link_peer *p, uint64_t now_ns)
{
    p->serial = ++t->serials;
    p->first_ns = now_ns;
    if (!tsearch(p, &t->by_identity, compare_identities)) {
        free(p);
        return NULL;
    }
    if (!tsearch(p, &t->by_serial, compare_serials)) {
        tdelete(p, &t->by_identity, compare_identities);
        free(p);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&t->by_use, p, by_use);
    t->count++;
    return p;
}

link_peer *link_peers_at(link_peers *t, const void *identity, size_t size, uint64_t now_ns)
{
    link_peer *p = find(t, identity, size);
    if (!p) {
        if (size > LINK_IDENTITY_MAX || (t->count >= t->most && !make_room(t)))
            return NULL;
        p = make_peer(identity, size);
        return p ? add(t, p, now_ns) : NULL;
    }
    p->gone = false;
    TAILQ_REMOVE(&t->by_use, p, by_use);
    TAILQ_INSERT_TAIL(&t->by_use, p, by_use);
    return p;
}

link_peer *link_peers_find(const link_peers *t, const void *identity, size_t size)
{
    return find(t, identity, size);
}

link_peer *link_peers_with(const link_peers *t, uint64_t serial)
{
    const link_peer asked = {.serial = serial};
    void *const *found = tfind(&asked, &t->by_serial, compare_serials);
    return found ? *found : NULL;
}

void link_peers_ended(link_peers *t, int connection)
{
    link_peer *p;
    TAILQ_FOREACH(p, &t->by_use, by_use)
    {
        if (p->connection == connection) {
            p->gone = true;
            p->connection = -1;
            p->trusted = false;
        }
    }
}

/* --- the budget ---------------------------------------------------------------------------------
 */

int link_peers_hold(link_peers *t, link_peer *p, link_item *item, size_t bytes, err *e)
{
    size_t left = t->bytes_max - t->bytes;
    if (bytes > left || p->bytes + bytes > left - bytes)
        return err_set(e, ERR_STATE,
                       "the peer's share of memory is full: it holds %zu KiB, and a peer may hold "
                       "as much as is free: %zu of %zu KiB",
                       p->bytes >> 10, left >> 10, t->bytes_max >> 10);
    *item = (link_item){.peer = p, .bytes = bytes};
    TAILQ_INSERT_TAIL(&p->held, item, by_age);
    p->bytes += bytes;
    p->items++;
    t->bytes += bytes;
    return ERR_NONE;
}

void link_peers_release(link_peers *t, link_item *item)
{
    link_peer *p = item->peer;
    if (!p)
        return;
    if (item->waits)
        link_peers_withdraw(t, item);
    if (!item->given_up)
        TAILQ_REMOVE(&p->held, item, by_age);
    p->bytes -= item->bytes;
    p->items--;
    t->bytes -= item->bytes;
    *item = (link_item){0};
}

void link_peers_give_up(link_peers *t, link_item *item, size_t bytes)
{
    size_t less = item->bytes > bytes ? item->bytes - bytes : 0;
    TAILQ_REMOVE(&item->peer->held, item, by_age);
    item->given_up = true;
    item->bytes -= less;
    item->peer->bytes -= less;
    t->bytes -= less;
}

/* --- queue --------------------------------------------------------------------------------------
 */

static void enqueue(link_peers *t, link_item *item, bool first)
{
    link_peer *p = item->peer;
    if (TAILQ_EMPTY(&p->waiting))
        TAILQ_INSERT_TAIL(&t->queue, p, in_queue);
    if (first)
        TAILQ_INSERT_HEAD(&p->waiting, item, in_waiting);
    else
        TAILQ_INSERT_TAIL(&p->waiting, item, in_waiting);
    item->waits = true;
    t->waiting++;
}

void link_peers_wait(link_peers *t, link_item *item)
{
    enqueue(t, item, false);
}

void link_peers_put_back(link_peers *t, link_item *item)
{
    enqueue(t, item, true);
}

void link_peers_withdraw(link_peers *t, link_item *item)
{
    link_peer *p = item->peer;
    TAILQ_REMOVE(&p->waiting, item, in_waiting);
    if (TAILQ_EMPTY(&p->waiting))
        TAILQ_REMOVE(&t->queue, p, in_queue);
    item->waits = false;
    t->waiting--;
}

static link_item *first_ready(link_peer *p, bool (*ready)(link_item *item))
{
    link_item *item = TAILQ_FIRST(&p->waiting);
    while (item && ready && !ready(item))
        item = TAILQ_NEXT(item, in_waiting);
    return item;
}

link_item *link_peers_next(link_peers *t, bool (*ready)(link_item *item))
{
    link_peer *p = TAILQ_FIRST(&t->queue);
    link_item *item = NULL;
    while (p && !(item = first_ready(p, ready)))
        p = TAILQ_NEXT(p, in_queue);
    if (!item)
        return NULL;
    link_peers_withdraw(t, item);
    if (!TAILQ_EMPTY(&p->waiting)) {
        TAILQ_REMOVE(&t->queue, p, in_queue);
        TAILQ_INSERT_TAIL(&t->queue, p, in_queue);
    }
    return item;
}

size_t link_peers_count(const link_peers *t)
{
    return t->count;
}

size_t link_peers_bytes(const link_peers *t)
{
    return t->bytes;
}

size_t link_peers_bytes_max(const link_peers *t)
{
    return t->bytes_max;
}

size_t link_peers_waiting(const link_peers *t)
{
    return t->waiting;
}
