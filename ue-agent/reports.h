/* reports.h: a line for the record of every report, written while the agent runs (record/part.h).
 *
 * The loop copies a struct into a block; blocks are written one after the other by libuv's threads,
 * so a slow disk costs the link nothing. What the disk does not take in time waits in memory, up to
 * REPORTS_BLOCKS_MAX blocks. What is beyond that, or comes after the disk has failed, is counted
 * and said: the link goes on. */
#ifndef UE_AGENT_REPORTS_H
#define UE_AGENT_REPORTS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "record/part.h"

enum { REPORTS_BLOCK = 1024, REPORTS_BLOCKS_MAX = 256 };

typedef struct reports reports;

/* Makes the file anew. NULL on failure. The path is kept by reference. `every`: a UE's reports are
 * recorded whose number is a multiple of it. */
reports *reports_open(uv_loop_t *loop, const char *path, uint32_t every, err *e);

/* Is this one of those that are recorded? False for NULL. */
bool reports_wants(const reports *r, uint32_t seq);

/* Copies a report; no allocation while the disk keeps up. */
void reports_add(reports *r, const record_report *report);

/* Adds one that was answered, if it is one of those. NULL allowed. */
void reports_add_answered(reports *r, const chain_outcome *outcome);

/* To be called now and then: what has been waiting for a second goes to the disk. NULL allowed. */
void reports_tick(reports *r, uint64_t now_ns);

/* After the loop has ended: writes the rest. The reports that are not in the file; an agent that
 * lost some has said why. NULL allowed. */
uint64_t reports_close(reports *r);

#endif
