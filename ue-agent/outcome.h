/* outcome.h: what a report came to, from what the agent kept of it and what its answer brings. */
#ifndef UE_AGENT_OUTCOME_H
#define UE_AGENT_OUTCOME_H

#include <stdint.h>

#include "agent_config.h"
#include "measure/latency.h"
#include "measure/outcome.h"
#include "pending.h"
#include "wire/answer.h"

/* Of a report that the base station acknowledged or did not decode; not measured yet. start_ns:
 * when the schedule began. `clocks` learn from the stamps how far the other processes' are off. */
chain_outcome outcome_of(const agent_config *config, uint64_t start_ns, chain_clocks *clocks,
                         const pending *p, const wire_answer *answer, uint64_t now_ns);

/* How long after it was due the report's channel is used, where it is one of those that are
 * measured then, too (agent_config.age_every); else NaN. */
double outcome_age(const agent_config *config, const pending *p, const chain_outcome *o);

#endif
