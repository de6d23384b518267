#include "link/retry.h"

#include <stdlib.h>

struct link_retry {
    void (*again)(void *user);
    void *user;
    uv_timer_t timer;
};

link_retry *link_retry_open(uv_loop_t *loop, void (*again)(void *user), void *user, err *e)
{
    link_retry *r = calloc(1, sizeof *r);
    if (!r) {
        err_set(e, ERR_NOMEM, "out of memory for a socket");
        return NULL;
    }
    r->again = again;
    r->user = user;
    uv_timer_init(loop, &r->timer);
    r->timer.data = r;
    return r;
}

static void on_timer(uv_timer_t *timer)
{
    link_retry *r = timer->data;
    r->again(r->user);
}

void link_retry_later(link_retry *r)
{
    uv_timer_start(&r->timer, on_timer, LINK_RETRY_MS, 0);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void link_retry_close(link_retry *r)
{
    if (r)
        uv_close((uv_handle_t *)&r->timer, on_closed);
}
