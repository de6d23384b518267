#include "train/objective.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "train/loss.h"
#include "uplink/noise.h"
#include "uplink/snr.h"

enum { CLEAN_BIN = TRAIN_SNR_BINS - 1 };

/* The share of a bin's running mean that one batch replaces. */
static const double renewal = 0.02;

/* --- the link --------------------------------------------------------------------------------- */

static int snr_bin(const train_objective *o, double snr_db)
{
    double range = o->snr_max_db - o->snr_min_db;
    int bin = range > 0 ? (int)((snr_db - o->snr_min_db) / range * CLEAN_BIN) : 0;
    return bin < CLEAN_BIN ? bin : CLEAN_BIN - 1;
}

/* Always draws both numbers, so that the noise after them does not depend on the first. */
static void draw_snr(const train_objective *o, rng *r, train_link *link)
{
    bool clean = rng_uniform(r) < o->clean;
    double snr_db = o->snr_min_db + (o->snr_max_db - o->snr_min_db) * rng_uniform(r);
    link->snr_db = clean ? INFINITY : snr_db;
    link->bin = clean ? CLEAN_BIN : snr_bin(o, snr_db);
}

/* The base station's estimate of the SNR from this report only. */
static float estimate_snr(const train_objective *o, rng *r, const train_link *link)
{
    size_t count = o->references;
    count = count < CSI_REFERENCES_MIN ? CSI_REFERENCES_MIN : count;
    count = count > CSI_REFERENCES_MAX ? CSI_REFERENCES_MAX : count;
    float reference[CSI_REFERENCES_MAX];
    csi_reference_symbols(link->power, reference, count);
    if (link->sigma > 0)
        rng_normal_add(r, reference, count, link->sigma);
    snr_tracker fresh = {0};
    return (float)snr_track_reals(&fresh, reference, count);
}

void train_link_forward(const train_objective *objective, uint64_t index, const float *codeword,
                        size_t n, float *received, float *noise, train_link *link,
                        float *snr_estimate_db)
{
    rng r = rng_at(objective->seed, RNG_TRAIN_LINK, (uint32_t)(index >> 32), (uint32_t)index);
    draw_snr(objective, &r, link);
    if (objective->lambda > 0) {
        *link = (train_link){.snr_db = INFINITY, .bin = CLEAN_BIN};
        for (size_t i = 0; i < n; i++)
            received[i] = codeword[i] + (float)(rng_uniform(&r) - 0.5);
        *snr_estimate_db = UPLINK_SNR_MAX_DB;
        return;
    }
    link->power = csi_codeword_power(codeword, n);
    link->sigma = csi_uplink_sigma(link->power, link->snr_db);
    if (link->sigma > 0)
        rng_normal_fill(&r, noise, n, 1);
    else
        memset(noise, 0, n * sizeof *noise);
    for (size_t i = 0; i < n; i++)
        received[i] = codeword[i] + link->sigma * noise[i];
    *snr_estimate_db = estimate_snr(objective, &r, link);
}

void train_link_backward(const train_link *link, const float *codeword, const float *noise,
                         const float *d_received, size_t n, float *d_codeword)
{
    double along = 0;
    if (link->sigma > 0)
        for (size_t i = 0; i < n; i++)
            along += (double)d_received[i] * (double)noise[i];
    float factor =
        link->sigma > 0 ? (float)(along * (double)link->sigma / ((double)n * link->power)) : 0;
    for (size_t i = 0; i < n; i++)
        d_codeword[i] = d_received[i] + factor * codeword[i];
}

/* --- the loss --------------------------------------------------------------------------------- */

double train_loss_sample(train_loss loss, const float *target, const float *output, size_t count,
                         double weight, float *d_output)
{
    static train_squares_fn *const squares[CPU_LEVELS] = SIMD_TABLE(train_loss_squares);
    static train_difference_fn *const difference[CPU_LEVELS] = SIMD_TABLE(train_loss_difference);
    train_squares sum = squares[cpu_level()](target, output, count);
    double scale = loss == TRAIN_NMSE ? sum.energy : (double)count;
    if (d_output)
        difference[cpu_level()](target, output, count, scale > 0 ? (float)(2 * weight / scale) : 0,
                                d_output);
    return sum.error > 0 ? sum.error / sum.energy : sum.error;
}

/* --- the balance ------------------------------------------------------------------------------ */

/* The expected share of samples in a bin. */
static double bin_share(const train_objective *o, int bin)
{
    if (bin == CLEAN_BIN)
        return o->clean;
    if (o->snr_max_db > o->snr_min_db)
        return (1 - o->clean) / CLEAN_BIN;
    return bin == 0 ? 1 - o->clean : 0;
}

double train_balance_weight(const train_objective *objective, const train_balance *balance, int bin)
{
    if (objective->balance == 0 || !(balance->nmse[bin] > 0))
        return 1;
    double met = 0, sum = 0;
    for (int i = 0; i < TRAIN_SNR_BINS; i++) {
        double share = balance->nmse[i] > 0 ? bin_share(objective, i) : 0;
        met += share;
        if (share > 0)
            sum += share * pow(balance->nmse[i], -objective->balance);
    }
    return sum > 0 ? met / sum * pow(balance->nmse[bin], -objective->balance) : 1;
}

void train_balance_update(train_balance *balance, const double *nmse_sum, const size_t *samples)
{
    for (int i = 0; i < TRAIN_SNR_BINS; i++) {
        double mean = samples[i] > 0 ? nmse_sum[i] / (double)samples[i] : 0;
        if (!(mean > 0) || !isfinite(mean))
            continue;
        double *running = &balance->nmse[i];
        *running = *running > 0 ? *running + renewal * (mean - *running) : mean;
    }
}
