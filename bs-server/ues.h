/* ues.h: what the base station keeps of each UE: its SNR average; for codecs with memory, what it
 * made of the UE's last reports; over an uplink that can fail, the UE's last CSI; where its channel
 * is followed (follow.h), its past. By UE number, made when a UE's first report comes.
 *
 * UE numbers come from outside, so what they cost is bounded. States stand in pages of
 * UES_PAGE: a first report costs one page (24 KiB) at most, all WIRE_UE_MAX numbers 23 MiB.
 * Memories and held CSI take up to a number of bytes in all, UES_MEMORY_MIB where nobody says.
 * Beyond that the UE that was silent longest loses its own. Where it reports again, it gets
 * NEEDS_KEY once, and a report that fails first is held to be zero. */
#ifndef BS_SERVER_UES_H
#define BS_SERVER_UES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "job.h"
#include "uplink/snr.h"

enum { UES_PAGE = 1024 };

/* 14,500 UEs of a codec that remembers 32 x 32 complex floats after each of 8 reports and whose
 * reconstructions are followed, or the last CSI of 131,072 UEs of a codec without memory. */
enum { UES_MEMORY_MIB = 1024 };

typedef struct ue_state {
    snr_tracker snr;
    ue_memory **memory; /* [links], each NULL before the UE's first report over that link */
} ue_state;

typedef struct ue_table ue_table;

/* `links`: how many links a UE may use; `memory_bytes`: how much all memories together may take.
 * NULL when memory ran out. */
ue_table *ue_table_create(size_t links, size_t memory_bytes);
void ue_table_free(ue_table *t); /* NULL allowed */

/* What all memories take now, and how often one was forgotten for want of room. */
size_t ue_table_bytes(const ue_table *t);
uint64_t ue_table_forgotten(const ue_table *t);

/* The state of a UE, made where there is none; NULL when memory ran out or where `ue` is not below
 * WIRE_UE_MAX. It stays where it is. */
ue_state *ue_table_at(ue_table *t, uint32_t ue);

/* What is kept of a UE over a link; not all 0. */
typedef struct ue_keeps {
    size_t memory_bytes;   /* codec_memory_bytes */
    size_t held;           /* entries of the CSI that is held */
    size_t followed;       /* entries of the reconstructions that are followed, */
    chain_predict predict; /* and how */
} ue_keeps;

/* The memory of a UE for a link, made where there is none, for one more job: it stays until that
 * job has handed it to ue_table_release. `keeps` is the same each time for a link. NULL when memory
 * ran out or all that is allowed belongs to jobs. */
ue_memory *ue_table_memory(ue_table *t, uint32_t ue, size_t link, const ue_keeps *keeps, err *e);
void ue_table_release(ue_memory *m); /* NULL allowed */

#endif
