/* report_pool.h: worker threads that make reports: channel, estimation and encoding.
 *
 * The loop asks for report (UE, seq), a thread makes it, and the loop gets it back. A UE's reports
 * are made one at a time and in order, since they share its channel and random stream. */
#ifndef UE_AGENT_REPORT_POOL_H
#define UE_AGENT_REPORT_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "chain/cell.h"
#include "chain/ue.h"

typedef struct report_pool report_pool;

typedef struct report_pool_options {
    chain_ue_config chain;
    const codec *encoder;   /* must outlive the pool, like the cell */
    const chain_cell *cell; /* open; its first UE is number first_ue */
    uint32_t first_ue;
    size_t workers;
    /* On the loop: a report is made, or failed with *e. `report` is valid during the call, which
     * can swap its truth for another of the same size. */
    void (*made)(void *user, size_t ue_index, chain_report *report, const err *e);
    /* On the loop, after each `made`: the pool can take another report. */
    void (*ready)(void *user);
    void *user;
} report_pool_options;

report_pool *report_pool_create(uv_loop_t *loop, const report_pool_options *options, err *e);

/* True if the pool can take a report of this UE now: none of this UE is in the making, and the
 * threads have room. */
bool report_pool_ready(const report_pool *m, size_t ue_index);

/* The memory of *acknowledged must not change until `made`. */
void report_pool_start(report_pool *m, size_t ue_index, uint32_t seq, double time_s,
                       const chain_acknowledged *acknowledged);
size_t report_pool_busy(const report_pool *m);

/* The form of the bursts. Owned by the pool. */
const uplink_info *report_pool_uplink(const report_pool *m);

/* Lends a UE's channel for other work than a report, until report_pool_give_back; the UE is not
 * ready meanwhile. NULL while it is in use. */
fading_ue *report_pool_borrow(report_pool *m, size_t ue_index);
void report_pool_give_back(report_pool *m, size_t ue_index);

/* Only when no report is in the making (report_pool_busy is 0) and no channel is lent. */
void report_pool_free(report_pool *m);

#endif
