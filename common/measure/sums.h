/* sums.h: the figures of merit of many reports, added up. One accumulator for a UE agent's tally
 * (measure/tally.h) and for an evaluation (chain/eval.h): their means are the same arithmetic in
 * the same order.
 *
 * All sums are linear; means are taken over them and turned into decibels last. */
#ifndef MEASURE_SUMS_H
#define MEASURE_SUMS_H

#include <stdint.h>

#include "measure/outcome.h"

/* The sums, for those that treat all of them alike (adding, printing, reading). The counts
 * are not among them. */
#define CHAIN_SUMS_FIELDS(X)                                                                       \
    X(nmse)                                                                                        \
    X(nmse_squares)                                                                                \
    X(noise_power)                                                                                 \
    X(bits)                                                                                        \
    X(channel_uses)                                                                                \
    X(rho)                                                                                         \
    X(sgcs)                                                                                        \
    X(se_feedback)                                                                                 \
    X(se_perfect)                                                                                  \
    X(se_ls)                                                                                       \
    X(ls_nmse)                                                                                     \
    X(snr_estimated_db)                                                                            \
    X(age_s)                                                                                       \
    X(nmse_young)                                                                                  \
    X(rho_young)                                                                                   \
    X(sgcs_young)                                                                                  \
    X(se_young)                                                                                    \
    X(nmse_used)                                                                                   \
    X(rho_used)                                                                                    \
    X(sgcs_used)                                                                                   \
    X(se_used)

/* The same of the sums that came later: what was written before has none. */
#define CHAIN_SUMS_LATER_FIELDS(X)                                                                 \
    X(noise_estimated)                                                                             \
    X(nmse_all)                                                                                    \
    X(rho_all)                                                                                     \
    X(sgcs_all)                                                                                    \
    X(se_all)

/* And of the counts that came later: how many of `reports`, `aged` and `all` are of directions. */
#define CHAIN_SUMS_LATER_COUNTS(X)                                                                 \
    X(directions)                                                                                  \
    X(aged_directions)                                                                             \
    X(all_directions)

/* Zero-initialise. Reports of a codec that gives directions have neither NMSE nor rho
 * (measure/quality.h): they are counted apart, and a mean of those two is over the others. */
typedef struct chain_sums {
    uint64_t answered; /* acknowledged reports, measured or not: */
    double bits, channel_uses, snr_estimated_db;
    double noise_power;     /* of the bursts, each one's own power being 1 */
    double noise_estimated; /* the same by the base station's estimates of the SNR */
    uint64_t reports;       /* those that were measured, and how many of these gave directions: */
    uint64_t directions;
    double nmse, rho, sgcs, se_feedback, se_perfect, se_ls, ls_nmse;
    double nmse_squares; /* of each report's NMSE, for the standard error */
    /* Of the reports whose CSI was held against the channel at its use (measure/quality.h).
     * the figures of the same reports at estimation (young), and at use. */
    uint64_t aged, aged_directions;
    double age_s, nmse_young, rho_young, sgcs_young, se_young;
    double nmse_used, rho_used, sgcs_used, se_used;
    /* Of the reports that were measured, decoded or not: the CSI that the base station goes on with
     * after each. */
    uint64_t all, all_directions;
    double nmse_all, rho_all, sgcs_all, se_all;
} chain_sums;

/* Adds what one answered report came to: its cost, and, where it was measured, its quality. */
void chain_sums_answered(chain_sums *sums, const chain_outcome *outcome);

/* Adds, where it was measured, what the base station goes on with after a report that was not
 * decoded. */
void chain_sums_failed(chain_sums *sums, const chain_outcome *outcome);

/* Adds what age did to a report that chain_sums_answered has added. */
void chain_sums_aged(chain_sums *sums, const chain_outcome *outcome);

/* Adds the sums of other reports. */
void chain_sums_merge(chain_sums *into, const chain_sums *from);

/* count - directions; 0 where there are more of these, as an account of another process may say. */
uint64_t chain_sums_without(uint64_t count, uint64_t directions);

/* Reports with NMSE and rho: of those measured, of those held against the channel at their use, and
 * of those whose CSI in use was measured. */
uint64_t chain_sums_with_nmse(const chain_sums *sums);
uint64_t chain_sums_aged_with_nmse(const chain_sums *sums);
uint64_t chain_sums_all_with_nmse(const chain_sums *sums);

/* The mean NMSE in dB at estimation and at use; NaN without reports. */
double chain_sums_nmse_db(const chain_sums *sums);
double chain_sums_nmse_used_db(const chain_sums *sums);

/* The mean NMSE in dB of the CSI that the base station goes on with, failed reports included; NaN
 * without reports. */
double chain_sums_nmse_all_db(const chain_sums *sums);

/* Standard error of the mean, as csi_error_db has it; NaN for fewer than two reports. */
double chain_sums_nmse_error_db(const chain_sums *sums);

/* The SNR of the noise that was added; infinite without noise, NaN without reports. */
double chain_sums_snr_delivered_db(const chain_sums *sums);

#endif
