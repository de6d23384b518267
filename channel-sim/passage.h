/* passage.h: a report on its way through channel-sim. */
#ifndef CHANNEL_SIM_PASSAGE_H
#define CHANNEL_SIM_PASSAGE_H

#include <stdint.h>
#include <zmq.h>

#include "link/peers.h"
#include "wire/report.h"

/* The agent's identity frame and the report, both owned. The report waits as it was read, not
 * packed: it is packed once, when its last stamp is known. */
typedef struct passage {
    link_item item; /* first: what its peer holds of the memory budget */
    zmq_msg_t identity;
    wire_report report;
    uint64_t release_ns; /* clock_ns() */
    bool delayed;        /* waits for that time */
    bool dropped;        /* only its place in the queue of delayed ones is left */
} passage;

/* Moves the identity frame in and takes the report over. NULL when memory ran out: nothing was
 * taken. */
passage *passage_create(zmq_msg_t *identity, wire_report *report);
void passage_free(passage *p); /* NULL allowed */

/* Releases what it holds, but not itself. */
void passage_empty(passage *p);

/* What a report of that size takes while it waits: the report itself, what protobuf adds to it, and
 * this struct. */
size_t passage_bytes(const wire_report *report);

#endif
