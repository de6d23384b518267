#include "memories.h"

#include <stdlib.h>
#include <string.h>

#include "chain/memory.h"

struct memories {
    size_t ues, bytes;
    uint32_t ack_delay, key_age;
    memories_figures *figures; /* [ues] */
    chain_memory *of[];        /* [ues], NULL before the UE's first report */
};

memories *memories_create(size_t ues, size_t bytes, uint32_t ack_delay, uint32_t key_age)
{
    memories *m = calloc(1, sizeof *m + ues * sizeof m->of[0]);
    if (!m || !(m->figures = calloc(ues, sizeof *m->figures))) {
        free(m);
        return NULL;
    }
    m->ues = ues;
    m->bytes = bytes;
    m->ack_delay = ack_delay;
    m->key_age = key_age;
    return m;
}

void memories_free(memories *m)
{
    for (size_t i = 0; m && i < m->ues; i++)
        chain_memory_free(m->of[i]);
    if (m)
        free(m->figures);
    free(m);
}

const void *memories_base(const memories *m, size_t ue_index, uint32_t seq, uint32_t *builds_on)
{
    const chain_memory *of = m ? m->of[ue_index] : NULL;
    *builds_on = 0;
    return of ? chain_memory_base(of, seq, m->ack_delay, m->key_age, builds_on) : NULL;
}

void memories_keep(memories *m, size_t ue_index, uint32_t seq, uint32_t builds_on,
                   const void *after)
{
    if (!m)
        return;
    m->figures[ue_index].keys += builds_on == 0;
    m->figures[ue_index].age = builds_on > 0 ? seq + 1 - builds_on : 0;
    chain_memory **of = &m->of[ue_index];
    if (!*of)
        *of = chain_memory_create(m->bytes, NULL);
    if (*of)
        memcpy(chain_memory_add(*of, seq, NULL), after, m->bytes);
}

memories_figures memories_of(const memories *m, size_t ue_index)
{
    return m ? m->figures[ue_index] : (memories_figures){0};
}

void memories_end_report(memories *m, size_t ue_index, uint32_t seq, bool acknowledged)
{
    chain_memory *of = m ? m->of[ue_index] : NULL;
    if (of && acknowledged)
        chain_memory_acknowledge(of, seq);
    else if (of)
        chain_memory_drop(of, seq);
}

void memories_forget(memories *m, size_t ue_index, uint32_t seq)
{
    if (m && m->of[ue_index])
        chain_memory_drop_until(m->of[ue_index], seq);
}
