/* figures.h: the figures of a run's tally that both forms of the summary, JSON and text, show. */
#ifndef CLI_RUN_FIGURES_H
#define CLI_RUN_FIGURES_H

#include "config.h"
#include "measure/tally.h"

/* Means over a set of reports, at one of the two times at which a reconstruction is compared with
 * the channel (measure/quality.h). NaN without reports. NMSE and rho are means over the reports
 * that have them, and NaN if all are directions. */
typedef struct run_quality {
    double nmse_db, rho, sgcs;
    double se; /* bit/s/Hz with the precoder from the fed-back CSI */
} run_quality;

/* `all`: all measured reports, at estimation. `young` and `used`: the reports whose age was
 * measured, at estimation and at use. If every report has an age of 0, the three are equal. */
run_quality run_quality_all(const chain_tally *tally);
run_quality run_quality_young(const chain_tally *tally);
run_quality run_quality_used(const chain_tally *tally);

/* At estimation, of the CSI that the base station uses after each measured report, decoded or not.
 * Equal to run_quality_all if all were decoded. */
run_quality run_quality_with_failed(const chain_tally *tally);

/* True if the run has figures of checks: some failed, or digests were compared. */
bool run_has_check(const chain_tally *tally);

/* Means of the acknowledged reports; NaN without any. */
double run_bits_per_report(const chain_tally *tally);
double run_channel_uses(const chain_tally *tally);
double run_snr_estimated_db(const chain_tally *tally);

/* One of the two kinds of report that a codec with memory sends. The means are over the
 * acknowledged ones; NaN without any. */
typedef struct run_kind {
    const char *name; /* "keys", "innovations" */
    uint64_t sent, acked;
    double bits, channel_uses;
} run_kind;

/* True if a codec with memory sent a report. */
bool run_has_memory(const chain_tally *tally);
enum { RUN_KINDS = 2 };
void run_kinds(const chain_tally *tally, run_kind kinds[RUN_KINDS]);

/* The curve over SNR of `ues` UEs from `first` on, which are whole groups: points in ascending
 * order, "no noise" last. Up to RUN_SNR_EXACT different SNRs are one point each. A ramp gives more;
 * then all SNRs that round to the same whole number of dB are one point. Returns the number of
 * points. */
enum { RUN_SNR_EXACT = 32, RUN_SNR_TEXT = 48 };
size_t run_snr_curve(const chain_tally *tally, uint32_t first, uint32_t ues,
                     chain_snr_point curve[CHAIN_SNR_POINTS]);

/* "10 dB", "-5 to 40 dB", "inf": the SNRs of the measured reports, or `asked_db`, the configured
 * one, if none was measured. Returns `text`. */
const char *run_snr_range(const chain_tally *tally, double asked_db, char text[RUN_SNR_TEXT]);

/* True if UEs estimate their channel from noisy pilots. */
bool run_estimates(const cell *cell);

/* NMSE of the UEs' own estimates; -inf if they know their channel. */
double run_ls_nmse_db(bool estimates, const chain_tally *tally);

double run_reports_per_s(const chain_tally *tally);

/* Rate of the messages that carry reports between processes, per UE: not what the air carries. */
double run_uplink_kbit_s(double ues, const chain_tally *tally);

/* The figures of one group, added up over its UEs. */
typedef struct run_group_figures {
    chain_counts counts;
    uint64_t measured;
    double nmse_db, nmse_used_db;         /* NaN without any, as for directions */
    double sgcs, se;                      /* NaN without any */
    double bits_per_report, channel_uses; /* means of acknowledged reports; NaN without any */
} run_group_figures;

run_group_figures run_figures_of(uint32_t first_ue, uint32_t ues, const chain_tally *tally);

/* The percentiles of a latency that both forms show. */
enum { RUN_PERCENTILES = 6 };
typedef struct run_percentile {
    const char *name; /* "p50" */
    double q;
} run_percentile;
extern const run_percentile run_percentiles[RUN_PERCENTILES];

#endif
