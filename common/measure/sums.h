/* sums.h: sums of the figures of merit of many reports. A UE agent's tally (measure/tally.h) and an
 * evaluation (chain/eval.h) use the same accumulator, so their means use the same arithmetic in the
 * same order.
 *
 * All sums are linear; the conversion of means to decibels comes last. */
#ifndef MEASURE_SUMS_H
#define MEASURE_SUMS_H

#include <stdint.h>

#include "measure/outcome.h"

/* The sums, without the counts, for code that treats all of them alike (adding, printing, reading).
 */
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

/* The sums that older records lack. */
#define CHAIN_SUMS_LATER_FIELDS(X)                                                                 \
    X(noise_estimated)                                                                             \
    X(nmse_all)                                                                                    \
    X(rho_all)                                                                                     \
    X(sgcs_all)                                                                                    \
    X(se_all)                                                                                      \
    X(key_bits)                                                                                    \
    X(key_uses)                                                                                    \
    X(innovation_bits)                                                                             \
    X(innovation_uses)

/* The counts that older records lack: how many of `reports`, `aged` and `all` are of directions,
 * and how many of `answered` are keys and innovations. */
#define CHAIN_SUMS_LATER_COUNTS(X)                                                                 \
    X(directions)                                                                                  \
    X(aged_directions)                                                                             \
    X(all_directions)                                                                              \
    X(keys)                                                                                        \
    X(innovations)

/* Zero-initialise. Reports of a codec that gives directions have neither NMSE nor rho
 * (measure/quality.h): they are counted separately, and the means of those two are over the others.
 */
typedef struct chain_sums {
    uint64_t answered; /* acknowledged reports, measured or not: */
    double bits, channel_uses, snr_estimated_db;
    double noise_power;     /* of the bursts, each burst having power 1 */
    double noise_estimated; /* the same, from the base station's estimates of the SNR */
    uint64_t reports;       /* the measured ones, and how many of these gave directions: */
    uint64_t directions;
    double nmse, rho, sgcs, se_feedback, se_perfect, se_ls, ls_nmse;
    double nmse_squares; /* of the reports' NMSE, for the standard error */
    /* Of the reports whose CSI was compared with the channel at its use (measure/quality.h): the
     * figures of the same reports at estimation (young), and at use. */
    uint64_t aged, aged_directions;
    double age_s, nmse_young, rho_young, sgcs_young, se_young;
    double nmse_used, rho_used, sgcs_used, se_used;
    /* Of all measured reports, decoded or not: the CSI that the base station uses after each. */
    uint64_t all, all_directions;
    double nmse_all, rho_all, sgcs_all, se_all;
    /* Of the acknowledged reports of codecs with memory: keys, which build on none of it, and
     * innovations, which do; and what they cost. Of a codec without, a report is neither. */
    uint64_t keys, innovations;
    double key_bits, key_uses, innovation_bits, innovation_uses;
} chain_sums;

/* Adds the outcome of one answered report: its cost, and, if it was measured, its quality. */
void chain_sums_answered(chain_sums *sums, const chain_outcome *outcome);

/* Adds, if it was measured, the quality of the CSI that the base station uses after a report that
 * was not decoded. */
void chain_sums_failed(chain_sums *sums, const chain_outcome *outcome);

/* Adds the effect of age on a report that chain_sums_answered has added. */
void chain_sums_aged(chain_sums *sums, const chain_outcome *outcome);

/* Adds the sums of other reports. */
void chain_sums_merge(chain_sums *into, const chain_sums *from);

/* count - directions; 0 if directions > count, which another process could claim. */
uint64_t chain_sums_without(uint64_t count, uint64_t directions);

/* Reports with NMSE and rho: of those measured, of those compared with the channel at their use,
 * and of those whose CSI in use was measured. */
uint64_t chain_sums_with_nmse(const chain_sums *sums);
uint64_t chain_sums_aged_with_nmse(const chain_sums *sums);
uint64_t chain_sums_all_with_nmse(const chain_sums *sums);

/* The mean NMSE in dB at estimation and at use; NaN without reports. */
double chain_sums_nmse_db(const chain_sums *sums);
double chain_sums_nmse_used_db(const chain_sums *sums);

/* The mean NMSE in dB of the CSI that the base station uses, failed reports included; NaN without
 * reports. */
double chain_sums_nmse_all_db(const chain_sums *sums);

/* Standard error of the mean, by csi_error_db; NaN for fewer than two reports. */
double chain_sums_nmse_error_db(const chain_sums *sums);

/* The SNR of the added noise; infinite without noise, NaN without reports. */
double chain_sums_snr_delivered_db(const chain_sums *sums);

#endif
