/* sweep.h: the parts of `csilink sweep`: the points that are asked for, how they are measured, over
 * the link or without it, what is kept of them, and the pictures.
 *
 * Points of one curve, a model over a channel in one codeword format, share an eval_case, so that
 * a sweep asks for nothing that `csilink eval` would understand in another way. */
#ifndef CLI_SWEEP_SWEEP_H
#define CLI_SWEEP_SWEEP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hist.h"
#include "cli/eval/eval.h"

typedef struct sweep_options {
    eval_options eval; /* what one channel's evaluation takes */
    const char *snr, *cr, *model, *channel, *out, *title;
    double rate; /* reports per second of all UEs */
    bool offline;
} sweep_options;

enum { SWEEP_LATENCIES = 6, SWEEP_RECORD_MAX = 64 };

/* The columns of a latency: p50, p90, p99, p99.9, p99.99, the largest. */
extern const char *const sweep_latency_names[SWEEP_LATENCIES];

typedef struct sweep_point {
    eval_case *of;
    size_t snr; /* which of the case's SNRs */
    bool done;
    /* What was measured, once it is done. */
    double reports, measured; /* made; of these, with an NMSE */
    double snr_delivered_db, nmse_db, nmse_error_db, rho, sgcs;
    double latency_us[SWEEP_LATENCIES]; /* NaN offline */
    char *histogram;                    /* of the latency, as hist_to_text has it; NULL offline */
    char record[SWEEP_RECORD_MAX];      /* the run's folder in FOLDER/runs; "" offline */
} sweep_point;

typedef struct sweep {
    const sweep_options *options;
    chain_eval_config snrs;
    size_t channels;
    eval_set *set[LIST_MAX]; /* one for each channel */
    list channel;
    size_t count;
    sweep_point *point; /* [count], curve by curve */
    size_t curves;
    eval_case **curve; /* [curves]; points i snrs .. (i + 1) snrs - 1 are curve i's */
    int store;         /* FOLDER/points.jsonl, locked */
} sweep;

/* Loads every model and opens every channel; a model that is not there fails here, with the names
 * of all that are missing. sweep_free also after a failure. */
int sweep_plan(sweep *s, const sweep_options *options, err *e);
void sweep_free(sweep *s);

/* Reports of one point; of all points that are not done. */
uint64_t sweep_point_reports(const eval_case *of);
double sweep_reports_left(const sweep *s);

double sweep_point_snr(const sweep *s, const sweep_point *p);

/* The folder, made if it is not there. One that holds a part of this sweep gives its points back;
 * of another sweep, ERR_STATE with what differs; one in use, ERR_STATE. */
int sweep_open_store(sweep *s, err *e);

/* Keeps a point that is done: on the disk when this returns. */
int sweep_keep(sweep *s, const sweep_point *p, err *e);

/* Measures what is not done and keeps each point at once. */
int sweep_offline(sweep *s, err *e);
int sweep_link(sweep *s, err *e);

/* Ctrl-C and SIGTERM: offline the process ends at once, with 130 and a word on what is kept; over
 * the link the run in hand is stopped first. */
void sweep_watch_signals(bool at_once, const char *folder);
bool sweep_stopped(void);

/* FOLDER/sweep.csv and sweep.json, whole or not at all. */
int sweep_write(const sweep *s, err *e);

/* FOLDER/nmse-snr, nmse-bits and, over the link, latency-cdf, each .svg and .png. Without gnuplot
 * a warning says so. */
void sweep_plot(const sweep *s);

#endif
