#include "fading/cost2100/pool.h"

#include <pthread.h>
#include <stdlib.h>

enum { IDLE_MAX = 8 }; /* unused environments in the cache */

typedef struct entry {
    struct entry *next; /* most recently used first */
    cost2100_environment *environment;
    uint32_t number;
    size_t holders;
} entry;

struct cost2100_pool {
    const cost2100_network *network;
    double carrier_hz;
    uint64_t seed;
    pthread_mutex_t lock; /* guards everything below */
    entry *first;
};

cost2100_pool *cost2100_pool_create(const cost2100_network *n, double carrier_hz, uint64_t seed,
                                    err *e)
{
    cost2100_pool *p = calloc(1, sizeof *p);
    if (!p || pthread_mutex_init(&p->lock, NULL) != 0) {
        err_set(e, ERR_NOMEM, "out of memory for a channel");
        free(p);
        return NULL;
    }
    p->network = n;
    p->carrier_hz = carrier_hz;
    p->seed = seed;
    return p;
}

static void drop(entry **at)
{
    entry *gone = *at;
    *at = gone->next;
    cost2100_environment_free(gone->environment);
    free(gone);
}

void cost2100_pool_free(cost2100_pool *p)
{
    if (!p)
        return;
    while (p->first)
        drop(&p->first);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static void drop_idle(cost2100_pool *p)
{
    size_t idle = 0;
    for (entry **at = &p->first; *at;) {
        if ((*at)->holders == 0 && ++idle > IDLE_MAX)
            drop(at);
        else
            at = &(*at)->next;
    }
}

/* Finds the entry of a number, builds it if needed, and moves it to the front. */
static entry *find_or_build(cost2100_pool *p, uint32_t number, err *e)
{
    entry **at = &p->first;
    while (*at && (*at)->number != number)
        at = &(*at)->next;
    entry *found = *at;
    if (found) {
        *at = found->next;
    } else {
        found = calloc(1, sizeof *found);
        if (!found) {
            err_set(e, ERR_NOMEM, "out of memory for environment %u", number);
            return NULL;
        }
        found->number = number;
        found->environment =
            cost2100_environment_create(p->network, p->carrier_hz, p->seed, number, e);
        if (!found->environment) {
            free(found);
            return NULL;
        }
    }
    found->next = p->first;
    p->first = found;
    return found;
}

const cost2100_environment *cost2100_pool_take(cost2100_pool *p, uint32_t number, err *e)
{
    pthread_mutex_lock(&p->lock);
    entry *found = find_or_build(p, number, e);
    if (found)
        found->holders++;
    drop_idle(p);
    pthread_mutex_unlock(&p->lock);
    return found ? found->environment : NULL;
}

void cost2100_pool_give_back(cost2100_pool *p, const cost2100_environment *v)
{
    pthread_mutex_lock(&p->lock);
    for (entry *at = p->first; at; at = at->next)
        if (at->environment == v)
            at->holders--;
    drop_idle(p);
    pthread_mutex_unlock(&p->lock);
}
