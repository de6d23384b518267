#include "pending.h"

#include <stdlib.h>

TAILQ_HEAD(pending_list, pending);

struct pending_set {
    struct pending_list *by_ue; /* [ues] */
    struct pending_list by_age; /* oldest first */
    struct pending_list unused; /* kept, so that a steady run allocates nothing */
    size_t count;
};

pending_set *pending_create(size_t ues)
{
    pending_set *s = calloc(1, sizeof *s);
    if (s)
        s->by_ue = calloc(ues, sizeof *s->by_ue);
    if (!s || !s->by_ue) {
        free(s);
        return NULL;
    }
    for (size_t i = 0; i < ues; i++)
        TAILQ_INIT(&s->by_ue[i]);
    TAILQ_INIT(&s->by_age);
    TAILQ_INIT(&s->unused);
    return s;
}

static void free_list(struct pending_list *list)
{
    for (pending *p; (p = TAILQ_FIRST(list));) {
        TAILQ_REMOVE(list, p, by_age);
        free(p);
    }
}

void pending_free(pending_set *s)
{
    if (!s)
        return;
    free_list(&s->by_age);
    free_list(&s->unused);
    free(s->by_ue);
    free(s);
}

bool pending_add(pending_set *s, const pending *p)
{
    pending *entry = TAILQ_FIRST(&s->unused);
    if (entry)
        TAILQ_REMOVE(&s->unused, entry, by_age);
    else
        entry = malloc(sizeof *entry);
    if (!entry)
        return false;
    *entry = *p;
    TAILQ_INSERT_TAIL(&s->by_ue[p->ue_index], entry, by_ue);
    TAILQ_INSERT_TAIL(&s->by_age, entry, by_age);
    s->count++;
    return true;
}

static void take(pending_set *s, pending *entry, pending *out)
{
    *out = *entry;
    TAILQ_REMOVE(&s->by_ue[entry->ue_index], entry, by_ue);
    TAILQ_REMOVE(&s->by_age, entry, by_age);
    TAILQ_INSERT_HEAD(&s->unused, entry, by_age);
    s->count--;
}

bool pending_take(pending_set *s, size_t ue_index, uint32_t seq, pending *p)
{
    pending *entry;
    TAILQ_FOREACH(entry, &s->by_ue[ue_index], by_ue)
    {
        if (entry->seq == seq) {
            take(s, entry, p);
            return true;
        }
    }
    return false;
}

bool pending_take_older(pending_set *s, uint64_t sent_before_ns, pending *p)
{
    pending *oldest = TAILQ_FIRST(&s->by_age);
    if (!oldest || oldest->stamps.sent >= sent_before_ns)
        return false;
    take(s, oldest, p);
    return true;
}

bool pending_oldest(const pending_set *s, size_t ue_index, uint32_t *seq)
{
    const pending *first = TAILQ_FIRST(&s->by_ue[ue_index]); /* a UE's reports are sent in order */
    if (first)
        *seq = first->seq;
    return first != NULL;
}

bool pending_first(const pending_set *s, uint64_t *sent_ns)
{
    const pending *oldest = TAILQ_FIRST(&s->by_age);
    if (oldest)
        *sent_ns = oldest->stamps.sent;
    return oldest != NULL;
}

size_t pending_count(const pending_set *s)
{
    return s->count;
}
