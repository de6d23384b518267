/* server.h: the base station: takes reports, estimates each UE's SNR, has them decoded, answers. */
#ifndef BS_SERVER_SERVER_H
#define BS_SERVER_SERVER_H

#include "base/error.h"
#include "codec/onnx/pair.h"
#include "csi/dims.h"
#include "service/service.h"

typedef struct server_config {
    const char *listen; /* for channel-sim */
    csi_dims dims;
    onnx_part *const *decoders; /* must outlive the server */
    size_t decoder_count;
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
