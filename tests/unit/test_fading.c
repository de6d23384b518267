#include "base/decibel.h"
#include "base/rng.h"
#include "csi/image.h"
#include "csi/metrics.h"
#include "fading/fading.h"
#include "harness.h"
#include "io/mat.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Small dimensions, so that thousands of UEs are quick; 1 / 20 MHz = 50 ns a tap as always. */
static const csi_dims SMALL = {.nt = 8, .nc = 64, .tp = 8, .ni = 16};
enum { SMALL_FREQ = 64 * 8, SMALL_AD = 16 * 8 };

static fading_config small_config(double speed_kmh)
{
    fading_config c = FADING_CONFIG_DEFAULT;
    c.dims = SMALL;
    c.speed_kmh = speed_kmh;
    return c;
}

static fading *open_channel(const char *channel, const fading_config *c)
{
    err e = {0};
    fading *f = fading_open(channel, c, &e);
    if (!f)
        printf("    %s\n", e.text);
    REQUIRE(f != NULL);
    return f;
}

static csi_transform *open_transform(const csi_dims *d)
{
    csi_transform *t = csi_transform_create(d, NULL);
    REQUIRE(t != NULL);
    return t;
}

/* H_freq of one UE at one time, through an object of its own. */
static void frequency_of(const fading *f, csi_transform *t, uint32_t ue, uint32_t seq, double time,
                         float complex *h)
{
    fading_ue *u = fading_ue_create(f, ue, NULL);
    REQUIRE(u != NULL);
    CHECK(fading_ue_frequency(u, t, seq, time, h, NULL) == 0);
    fading_ue_free(u);
}

/* With one path at delay 0, H_freq[0][k] is the gain alpha_k. For CN(0,1): E|a|^2 = 1 with
 * variance 1, E|a|^4 = 2 with variance 20, E a^2 = 0 with variance 2; 5 standard deviations. */
static void gains_are_complex_normal_at(double speed_kmh, double time)
{
    enum { UES = 2000 };
    fading_config c = small_config(speed_kmh);
    fading *f = open_channel("rayleigh:uniform:1", &c);
    csi_transform *t = open_transform(&SMALL);
    float complex h[SMALL_FREQ];
    double second = 0, fourth = 0, n = UES * 8;
    double complex improper = 0;
    for (uint32_t ue = 0; ue < UES; ue++) {
        frequency_of(f, t, ue, 0, time, h);
        for (int k = 0; k < 8; k++) {
            double complex a = h[k];
            double power = creal(a * conj(a));
            second += power;
            fourth += power * power;
            improper += a * a;
        }
    }
    CHECK_NEAR(second / n, 1, 5 / sqrt(n));
    CHECK_NEAR(fourth / n, 2, 5 * sqrt(20 / n));
    CHECK_NEAR(cabs(improper) / n, 0, 5 * sqrt(2 / n));
    csi_transform_free(t);
    fading_close(f);
}

static void gains_are_complex_normal(void)
{
    gains_are_complex_normal_at(0, 0);
    gains_are_complex_normal_at(3, 0.37);
    gains_are_complex_normal_at(120, 1e4);
}

/* Energy per tap over the whole, each a mean of UES * Nt exponential variables. */
static void power_follows_the_profile(void)
{
    enum { UES = 1000 };
    static const double db[] = {0, -3, -9};
    static const int tap[] = {0, 2, 5};
    fading_config c = small_config(3);
    fading *f = open_channel("rayleigh:0/0,100/-3,250/-9", &c);
    csi_transform *t = open_transform(&SMALL);
    float complex ad[SMALL_AD];
    double power[16] = {0}, sum = 0;
    for (uint32_t ue = 0; ue < UES; ue++) {
        fading_ue *u = fading_ue_create(f, ue, NULL);
        REQUIRE(u != NULL);
        CHECK(fading_ue_angle_delay(u, t, 0, 0.1, ad, NULL) == 0);
        for (int i = 0; i < SMALL_AD; i++)
            power[i % 16] += csi_energy(ad + i, 1) / SMALL_FREQ / UES;
        fading_ue_free(u);
    }
    for (int l = 0; l < 3; l++)
        sum += power_of_db(db[l]);
    for (int l = 0; l < 3; l++) {
        double want = power_of_db(db[l]) / sum;
        CHECK_NEAR(power[tap[l]], want, 5 * want / sqrt(UES * 8.0));
    }
    CHECK_NEAR(power[1] + power[3] + power[4] + power[15], 0, 1e-10);
    csi_transform_free(t);
    fading_close(f);
}

/* E H[n] H*[0] over antennas and UEs is the profile's transform, also for delays between taps. */
static void fractional_delays_are_phases(void)
{
    enum { UES = 1500 };
    static const double path[2][2] = {{30, 0}, {185, -2}};
    fading_config c = small_config(0);
    fading *f = open_channel("rayleigh:30/0,185/-2", &c);
    csi_transform *t = open_transform(&SMALL);
    static float complex h[SMALL_FREQ];
    double complex got[64] = {0};
    for (uint32_t ue = 0; ue < UES; ue++) {
        frequency_of(f, t, ue, 0, 0, h);
        for (int n = 0; n < 64; n++)
            for (int k = 0; k < 8; k++)
                got[n] += (double complex)h[n * 8 + k] * conj((double complex)h[k]) / (UES * 8);
    }
    double total = 1 + pow(10, -0.2);
    for (int n = 0; n < 64; n++) {
        double complex want = 0;
        for (int l = 0; l < 2; l++) {
            double turn = -2 * M_PI * n * path[l][0] * 1e-9 * 20e6 / 64;
            want += power_of_db(path[l][1]) / total * (cos(turn) + I * sin(turn));
        }
        CHECK_NEAR(cabs(got[n] - want), 0, 5 / sqrt(UES * 8.0));
    }
    csi_transform_free(t);
    fading_close(f);
}

/* A sample of alpha(t) alpha*(0) has variance 1 given the angles; the angles' own spread adds at
 * most 1 / M a UE, M >= 8. */
static void autocorrelation_is_bessel(void)
{
    enum { UES = 1500 };
    static const double lag[] = {0, 0.1, 0.2, 0.383, 0.6, 1.0, 2.5}; /* in f_D t */
    fading_config c = small_config(30);
    c.carrier_hz = 2.6e9;
    double doppler = 30 / 3.6 * c.carrier_hz / 299792458.0;
    fading *f = open_channel("rayleigh:uniform:1", &c);
    csi_transform *t = open_transform(&SMALL);
    float complex h0[SMALL_FREQ], h[SMALL_FREQ];
    double complex sum[7] = {0};
    for (uint32_t ue = 0; ue < UES; ue++) {
        fading_ue *u = fading_ue_create(f, ue, NULL);
        REQUIRE(u != NULL);
        CHECK(fading_ue_frequency(u, t, 0, 2.0, h0, NULL) == 0);
        for (int i = 0; i < 7; i++) {
            CHECK(fading_ue_frequency(u, t, 0, 2.0 + lag[i] / doppler, h, NULL) == 0);
            for (int k = 0; k < 8; k++)
                sum[i] += (double complex)h[k] * conj((double complex)h0[k]) / (UES * 8);
        }
        fading_ue_free(u);
    }
    for (int i = 0; i < 7; i++)
        CHECK_NEAR(cabs(sum[i] - j0(2 * M_PI * lag[i])), 0, 5 * sqrt(2.0 / (UES * 8)));
    csi_transform_free(t);
    fading_close(f);
}

static void carrier_zero_is_the_channels_own(void)
{
    fading_config own = small_config(30), given = own;
    given.carrier_hz = 5.3e9;
    fading *f = open_channel("rayleigh:eva", &own), *g = open_channel("rayleigh:eva", &given);
    csi_transform *t = open_transform(&SMALL);
    float complex h[2][SMALL_FREQ];
    frequency_of(f, t, 5, 0, 0.7, h[0]);
    frequency_of(g, t, 5, 0, 0.7, h[1]);
    CHECK(memcmp(h[0], h[1], sizeof h[0]) == 0);
    csi_transform_free(t);
    fading_close(f);
    fading_close(g);
}

static void a_standing_ue_sees_one_channel(void)
{
    fading_config c = small_config(0);
    fading *f = open_channel("rayleigh:eva", &c);
    csi_transform *t = open_transform(&SMALL);
    float complex h[2][SMALL_FREQ];
    frequency_of(f, t, 5, 0, 0, h[0]);
    frequency_of(f, t, 5, 99, 1234.5, h[1]);
    CHECK(memcmp(h[0], h[1], sizeof h[0]) == 0);
    csi_transform_free(t);
    fading_close(f);
}

static void calls_in_any_order_give_the_same_bits(void)
{
    static const char *const channels[] = {"rayleigh", "rayleigh:eva"};
    for (int i = 0; i < 2; i++) {
        fading_config c = small_config(50);
        fading *f = open_channel(channels[i], &c), *again = open_channel(channels[i], &c);
        csi_transform *t = open_transform(&SMALL);
        float complex first[SMALL_FREQ], late[SMALL_FREQ], other[SMALL_FREQ], ad[2][SMALL_AD];
        fading_ue *u = fading_ue_create(f, 3, NULL);
        REQUIRE(u != NULL);
        CHECK(fading_ue_frequency(u, t, 1, 0.1, first, NULL) == 0);
        CHECK(fading_ue_angle_delay(u, t, 1, 0.1, ad[0], NULL) == 0);
        CHECK(fading_ue_frequency(u, t, 9, 7.7, late, NULL) == 0);
        CHECK(memcmp(first, late, sizeof first) != 0);
        CHECK(fading_ue_angle_delay(u, t, 1, 0.1, ad[1], NULL) == 0);
        CHECK(fading_ue_frequency(u, t, 1, 0.1, other, NULL) == 0);
        CHECK(memcmp(first, other, sizeof first) == 0);
        CHECK(memcmp(ad[0], ad[1], sizeof ad[0]) == 0);
        frequency_of(again, t, 3, 1, 0.1, other);
        CHECK(memcmp(first, other, sizeof first) == 0);
        fading_ue_free(u);
        csi_transform_free(t);
        fading_close(f);
        fading_close(again);
    }
}

/* Neighbouring UEs, antennas of one UE, and seeds: each sample correlation of unit-variance
 * independent gains has standard deviation 1 / sqrt(n). */
static void ues_antennas_and_seeds_are_independent(void)
{
    enum { UES = 2000 };
    fading_config c = small_config(0), reseeded = c;
    reseeded.seed = 2;
    fading *f = open_channel("rayleigh:uniform:1", &c);
    fading *g = open_channel("rayleigh:uniform:1", &reseeded);
    csi_transform *t = open_transform(&SMALL);
    float complex previous[SMALL_FREQ], h[SMALL_FREQ], other[SMALL_FREQ];
    double complex ues = 0, antennas = 0, seeds = 0;
    frequency_of(f, t, UES, 0, 0, previous);
    for (uint32_t ue = 0; ue < UES; ue++) {
        frequency_of(f, t, ue, 0, 0, h);
        frequency_of(g, t, ue, 0, 0, other);
        for (int k = 0; k < 8; k++) {
            ues += (double complex)h[k] * conj((double complex)previous[k]);
            seeds += (double complex)h[k] * conj((double complex)other[k]);
            antennas += (double complex)h[k] * conj((double complex)h[(k + 1) % 8]);
        }
        memcpy(previous, h, sizeof h);
    }
    double n = UES * 8;
    CHECK_NEAR(cabs(ues) / n, 0, 5 / sqrt(n));
    CHECK_NEAR(cabs(seeds) / n, 0, 5 / sqrt(n));
    CHECK_NEAR(cabs(antennas) / n, 0, 5 / sqrt(n));
    csi_transform_free(t);
    fading_close(f);
    fading_close(g);
}

/* Within 1e-5 of the largest entry, as the header promises, at the default dimensions. */
static void both_domains_agree(void)
{
    static const char *const channels[] = {"rayleigh", "rayleigh:etu", "rayleigh:uniform:40",
                                           "rayleigh:25/0,1599.9/0,51199/-3"};
    static float complex h[1024 * 32], ad[1024], want[1024];
    for (int i = 0; i < 4; i++) {
        fading_config c = FADING_CONFIG_DEFAULT;
        c.speed_kmh = 10;
        fading *f = open_channel(channels[i], &c);
        csi_transform *t = open_transform(&c.dims);
        fading_ue *u = fading_ue_create(f, 11, NULL);
        REQUIRE(u != NULL);
        CHECK(fading_ue_frequency(u, t, 4, 3.3, h, NULL) == 0);
        CHECK(fading_ue_angle_delay(u, t, 4, 3.3, ad, NULL) == 0);
        csi_transform_forward(t, h, want);
        double largest = harness_max_abs((const float *)want, 2048);
        CHECK_NEAR(harness_max_abs_diff((const float *)ad, (const float *)want, 2048), 0,
                   1e-5 * largest);
        fading_ue_free(u);
        csi_transform_free(t);
        fading_close(f);
    }
}

/* Mean |H|^2 is 1: the mean over 500 UEs of a channel whose strongest path has less than the whole
 * power varies by less than 1 / sqrt(500 * Nt). */
static void energy_is_one_per_entry(void)
{
    enum { UES = 500 };
    static const char *const channels[] = {"rayleigh", "rayleigh:exponential:0.5", "rayleigh:epa",
                                           "rayleigh:eva", "rayleigh:uniform:64"};
    for (int i = 0; i < 5; i++) {
        fading_config c = small_config(3);
        fading *f = open_channel(channels[i], &c);
        csi_transform *t = open_transform(&SMALL);
        float complex h[SMALL_FREQ];
        double sum = 0;
        for (uint32_t ue = 0; ue < UES; ue++) {
            frequency_of(f, t, ue, 0, 0.5, h);
            sum += csi_energy(h, SMALL_FREQ) / SMALL_FREQ;
        }
        CHECK_NEAR(sum / UES, 1, 5 / sqrt(UES * 8.0));
        csi_transform_free(t);
        fading_close(f);
    }
}

static void bad_channels_are_refused_with_what_exists(void)
{
    static const struct {
        const char *channel, *says;
    } bad[] = {{"cdl", "rayleigh"},
               {"", "rayleigh"},
               {"rayleighx", "FILE.mat"},
               {"rayleigh:vehicular", "epa, eva"},
               {"rayleigh:uniform:0", "1 to 64"},
               {"rayleigh:uniform:65", "1 to 64"},
               {"rayleigh:uniform", "1 to 64"},
               {"rayleigh:exponential:-1", "decay"},
               {"rayleigh:exponential:nan", "decay"},
               {"rayleigh:exponential:4x", "decay"},
               {"rayleigh:0/0,", "list"},
               {"rayleigh:0/0;1/1", "list"},
               {"rayleigh:-5/0", "list"},
               {"rayleigh:0/nan", "list"},
               {"rayleigh:1e9/0", "room"},
               {"rayleigh:etu", "room"}, /* 100 samples, of 64 */
               {"/nonexistent/x.mat", "cannot open"}};
    fading_config c = small_config(0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        fading *f = fading_open(bad[i].channel, &c, &e);
        CHECK(f == NULL && e.code < 0 && strstr(e.text, bad[i].says) != NULL);
        fading_close(f);
    }
    err e = {0};
    c.speed_kmh = NAN;
    CHECK(fading_open("rayleigh", &c, &e) == NULL && strstr(e.text, "speed") != NULL);
    c = small_config(0);
    c.carrier_hz = 5e5;
    CHECK(fading_open("rayleigh", &c, &e) == NULL && strstr(e.text, "carrier") != NULL);
    c = small_config(0);
    c.dims.ni = 0;
    CHECK(fading_open("rayleigh", &c, &e) == NULL && e.code == ERR_INVALID);
}

static void a_foreign_transform_is_refused(void)
{
    fading_config c = small_config(0);
    fading *f = open_channel("rayleigh", &c);
    csi_dims wrong = CSI_DIMS_DEFAULT;
    csi_transform *t = open_transform(&wrong), *right = open_transform(&SMALL);
    fading_ue *u = fading_ue_create(f, 0, NULL);
    REQUIRE(u != NULL);
    float complex ad[SMALL_AD];
    err e = {0};
    CHECK(fading_ue_angle_delay(u, t, 0, 0, ad, &e) == ERR_MISMATCH);
    CHECK(fading_ue_angle_delay(u, right, 0, NAN, ad, &e) == ERR_INVALID);
    CHECK(fading_ue_angle_delay(u, right, 0, 0, ad, &e) == 0);
    fading_ue_free(u);
    csi_transform_free(t);
    csi_transform_free(right);
    fading_close(f);
}

/* --- replay ------------------------------------------------------------------------------------
 */

enum { SAMPLES = 7, WIDTH = 2 * SMALL_AD };
static char path[64];

static void write_samples(float *x, size_t rows, size_t columns)
{
    snprintf(path, sizeof path, "/tmp/csilink-test-fading-%ld.mat", (long)getpid());
    mat_array a = {.rank = 2, .dims = {rows, columns}, .count = rows * columns, .data = x};
    REQUIRE(mat_write_float(path, "HT", &a, false, NULL) == 0);
}

static void draw_samples(float x[SAMPLES * WIDTH])
{
    rng r = rng_at(1, RNG_TEST, 20, 0);
    for (int i = 0; i < SAMPLES * WIDTH; i++)
        x[i] = (float)rng_uniform(&r);
}

/* Which sample of x the channel is, up to a positive scale; -1 for none. */
static int find_sample(const float x[SAMPLES * WIDTH], const float complex *ad)
{
    for (int s = 0; s < SAMPLES; s++) {
        double dot = 0, own = 0;
        for (int i = 0; i < SMALL_AD; i++) {
            double re = x[s * WIDTH + i] - 0.5, im = x[s * WIDTH + SMALL_AD + i] - 0.5;
            dot += re * (double)crealf(ad[i]) + im * (double)cimagf(ad[i]);
            own += re * re + im * im;
        }
        if (fabs(dot / sqrt(own * csi_energy(ad, SMALL_AD)) - 1) < 1e-6)
            return s;
    }
    return -1;
}

static void replay_walks_the_file_in_order(void)
{
    static float x[SAMPLES * WIDTH];
    draw_samples(x);
    write_samples(x, SAMPLES, WIDTH);
    fading_config c = small_config(3);
    fading *f = open_channel(path, &c);
    csi_transform *t = open_transform(&SMALL);
    float complex ad[SMALL_AD], h[SMALL_FREQ], round[SMALL_AD];
    unsigned starts = 0;
    for (uint32_t ue = 0; ue < 40; ue++) {
        fading_ue *u = fading_ue_create(f, ue, NULL);
        REQUIRE(u != NULL);
        CHECK(fading_ue_angle_delay(u, t, 0, 0, ad, NULL) == 0);
        int first = find_sample(x, ad);
        REQUIRE(first >= 0);
        starts |= 1u << first;
        for (uint32_t seq = 1; seq < 20; seq += 3) {
            CHECK(fading_ue_angle_delay(u, t, seq, 9.9, ad, NULL) == 0);
            CHECK(find_sample(x, ad) == (int)((unsigned)first + seq) % SAMPLES);
            CHECK(fading_ue_frequency(u, t, seq, 0, h, NULL) == 0);
            CHECK_NEAR(csi_energy(h, SMALL_FREQ) / SMALL_FREQ, 1, 1e-5);
            csi_transform_forward(t, h, round);
            CHECK(db_of_power(csi_nmse(ad, round, SMALL_AD)) < -120);
        }
        fading_ue_free(u);
    }
    CHECK((starts & (starts - 1)) != 0); /* not all UEs start at one sample */
    csi_transform_free(t);
    fading_close(f);
    unlink(path);
}

/* As a report says scales: in steps of 5 %. */
static float in_steps(float asked)
{
    return powf(1.05F, roundf(logf(asked) / logf(1.05F)));
}

static void images_of_a_replay_keep_the_files_scale(void)
{
    static float x[SAMPLES * WIDTH], image[WIDTH];
    draw_samples(x);
    write_samples(x, SAMPLES, WIDTH);
    fading_config c = small_config(0);
    c.image_scale = in_steps;
    fading *f = open_channel(path, &c);
    csi_transform *t = open_transform(&SMALL);
    fading_ue *u = fading_ue_create(f, 0, NULL);
    REQUIRE(u != NULL);
    float complex ad[SMALL_AD];
    for (uint32_t seq = 0; seq < SAMPLES; seq++) {
        float scale = fading_ue_image_scale(u, seq);
        CHECK_NEAR(in_steps(scale), scale, 1e-6F * scale); /* a report can say it */
        CHECK(fading_ue_angle_delay(u, t, seq, 0, ad, NULL) == 0);
        double power = csi_energy(ad, SMALL_AD) / (double)SMALL.nt;
        int sample = find_sample(x, ad);
        REQUIRE(sample >= 0);
        csi_image_scaled(&SMALL, ad, scale, image);
        for (int i = 0; i < WIDTH; i++)
            CHECK_NEAR(image[i], x[sample * WIDTH + i], 1e-6);
        CHECK(fabs(db_of_power(power / SMALL.nc)) < 10 * log10(1.05) + 1e-3);
    }
    fading_ue_free(u);
    csi_transform_free(t);
    fading_close(f);
    unlink(path);
}

static void check_refused(float *x, size_t rows, size_t columns, const char *says)
{
    write_samples(x, rows, columns);
    fading_config c = small_config(0);
    err e = {0};
    fading *f = fading_open(path, &c, &e);
    CHECK(f == NULL && strstr(e.text, says) != NULL && strchr(e.text, '\n') == NULL);
    fading_close(f);
    unlink(path);
}

static void unfit_data_sets_are_refused(void)
{
    static float x[SAMPLES * WIDTH];
    draw_samples(x);
    check_refused(x, WIDTH, SAMPLES, "[n x 256]");
    check_refused(x, SAMPLES, WIDTH - 2, "[n x 256]");
    x[3 * WIDTH + 5] = 1.01f;
    check_refused(x, SAMPLES, WIDTH, "sample 3 of HT has values outside [0,1]");
    x[3 * WIDTH + 5] = NAN;
    check_refused(x, SAMPLES, WIDTH, "NaN");
    for (int i = 0; i < WIDTH; i++)
        x[3 * WIDTH + i] = 0.5f;
    check_refused(x, SAMPLES, WIDTH, "no channel");
}

static const harness_test tests[] = {
    {"Rayleigh gains are CN(0,1) at every time and speed", gains_are_complex_normal},
    {"power per tap follows the profile", power_follows_the_profile},
    {"delays between taps are the definition's phases", fractional_delays_are_phases},
    {"autocorrelation over time is J0(2 pi f_D t)", autocorrelation_is_bessel},
    {"a carrier of 0 is the channel's own", carrier_zero_is_the_channels_own},
    {"a standing UE sees one channel", a_standing_ue_sees_one_channel},
    {"calls in any order give the same bits", calls_in_any_order_give_the_same_bits},
    {"UEs, antennas and seeds are independent", ues_antennas_and_seeds_are_independent},
    {"frequency and angle-delay domains agree", both_domains_agree},
    {"mean |H|^2 per entry is 1", energy_is_one_per_entry},
    {"bad channels are refused with what exists", bad_channels_are_refused_with_what_exists},
    {"a transform of other dimensions is refused", a_foreign_transform_is_refused},
    {"replay walks the file in order, each sample up to scale", replay_walks_the_file_in_order},
    {"images of a replay keep the file's scale", images_of_a_replay_keep_the_files_scale},
    {"unfit data sets are refused with what was expected", unfit_data_sets_are_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "fading", tests, sizeof tests / sizeof tests[0]);
}
