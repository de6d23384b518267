/* passage.h: a report on its way through channel-sim. */
#ifndef CHANNEL_SIM_PASSAGE_H
#define CHANNEL_SIM_PASSAGE_H

#include <stdint.h>
#include <zmq.h>

#include "link/peers.h"
#include "wire/report.h"

/* The agent's identity frame and the report, both owned. The report stays unpacked while it waits
 * and is packed once, when its last stamp is known. */
typedef struct passage {
    link_item item; /* must be first: its peer's share of the memory budget */
    zmq_msg_t identity;
    wire_report report;
    uint64_t release_ns; /* clock_ns() */
    bool delayed;        /* waits for release_ns */
    bool dropped;        /* only its slot in the delay queue is left */
} passage;

/* Takes over the identity frame and the report. NULL when memory runs out; then it takes nothing.
 */
passage *passage_create(zmq_msg_t *identity, wire_report *report);
void passage_free(passage *p); /* NULL allowed */

/* Frees its contents, but not the passage. */
void passage_empty(passage *p);

/* The memory of a waiting report of that size: the report, protobuf's overhead and this struct. */
size_t passage_bytes(const wire_report *report);

#endif
