/* snrs.h: the SNR that each UE has from the base station: the estimate in the newest answer to a
 * report at least `ack_delay` before the next one. With a delay of 0 it is the newest that has
 * arrived. An adaptive uplink chooses its burst by it, so with a delay it must be the same in each
 * run, for any order of answers. */
#ifndef UE_AGENT_SNRS_H
#define UE_AGENT_SNRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct snrs snrs;

/* NULL when memory ran out. */
snrs *snrs_create(size_t ues, uint32_t ack_delay);
void snrs_free(snrs *s); /* NULL allowed */

/* Notes the base station's estimate in its answer to report `seq` of a UE. Once for each report,
 * and only for reports up to the last one passed to snrs_acknowledged. */
void snrs_answered(snrs *s, size_t ue_index, uint32_t seq, double snr_db);

/* The SNR for the UE's report `seq`; NaN if there is none yet. Call it once for each report, in
 * order. */
double snrs_acknowledged(snrs *s, size_t ue_index, uint32_t seq);

#endif
