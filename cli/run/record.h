/* record.h: the files that a run writes about itself, beside its scenario and its summary:
 * versions.json, events.jsonl, reports.csv, plots (record/record.h).
 *
 * If one of them cannot be written, the link continues and the run fails at its end. */
#ifndef CLI_RUN_RECORD_H
#define CLI_RUN_RECORD_H

#include "measure/tally.h"
#include "paths.h"

typedef struct run_record run_record;

/* Which reports are in reports.csv. */
typedef struct run_recorded {
    bool wanted;
    uint64_t reports; /* lines */
    uint64_t every;   /* one line for this many reports of a UE */
    uint64_t missing; /* lines that should be there; the logs say why they are not */
} run_recorded;

/* N, where the agents record every Nth report of each UE. */
uint32_t run_record_every(const run_config *config);

/* Writes versions.json and the first event. NULL when memory ran out. */
run_record *run_record_open(const run_config *config, const run_paths *paths, err *e);
void run_record_free(run_record *r); /* NULL allowed */

/* The path of the file to which channel-sim appends its events; NULL if events are not kept. */
const char *run_record_events(const run_record *r);

/* Records that a process was started, killed by the scenario or has ended. `log` names its log. */
void run_record_process(run_record *r, const char *what, const char *log, int pid, int status);

/* Records the timeline's changes and the processes' warnings; call it often. `elapsed_s` counts
 * from when UEs were allowed to report; negative before. */
void run_record_tick(run_record *r, double elapsed_s);

/* Ends the record: writes reports.csv from the agents' parts and, given a tally, counts the missing
 * lines. `failure`: why the run failed, or NULL. ERR_IO if the record is incomplete. */
int run_record_end(run_record *r, const chain_tally *tally, const char *failure, err *e);

const run_recorded *run_record_reports(const run_record *r);

/* Draws the plots. Logs a warning if gnuplot is missing; ERR_IO if a plot cannot be written. */
int run_record_plot(run_record *r, err *e);

#endif
