/* objective.h: the noisy link between the two networks, and the loss.
 *
 *     s~ = s + sigma n,  n ~ N(0, 1),  sigma^2 = mean(s^2) / 10^(SNR/10), per codeword
 *
 * The decoder sees only s~. Where it has the input snr_db, it gets the SNR that the base station
 * would estimate from the reference symbols of this one report (uplink/noise.h), never the true
 * SNR.
 *
 * Each sample's SNR is drawn from a range, uniform in dB; a given share of the samples has no
 * noise. NMSE falls by 30 dB over that range, so a plain mean would hardly see the samples at high
 * SNR. With balance b, a sample therefore weighs (mean NMSE near its SNR)^-b. That mean runs over
 * earlier batches, one for each of TRAIN_SNR_BINS bins, and the weights are normalised to a mean of
 * 1. b = 0 is the plain mean; b = 1 has the gradient of the bins' mean NMSE in dB.
 *
 * With lambda > 0 the link has no noise: the base station gets round(s), and the loss is
 *
 *     NMSE + bits / lambda        bits: -log2 of the rounded values' probabilities
 *
 * which has the same minimum as bits + lambda NMSE. Training adds u, uniform in [-1/2, 1/2), in
 * place of rounding and counts the bits of s + u (Balle et al., 2017). */
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
    double lambda;                 /* above 0: rounded, entropy-coded codewords (see above) */
    unsigned references;           /* reference symbols of a report, clamped to
                                      CSI_REFERENCES_MIN .. _MAX */
    uint64_t seed;
} train_objective;

/* Running mean NMSE of every SNR bin; part of a checkpoint. Zero-initialise. */
typedef struct train_balance {
    double nmse[TRAIN_SNR_BINS]; /* 0: no sample yet */
} train_balance;

/* How the link treated one sample, which the backward pass needs. */
typedef struct train_link {
    double snr_db; /* +inf: no noise */
    double power;  /* mean(s^2) */
    float sigma;
    int bin;
} train_link;

/* Sends sample number `index` of the run over the link: draws its SNR and turns codeword[n] into
 * received[n]. `noise` receives the n normal numbers that it added, 0 without noise, for
 * train_link_backward. *snr_estimate_db is the decoder's SNR input: without noise,
 * UPLINK_SNR_MAX_DB up to rounding. */
void train_link_forward(const train_objective *objective, uint64_t index, const float *codeword,
                        size_t n, float *received, float *noise, train_link *link,
                        float *snr_estimate_db);

/* d loss / d received -> d loss / d codeword, sigma's dependence on the codeword included:
 *     ds_i = dr_i + (sigma s_i / (n power)) sum_j dr_j n_j. Both may be the same array. */
void train_link_backward(const train_link *link, const float *codeword, const float *noise,
                         const float *d_received, size_t n, float *d_codeword);

/* Writes the gradient of `weight` times the loss of one sample of `count` values into `d_output`,
 * unless that is NULL. Returns the sample's NMSE to within 1e-6, whichever loss is in use. A target
 * without energy, which the feed never gives, has NMSE 0 or infinity and, under TRAIN_NMSE, no
 * gradient. */
double train_loss_sample(train_loss loss, const float *target, const float *output, size_t count,
                         double weight, float *d_output);

/* The weight of a sample in that bin; the caller divides it by the batch size. Its mean over the
 * samples that the objective draws is 1. A bin without a sample so far weighs 1. */
double train_balance_weight(const train_objective *objective, const train_balance *balance,
                            int bin);

/* Updates the running means (factor 0.02 per batch) with one batch's sum of NMSE and number of
 * samples in each bin. */
void train_balance_update(train_balance *balance, const double *nmse_sum, const size_t *samples);

#endif
