#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decibel.h"
#include "harness.h"
#include "uplink/noise.h"
#include "uplink/snr.h"

enum { CODEWORD = 256, REFERENCES = CSI_REFERENCES_DEFAULT };

/* A codeword with structure, different for each seq. */
static void make_codeword(uint32_t seq, float *s, float *reference)
{
    rng r = rng_at(5, RNG_TEST, 1, seq);
    rng_normal_fill(&r, s, CODEWORD, 0.7f);
    csi_reference_symbols(csi_codeword_power(s, CODEWORD), reference, REFERENCES);
}

static void delivered_snr_is_the_set_one(void)
{
    static const double levels[] = {-10, 0, 10, 30};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        double signal = 0, noise = 0, on_references = 0;
        for (uint32_t seq = 0; seq < 10000; seq++) {
            float s[CODEWORD], reference[REFERENCES], sent[CODEWORD], sent_reference[REFERENCES];
            make_codeword(seq, s, reference);
            memcpy(sent, s, sizeof s);
            memcpy(sent_reference, reference, sizeof reference);
            double told =
                csi_uplink_add_noise(1, 3, seq, levels[i], s, CODEWORD, reference, REFERENCES);
            double power = csi_codeword_power(sent, CODEWORD), actual = 0;
            for (int k = 0; k < CODEWORD; k++)
                actual += pow((double)s[k] - (double)sent[k], 2) / CODEWORD;
            for (int k = 0; k < REFERENCES; k++)
                on_references +=
                    pow((double)reference[k] - (double)sent_reference[k], 2) / power / REFERENCES;
            /* Subtracting the rounded sum from what was sent costs 2^-24 of the larger of both. */
            CHECK_NEAR(told / actual, 1, 1e-4);
            signal += 1;
            noise += actual / power;
        }
        /* 2.56 million draws leave a deviation of 0.004 dB, 160,000 references 0.015 dB. */
        CHECK_NEAR(db_of_power(signal / noise), levels[i], 0.05);
        CHECK_NEAR(db_of_power(signal / on_references), levels[i], 0.08);
    }
}

static void infinite_snr_adds_nothing(void)
{
    float s[CODEWORD], reference[REFERENCES], before[CODEWORD];
    make_codeword(1, s, reference);
    memcpy(before, s, sizeof s);
    CHECK(csi_uplink_add_noise(1, 0, 0, INFINITY, s, CODEWORD, reference, REFERENCES) == 0);
    CHECK(memcmp(before, s, sizeof s) == 0);
}

static void noise_of(uint64_t seed, uint32_t ue, uint32_t seq, float *s)
{
    float reference[REFERENCES];
    make_codeword(0, s, reference);
    csi_uplink_add_noise(seed, ue, seq, 10, s, CODEWORD, reference, REFERENCES);
}

static void noise_depends_on_its_key_alone(void)
{
    float first[CODEWORD], again[CODEWORD], other[CODEWORD];
    noise_of(1, 2, 3, first);
    noise_of(9, 9, 9, other);
    noise_of(1, 2, 3, again);
    CHECK(memcmp(first, again, sizeof first) == 0);
    static const uint32_t keys[][3] = {{2, 2, 3}, {1, 3, 3}, {1, 2, 4}, {1, 3, 2}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        noise_of(keys[i][0], keys[i][1], keys[i][2], other);
        size_t same = 0;
        for (int k = 0; k < CODEWORD; k++)
            same += first[k] == other[k];
        CHECK(same < 3);
    }
}

/* Noise on the first values must not change when a codeword is longer, so that codecs of different
 * CR are compared under the same noise. */
static void noise_is_a_prefix_of_longer_noise(void)
{
    float s[CODEWORD], half[CODEWORD / 2], reference[REFERENCES];
    for (int k = 0; k < CODEWORD; k++)
        s[k] = 1;
    for (int k = 0; k < CODEWORD / 2; k++)
        half[k] = 1;
    csi_uplink_add_noise(1, 2, 3, 0, s, CODEWORD, reference, 0);
    csi_uplink_add_noise(1, 2, 3, 0, half, CODEWORD / 2, reference, 0);
    CHECK(memcmp(s, half, sizeof half) == 0);
}

static double track_once(snr_tracker *t, uint32_t ue, uint32_t seq, double snr_db)
{
    float s[CODEWORD], reference[REFERENCES];
    make_codeword(seq, s, reference);
    csi_uplink_add_noise(7, ue, seq, snr_db, s, CODEWORD, reference, REFERENCES);
    return snr_track_reals(t, reference, REFERENCES);
}

/* The settled estimate of 16 references over about seven reports, at -5, 0, ... 30 dB: the bias and
 * the standard deviation that docs may quote. z has a variance of 1/32 high up, 1/16 low down,
 * averaging with weight 1/4 divides it by 7, and a step of z is 8.7 coth(z) dB: 0.6 dB high up,
 * 1.6 dB at -5 dB. */
static void tracker_has_small_bias_and_spread(void)
{
    enum { UES = 200, REPORTS = 40, SETTLED = 20 };
    for (double snr_db = -5; snr_db <= 30; snr_db += 5) {
        double sum = 0, squares = 0, n = 0;
        for (uint32_t ue = 0; ue < UES; ue++) {
            snr_tracker t = {0};
            for (uint32_t seq = 0; seq < REPORTS; seq++) {
                double told = track_once(&t, ue, seq, snr_db);
                if (seq < SETTLED)
                    continue;
                sum += told - snr_db;
                squares += (told - snr_db) * (told - snr_db);
                n += 1;
            }
        }
        double bias = sum / n, spread = sqrt(squares / n - bias * bias);
        printf("    %3g dB: bias %+.2f dB, spread %.2f dB\n", snr_db, bias, spread);
        CHECK_NEAR(bias, 0, 0.5);
        CHECK(spread < (snr_db < 0 ? 2.0 : 1.2));
    }
}

static void tracker_follows_a_step(void)
{
    enum { UES = 500, STEP = 20 };
    for (int up = 0; up < 2; up++) {
        double late = 0;
        for (uint32_t ue = 0; ue < UES; ue++) {
            snr_tracker t = {0};
            double told = 0;
            for (uint32_t seq = 0; seq < STEP; seq++)
                track_once(&t, ue, seq, up ? 5 : 25);
            for (uint32_t seq = STEP; seq < STEP + 2; seq++)
                told = track_once(&t, ue, seq, up ? 25 : 5);
            /* Two reports' average has a deviation of 1.2 dB: 5 dB is beyond chance. */
            late += fabs(told - (up ? 25 : 5)) > 5;
        }
        CHECK(late / UES < 0.01);
    }
}

static void noiseless_link_reads_as_the_ceiling(void)
{
    snr_tracker t = {0};
    double told = 0;
    for (uint32_t seq = 0; seq < 3; seq++)
        told = track_once(&t, 0, seq, INFINITY);
    CHECK_NEAR(told, UPLINK_SNR_MAX_DB, 1e-9);
}

/* Whatever arrives, the estimate is a number in its range: a codeword of zeros, symbols of the
 * wrong sign, huge values. */
static void tracker_survives_any_symbols(void)
{
    float symbols[REFERENCES];
    snr_tracker t = {0};
    static const float values[] = {0, -1, 1e-38f, 3e38f, -3e38f};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        for (int k = 0; k < REFERENCES; k++)
            symbols[k] = values[i] * (k % 3 ? 1.0f : 0.5f);
        double told = snr_track_reals(&t, symbols, REFERENCES);
        CHECK(told >= UPLINK_SNR_MIN_DB && told <= UPLINK_SNR_MAX_DB);
    }
}

static const harness_test tests[] = {
    {"the uplink delivers the SNR that was set, within 0.05 dB", delivered_snr_is_the_set_one},
    {"an infinite SNR changes no bit", infinite_snr_adds_nothing},
    {"noise depends on (seed, UE, seq) and on nothing else", noise_depends_on_its_key_alone},
    {"a longer codeword's noise begins with the shorter one's", noise_is_a_prefix_of_longer_noise},
    {"the SNR estimate has a bias below 0.5 dB from -5 to 30 dB",
     tracker_has_small_bias_and_spread},
    {"the SNR estimate follows a step of 20 dB within two reports", tracker_follows_a_step},
    {"a noiseless link reads as the highest SNR", noiseless_link_reads_as_the_ceiling},
    {"the SNR estimate stays in its range whatever arrives", tracker_survives_any_symbols},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "uplink", tests, sizeof tests / sizeof tests[0]);
}
