/* outcome.h: the outcome of a report, from the agent's entry and the answer. */
#ifndef UE_AGENT_OUTCOME_H
#define UE_AGENT_OUTCOME_H

#include <stdint.h>

#include "agent_config.h"
#include "measure/latency.h"
#include "measure/outcome.h"
#include "pending.h"
#include "wire/answer.h"

/* The outcome, not measured yet, of a report that the base station acknowledged or did not decode.
 * start_ns: the start of the schedule. Updates `clocks`, the offsets of the other processes'
 * clocks, from the stamps. */
chain_outcome outcome_of(const agent_config *config, uint64_t start_ns, chain_clocks *clocks,
                         const pending *p, const wire_answer *answer, uint64_t now_ns);

/* The time between due report and use of its CSI, if the report is measured at its use, too
 * (agent_config.age_every); else NaN. */
double outcome_age(const agent_config *config, const pending *p, const chain_outcome *o);

#endif
