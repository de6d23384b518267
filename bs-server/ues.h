/* ues.h: what the base station keeps of each UE: its SNR average and, for codecs with memory, what
 * it made of the UE's last reports. By UE number, made when a UE's first report comes. */
#ifndef BS_SERVER_UES_H
#define BS_SERVER_UES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "job.h"
#include "uplink/snr.h"

typedef struct ue_state {
    snr_tracker snr;
    ue_memory **memory; /* [codecs], each NULL before the UE's first report with that codec */
} ue_state;

typedef struct ue_table ue_table;

/* `codecs`: how many of different memories a UE may use. NULL when memory ran out. */
ue_table *ue_table_create(size_t codecs);
void ue_table_free(ue_table *t); /* NULL allowed */

/* The state of a UE, made where there is none; NULL when memory ran out. Valid until another UE's
 * is made; its memories stay where they are. */
ue_state *ue_table_at(ue_table *t, uint32_t ue);

/* The memory of a UE for a codec, made where there is none; NULL when memory ran out. `bytes` as
 * codec_memory_bytes has it. */
ue_memory *ue_table_memory(ue_table *t, uint32_t ue, size_t codec, size_t bytes, err *e);

#endif
