/* agent.h: runs many virtual UEs in one process: schedules their reports and accounts for them. */
#ifndef UE_AGENT_AGENT_H
#define UE_AGENT_AGENT_H

#include <stdbool.h>

#include "agent_config.h"
#include "base/error.h"
#include "measure/tally.h"
#include "service/service.h"

typedef struct agent agent;

agent *agent_open(link_service *service, const agent_config *config, err *e);

/* Starts no new reports. Once all reports in flight are answered or timed out, the agent stops the
 * service. With `now`, reports without an answer count as timed out at once. */
void agent_stop(agent *a, bool now);

void agent_telemetry(agent *a, link_service *service);

/* After the loop has ended and before the service is freed: writes the rest of the reports' file
 * and ends the account. */
void agent_end_reports(agent *a);

/* Complete once the loop has ended. */
const chain_tally *agent_tally(const agent *a);
void agent_print(const agent *a);
void agent_free(agent *a); /* after the loop has ended */

#endif
