/* memories.h: what the codec of an agent remembers of each UE, after those of its reports that the
 * next one may build on. Every function but _create takes NULL for a codec without memory, and then
 * does nothing. */
#ifndef UE_AGENT_MEMORIES_H
#define UE_AGENT_MEMORIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct memories memories;

/* `bytes` as codec_memory_bytes has it, `key_age` as chain_memory_base; acknowledgements count from
 * `ack_delay` reports on, with 0 from when they come. NULL when memory ran out. */
memories *memories_create(size_t ues, size_t bytes, uint32_t ack_delay, uint32_t key_age);
void memories_free(memories *m);

/* What report `seq` builds on and, in *builds_on, 1 + its number; NULL and 0 where there is
 * nothing. The bytes stay as they are until the UE's next memories_keep. */
const void *memories_base(const memories *m, size_t ue_index, uint32_t seq, uint32_t *builds_on);

/* Report `seq`, which builds on `builds_on` as a payload has it, is on its way: copies the memory
 * after it. Where there is no room for the copy the
 * report is sent all the same, and nothing will build on it. */
void memories_keep(memories *m, size_t ue_index, uint32_t seq, uint32_t builds_on,
                   const void *after);

/* What a UE's reports built on, for people. */
typedef struct memories_figures {
    uint64_t keys; /* reports sent that build on nothing */
    uint32_t age;  /* in reports, of what the newest one builds on; 0: it is a key */
} memories_figures;

/* Zeros for a codec without memory. */
memories_figures memories_of(const memories *m, size_t ue_index);

/* The base station holds the memory after this report (`acknowledged`), or never will. */
void memories_settle(memories *m, size_t ue_index, uint32_t seq, bool acknowledged);

/* The base station lacks what report `seq` builds on: nothing builds on a report up to it. */
void memories_forget(memories *m, size_t ue_index, uint32_t seq);

#endif
