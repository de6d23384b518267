/* The noisy link of training and its loss: noise of the power asked for, gradients that agree with
 * finite differences, weights that balance. */
#include <math.h>
#include <string.h>

#include "base/decibel.h"
#include "base/rng.h"
#include "csi/metrics.h"
#include "harness.h"
#include "train/loss.h"
#include "train/objective.h"
#include "uplink/noise.h"
#include "uplink/snr.h"

enum { CODEWORD = 128, VALUES = 2048 };

static const train_objective wide = {
    .snr_min_db = -5, .snr_max_db = 30, .clean = 0.25, .references = 16, .seed = 7};

static void make_codeword(uint32_t seq, float *s)
{
    rng r = rng_at(5, RNG_TEST, 1, seq);
    rng_normal_fill(&r, s, CODEWORD, 0.7f);
}

static train_objective fixed_snr(double snr_db)
{
    train_objective o = wide;
    o.snr_min_db = o.snr_max_db = snr_db;
    o.clean = 0;
    return o;
}

static void noise_has_the_power_of_its_snr(void)
{
    static const double levels[] = {-5, 10, 30};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        train_objective o = fixed_snr(levels[i]);
        double ratio = 0;
        for (uint32_t index = 0; index < 4000; index++) {
            float s[CODEWORD], received[CODEWORD], noise[CODEWORD], told, added[CODEWORD];
            train_link link;
            make_codeword(index, s);
            train_link_forward(&o, index, s, CODEWORD, received, noise, &link, &told);
            for (int k = 0; k < CODEWORD; k++)
                added[k] = received[k] - s[k];
            ratio += csi_codeword_power(added, CODEWORD) / csi_codeword_power(s, CODEWORD) / 4000;
            CHECK(link.bin == 0 && link.snr_db == levels[i]);
        }
        /* 512,000 draws leave a deviation of 0.0086 dB. */
        CHECK_NEAR(-db_of_power(ratio), levels[i], 0.04);
    }
}

static void snr_is_uniform_and_a_share_is_clean(void)
{
    enum { SAMPLES = 20000 };
    size_t met[TRAIN_SNR_BINS] = {0};
    float s[CODEWORD], received[CODEWORD], noise[CODEWORD], told;
    make_codeword(0, s);
    for (uint64_t index = 0; index < SAMPLES; index++) {
        train_link link;
        train_link_forward(&wide, index, s, CODEWORD, received, noise, &link, &told);
        REQUIRE(link.bin >= 0 && link.bin < TRAIN_SNR_BINS);
        met[link.bin]++;
        if (isinf(link.snr_db)) {
            CHECK(link.bin == TRAIN_SNR_BINS - 1 && memcmp(received, s, sizeof s) == 0);
            CHECK_NEAR((double)told, UPLINK_SNR_MAX_DB, 0.01);
        } else {
            CHECK(link.snr_db >= wide.snr_min_db && link.snr_db < wide.snr_max_db);
            double width = (wide.snr_max_db - wide.snr_min_db) / (TRAIN_SNR_BINS - 1);
            CHECK(link.bin == (int)((link.snr_db - wide.snr_min_db) / width));
        }
    }
    /* Within 4.5 standard deviations of the binomial distribution. */
    for (int bin = 0; bin < TRAIN_SNR_BINS; bin++) {
        double p = bin == TRAIN_SNR_BINS - 1 ? wide.clean : (1 - wide.clean) / (TRAIN_SNR_BINS - 1);
        CHECK_NEAR((double)met[bin], p * SAMPLES, 4.5 * sqrt(p * (1 - p) * SAMPLES));
    }
}

/* One report of 16 references tells the SNR to about 2 dB, without bias (uplink/noise.h); the SNR
 * itself is not told. */
static void the_decoder_is_told_an_estimate(void)
{
    train_objective o = fixed_snr(10);
    double sum = 0, squares = 0;
    for (uint32_t index = 0; index < 2000; index++) {
        float s[CODEWORD], received[CODEWORD], noise[CODEWORD], told;
        train_link link;
        make_codeword(index, s);
        train_link_forward(&o, index, s, CODEWORD, received, noise, &link, &told);
        sum += ((double)told - 10) / 2000;
        squares += ((double)told - 10) * ((double)told - 10) / 2000;
    }
    CHECK_NEAR(sum, 0, 0.3);
    CHECK(sqrt(squares) > 1 && sqrt(squares) < 3);
}

static void a_sample_of_the_link_depends_on_its_number_alone(void)
{
    float s[CODEWORD], first[CODEWORD], again[CODEWORD], noise[CODEWORD], told, told_again;
    train_link link;
    make_codeword(0, s);
    static const uint64_t others[] = {4, 5 + ((uint64_t)1 << 32), 6};
    train_objective o = fixed_snr(10);
    train_link_forward(&o, 5, s, CODEWORD, first, noise, &link, &told);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        train_link_forward(&o, others[i], s, CODEWORD, again, noise, &link, &told_again);
        CHECK(harness_max_abs_diff(first, again, CODEWORD) > 0.1);
        CHECK(told != told_again);
    }
    train_link_forward(&o, 5, s, CODEWORD, again, noise, &link, &told_again);
    CHECK(memcmp(first, again, sizeof first) == 0 && told == told_again);
}

/* sum_i g_i s~_i in double, for noise held fixed. */
static double linear_in_received(const double *s, const float *g, const float *noise, double ratio)
{
    double power = 0, sum = 0;
    for (int i = 0; i < CODEWORD; i++)
        power += s[i] * s[i] / CODEWORD;
    double sigma = sqrt(power * ratio);
    for (int i = 0; i < CODEWORD; i++)
        sum += (double)g[i] * (s[i] + sigma * (double)noise[i]);
    return sum;
}

static void the_links_gradient_is_that_of_finite_differences(void)
{
    float s[CODEWORD], g[CODEWORD], received[CODEWORD], noise[CODEWORD], d[CODEWORD], told;
    train_link link;
    train_objective o = fixed_snr(0);
    make_codeword(1, s);
    make_codeword(2, g);
    train_link_forward(&o, 9, s, CODEWORD, received, noise, &link, &told);
    train_link_backward(&link, s, noise, g, CODEWORD, d);
    double point[CODEWORD], step = 1e-5, widest = 0;
    for (int i = 0; i < CODEWORD; i++)
        point[i] = (double)s[i];
    for (int i = 0; i < CODEWORD; i++) {
        point[i] += step;
        double up = linear_in_received(point, g, noise, 1);
        point[i] -= 2 * step;
        double down = linear_in_received(point, g, noise, 1);
        point[i] += step;
        widest = fmax(widest, fabs((double)(d[i] - g[i])));
        CHECK_NEAR((double)d[i], (up - down) / (2 * step), 2e-6);
    }
    CHECK(widest > 0.01); /* sigma's own part is in it */
    memcpy(received, g, sizeof g);
    train_link_backward(&link, s, noise, received, CODEWORD, received);
    CHECK(memcmp(received, d, sizeof d) == 0);
}

static void without_noise_the_gradient_passes_unchanged(void)
{
    train_objective o = wide;
    o.clean = 1;
    float s[CODEWORD], g[CODEWORD], received[CODEWORD], noise[CODEWORD], d[CODEWORD], told;
    train_link link;
    make_codeword(1, s);
    make_codeword(2, g);
    train_link_forward(&o, 0, s, CODEWORD, received, noise, &link, &told);
    train_link_backward(&link, s, noise, g, CODEWORD, d);
    CHECK(memcmp(g, d, sizeof g) == 0);
}

static void make_images(uint32_t seq, size_t count, float *target, float *output)
{
    rng r = rng_at(6, RNG_TEST, 2, seq);
    for (size_t i = 0; i < count; i++) {
        target[i] = (float)rng_uniform(&r);
        output[i] = target[i] + 0.05f * (float)rng_normal(&r);
    }
}

static double loss_at(train_loss loss, const float *target, const double *output, size_t count)
{
    double error = 0, energy = 0;
    for (size_t i = 0; i < count; i++) {
        double t = (double)target[i];
        error += (output[i] - t) * (output[i] - t);
        energy += (t - 0.5) * (t - 0.5);
    }
    return loss == TRAIN_NMSE ? error / energy : error / (double)count;
}

static void the_losses_gradients_are_those_of_finite_differences(void)
{
    enum { COUNT = 77 }; /* of no register's width */
    static const train_loss losses[] = {TRAIN_NMSE, TRAIN_MSE};
    float target[COUNT], output[COUNT], d[COUNT];
    make_images(1, COUNT, target, output);
    for (size_t k = 0; k < 2; k++) {
        double weight = 1.7, step = 1e-6, point[COUNT];
        train_loss_sample(losses[k], target, output, COUNT, weight, d);
        for (size_t i = 0; i < COUNT; i++)
            point[i] = (double)output[i];
        for (size_t i = 0; i < COUNT; i++) {
            point[i] += step;
            double up = loss_at(losses[k], target, point, COUNT);
            point[i] -= 2 * step;
            double down = loss_at(losses[k], target, point, COUNT);
            point[i] += step;
            /* Quadratic: central differences are exact up to rounding. */
            CHECK_NEAR((double)d[i], weight * (up - down) / (2 * step), 1e-8);
        }
    }
}

static void the_loss_is_the_metrics_nmse(void)
{
    float target[VALUES], output[VALUES];
    for (uint32_t seq = 0; seq < 200; seq++) {
        size_t count = seq % 2 ? VALUES : VALUES - seq;
        make_images(seq, count, target, output);
        double exact = csi_nmse_image(target, output, count);
        double got = train_loss_sample(TRAIN_MSE, target, output, count, 1, NULL);
        CHECK_NEAR(got / exact, 1, 1e-6);
    }
}

static void losses_are_the_same_bits_at_every_level(void)
{
    static train_squares_fn *const squares[CPU_LEVELS] = SIMD_TABLE(train_loss_squares);
    static train_difference_fn *const difference[CPU_LEVELS] = SIMD_TABLE(train_loss_difference);
    float target[VALUES], output[VALUES], want[VALUES], d[VALUES];
    make_images(3, VALUES, target, output);
    for (size_t count = VALUES - 40; count <= VALUES; count += 13) {
        train_squares base = squares[CPU_BASE](target, output, count);
        difference[CPU_BASE](target, output, count, 0.3f, want);
        for (cpu_isa level = CPU_BASE; level <= cpu_level(); level++) {
            train_squares sum = squares[level](target, output, count);
            difference[level](target, output, count, 0.3f, d);
            CHECK(sum.error == base.error && sum.energy == base.energy);
            CHECK(memcmp(d, want, count * sizeof *d) == 0);
        }
    }
}

/* A running mean that differs from bin to bin by 30 dB in all, some bins not met yet. */
static train_balance steep_balance(void)
{
    train_balance b = {0};
    for (int i = 0; i < TRAIN_SNR_BINS; i++)
        b.nmse[i] = i % 7 == 3 ? 0 : 0.5 * pow(10, -3.0 * i / TRAIN_SNR_BINS);
    return b;
}

static void weights_have_mean_one_over_the_samples_drawn(void)
{
    train_balance balance = steep_balance();
    for (double b = 0; b <= 1; b += 0.25) {
        train_objective o = wide;
        o.balance = b;
        double mean = 0, share = (1 - o.clean) / (TRAIN_SNR_BINS - 1);
        for (int i = 0; i < TRAIN_SNR_BINS; i++)
            mean +=
                (i < TRAIN_SNR_BINS - 1 ? share : o.clean) * train_balance_weight(&o, &balance, i);
        CHECK_NEAR(mean, 1, 1e-12);
        CHECK(train_balance_weight(&o, &balance, 3) == 1); /* not met */
    }
    train_objective o = fixed_snr(10);
    o.balance = 1;
    CHECK_NEAR(train_balance_weight(&o, &balance, 0), 1, 1e-12);
}

/* With balance 1 the weighted sum's derivative along any change of the bins' means is, but for one
 * factor, that of the mean of their logarithms. */
static void full_balance_is_the_gradient_of_the_mean_logarithm(void)
{
    train_objective o = wide;
    o.balance = 1;
    train_balance balance;
    for (int i = 0; i < TRAIN_SNR_BINS; i++)
        balance.nmse[i] = 0.4 * pow(10, -2.5 * i / TRAIN_SNR_BINS);
    double factor = 0;
    for (int i = 0; i < TRAIN_SNR_BINS; i++) {
        double step = 1e-4 * balance.nmse[i];
        double slope = (log(balance.nmse[i] + step) - log(balance.nmse[i] - step)) / (2 * step);
        double ratio = train_balance_weight(&o, &balance, i) / slope;
        factor = i == 0 ? ratio : factor;
        CHECK_NEAR(ratio / factor, 1, 1e-7);
    }
}

static void running_means_begin_at_the_first_and_follow_slowly(void)
{
    train_balance balance = {0};
    double sum[TRAIN_SNR_BINS] = {[2] = 6, [4] = NAN, [5] = 0};
    size_t samples[TRAIN_SNR_BINS] = {[2] = 3, [4] = 1, [5] = 1};
    train_balance_update(&balance, sum, samples);
    CHECK(balance.nmse[2] == 2 && balance.nmse[3] == 0 && balance.nmse[4] == 0);
    sum[2] = 3;
    train_balance_update(&balance, sum, samples);
    CHECK_NEAR(balance.nmse[2], 2 - 0.02, 1e-12);
    for (int i = 0; i < 1000; i++)
        train_balance_update(&balance, sum, samples);
    CHECK_NEAR(balance.nmse[2], 1, 1e-8);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"noise on a codeword has the power of its SNR", noise_has_the_power_of_its_snr},
        {"SNRs are uniform in dB over their range, and a share of samples is clean",
         snr_is_uniform_and_a_share_is_clean},
        {"the decoder gets an unbiased SNR estimate", the_decoder_is_told_an_estimate},
        {"a sample's way over the link depends on its number alone",
         a_sample_of_the_link_depends_on_its_number_alone},
        {"the link's gradient is that of finite differences, sigma's part included",
         the_links_gradient_is_that_of_finite_differences},
        {"without noise the gradient passes unchanged",
         without_noise_the_gradient_passes_unchanged},
        {"the losses' gradients are those of finite differences",
         the_losses_gradients_are_those_of_finite_differences},
        {"the NMSE of a sample is that of csi/metrics.h within 1e-6", the_loss_is_the_metrics_nmse},
        {"losses are the same bits at every instruction set level",
         losses_are_the_same_bits_at_every_level},
        {"balance weights have mean 1 over the samples drawn",
         weights_have_mean_one_over_the_samples_drawn},
        {"full balance is the gradient of the mean logarithm of NMSE",
         full_balance_is_the_gradient_of_the_mean_logarithm},
        {"running means begin at the first batch and follow by 2 % of each",
         running_means_begin_at_the_first_and_follow_slowly},
    };
    return harness_main(argc, argv, "objective", tests, sizeof tests / sizeof tests[0]);
}
