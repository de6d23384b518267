/* ledger.h: the accounting of an agent's reports. The ledger enters each report when it is sent and
 * removes it when it ends, in exactly one way: acknowledged, lost in the channel, timed out,
 * refused, not decoded. It measures, counts and records the answers, and updates the codec's memory
 * by the base station's acknowledgements. */
#ifndef UE_AGENT_LEDGER_H
#define UE_AGENT_LEDGER_H

#include "agent_config.h"
#include "memories.h"
#include "report_pool.h"
#include "reports.h"
#include "service/service.h"
#include "wire/answer.h"

typedef struct ledger ledger;

typedef struct ledger_options {
    const agent_config *config; /* must outlive the ledger, like the pool */
    report_pool *pool;
    bool adaptive; /* the uplink adapts to the acknowledged SNR (uplink_info) */
    /* On the loop: a report of this UE has ended or was measured; another one may fit now. */
    void (*report_ended)(void *user, size_t ue_index);
    void *user;
} ledger_options;

ledger *ledger_create(uv_loop_t *loop, const ledger_options *options, err *e);
void ledger_free(ledger *l); /* when ledger_busy is 0; NULL allowed */

/* When the schedule began; due times and figures count from here. */
void ledger_start(ledger *l, uint64_t start_ns);

/* With agent_config.ack_delay, a codec with memory builds on the newest acknowledged report up to a
 * fixed number before, and an adaptive uplink uses the SNR acknowledged by then. Returns true if
 * both are known for report `seq`. Always true for other codecs and uplinks. */
bool ledger_can_build(const ledger *l, size_t ue_index, uint32_t seq);

/* The memory that report `seq` builds on, and the SNR that the base station acknowledged (snrs.h).
 * Call it once for each report, in order. The memory does not change until the report is entered.
 */
chain_acknowledged ledger_acknowledged(ledger *l, size_t ue_index, uint32_t seq);

/* True if the answer should carry the reconstruction. */
bool ledger_wants_reconstruction(const ledger *l);

/* Enters report r, which the link took at sent_ns in `bytes` bytes. Takes its truth and gives it
 * another buffer. False when memory runs out; the report then counts as refused. */
bool ledger_sent(ledger *l, size_t ue_index, chain_report *r, uint64_t sent_ns, size_t bytes);

/* Counts report `seq` as sent and refused, for a report that could not be made or that the link did
 * not take. */
void ledger_refused(ledger *l, size_t ue_index, uint32_t seq, const char *reason);

/* Counts how late a report was started, for the summary. */
void ledger_late_start(ledger *l, double lateness_s);

/* Takes over an answer to a UE of this agent. An answer after the time-out is late, by however
 * little: its report has timed out. */
void ledger_answer(ledger *l, wire_answer *answer, uint64_t now_ns);

/* Removes all reports sent before that time, as timed out. */
void ledger_time_out(ledger *l, uint64_t sent_before_ns);

/* The sending time of the oldest report without an answer; false if there is none. */
bool ledger_first(const ledger *l, uint64_t *sent_ns);

/* Continues measurements that waited for a UE's channel. */
void ledger_pump(ledger *l);

/* Writes records to disk. Call it regularly. */
void ledger_tick(ledger *l, uint64_t now_ns);

/* True if measuring lags so far behind that the schedule must wait. */
bool ledger_behind(const ledger *l);

/* Reports in flight; reports in flight or being measured. */
size_t ledger_in_flight(const ledger *l);
size_t ledger_busy(const ledger *l);

/* The number of a UE's next report, which is the number of reports entered. */
uint32_t ledger_next_seq(const ledger *l, size_t ue_index);

const chain_tally *ledger_tally(const ledger *l);

/* What a UE's reports built on: memories.h. */
memories_figures ledger_memory(const ledger *l, size_t ue_index);
void ledger_elapsed(ledger *l, double elapsed_s);

/* Telemetry carries the newest measured pair of truth and reconstruction of each watched UE. */
void ledger_watch(ledger *l, int subscriber, uint32_t ue, bool on);
void ledger_fill_samples(ledger *l, link_service *service);

/* After the loop has ended: writes the rest of the reports' file. Returns the number of missing
 * reports. */
uint64_t ledger_end_reports(ledger *l);

#endif
