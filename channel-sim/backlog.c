#include "backlog.h"

#include <stdlib.h>

#include "delay.h"

struct backlog {
    backlog_options options;
    delay_queue *delay;
    bool flushing;
};

static void forward_next(backlog *b)
{
    passage *p = (passage *)link_peers_next(b->options.peers, NULL);
    link_peers_release(b->options.peers, &p->item);
    b->options.forward(b->options.user, p);
}

void backlog_pump(backlog *b)
{
    while (link_peers_waiting(b->options.peers) > 0 &&
           (b->flushing || b->options.room(b->options.user)))
        forward_next(b);
}

static void on_time(void *user, passage *p)
{
    backlog *b = user;
    p->delayed = false;
    if (p->dropped) {
        link_peers_release(b->options.peers, &p->item);
        passage_free(p);
        return;
    }
    link_peers_wait(b->options.peers, &p->item);
    backlog_pump(b);
}

backlog *backlog_create(uv_loop_t *loop, const backlog_options *options, err *e)
{
    backlog *b = calloc(1, sizeof *b);
    if (!b) {
        err_set(e, ERR_NOMEM, "out of memory for reports that wait");
        return NULL;
    }
    b->options = *options;
    b->delay = delay_create(loop, on_time, b, e);
    if (b->delay)
        return b;
    free(b);
    return NULL;
}

/* A dropped report that is delayed keeps its slot in the delay queue until its time. The slot still
 * counts, so that dropping reports does not bypass the budget. */
static void drop(backlog *b, passage *p)
{
    static const char reason[] = "a newer report took its place: the peer's share of channel-sim's "
                                 "memory is full (--when-full oldest)";
    passage *out = p;
    if (p->delayed) {
        out = passage_create(&p->identity, &p->report);
        link_peers_give_up(b->options.peers, &p->item, sizeof *p);
        p->dropped = true;
    } else {
        link_peers_release(b->options.peers, &p->item);
    }
    if (out)
        b->options.dropped(b->options.user, out, reason);
}

int backlog_reserve(backlog *b, link_peer *peer, passage *p, err *e)
{
    size_t bytes = passage_bytes(&p->report);
    int rc;
    while ((rc = link_peers_hold(b->options.peers, peer, &p->item, bytes, e)) != ERR_NONE) {
        if (!b->options.oldest || TAILQ_EMPTY(&peer->held))
            return rc;
        drop(b, (passage *)TAILQ_FIRST(&peer->held));
    }
    return ERR_NONE;
}

int backlog_add(backlog *b, passage *p, err *e)
{
    p->delayed = p->release_ns > 0;
    if (!p->delayed) {
        link_peers_wait(b->options.peers, &p->item);
        backlog_pump(b);
        return ERR_NONE;
    }
    if (delay_add(b->delay, p) == ERR_NONE)
        return ERR_NONE;
    link_peers_release(b->options.peers, &p->item);
    return err_set(e, ERR_NOMEM, "channel-sim is out of memory for a delayed report");
}

size_t backlog_delayed(const backlog *b)
{
    return delay_waiting(b->delay);
}

size_t backlog_waiting(const backlog *b)
{
    return link_peers_waiting(b->options.peers);
}

void backlog_flush(backlog *b)
{
    b->flushing = true;
    delay_flush(b->delay);
    backlog_pump(b);
    b->flushing = false;
}

void backlog_close(backlog *b)
{
    if (!b)
        return;
    delay_close(b->delay);
    free(b);
}
