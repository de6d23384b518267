/* reports.h: writes a line of the record for every report while the agent runs (record/part.h).
 *
 * The loop copies a struct into a block, and libuv's threads write the blocks one after the other,
 * so a slow disk does not slow the link. Up to REPORTS_BLOCKS_MAX blocks wait in memory. Reports
 * beyond that, or after a disk error, are dropped, counted and logged; the link continues. */
#ifndef UE_AGENT_REPORTS_H
#define UE_AGENT_REPORTS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "record/part.h"

enum { REPORTS_BLOCK = 1024, REPORTS_BLOCKS_MAX = 256 };

typedef struct reports reports;

/* Creates the file, replacing an old one. NULL on failure. Keeps a reference to the path. Records
 * the reports of a UE with a number that is a multiple of `every`. */
reports *reports_open(uv_loop_t *loop, const char *path, uint32_t every, err *e);

/* True if that report is to be recorded. False for NULL. */
bool reports_wants(const reports *r, uint32_t seq);

/* Copies a report; no allocation while the disk keeps up. */
void reports_add(reports *r, const record_report *report);

/* Adds an answered report, if it is to be recorded. NULL allowed. */
void reports_add_answered(reports *r, const chain_outcome *outcome);

/* Writes reports that have waited for a second. Call it regularly. NULL allowed. */
void reports_tick(reports *r, uint64_t now_ns);

/* After the loop has ended: writes the rest. Returns the number of reports missing from the file;
 * the log says why. NULL allowed. */
uint64_t reports_close(reports *r);

#endif
