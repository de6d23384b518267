/* collector.h: subscribes to the telemetry of a link and keeps its model. The order of starting
 * does not matter, and processes may come back: the sockets reconnect. A host's name stands for
 * every address that it has, each a process; one that takes the place of another that has gone is
 * counted as its restart. */
#ifndef MONITOR_COLLECTOR_H
#define MONITOR_COLLECTOR_H

#include <uv.h>

#include "monitor/model.h"
#include "service/service.h"

/* The newest |H| of a UE that somebody looks at: true and reconstructed, row-major, one byte each:
 * 255 is the largest true value, every step below 40/255 dB, 0 40 dB or more below. */
typedef struct collector_picture {
    uint32_t ue, seq, rows, columns;
    bool directions; /* telemetry.h: without NMSE, over subcarriers in place of delay taps */
    double nmse;     /* linear, of this report */
    double sgcs;
    float snr_estimated_db;
    bool known; /* false: nothing came yet */
    uint8_t truth[WIRE_SAMPLE_SIDE_MAX * WIRE_SAMPLE_SIDE_MAX];
    uint8_t reconstruction[WIRE_SAMPLE_SIDE_MAX * WIRE_SAMPLE_SIDE_MAX];
} collector_picture;

#define COLLECTOR_PICTURE_DB 40.0

/* Draws a sample that wire_telemetry_unpack accepted; `ue` of the picture stays. */
void collector_draw(collector_picture *picture, const wire_csi_sample *sample);

typedef struct collector collector;

/* Connects to `count` telemetry endpoints, or to what their names stand for. `ticked` is called
 * every MODEL_TICK_MS, after model_tick. NULL on failure (an endpoint that is none). */
collector *collector_open(link_service *service, const char *const *endpoints, size_t count,
                          void (*ticked)(void *user), void *user, err *e);
void collector_close(collector *c); /* its handles; then the loop runs to its end */
void collector_free(collector *c);

const model *collector_model(const collector *c);
uint64_t collector_messages(const collector *c);
uint64_t collector_malformed(const collector *c);

/* The UE's picture. Its agent sends samples only while somebody asks: each call asks for two
 * more seconds. WIRE_SAMPLES_MAX UEs are looked at at once; where more are asked for, they take
 * turns of two seconds, and the answer is NULL until it is this one's. */
const collector_picture *collector_watch(collector *c, uint32_t ue);

#endif
