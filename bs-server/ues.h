/* ues.h: what the base station keeps of each UE: its SNR average; for codecs with memory, the
 * memories after its last reports; over an uplink that can fail, its last CSI; and, if its channel
 * is tracked (follow.h), the predictor. The table is indexed by UE number and creates an entry with
 * the UE's first report.
 *
 * UE numbers come from outside, so their cost is bounded. States are in pages of UES_PAGE: a first
 * report costs at most one page (24 KiB), all WIRE_UE_MAX numbers 23 MiB. Memories and held CSI
 * have a limit in bytes, UES_MEMORY_MIB by default. Beyond it, the UE that has been silent longest
 * loses its memory. When that UE reports again, it gets NEEDS_KEY once; if its first report then
 * fails, the held CSI is zero. */
#ifndef BS_SERVER_UES_H
#define BS_SERVER_UES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "job.h"
#include "uplink/snr.h"

enum { UES_PAGE = 1024 };

/* Enough for 14,500 UEs of a codec that keeps 32 x 32 complex floats after each of 8 reports and
 * has tracked reconstructions, or for the last CSI of 131,072 UEs of a codec without memory. */
enum { UES_MEMORY_MIB = 1024 };

typedef struct ue_state {
    snr_tracker snr;
    ue_memory **memory; /* [links], each NULL before the UE's first report over that link */
} ue_state;

typedef struct ue_table ue_table;

/* `links`: the number of links that a UE can use; `memory_bytes`: limit for all memories together.
 * NULL when memory runs out. */
ue_table *ue_table_create(size_t links, size_t memory_bytes);
void ue_table_free(ue_table *t); /* NULL allowed */

/* The bytes of all memories now, and how many were forgotten to make room. */
size_t ue_table_bytes(const ue_table *t);
uint64_t ue_table_forgotten(const ue_table *t);

/* The state of a UE, created if new; NULL when memory runs out or if `ue` is not below WIRE_UE_MAX.
 * Its address never changes. */
ue_state *ue_table_at(ue_table *t, uint32_t ue);

/* The sizes of what is kept of a UE over a link; not all 0. */
typedef struct ue_keeps {
    size_t memory_bytes;   /* codec_memory_bytes */
    size_t held;           /* entries of the held CSI */
    size_t followed;       /* entries of the tracked reconstructions */
    chain_predict predict; /* how they are predicted */
} ue_keeps;

/* The memory of a UE for a link, created if new, for one more job: it stays until that job passes
 * it to ue_table_release. `keeps` must be the same each time for a link. NULL when memory runs out
 * or jobs hold all that is allowed. */
ue_memory *ue_table_memory(ue_table *t, uint32_t ue, size_t link, const ue_keeps *keeps, err *e);
void ue_table_release(ue_memory *m); /* NULL allowed */

#endif
