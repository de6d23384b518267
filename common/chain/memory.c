#include "chain/memory.h"

#include <stdlib.h>

typedef struct entry {
    uint32_t seq;
    bool used, acknowledged;
    uint64_t order; /* when it was added, counted in calls of chain_memory_add */
} entry;

struct chain_memory {
    size_t bytes;
    uint64_t order;
    entry entry[CHAIN_MEMORY_REPORTS];
    unsigned char *after; /* [CHAIN_MEMORY_REPORTS][bytes] */
};

chain_memory *chain_memory_create(size_t bytes, err *e)
{
    chain_memory *m = calloc(1, sizeof *m);
    if (m)
        m->after = calloc(CHAIN_MEMORY_REPORTS, bytes);
    if (m && m->after) {
        m->bytes = bytes;
        return m;
    }
    free(m);
    err_set(e, ERR_NOMEM, "out of memory for a UE's codec memory of %zu bytes", bytes);
    return NULL;
}

void chain_memory_free(chain_memory *m)
{
    if (m)
        free(m->after);
    free(m);
}

static entry *find(const chain_memory *m, uint32_t seq)
{
    for (size_t i = 0; i < CHAIN_MEMORY_REPORTS; i++)
        if (m->entry[i].used && m->entry[i].seq == seq)
            return (entry *)&m->entry[i];
    return NULL;
}

static void *memory_of(const chain_memory *m, const entry *at)
{
    return m->after + (size_t)(at - m->entry) * m->bytes;
}

static const entry *newest(const chain_memory *m, uint32_t limit)
{
    const entry *best = NULL;
    for (const entry *x = m->entry; x < m->entry + CHAIN_MEMORY_REPORTS; x++)
        if (x->used && x->acknowledged && x->seq <= limit && (!best || x->seq > best->seq))
            best = x;
    return best;
}

static entry *latest_acknowledged(chain_memory *m)
{
    entry *best = NULL;
    for (entry *x = m->entry; x < m->entry + CHAIN_MEMORY_REPORTS; x++)
        if (x->used && x->acknowledged && (!best || x->order > best->order))
            best = x;
    return best;
}

/* By the order of adding, not by number: a UE with a restarted agent counts from 0 again, and its
 * first reports must replace those from before the restart, not each other. While no
 * acknowledgement gets through, the UE builds on the same report again and again; as `keep` that
 * report is not replaced. */
static entry *make_room(chain_memory *m, const void *keep)
{
    const entry *best = latest_acknowledged(m);
    entry *oldest = NULL;
    for (entry *x = m->entry; x < m->entry + CHAIN_MEMORY_REPORTS; x++) {
        if (!x->used)
            return x;
        if (x != best && memory_of(m, x) != keep && (!oldest || x->order < oldest->order))
            oldest = x;
    }
    return oldest;
}

void *chain_memory_add(chain_memory *m, uint32_t seq, const void *keep)
{
    entry *at = find(m, seq);
    if (!at)
        at = make_room(m, keep);
    *at = (entry){.seq = seq, .used = true, .order = ++m->order};
    return memory_of(m, at);
}

void chain_memory_acknowledge(chain_memory *m, uint32_t seq)
{
    entry *at = find(m, seq);
    if (at)
        at->acknowledged = true;
}

void chain_memory_drop(chain_memory *m, uint32_t seq)
{
    entry *at = find(m, seq);
    if (at)
        *at = (entry){0};
}

void chain_memory_drop_until(chain_memory *m, uint32_t seq)
{
    for (size_t i = 0; i < CHAIN_MEMORY_REPORTS; i++)
        if (m->entry[i].seq <= seq)
            m->entry[i] = (entry){0};
}

const void *chain_memory_find(const chain_memory *m, uint32_t seq)
{
    const entry *at = find(m, seq);
    return at ? memory_of(m, at) : NULL;
}

const void *chain_memory_newest(const chain_memory *m, uint32_t limit, uint32_t *seq)
{
    const entry *at = newest(m, limit);
    if (!at)
        return NULL;
    *seq = at->seq;
    return memory_of(m, at);
}

const void *chain_memory_base(const chain_memory *m, uint32_t seq, uint32_t delay, uint32_t key_age,
                              uint32_t *builds_on)
{
    uint32_t limit, base = 0;
    *builds_on = 0;
    if (!chain_memory_limit(seq, delay, &limit))
        return NULL;
    const void *before = chain_memory_newest(m, limit, &base);
    if (!before || (key_age > 0 && seq - base >= key_age))
        return NULL;
    *builds_on = chain_memory_builds_on(before, base);
    return before;
}

bool chain_memory_limit(uint32_t seq, uint32_t delay, uint32_t *limit)
{
    if (seq == 0 || seq < delay)
        return false;
    *limit = delay > 0 ? seq - delay : seq - 1;
    return true;
}
