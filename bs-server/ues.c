#include "ues.h"

#include <stdlib.h>
#include <string.h>

struct ue_table {
    size_t codecs, count;
    ue_state *ue; /* [count] */
};

ue_table *ue_table_create(size_t codecs)
{
    ue_table *t = calloc(1, sizeof *t);
    if (t)
        t->codecs = codecs;
    return t;
}

static void free_memory(ue_memory *m)
{
    if (m)
        chain_memory_free(m->reports);
    free(m);
}

void ue_table_free(ue_table *t)
{
    for (size_t i = 0; t && i < t->count; i++) {
        for (size_t c = 0; t->ue[i].memory && c < t->codecs; c++)
            free_memory(t->ue[i].memory[c]);
        free(t->ue[i].memory);
    }
    if (t)
        free(t->ue);
    free(t);
}

ue_state *ue_table_at(ue_table *t, uint32_t ue)
{
    if (ue >= t->count) {
        size_t count = t->count ? t->count : 64;
        while (count <= ue)
            count *= 2;
        ue_state *bigger = realloc(t->ue, count * sizeof *bigger);
        if (!bigger)
            return NULL;
        memset(bigger + t->count, 0, (count - t->count) * sizeof *bigger);
        t->ue = bigger;
        t->count = count;
    }
    return &t->ue[ue];
}

ue_memory *ue_table_memory(ue_table *t, uint32_t ue, size_t codec, size_t bytes, err *e)
{
    ue_state *u = ue_table_at(t, ue);
    if (u && !u->memory)
        u->memory = calloc(t->codecs, sizeof(ue_memory *));
    if (!u || !u->memory) {
        err_set(e, ERR_NOMEM, "the base station is out of memory for UE %u", ue);
        return NULL;
    }
    ue_memory *m = u->memory[codec];
    if (m)
        return m;
    m = calloc(1, sizeof *m);
    if (m)
        m->reports = chain_memory_create(bytes, e);
    if (m && m->reports)
        return u->memory[codec] = m;
    free_memory(m);
    err_set(e, ERR_NOMEM, "the base station is out of memory for UE %u", ue);
    return NULL;
}
