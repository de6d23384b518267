#include "chain/bs.h"
#include "chain/ue.h"
#include "codec/models.h"
#include "csi/metrics.h"
#include "harness.h"
#include "measure/age.h"

#include <math.h>
#include <string.h>

enum { ENTRIES = 32 * 32, UES = 200 };

typedef struct cell {
    fading *channel;
    csi_transform *transform;
    chain_age *age;
} cell;

static cell open_cell(const char *name, double speed_kmh)
{
    fading_config config = FADING_CONFIG_DEFAULT;
    cell c = {0};
    config.speed_kmh = speed_kmh;
    config.carrier_hz = 2e9;
    c.channel = fading_open(name, &config, NULL);
    c.transform = csi_transform_create(&config.dims, NULL);
    c.age = chain_age_create(&config.dims, NULL);
    REQUIRE(c.channel && c.transform && c.age);
    return c;
}

static void close_cell(cell *c)
{
    chain_age_free(c->age);
    csi_transform_free(c->transform);
    fading_close(c->channel);
}

static const double time_s = 0.5, speed_of_light = 299792458.0;

/* A codec's error: H(t) with a tenth of its power in other places added to it. */
static void spoil(float complex *h)
{
    static float complex turned[ENTRIES];
    memcpy(turned, h, sizeof turned);
    for (int i = 0; i < ENTRIES; i++)
        h[i] += sqrtf(0.1f) * turned[(i + 517) % ENTRIES];
}

static void no_age_is_the_nmse_at_estimation(void)
{
    static const char *const names[] = {"rayleigh:eva", "cost2100-outdoor", "uma-nlos"};
    for (int i = 0; i < 3; i++) {
        cell c = open_cell(names[i], 60);
        fading_ue *u = fading_ue_create(c.channel, 3, NULL);
        static float complex truth[ENTRIES], known[ENTRIES];
        chain_aged used, again;
        REQUIRE(u && fading_ue_angle_delay(u, c.transform, 7, time_s, truth, NULL) == 0);
        memcpy(known, truth, sizeof known);
        spoil(known);
        REQUIRE(chain_age_measure(c.age, u, 7, time_s, 0, 20, known, &used, NULL) == 0);
        CHECK_NEAR(used.nmse, csi_nmse(truth, known, ENTRIES), 0);
        REQUIRE(chain_age_measure(c.age, u, 7, time_s, 0.004, 20, known, &used, NULL) == 0);
        REQUIRE(chain_age_measure(c.age, u, 7, time_s, 0.004, 20, known, &again, NULL) == 0);
        CHECK(memcmp(&used, &again, sizeof used) == 0);
        REQUIRE(chain_age_measure(c.age, u, 7, time_s, 0, 20, truth, &used, NULL) == 0);
        CHECK_NEAR(used.sgcs, 1, 1e-6);
        fading_ue_free(u);
        close_cell(&c);
    }
}

static void at_rest_nothing_ages(void)
{
    static const char *const names[] = {"rayleigh:eva", "cost2100-indoor", "umi-nlos"};
    for (int i = 0; i < 3; i++) {
        cell c = open_cell(names[i], 0);
        fading_ue *u = fading_ue_create(c.channel, 1, NULL);
        static float complex truth[ENTRIES];
        chain_aged used;
        REQUIRE(u && fading_ue_angle_delay(u, c.transform, 0, time_s, truth, NULL) == 0);
        REQUIRE(chain_age_measure(c.age, u, 0, time_s, 3, 20, truth, &used, NULL) == 0);
        CHECK_NEAR(used.nmse, 0, 1e-9);
        CHECK(chain_ages(c.channel));
        fading_ue_free(u);
        close_cell(&c);
    }
}

/* sum ||H(t+a) - H~||^2 / sum ||H(t+a)||^2 over UEs, at one age. */
static double aged_nmse(const cell *c, double age_s, bool spoiled)
{
    static float complex known[ENTRIES], later[ENTRIES];
    double error = 0, energy = 0;
    for (uint32_t ue = 0; ue < UES; ue++) {
        fading_ue *u = fading_ue_create(c->channel, ue, NULL);
        chain_aged used;
        REQUIRE(u && fading_ue_angle_delay(u, c->transform, 0, time_s, known, NULL) == 0);
        if (spoiled)
            spoil(known);
        REQUIRE(fading_ue_angle_delay(u, c->transform, 0, time_s + age_s, later, NULL) == 0);
        REQUIRE(chain_age_measure(c->age, u, 0, time_s, age_s, 20, known, &used, NULL) == 0);
        double its = csi_energy(later, ENTRIES);
        error += used.nmse * its;
        energy += its;
        fading_ue_free(u);
    }
    return error / energy;
}

/* Clarke's spectrum: the autocorrelation over a is J0(2 pi v a / lambda), so perfect CSI of age a
 * has 2 (1 - J0), and a codec's own error stands beside it. 200 UEs of 9 paths at 32 antennas each:
 * four standard deviations of a correlation's mean over 200 draws, which its paths and antennas
 * only narrow. */
static void nmse_follows_the_channels_autocorrelation(void)
{
    const double speed = 30 / 3.6, lambda = speed_of_light / 2e9;
    cell c = open_cell("rayleigh:eva", 30);
    const double ages[] = {0.001, 0.004, 0.01, 0.05};
    for (int i = 0; i < 4; i++) {
        double change = 2 * (1 - j0(2 * M_PI * speed * ages[i] / lambda));
        double tolerance = 4 * fmin(change, 1) / sqrt(UES);
        CHECK_NEAR(aged_nmse(&c, ages[i], false), change, tolerance);
        CHECK_NEAR(aged_nmse(&c, ages[i], true), change + 0.1, tolerance);
    }
    close_cell(&c);
}

static void a_replay_does_not_age(void)
{
    char path[512];
    if (models_find("replay-cost2100-indoor.mat", path, sizeof path, NULL) != 0) {
        harness_skip("no file to replay");
        return;
    }
    fading_config config = FADING_CONFIG_DEFAULT;
    fading *f = fading_open(path, &config, NULL);
    REQUIRE(f != NULL);
    CHECK(!chain_ages(f));
    fading_close(f);
}

static void times_of_use_are_read(void)
{
    double v = -1;
    err e = {0};
    CHECK(chain_age_parse_use("4ms", &v, &e) == 0);
    CHECK_NEAR(v, 0.004, 0);
    CHECK(chain_age_parse_use("0", &v, &e) == 0 && v == 0);
    CHECK(chain_age_parse_use("measured", &v, &e) == 0 && isnan(v));
    static const char *const bad[] = {"", "soon", "-1ms", "2h", "nan", "inf", "4 ms", "measured "};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        v = 7;
        CHECK(chain_age_parse_use(bad[i], &v, &e) == ERR_INVALID && v == 7);
    }
}

static const harness_test tests[] = {
    {"CSI of age 0 has the NMSE that it had at estimation, and the same age gives the same bits",
     no_age_is_the_nmse_at_estimation},
    {"the CSI of a UE at rest does not age", at_rest_nothing_ages},
    {"the NMSE of aged CSI is that at estimation and 2 (1 - J0(2 pi v a / lambda))",
     nmse_follows_the_channels_autocorrelation},
    {"a channel that is replayed has no time to age in", a_replay_does_not_age},
    {"a time of use is a time, or `measured`, and nothing else", times_of_use_are_read},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "age", tests, sizeof tests / sizeof tests[0]);
}
