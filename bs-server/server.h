/* server.h: the base station receives reports, estimates each UE's SNR, has the reports decoded and
 * answers them. It knows only what it receives, not the true channel. */
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
    size_t memory_max;    /* bytes of reports between arrival and answer */
    size_t ue_memory_max; /* bytes kept for UEs (ues.h) */
    size_t peers_max;     /* connections of channel-sims */
    size_t report_max;    /* bytes; at least channel-sim's, since one larger message would end
                             the connection and with it all reports */
    chain_on_failure on_failure;
    follow_options follow;
    bool oldest_goes; /* if a peer's share is full, refuse its oldest report, not the new one */
} server_config;

/* ZeroMQ itself holds, for each channel-sim, up to SERVER_RECEIVE_QUEUE + 1 reports of report_max
 * bytes plus what channel-sim adds to a report, and up to LINK_QUEUE answers. A channel-sim that
 * keeps to its window (channel-sim/sim.h) never has more answers waiting than that window. */
enum { SERVER_RECEIVE_QUEUE = 64 };

typedef struct server server;

server *server_open(link_service *service, const server_config *config, err *e);

/* Decodes and answers the reports received so far, closes, and stops the service. */
void server_stop(server *s);

void server_telemetry(server *s, link_service *service);
void server_print(const server *s);
void server_free(server *s); /* after the loop has ended */

#endif
