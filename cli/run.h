/* run.h: the parts of `csilink run`: what was asked for, the processes, the view, the summary. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "chain/cell.h"
#include "chain/schedule.h"
#include "chain/tally.h"
#include "codec/codec.h"
#include "link/message.h"

enum { RUN_AGENTS_MAX = 64, RUN_PATH_MAX = 512, RUN_PROCESSES_MAX = RUN_AGENTS_MAX + 2 };

typedef struct run_config {
    uint64_t agents, seed, workers, references, nt, nc;
    double snr_db, dl_snr_db, loss, delay_s, jitter_s, timeout_s;
    double speed_kmh, carrier_hz, bandwidth_hz;
    const char *ues, *channel, *model, *precision, *estimation, *pilots, *transport, *runs, *period;
    chain_cell cell;                    /* what `ues` and `channel` say */
    char channels[CHAIN_CELL_TEXT_MAX]; /* the cell's channel, or its groups, for people */
    chain_schedule schedule;
    char encoder_precision[CODEC_PRECISION_MAX]; /* of the encoder that the UEs run */
    uint32_t report_bits;                        /* of the model: codeword and alignment */
    uint64_t monitor_port;                       /* 0: no monitor */
    bool json, no_genie;
} run_config;

/* Reports of all UEs together. */
double run_reports(const run_config *config);

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

/* Removes the sockets; the records stay. */
void run_place_clear(run_place *place);

/* The last line of a program's log in the run's folder, for error messages; "" without one. */
void run_last_log_line(const run_place *place, const char *program, char *line, size_t size);

/* Runs the processes to the end of the simulation. 0, or the reason why it could not be run. */
int run_processes(const run_config *config, const run_place *place, err *e);

/* Adds up the agents' records. NULL on failure. */
chain_tally *run_collect(const run_config *config, const run_place *place, err *e);
char *run_summary_json(const run_config *config, const chain_tally *tally);
void run_summary_print(const run_config *config, const run_place *place, const chain_tally *tally);

#endif
