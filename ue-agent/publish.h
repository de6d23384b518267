/* tell.h: what an agent tells of its tally, while it runs and at its end. */
#ifndef UE_AGENT_TELL_H
#define UE_AGENT_TELL_H

#include <stddef.h>

#include "agent_config.h"
#include "ledger.h"
#include "measure/tally.h"
#include "service/service.h"

/* The figures of all UEs together, into the message that is being filled. */
void tell_figures(const chain_tally *tally, const agent_config *config, link_service *service);

/* Some UEs in each message, in turn, so that a message's size does not grow with the agent: *next
 * is the index of the first, and goes on. */
void tell_ues(const ledger *l, size_t *next, link_telemetry_form *form);

/* What the UEs encode with: the model, its arithmetic, and the uplink by its label, which must
 * outlive the form. */
void tell_encoder(const agent_config *config, const char *over, link_telemetry_form *form);

/* Lines for the operator. */
void tell_end(const chain_tally *tally);

#endif
