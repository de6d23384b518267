/* figures.h: what the summary's two forms, JSON and text, compute from a run's tally. */
#ifndef CLI_RUN_FIGURES_H
#define CLI_RUN_FIGURES_H

#include "config.h"
#include "measure/tally.h"

/* Means over a set of reports, at one of the two times at which a reconstruction is held against
 * the channel (measure/quality.h). NaN without reports; NMSE and rho are means over those that
 * have them, and NaN where all are directions. */
typedef struct run_quality {
    double nmse_db, rho, sgcs;
    double se; /* bit/s/Hz with the precoder from the fed-back CSI */
} run_quality;

/* Of all measured reports, at estimation; of those whose age was measured, at estimation and at
 * use. Where all have an age, and it is 0, the three are the same. */
run_quality run_quality_all(const chain_tally *tally);
run_quality run_quality_young(const chain_tally *tally);
run_quality run_quality_used(const chain_tally *tally);

/* At estimation, of the CSI that the base station goes on with after each measured report, decoded
 * or not; the same as of all measured ones where all were decoded. */
run_quality run_quality_with_failed(const chain_tally *tally);

/* Whether there is anything to say of failed checks: some failed, or digests were compared. */
bool run_has_check(const chain_tally *tally);

/* Means of the acknowledged reports; NaN without any. */
double run_bits_per_report(const chain_tally *tally);
double run_channel_uses(const chain_tally *tally);
double run_snr_estimated_db(const chain_tally *tally);

/* One of the two kinds of report of codecs with memory: how many were sent, how many of these
 * acknowledged, and the means of the latter; NaN without any. */
typedef struct run_kind {
    const char *name; /* "keys", "innovations" */
    uint64_t sent, acked;
    double bits, channel_uses;
} run_kind;

/* Whether a codec has a memory, as far as reports were sent; and the two kinds. */
bool run_has_memory(const chain_tally *tally);
enum { RUN_KINDS = 2 };
void run_kinds(const chain_tally *tally, run_kind kinds[RUN_KINDS]);

/* The curve over SNR of UEs `first` and up, so many of them, which are whole groups: points in
 * ascending order, "no noise" last. Where the tally has up to RUN_SNR_EXACT different SNRs these
 * are points of their own; of more, which a ramp makes, those within half a dB of a whole number of
 * dB are one point. Returns how many points there are. */
enum { RUN_SNR_EXACT = 32, RUN_SNR_TEXT = 48 };
size_t run_snr_curve(const chain_tally *tally, uint32_t first, uint32_t ues,
                     chain_snr_point curve[CHAIN_SNR_POINTS]);

/* "10 dB", "-5 to 40 dB", "inf": the SNRs that reports met; `asked_db`, the configured one, where
 * none was measured. Returns `text`. */
const char *run_snr_range(const chain_tally *tally, double asked_db, char text[RUN_SNR_TEXT]);

/* Do the UEs estimate their channel from noisy pilots? */
bool run_estimates(const cell *cell);

/* NMSE of the UEs' own estimates; -inf where they know their channel. */
double run_ls_nmse_db(bool estimates, const chain_tally *tally);

double run_reports_per_s(const chain_tally *tally);

/* Of the messages of reports, in the link's own form: not what the air carries. Of each of so many
 * UEs. */
double run_uplink_kbit_s(double ues, const chain_tally *tally);

/* The figures of one group of UEs, from those of its UEs. */
typedef struct run_group_figures {
    chain_counts counts;
    uint64_t measured;
    double nmse_db, nmse_used_db;         /* NaN without any, as of directions */
    double sgcs, se;                      /* NaN without any */
    double bits_per_report, channel_uses; /* means of acknowledged reports; NaN without any */
} run_group_figures;

run_group_figures run_figures_of(uint32_t first_ue, uint32_t ues, const chain_tally *tally);

/* The percentiles of a latency, as both forms have them. */
enum { RUN_PERCENTILES = 6 };
typedef struct run_percentile {
    const char *name; /* "p50" */
    double q;
} run_percentile;
extern const run_percentile run_percentiles[RUN_PERCENTILES];

#endif
