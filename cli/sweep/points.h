/* points.h: the points of a sweep and their figures.
 *
 * The points of one curve, a model over a channel and an uplink, share an eval_case, so a sweep
 * means by its settings exactly what `csilink eval` does. */
#ifndef CLI_SWEEP_POINTS_H
#define CLI_SWEEP_POINTS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/eval/case.h"
#include "cli/plot/style.h"

typedef struct sweep_options {
    eval_options eval;                             /* settings of one channel's evaluation */
    const char *snr, *loss, *cr, *model, *channel; /* lists, separated by commas */
    const char *out, *title;                       /* of the plots; NULL: a default for each */
    figure_style style;
    const char *uses; /* limit on channel uses, see best.h; NULL: none */
    double rate;      /* reports per second of all UEs */
    bool offline;
} sweep_options;

/* The range of channel uses to compare, ends included. */
typedef struct sweep_budget {
    double low, high;
} sweep_budget;

enum { SWEEP_SETS_MAX = LIST_MAX * LIST_MAX };
enum { SWEEP_LATENCIES = 6, SWEEP_RECORD_MAX = 64 };

/* The columns of a latency: p50, p90, p99, p99.9, p99.99, the largest. */
extern const char *const sweep_latency_names[SWEEP_LATENCIES];

typedef struct sweep_point {
    eval_case *of;
    size_t snr; /* index of the case's SNR */
    bool done;
    /* The figures, once it is done. */
    double reports, measured; /* reports made; reports decoded and measured */
    double snr_delivered_db, nmse_db, nmse_error_db, rho, sgcs;
    double bits, channel_uses;                    /* means per report */
    double bler, undetected, nmse_all_db, se_all; /* chain/eval.h; NaN: unknown */
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
    limit limit; /* known points of each channel without uplink noise */
    int store;   /* FOLDER/points.jsonl, locked */
} sweep;

/* The reports of one point, and of all points that are not done. */
uint64_t sweep_point_reports(const eval_case *of);
double sweep_reports_left(const sweep *s);

/* True if the point has an NMSE (for directions: SGCS), bits and channel uses. A point without a
 * reconstructed report has no NMSE and, over the link, which counts only answered reports, none of
 * the others. */
bool sweep_point_is_whole(const sweep_point *p);

double sweep_point_snr(const sweep *s, const sweep_point *p);
double sweep_point_loss(const sweep_point *p);

/* The figure by which points are compared, in dB: the NMSE over all reports with the CSI that the
 * base station uses. A mean over only the reports that passed would favour points that fail often,
 * so without the first figure this is NaN if some failed, and always for directions. */
double sweep_point_compared_db(const sweep_point *p);

/* Adds the finished points without uplink noise to the limit. ERR_NOMEM. */
int sweep_limit_from_points(sweep *s, err *e);

/* The separation limit at a point's SNR and channel uses, in dB; NaN if unknown. */
double sweep_point_limit_db(const sweep *s, const sweep_point *p);

#endif
