#include "returns.h"

#include <stdlib.h>

#include "base/clock.h"
#include "link/peers.h"

enum { RETRY_MS = 2, BESIDE = 256 /* overhead of malloc and ZeroMQ per frame */ };

typedef struct kept {
    link_item item; /* first */
    zmq_msg_t frames[2];
} kept;

struct returns {
    link_socket *agents;
    link_peers *peers;
    uv_timer_t timer; /* runs while something waits */
    unsigned long dropped;
};

static void drop(returns *r, kept *k)
{
    link_peers_release(r->peers, &k->item);
    zmq_msg_close(&k->frames[0]);
    zmq_msg_close(&k->frames[1]);
    free(k);
    r->dropped++;
}

/* Sends a peer's answers until ZeroMQ does not take one, then continues with the next peer. */
static void on_retry(uv_timer_t *timer)
{
    returns *r = timer->data;
    uint64_t stuck = 0; /* the first peer that did not take one; when it comes up again, all
                           peers have been tried */
    while (link_peers_waiting(r->peers) > 0) {
        kept *k = (kept *)link_peers_next(r->peers, NULL);
        int rc = link_socket_send(r->agents, k->frames, 2);
        if (rc == ERR_NONE) {
            link_peers_release(r->peers, &k->item);
            free(k);
            continue;
        }
        if (rc != ERR_NOMEM) { /* the peer has disconnected */
            drop(r, k);
            continue;
        }
        link_peers_put_back(r->peers, &k->item);
        if (k->item.peer->serial == stuck)
            return;
        stuck = stuck ? stuck : k->item.peer->serial;
    }
    uv_timer_stop(timer);
}

returns *returns_create(uv_loop_t *loop, link_socket *agents, size_t bytes_max, err *e)
{
    returns *r = calloc(1, sizeof *r);
    if (r)
        r->peers = link_peers_create(LINK_PEERS_MAX, bytes_max);
    if (!r || !r->peers) {
        free(r);
        err_set(e, ERR_NOMEM, "out of memory for answers");
        return NULL;
    }
    r->agents = agents;
    uv_timer_init(loop, &r->timer);
    r->timer.data = r;
    return r;
}

static int keep(returns *r, link_peer *peer, zmq_msg_t frames[2])
{
    kept *k = malloc(sizeof *k);
    size_t bytes = sizeof *k + BESIDE + zmq_msg_size(&frames[1]);
    if (!k || link_peers_hold(r->peers, peer, &k->item, bytes, NULL) != ERR_NONE) {
        free(k);
        return ERR_STATE;
    }
    for (int i = 0; i < 2; i++) {
        zmq_msg_init(&k->frames[i]);
        zmq_msg_move(&k->frames[i], &frames[i]);
    }
    link_peers_wait(r->peers, &k->item);
    if (!uv_is_active((uv_handle_t *)&r->timer))
        uv_timer_start(&r->timer, on_retry, RETRY_MS, RETRY_MS);
    return ERR_NONE;
}

int returns_send(returns *r, zmq_msg_t frames[2])
{
    const void *identity = zmq_msg_data(&frames[0]);
    size_t size = zmq_msg_size(&frames[0]);
    link_peer *peer = NULL;
    if (link_peers_waiting(r->peers) > 0)
        peer = link_peers_find(r->peers, identity, size);
    if (!peer || peer->items == 0) { /* no earlier answer waits */
        int rc = link_socket_send(r->agents, frames, 2);
        if (rc != ERR_NOMEM)
            return rc;
    }
    if (!peer)
        peer = link_peers_at(r->peers, identity, size, clock_ns());
    return peer ? keep(r, peer, frames) : ERR_STATE;
}

size_t returns_waiting(const returns *r)
{
    return link_peers_waiting(r->peers);
}

unsigned long returns_dropped(const returns *r)
{
    return r->dropped;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void returns_close(returns *r)
{
    if (!r)
        return;
    while (link_peers_waiting(r->peers) > 0)
        drop(r, (kept *)link_peers_next(r->peers, NULL));
    link_peers_free(r->peers);
    uv_close((uv_handle_t *)&r->timer, on_closed);
}
