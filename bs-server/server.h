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
} server_config;

typedef struct server server;

server *server_open(link_service *service, const server_config *config, err *e);

/* Decodes and answers what is in, closes, stops the service. */
void server_stop(server *s);

void server_telemetry(server *s, link_service *service);
void server_print(const server *s);
void server_free(server *s); /* after the loop has ended */

#endif
