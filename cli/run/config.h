/* config.h: a run's configuration: its scenario, and the processes, folders and records that a
 * scenario does not describe. */
#ifndef CLI_RUN_CONFIG_H
#define CLI_RUN_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "cell/scenario.h"
#include "cell/schedule.h"
#include "cli/plot/style.h"
#include "codec/codec.h"
#include "payload/codeword.h"
#include "service/access.h"
#include "uplink/uplink.h"

enum { RUN_AGENTS_MAX = 64, RUN_PATH_MAX = 512, RUN_PROCESSES_MAX = RUN_AGENTS_MAX + 2 };

/* What a scenario does not hold. */
typedef struct run_options {
    uint64_t agents; /* --agents, for each set of groups that can share agents */
    uint64_t workers;
    uint64_t record_rows;         /* in reports.csv, approximately at most; 0: all reports */
    uint64_t monitor_port;        /* of the page that shows the run; 0: no page */
    const char *ues;              /* NULL: the scenario's, or the default */
    const char *transport, *runs; /* "ipc", "tcp"; the folder of records */
    const char *record;           /* "none", "summary", "full" */
    const char *plot_title;       /* of plots, or "none"; NULL: the scenario's name */
    figure_style plot;
    bool json;
    access_options access; /* over tcp; with neither keys nor insecure the run makes its own keys */
} run_options;

/* A ue-agent process and the UEs that it hosts. */
typedef struct run_agent {
    uint32_t first, ues;
} run_agent;

/* What the configuration gives for one group of the cell. */
typedef struct run_group {
    chain_schedule schedule;
    uint32_t cr;                  /* of its codec; 0 for a codec that sends bits */
    uint32_t bits;                /* of a report that uses all of its codec's payload */
    uint32_t words;               /* UCI words of a report; 0: nothing is coded */
    const char *unfair;           /* why its figures are not comparable; NULL if they are */
    uint64_t identity;            /* of its codec (codec/codec.h) */
    char codec[CODEC_SPEC_MAX];   /* as codec_load takes it: "onnx:csilink-net-cr8-indoor" */
    char uplink[UPLINK_SPEC_MAX]; /* as uplink_open takes it: "analog:r4,references=8" */
} run_group;

typedef struct run_config {
    run_options options;
    scenario *plan;      /* complete: running it again repeats the run */
    const cell *cell;    /* the plan's */
    const char *command; /* as it was typed */
    const char *title;   /* the scenario's file, or NULL */
    size_t agents;       /* how many there are */
    size_t report_bytes; /* of the largest report, where it is larger than the programs' default */
    run_agent agent[RUN_AGENTS_MAX];
    run_group group[CELL_GROUPS_MAX];
    char channels[CELL_TEXT_MAX]; /* the cell's channel, or its groups, for display */
    char models[CELL_TEXT_MAX];   /* the groups' models, each once, "a,b" */
    char codecs[CELL_TEXT_MAX];   /* their codecs, each once, "a;b" */
    char uplinks[CELL_TEXT_MAX];  /* their uplinks, each once, "a;b" */
    char encoder_precision[CODEC_PRECISION_MAX]; /* of the encoders that the UEs run, or "mixed" */
    char codeword_format[CSI_CODEWORD_NAME_MAX]; /* "" under --uplink; or "mixed" */
} run_config;

/* Reports of all UEs together. */
double run_reports(const run_config *config);

#endif
