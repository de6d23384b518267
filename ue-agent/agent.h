/* agent.h: many virtual UEs in one process: when each reports, what becomes of its reports. */
#ifndef UE_AGENT_AGENT_H
#define UE_AGENT_AGENT_H

#include <stdbool.h>

#include "agent_config.h"
#include "base/error.h"
#include "measure/tally.h"
#include "service/service.h"

typedef struct agent agent;

agent *agent_open(link_service *service, const agent_config *config, err *e);

/* No new reports; once those under way are answered or timed out, the agent stops the service.
 * With `now`, what is not answered yet counts as timed out at once. */
void agent_stop(agent *a, bool now);

void agent_telemetry(agent *a, link_service *service);

/* Once the loop has ended, while the service is still there: writes what is left of the reports'
 * file, and no more account aside. */
void agent_end_reports(agent *a);

/* Complete once the loop has ended. */
const chain_tally *agent_tally(const agent *a);
void agent_print(const agent *a);
void agent_free(agent *a); /* after the loop has ended */

#endif
