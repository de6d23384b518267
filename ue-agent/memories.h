/* memories.h: the codec's memories of each UE, after the reports that its next report can build on.
 * Every function but _create accepts NULL for a codec without memory, and then does nothing. */
#ifndef UE_AGENT_MEMORIES_H
#define UE_AGENT_MEMORIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct memories memories;

/* `bytes` is codec_memory_bytes, `key_age` as for chain_memory_base. Acknowledgements count after
 * `ack_delay` reports; with 0, as soon as they arrive. NULL when memory runs out. */
memories *memories_create(size_t ues, size_t bytes, uint32_t ack_delay, uint32_t key_age);
void memories_free(memories *m);

/* The memory that report `seq` builds on and, in *builds_on, 1 + the number of the report that made
 * it; NULL and 0 if there is none. The bytes do not change until the UE's next memories_keep. */
const void *memories_base(const memories *m, size_t ue_index, uint32_t seq, uint32_t *builds_on);

/* Copies the memory after report `seq`, which was sent and builds on `builds_on` (as in a payload).
 * If there is no room for the copy, no later report will build on it. */
void memories_keep(memories *m, size_t ue_index, uint32_t seq, uint32_t builds_on,
                   const void *after);

/* Figures for display of what a UE's reports built on. */
typedef struct memories_figures {
    uint64_t keys; /* reports sent that build on nothing */
    uint32_t age;  /* age in reports of the memory that the newest report builds on; 0: it is a
                      key */
} memories_figures;

/* Zeros for a codec without memory. */
memories_figures memories_of(const memories *m, size_t ue_index);

/* Ends a report: the base station has the memory after it (`acknowledged`), or never will. */
void memories_end_report(memories *m, size_t ue_index, uint32_t seq, bool acknowledged);

/* The base station lacks the memory that report `seq` builds on: no later report builds on `seq` or
 * any before it. */
void memories_forget(memories *m, size_t ue_index, uint32_t seq);

#endif
