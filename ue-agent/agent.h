/* agent.h: many virtual UEs in one process: when each reports, what becomes of its reports. */
#ifndef UE_AGENT_AGENT_H
#define UE_AGENT_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cell/schedule.h"
#include "chain/cell.h"
#include "chain/ue.h"
#include "measure/tally.h"
#include "service/service.h"

typedef struct agent_config {
    const char *connect; /* channel-sim */
    uint32_t first_ue;
    chain_cell cell;         /* the UEs of this agent, and their channels, open */
    chain_schedule schedule; /* of the whole cell */
    double timeout_s;
    double warm_up_s;   /* latency of reports due before is kept apart */
    double use_after_s; /* CSI is used so long after it was due; NaN: when its answer is there */
    uint64_t age_every; /* of each UE's reports, every how manyth is held against the channel at its
                           use; 0: none */
    size_t workers;
    chain_ue_config chain;
    const onnx_part *encoder; /* this and the channels must outlive the agent */
    const char *reports;      /* file for a line of each report (reports.h), or NULL */
    uint32_t reports_every;   /* of each UE's, every how manyth */
} agent_config;

typedef struct agent agent;

agent *agent_open(link_service *service, const agent_config *config, err *e);

/* No new reports; once those under way are answered or timed out, the agent stops the service.
 * With `now`, what is not answered yet counts as timed out at once. */
void agent_stop(agent *a, bool now);

void agent_telemetry(agent *a, link_service *service);

/* Once the loop has ended, while the service is still there: writes what is left of the reports'
 * file. */
void agent_end_reports(agent *a);

/* Complete once the loop has ended. */
const chain_tally *agent_tally(const agent *a);
void agent_print(const agent *a);
void agent_free(agent *a); /* after the loop has ended */

#endif
