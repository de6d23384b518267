/* collector.h: subscribes to the telemetry of a link and keeps its model. Processes can start in
 * any order and restart: the sockets reconnect. A host name stands for all its addresses, one
 * process each; a new address that replaces a lost one counts as a restart. */
#ifndef MONITOR_COLLECTOR_H
#define MONITOR_COLLECTOR_H

#include <uv.h>

#include "monitor/model.h"
#include "service/service.h"

/* The newest |H| of a watched UE, true and reconstructed, row-major, in one byte each: 255 is the
 * largest true value, each step down is 40/255 dB, and 0 is 40 dB or more below. */
typedef struct collector_picture {
    uint32_t ue, seq, rows, columns;
    bool directions; /* telemetry.h: without NMSE, over subcarriers in place of delay taps */
    double nmse;     /* linear, of this report */
    double sgcs;
    float snr_estimated_db;
    bool known; /* false: no sample yet */
    uint8_t truth[WIRE_SAMPLE_SIDE_MAX * WIRE_SAMPLE_SIDE_MAX];
    uint8_t reconstruction[WIRE_SAMPLE_SIDE_MAX * WIRE_SAMPLE_SIDE_MAX];
} collector_picture;

#define COLLECTOR_PICTURE_DB 40.0

/* Draws a sample that wire_telemetry_unpack accepted; does not change `ue` of the picture. */
void collector_draw(collector_picture *picture, const wire_csi_sample *sample);

typedef struct collector collector;

/* Connects to `count` telemetry endpoints, resolving their names. Calls `ticked` every
 * MODEL_TICK_MS, after model_tick. NULL on failure (an invalid endpoint). */
collector *collector_open(link_service *service, const char *const *endpoints, size_t count,
                          void (*ticked)(void *user), void *user, err *e);
void collector_close(collector *c); /* its handles; then the loop runs to its end */
void collector_free(collector *c);

const model *collector_model(const collector *c);
uint64_t collector_messages(const collector *c);
uint64_t collector_malformed(const collector *c);

/* The UE's picture. Its agent sends samples only on request; each call requests two more seconds.
 * The collector watches up to WIRE_SAMPLES_MAX UEs at once. If more are requested, each is watched
 * for two seconds in rotation, and the result is NULL while this UE waits. */
const collector_picture *collector_watch(collector *c, uint32_t ue);

#endif
