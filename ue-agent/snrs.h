/* snrs.h: the SNR that the base station has acknowledged to each UE: its estimate, of the newest
 * answer among the reports up to `ack_delay` before the one that is to be made. With a delay of 0
 * the newest of all that have come. An adaptive uplink chooses its burst by it, so that it has to
 * be the same in each run, in whatever order answers come. */
#ifndef UE_AGENT_SNRS_H
#define UE_AGENT_SNRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct snrs snrs;

/* NULL when memory ran out. */
snrs *snrs_create(size_t ues, uint32_t ack_delay);
void snrs_free(snrs *s); /* NULL allowed */

/* The base station answered report `seq` of a UE with its estimate. Once for each report, none
 * newer than the last one that snrs_acknowledged was asked for. */
void snrs_answered(snrs *s, size_t ue_index, uint32_t seq, double snr_db);

/* The SNR for the UE's report `seq`; NaN where there is none yet. To be asked for each report, in
 * order. */
double snrs_acknowledged(snrs *s, size_t ue_index, uint32_t seq);

#endif
