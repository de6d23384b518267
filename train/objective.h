/* objective.h: the noisy link between the two networks, and the loss behind them.
 *
 *     s~ = s + sigma n,  n ~ N(0, 1),  sigma^2 = mean(s^2) / 10^(SNR/10), per codeword
 *
 * Both branches of a decoder see s~ only. A decoder with the input snr_db gets what the base
 * station would estimate from the reference symbols of this one report (uplink/noise.h), never the
 * SNR set.
 *
 * The SNR of a sample is drawn from a range (uniform in dB), or there is no noise, for a share of
 * the samples. NMSE falls by 30 dB over that range, so that a plain mean hardly sees the clean end:
 * with balance b, a sample weighs (mean NMSE near its SNR)^-b, a running mean over earlier batches
 * for each of TRAIN_SNR_BINS bins, normalised so that the weights' mean is 1. b = 0 is the plain
 * mean; b = 1 is the gradient of the mean over bins of log NMSE: NMSE in dB.
 *
 * With lambda > 0 there is no noise of a link: the base station gets round(s), and the loss is
 *
 *     NMSE + bits / lambda        bits: -log2 of the rounded values' chances
 *
 * which has the minimum of bits + lambda NMSE. In training u, uniform in [-1/2, 1/2), is added in
 * place of rounding, and the bits are those of s + u (Balle et al., 2017). */
#ifndef TRAIN_OBJECTIVE_H
#define TRAIN_OBJECTIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRAIN_SNR_BINS = 20 }; /* the last holds the samples without noise */

typedef enum train_loss {
    TRAIN_NMSE, /* ||x - y||^2 / ||x - 0.5||^2, per sample */
    TRAIN_MSE,  /* mean of (x - y)^2 */
} train_loss;

typedef struct train_objective {
    train_loss loss;
    double snr_min_db, snr_max_db; /* equal: a fixed SNR */
    double clean;                  /* share of samples without noise, 0..1 */
    double balance;                /* 0..1 */
    double lambda;                 /* 0, or: codewords are rounded and entropy coded, see below */
    unsigned references;           /* reference symbols of a report; taken as CSI_REFERENCES_MIN
                                      or _MAX where it is outside that range */
    uint64_t seed;
} train_objective;

/* Running mean NMSE of every SNR bin: part of a checkpoint. Zero-initialise. */
typedef struct train_balance {
    double nmse[TRAIN_SNR_BINS]; /* 0: not met yet */
} train_balance;

/* What one sample's way over the link was, kept for the way back. */
typedef struct train_link {
    double snr_db; /* +inf: no noise */
    double power;  /* mean(s^2) */
    float sigma;
    int bin;
} train_link;

/* Sample number `index` of the run: draws its SNR, and codeword[n] -> received[n]. `noise` receives
 * the n normal numbers that were used, 0 without noise (for train_link_backward); *snr_estimate_db
 * the decoder's SNR input, UPLINK_SNR_MAX_DB where there is no noise, up to rounding. */
void train_link_forward(const train_objective *objective, uint64_t index, const float *codeword,
                        size_t n, float *received, float *noise, train_link *link,
                        float *snr_estimate_db);

/* d loss / d received -> d loss / d codeword, sigma's dependence on the codeword included:
 *     ds_i = dr_i + (sigma s_i / (n power)) sum_j dr_j n_j. They may be the same array. */
void train_link_backward(const train_link *link, const float *codeword, const float *noise,
                         const float *d_received, size_t n, float *d_codeword);

/* The gradient of `weight` times the loss of one sample of `count` values, into `d_output` (may be
 * NULL). Returns the sample's NMSE (whatever the loss is), within 1e-6 of it. A target of no
 * energy, which the feed never gives, has NMSE 0 or infinity, and under TRAIN_NMSE no gradient. */
double train_loss_sample(train_loss loss, const float *target, const float *output, size_t count,
                         double weight, float *d_output);

/* The weight of a sample in that bin; to be divided by the batch size. Over the samples that the
 * objective draws its mean is 1; a bin that was not met yet weighs 1. */
double train_balance_weight(const train_objective *objective, const train_balance *balance,
                            int bin);

/* Takes one batch's sums into the running means (factor 0.02 a batch): sum of NMSE and number of
 * samples of each bin. */
void train_balance_update(train_balance *balance, const double *nmse_sum, const size_t *samples);

#endif
