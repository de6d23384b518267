/* ledger.h: what becomes of an agent's reports. Each is entered when it is sent and struck when it
 * is settled, in one way: acknowledged, lost in the channel, timed out, refused, not decoded. What
 * an answer brings is measured, counted and recorded here; a codec's memory follows what the base
 * station acknowledged. */
#ifndef UE_AGENT_LEDGER_H
#define UE_AGENT_LEDGER_H

#include "agent_config.h"
#include "makers.h"
#include "memories.h"
#include "reports.h"
#include "service/service.h"
#include "wire/answer.h"

typedef struct ledger ledger;

typedef struct ledger_options {
    const agent_config *config; /* must outlive the ledger, as must the makers */
    makers *makers;
    bool adaptive; /* the uplink goes by the acknowledged SNR (uplink_info) */
    /* On the loop: something was settled or measured, of this UE; there may be room for more. */
    void (*settled)(void *user, size_t ue_index);
    void *user;
} ledger_options;

ledger *ledger_create(uv_loop_t *loop, const ledger_options *options, err *e);
void ledger_free(ledger *l); /* when ledger_busy is 0; NULL allowed */

/* When the schedule began; due times and figures count from here. */
void ledger_start(ledger *l, uint64_t start_ns);

/* A codec with memory builds on what was acknowledged among the reports up to a fixed number before
 * (agent_config.ack_delay), and an adaptive uplink goes by the SNR acknowledged by then: can it be
 * said yet what that is for report `seq`? True for others. */
bool ledger_can_build(const ledger *l, size_t ue_index, uint32_t seq);

/* What report `seq` builds on, and the SNR that the base station estimated in its newest answer
 * (snrs.h). To be asked for each report, in order. The memory stays as it is until the report is
 * entered. */
chain_acknowledged ledger_acknowledged(ledger *l, size_t ue_index, uint32_t seq);

/* Should the answer bring the reconstruction? */
bool ledger_wants_reconstruction(const ledger *l);

/* Report r was handed to the link at sent_ns in `bytes` bytes; the truth in it is taken and another
 * put in its place. False when memory ran out: then it counts as refused. */
bool ledger_sent(ledger *l, size_t ue_index, chain_report *r, uint64_t sent_ns, size_t bytes);

/* Report `seq` was not made, or the link did not take it: sent, and refused for that reason. */
void ledger_refused(ledger *l, size_t ue_index, uint32_t seq, const char *reason);

/* How late a report was taken up, for the summary. */
void ledger_late_start(ledger *l, double lateness_s);

/* Takes over the answer, to a UE of this agent. One that comes later than the time-out after its
 * report, by whatever little, is late: its report has timed out. */
void ledger_answer(ledger *l, wire_answer *answer, uint64_t now_ns);

/* Strikes what was sent before that as timed out. */
void ledger_time_out(ledger *l, uint64_t sent_before_ns);

/* When the report was sent that waits longest for its answer; false where none waits. */
bool ledger_first(const ledger *l, uint64_t *sent_ns);

/* Measurements go on where a UE's channel has become free. */
void ledger_pump(ledger *l);

/* To be called now and then: records go to the disk. */
void ledger_tick(ledger *l, uint64_t now_ns);

/* Does measuring lag so far behind that the schedule has to wait? */
bool ledger_behind(const ledger *l);

/* Reports in flight; those and the ones being measured. */
size_t ledger_in_flight(const ledger *l);
size_t ledger_busy(const ledger *l);

/* The number of a UE's next report: as many were entered. */
uint32_t ledger_next_seq(const ledger *l, size_t ue_index);

const chain_tally *ledger_tally(const ledger *l);

/* What a UE's reports built on: memories.h. */
memories_figures ledger_memory(const ledger *l, size_t ue_index);
void ledger_elapsed(ledger *l, double elapsed_s);

/* The newest measured pair of truth and reconstruction of watched UEs goes into telemetry. */
void ledger_watch(ledger *l, int subscriber, uint32_t ue, bool on);
void ledger_fill_samples(ledger *l, link_service *service);

/* After the loop has ended: writes what is left of the reports' file; how many are missing. */
uint64_t ledger_end_reports(ledger *l);

#endif
