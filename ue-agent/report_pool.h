/* makers.h: reports made off the loop: channel, estimation and encoding on worker threads.
 *
 * The loop asks for report (UE, seq); a thread makes it; the loop gets it back. A UE's reports are
 * made one at a time and in order, for its channel and its place in the stream are its own. */
#ifndef UE_AGENT_MAKERS_H
#define UE_AGENT_MAKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "chain/cell.h"
#include "chain/ue.h"

typedef struct makers makers;

typedef struct makers_options {
    chain_ue_config chain;
    const codec *encoder;   /* must outlive the makers, as must the cell */
    const chain_cell *cell; /* open; its first UE is number first_ue */
    uint32_t first_ue;
    size_t workers;
    /* On the loop: a report is made, or failed with *e; `report` is valid during the call, in which
     * its truth may be swapped for another one of the same size. */
    void (*made)(void *user, size_t ue_index, chain_report *report, const err *e);
    /* On the loop, after each `made`: there is room for another report. */
    void (*ready)(void *user);
    void *user;
} makers_options;

makers *makers_create(uv_loop_t *loop, const makers_options *options, err *e);

/* Can report requests be taken for this UE now? False while it has one in the making, or when as
 * many are in the making as keep the threads busy. */
bool makers_ready(const makers *m, size_t ue_index);

/* The memory of *acknowledged stays as it is until `made`. */
void makers_start(makers *m, size_t ue_index, uint32_t seq, double time_s,
                  const chain_acknowledged *acknowledged);
size_t makers_busy(const makers *m);

/* What their bursts are like. Owned by the makers. */
const uplink_info *makers_uplink(const makers *m);

/* A UE's channel for other work than a report, until makers_give_back; NULL while it is in use. The
 * UE is not ready meanwhile. */
fading_ue *makers_borrow(makers *m, size_t ue_index);
void makers_give_back(makers *m, size_t ue_index);

/* When nothing is in the making (makers_busy is 0) or lent. */
void makers_free(makers *m);

#endif
