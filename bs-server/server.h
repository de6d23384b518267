/* server.h: the base station: takes reports, estimates each UE's SNR, has them decoded, answers. It
 * knows what it receives and nothing of the truth. */
#ifndef BS_SERVER_SERVER_H
#define BS_SERVER_SERVER_H

#include "base/error.h"
#include "pool.h"
#include "service/service.h"

typedef struct server_config {
    const char *listen;     /* for channel-sim */
    const pool_link *links; /* [link_count], no two alike; must outlive the server */
    size_t link_count;
    size_t workers;
    size_t memory_max;    /* bytes of reports from their arrival to their answer */
    size_t ue_memory_max; /* bytes of what is kept of UEs (ues.h) */
    size_t peers_max;     /* connections of channel-sims */
    size_t report_max;    /* bytes; at least channel-sim's: one larger message would cut it off, and
                             with it the reports of everybody */
    chain_on_failure on_failure;
    follow_options follow;
    bool oldest_goes; /* where a peer's share is full; else the new report is refused */
} server_config;

/* What ZeroMQ itself holds: of each channel-sim up to SERVER_RECEIVE_QUEUE + 1 reports of
 * report_max bytes and what channel-sim adds to one, and of answers up to LINK_QUEUE, of which a
 * channel-sim that keeps to its window (channel-sim/sim.h) never has more than that waiting. */
enum { SERVER_RECEIVE_QUEUE = 64 };

typedef struct server server;

server *server_open(link_service *service, const server_config *config, err *e);

/* Decodes and answers what is in, closes, stops the service. */
void server_stop(server *s);

void server_telemetry(server *s, link_service *service);
void server_print(const server *s);
void server_free(server *s); /* after the loop has ended */

#endif
