#include "ues.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "wire/limits.h"

enum { PAGES = (WIRE_UE_MAX + UES_PAGE - 1) / UES_PAGE };

/* A memory and its slot in the table. `shared` must be first: jobs hold a pointer to it. */
typedef struct owned_memory {
    ue_memory shared;
    TAILQ_ENTRY(owned_memory) by_use;
    ue_memory **slot; /* the pointer to it */
    size_t bytes;
    size_t jobs; /* jobs that hold it, waiting or in work */
} owned_memory;

TAILQ_HEAD(memory_list, owned_memory);

struct ue_table {
    size_t links;
    size_t bytes, bytes_max; /* of all memories */
    uint64_t forgotten;
    struct memory_list by_use; /* least recently used first */
    ue_state *page[PAGES];     /* [UES_PAGE] each */
};

ue_table *ue_table_create(size_t links, size_t memory_bytes)
{
    ue_table *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->links = links;
    t->bytes_max = memory_bytes;
    TAILQ_INIT(&t->by_use);
    return t;
}

static void free_memory(owned_memory *m)
{
    chain_memory_free(m->shared.reports);
    free(m->shared.held);
    chain_predictor_free(m->shared.predictor);
    free(m);
}

static void drop_memory(ue_table *t, owned_memory *m)
{
    TAILQ_REMOVE(&t->by_use, m, by_use);
    t->bytes -= m->bytes;
    *m->slot = NULL;
    free_memory(m);
}

void ue_table_free(ue_table *t)
{
    if (!t)
        return;
    for (owned_memory *m, *next = TAILQ_FIRST(&t->by_use); (m = next);) {
        next = TAILQ_NEXT(m, by_use);
        drop_memory(t, m);
    }
    for (size_t p = 0; p < PAGES; p++) {
        for (size_t i = 0; t->page[p] && i < UES_PAGE; i++)
            free(t->page[p][i].memory);
        free(t->page[p]);
    }
    free(t);
}

size_t ue_table_bytes(const ue_table *t)
{
    return t->bytes;
}

uint64_t ue_table_forgotten(const ue_table *t)
{
    return t->forgotten;
}

ue_state *ue_table_at(ue_table *t, uint32_t ue)
{
    if (ue >= WIRE_UE_MAX)
        return NULL;
    ue_state **page = &t->page[ue / UES_PAGE];
    if (!*page)
        *page = calloc(UES_PAGE, sizeof **page);
    return *page ? &(*page)[ue % UES_PAGE] : NULL;
}

/* A memory that a job holds must stay: a worker may be writing to it. */
static bool make_room(ue_table *t, size_t bytes)
{
    owned_memory *m = bytes <= t->bytes_max ? TAILQ_FIRST(&t->by_use) : NULL;
    while (m && t->bytes + bytes > t->bytes_max) {
        owned_memory *next = TAILQ_NEXT(m, by_use);
        if (m->jobs == 0) {
            drop_memory(t, m);
            t->forgotten++;
        }
        m = next;
    }
    return t->bytes + bytes <= t->bytes_max;
}

static owned_memory *create_memory(ue_table *t, ue_memory **slot, const ue_keeps *keeps)
{
    size_t all = keeps->memory_bytes * CHAIN_MEMORY_REPORTS + keeps->held * sizeof(float complex);
    if (keeps->followed > 0)
        all += chain_predictor_bytes(keeps->predict, keeps->followed);
    owned_memory *m = make_room(t, all) ? calloc(1, sizeof *m) : NULL;
    if (!m)
        return NULL;
    if (keeps->memory_bytes > 0)
        m->shared.reports = chain_memory_create(keeps->memory_bytes, NULL);
    if (keeps->held > 0)
        m->shared.held = calloc(keeps->held, sizeof *m->shared.held);
    if (keeps->followed > 0)
        m->shared.predictor = chain_predictor_create(keeps->predict, keeps->followed, NULL);
    if ((keeps->memory_bytes > 0 && !m->shared.reports) || (keeps->held > 0 && !m->shared.held) ||
        (keeps->followed > 0 && !m->shared.predictor)) {
        free_memory(m);
        return NULL;
    }
    m->bytes = all;
    m->slot = slot;
    *slot = &m->shared;
    t->bytes += all;
    TAILQ_INSERT_TAIL(&t->by_use, m, by_use);
    return m;
}

ue_memory *ue_table_memory(ue_table *t, uint32_t ue, size_t link, const ue_keeps *keeps, err *e)
{
    ue_state *u = ue_table_at(t, ue);
    if (u && !u->memory)
        u->memory = calloc(t->links, sizeof(ue_memory *));
    owned_memory *m = NULL;
    if (u && u->memory)
        m = u->memory[link] ? (owned_memory *)u->memory[link]
                            : create_memory(t, &u->memory[link], keeps);
    if (!m) {
        err_set(e, ERR_NOMEM,
                "the base station has no room for the state of UE %u (codec memory, last CSI): all "
                "UEs together may take %zu MiB",
                ue, t->bytes_max >> 20);
        return NULL;
    }
    TAILQ_REMOVE(&t->by_use, m, by_use);
    TAILQ_INSERT_TAIL(&t->by_use, m, by_use);
    m->jobs++;
    return &m->shared;
}

void ue_table_release(ue_memory *m)
{
    if (m)
        ((owned_memory *)m)->jobs--;
}
