/* run.h: the parts of `csilink run`: what was asked for, the processes, the view, the summary. */
#ifndef CLI_RUN_RUN_H
#define CLI_RUN_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "cell/cell.h"
#include "cell/scenario.h"
#include "cell/schedule.h"
#include "codec/onnx/pair.h"
#include "measure/tally.h"
#include "payload/codeword.h"

enum { RUN_AGENTS_MAX = 64, RUN_PATH_MAX = 512, RUN_PROCESSES_MAX = RUN_AGENTS_MAX + 2 };

/* A ue-agent process: UEs of one group, or of several that differ in their channels alone. */
typedef struct run_agent {
    uint32_t first, ues;
    const scenario_group *group; /* of its first UE */
} run_agent;

typedef struct run_config {
    uint64_t agents, seed, workers, references, nt, nc;
    double snr_db, dl_snr_db, loss, delay_s, jitter_s, timeout_s;
    double speed_kmh, carrier_hz, bandwidth_hz;
    double warm_up_s, use_after_s; /* the latter in the scenario's form */
    uint64_t age_every;
    const char *use_after; /* as it was given */
    const char *ues, *channel, *model, *estimation, *pilots, *transport, *runs, *period;
    const char *precision, *codeword;   /* NULL: as the programs, or the scenario, have it */
    chain_cell cell;                    /* the groups' channels */
    char channels[CHAIN_CELL_TEXT_MAX]; /* the cell's channel, or its groups, for people */
    chain_schedule schedule;            /* of the first group */
    const char *command;                /* as it was typed */
    const char *record;                 /* "none", "summary", "full" */
    uint64_t record_rows;               /* reports in reports.csv, at most about; 0: all */
    uint64_t agents_asked;              /* `agents` is how many there are then */
    uint64_t monitor_port;              /* where the run is shown as a page; 0: nowhere */
    bool json, no_genie;
    /* What is run, whether a file said so or the options alone. */
    scenario *scenario;
    const char *title;                /* the scenario's file, or NULL */
    char models[CHAIN_CELL_TEXT_MAX]; /* the groups' models, each once */
    chain_schedule schedules[CHAIN_GROUPS_MAX];
    char encoder_precision[CODEC_PRECISION_MAX]; /* of the encoders that the UEs run, or "mixed" */
    char codeword_format[CSI_CODEWORD_NAME_MAX]; /* of what the UEs send, or "mixed" */
    uint32_t report_cr[CHAIN_GROUPS_MAX];   /* of each group's model; 0 where it does not say */
    uint32_t report_bits[CHAIN_GROUPS_MAX]; /* of each group's model: codeword and alignment */
    run_agent agent[RUN_AGENTS_MAX];
} run_config;

/* From the options that were given (NaN, UINT64_MAX and NULL stand for those that were not), laid
 * over c->scenario: groups, agents, and what children would refuse, refused here. `file`: the
 * scenario came from one. -1, or the exit status after a complaint. */
struct option_command;
int run_plan(const struct option_command *command, run_config *c, const run_config *given,
             bool file);

/* Reports of all UEs together. */
double run_reports(const run_config *config);

/* The whole command, as csilink itself would call it: the exit status, and in `folder` where the
 * record is; "" where the run did not get so far. */
int run_again(int argc, char **argv, char folder[RUN_PATH_MAX]);

/* Where the processes of this run meet, and where its records go. */
typedef struct run_place {
    char folder[RUN_PATH_MAX];  /* runs/<UTC time> */
    char sockets[RUN_PATH_MAX]; /* folder of the ipc sockets; empty for tcp */
    char agents[RUN_PATH_MAX], base_station[RUN_PATH_MAX], control[RUN_PATH_MAX]; /* endpoints */
    char telemetry[RUN_PROCESSES_MAX][RUN_PATH_MAX]; /* base station, channel-sim, agents */
} run_place;

/* Makes the folders, chooses endpoints, writes link.json for `csilink ctl` and points runs/latest
 * here. */
int run_place_make(run_place *place, const run_config *config, err *e);

/* Removes what the run's folder holds, and the folder: nothing is to be kept. */
void run_place_forget(const run_place *place, const run_config *config);

/* Removes the sockets; the records stay. */
void run_place_clear(run_place *place);

/* The last line of a program's log in the run's folder, for error messages; "" without one. */
void run_last_log_line(const run_place *place, const char *program, char *line, size_t size);

struct run_record;
struct run_recorded;

/* Runs the processes to the end of the simulation. 0, or the reason why it could not be run. */
int run_processes(const run_config *config, const run_place *place, struct run_record *record,
                  err *e);

/* Adds up the agents' records. NULL on failure. */
chain_tally *run_collect(const run_config *config, const run_place *place, err *e);
char *run_summary_json(const run_config *config, const chain_tally *tally,
                       const struct run_recorded *recorded);
void run_summary_print(const run_config *config, const run_place *place, const chain_tally *tally);

#endif
