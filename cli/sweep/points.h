/* points.h: the points that a sweep is asked for, and what was measured at each.
 *
 * Points of one curve, a model over a channel and an uplink, share an eval_case, so that
 * a sweep asks for nothing that `csilink eval` would understand in another way. */
#ifndef CLI_SWEEP_POINTS_H
#define CLI_SWEEP_POINTS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/eval/case.h"
#include "cli/plot/style.h"

typedef struct sweep_options {
    eval_options eval;                             /* what one channel's evaluation takes */
    const char *snr, *loss, *cr, *model, *channel; /* lists, with commas between */
    const char *out, *title;                       /* of the plots; NULL: each its own */
    figure_style style;
    const char *uses; /* the channel uses of what is compared, see best.h; NULL: any */
    double rate;      /* reports per second of all UEs */
    bool offline;
} sweep_options;

/* The channel uses of what is compared, both ends included. */
typedef struct sweep_budget {
    double low, high;
} sweep_budget;

enum { SWEEP_SETS_MAX = LIST_MAX * LIST_MAX };
enum { SWEEP_LATENCIES = 6, SWEEP_RECORD_MAX = 64 };

/* The columns of a latency: p50, p90, p99, p99.9, p99.99, the largest. */
extern const char *const sweep_latency_names[SWEEP_LATENCIES];

typedef struct sweep_point {
    eval_case *of;
    size_t snr; /* which of the case's SNRs */
    bool done;
    /* What was measured, once it is done. */
    double reports, measured; /* made; of these, decoded and measured */
    double snr_delivered_db, nmse_db, nmse_error_db, rho, sgcs;
    double bits, channel_uses;                    /* means of a report */
    double bler, undetected, nmse_all_db, se_all; /* chain/eval.h; NaN where they are not known */
    double lost, nmse_in_use_db, se_in_use;       /* the same; the last two NaN over the link */
    double latency_us[SWEEP_LATENCIES];           /* NaN offline */
    char *histogram;               /* of the latency, as hist_to_text has it; NULL offline */
    char record[SWEEP_RECORD_MAX]; /* the run's folder in FOLDER/runs; "" offline */
} sweep_point;

typedef struct sweep {
    const sweep_options *options;
    chain_eval_config snrs;
    size_t channels;
    eval_set *set[SWEEP_SETS_MAX]; /* one for each channel, loss by loss */
    list channel;
    size_t losses;
    double loss[LIST_MAX];
    size_t count;
    sweep_point *point; /* [count], curve by curve */
    size_t curves;
    eval_case **curve; /* [curves]; points i snrs .. (i + 1) snrs - 1 are curve i's */
    sweep_budget budget;
    limit limit; /* what is known of each channel without uplink noise */
    int store;   /* FOLDER/points.jsonl, locked */
} sweep;

/* Reports of one point; of all points that are not done. */
uint64_t sweep_point_reports(const eval_case *of);
double sweep_reports_left(const sweep *s);

/* Whether NMSE (of directions, which have none, SGCS), bits and channel uses are there. A point of
 * which no report was reconstructed has no NMSE and, over the link, which counts what is answered,
 * neither of the others. */
bool sweep_point_is_whole(const sweep_point *p);

double sweep_point_snr(const sweep *s, const sweep_point *p);
double sweep_point_loss(const sweep_point *p);

/* What a point is compared by, in dB: the NMSE of all reports with what the base station goes on
 * with. A mean of those that passed alone is no figure of what was sent, so without the first it is
 * NaN where some failed, and so it is for directions. */
double sweep_point_compared_db(const sweep_point *p);

/* Adds the points without uplink noise to what is known, once they are done. ERR_NOMEM. */
int sweep_limit_from_points(sweep *s, err *e);

/* The separation limit at a point's SNR and channel uses, in dB; NaN where it is not known. */
double sweep_point_limit_db(const sweep *s, const sweep_point *p);

#endif
