/* publish.h: publishes an agent's tally as telemetry while it runs, and logs it at the end. */
#ifndef UE_AGENT_PUBLISH_H
#define UE_AGENT_PUBLISH_H

#include <stddef.h>

#include "agent_config.h"
#include "ledger.h"
#include "measure/tally.h"
#include "service/service.h"

/* Adds the figures of all UEs together to the next message. */
void publish_figures(const chain_tally *tally, const agent_config *config, link_service *service);

/* Adds some UEs to each message, in rotation, so that a message's size does not grow with the
 * agent. *next is the index of the first; the function advances it. */
void publish_ues(const ledger *l, size_t *next, link_telemetry_form *form);

/* Adds the UEs' encoder: the model, its arithmetic, and the label of the uplink, which must outlive
 * the form. */
void publish_encoder(const agent_config *config, const char *over, link_telemetry_form *form);

/* Logs the tally for the operator. */
void publish_summary(const chain_tally *tally);

#endif
