/* sim.h: the proxy between UE agents and the base station: ROUTER towards the agents, DEALER
 * towards the base station. The only place where the uplink is degraded. */
#ifndef CHANNEL_SIM_SIM_H
#define CHANNEL_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "service/service.h"
#include "settings.h"

/* At most SIM_WINDOW reports are at the base station at a time: enough to keep its workers busy,
 * but so few that the next peer's report does not wait long behind them.
 *
 * ZeroMQ itself holds, for each peer, up to SIM_RECEIVE_QUEUE + 1 reports of report_max bytes and
 * RETURNS_QUEUE answers (returns.h). */
enum { SIM_WINDOW = 256, SIM_RECEIVE_QUEUE = 64 };

typedef struct sim_config {
    const char *listen;  /* for UE agents */
    const char *connect; /* the base station */
    const char *control; /* NULL: no control socket */
    uint64_t seed;
    impairments initial;
    const char *events; /* file to which live changes are appended (record/events.h), or NULL */
    const scenario *scenario; /* groups and timeline; must outlive the simulator; may be NULL */
    uint32_t ues;             /* of the cell, numbered from 0; 0: unknown, any number is accepted */
    size_t memory_max;        /* bytes: a quarter for waiting answers, the rest for reports */
    size_t report_max;        /* bytes of a message from an agent */
    size_t peers_max;         /* connections of agents */
    bool oldest_goes;         /* if a peer's share is full, refuse its oldest report, not the new
                                 one */
} sim_config;

typedef struct sim sim;

sim *sim_open(link_service *service, const sim_config *config, err *e);

/* Forwards what waits, closes the sockets and stops the service. */
void sim_stop(sim *s);

/* Adds the simulator's figures to the service's telemetry. */
void sim_telemetry(sim *s, link_service *service);

/* Logs one line for the operator: reports received and their destinations. */
void sim_print(const sim *s);

/* After the loop has ended. */
void sim_free(sim *s);

#endif
