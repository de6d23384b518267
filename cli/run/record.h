/* record.h: what a run writes down about itself while it runs and when it has ended, beside its
 * scenario and its summary: versions.json, events.jsonl, reports.csv, plots (record/record.h).
 *
 * If a record cannot be written, the link goes on, and the run fails at its end. */
#ifndef CLI_RUN_RECORD_H
#define CLI_RUN_RECORD_H

#include "measure/tally.h"
#include "place.h"

typedef struct run_record run_record;

/* What of the reports is in reports.csv. */
typedef struct run_recorded {
    bool wanted;
    uint64_t reports; /* lines */
    uint64_t every;   /* of each UE's reports, every how manyth */
    uint64_t missing; /* that should be there; why is in the logs */
} run_recorded;

/* Of each UE's reports, every how manyth the agents are to record. */
uint32_t run_record_every(const run_config *config);

/* Writes versions.json and the first event. NULL when memory ran out. */
run_record *run_record_open(const run_config *config, const run_place *place, err *e);
void run_record_free(run_record *r); /* NULL allowed */

/* The path that channel-sim appends its events to; NULL where none are kept. */
const char *run_record_events(const run_record *r);

/* A process was started, killed (by the scenario) or has ended: `log` names its log file. */
void run_record_process(run_record *r, const char *what, const char *log, int pid, int status);

/* To be called often: `elapsed_s` since UEs may report, negative before. Tells the timeline's
 * changes and the processes' warnings. */
void run_record_tick(run_record *r, double elapsed_s);

/* The run has ended; `failure`: why it could not be run, or NULL. Makes reports.csv of the agents'
 * parts; with a tally, counts what is missing. ERR_IO where the record is not whole. */
int run_record_end(run_record *r, const chain_tally *tally, const char *failure, err *e);

const run_recorded *run_record_told(const run_record *r);

/* Draws the plots. Without gnuplot there is a warning; ERR_IO where they cannot be written. */
int run_record_plot(run_record *r, err *e);

#endif
