#include "chain/ue.h"
#include "codec/models.h"
#include "csi/grid.h"
#include "csi/metrics.h"
#include "harness.h"
#include "measure/quality.h"

#include <math.h>
#include <string.h>

enum { NT = 32, ENTRIES = 32 * 32, UES = 200, GRID_MAX = 64 * NT };

typedef struct cell {
    fading *channel;
    csi_transform *transform;
    measurer *measurer;
    measure_truth truth;
} cell;

static cell open_band(const char *name, double speed_kmh, bool whole_band, uint32_t nc)
{
    fading_config config = FADING_CONFIG_DEFAULT;
    cell c = {0};
    config.dims.nc = nc;
    config.speed_kmh = speed_kmh;
    config.carrier_hz = 2e9;
    measurer_config measuring = {.dims = config.dims, .whole_band = whole_band, .dl_snr_db = 20};
    c.channel = fading_open(name, &config, NULL);
    c.transform = csi_transform_create(&config.dims, NULL);
    c.measurer = measurer_create(&measuring, NULL);
    REQUIRE(c.channel && c.transform && c.measurer);
    REQUIRE(measure_truth_init(&c.truth, &config.dims, NULL) == 0);
    return c;
}

static cell open_cell(const char *name, double speed_kmh, bool whole_band)
{
    return open_band(name, speed_kmh, whole_band, 1024);
}

static void close_cell(cell *c)
{
    measure_truth_free(&c->truth);
    measurer_free(c->measurer);
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

/* A reconstruction some way from the truth in every figure. */
static void reconstruct(const cell *c, float complex *h)
{
    memcpy(h, c->truth.taps, ENTRIES * sizeof *h);
    spoil(h);
}

/* To rounding of single precision: the whole band gives the taps by another way at estimation than
 * at use. NMSE is a difference of near numbers; 1e-6 of the channel's power is its own rounding. */
static void check_same_figures(const measure_quality *a, const measure_quality *b)
{
    CHECK_NEAR(b->nmse / a->nmse, 1, 2e-6);
    CHECK_NEAR(b->rho / a->rho, 1, 1e-6);
    CHECK_NEAR(b->sgcs / a->sgcs, 1, 1e-6);
    CHECK_NEAR(b->se / a->se, 1, 1e-6);
}

static const char *const channels[] = {"rayleigh:eva", "cost2100-outdoor", "uma-nlos",
                                       "rayleigh:etu"};
enum { CHANNELS = sizeof channels / sizeof channels[0] };

/* At age 0 of a moving UE, and at any age of one at rest. etu has paths beyond the kept taps: in
 * the grid of the whole band, not in that of the taps, at either time. */
static void at_use_and_at_estimation_agree(double speed_kmh, double age_s)
{
    static float complex h[ENTRIES];
    for (int i = 0; i < 2 * CHANNELS; i++) {
        cell c = open_cell(channels[i / 2], speed_kmh, i % 2);
        fading_ue *u = fading_ue_create(c.channel, 3, NULL);
        measure_quality young, used, again;
        REQUIRE(u && measurer_recompute(c.measurer, u, 7, time_s, &c.truth, NULL) == 0);
        reconstruct(&c, h);
        REQUIRE(measurer_at_estimation(c.measurer, &c.truth, h, &young));
        REQUIRE(measurer_at_use(c.measurer, u, 7, time_s, age_s, h, &used, NULL) == 0);
        check_same_figures(&young, &used);
        REQUIRE(measurer_at_use(c.measurer, u, 7, time_s, age_s, h, &again, NULL) == 0);
        CHECK(memcmp(&used, &again, sizeof used) == 0);
        fading_ue_free(u);
        close_cell(&c);
    }
}

static void no_age_changes_no_figure(void)
{
    at_use_and_at_estimation_agree(60, 0);
}

static void at_rest_nothing_ages(void)
{
    at_use_and_at_estimation_agree(0, 3);
    cell c = open_cell("umi-nlos", 0, false);
    CHECK(measure_ages(c.channel));
    close_cell(&c);
}

/* The figures of a reconstruction that is the truth; where the channel is known by its taps. */
static void the_truth_itself_is_perfect(void)
{
    cell c = open_cell("uma-nlos", 60, false);
    fading_ue *u = fading_ue_create(c.channel, 3, NULL);
    measure_quality q;
    REQUIRE(u && measurer_recompute(c.measurer, u, 7, time_s, &c.truth, NULL) == 0);
    REQUIRE(measurer_at_estimation(c.measurer, &c.truth, c.truth.taps, &q));
    CHECK(q.nmse == 0);
    CHECK_NEAR(q.rho, 1, 1e-6);
    CHECK_NEAR(q.sgcs, 1, 1e-6);
    REQUIRE(measurer_at_use(c.measurer, u, 7, time_s, 0.004, c.truth.taps, &q, NULL) == 0);
    CHECK(q.nmse > 0 && q.sgcs < 1);
    fading_ue_free(u);
    close_cell(&c);
}

/* sum ||H(t+a) - H~||^2 / sum ||H(t+a)||^2 over UEs, at one age. */
static double aged_nmse(const cell *c, double age_s, bool spoiled)
{
    static float complex known[ENTRIES], later[ENTRIES];
    double error = 0, energy = 0;
    for (uint32_t ue = 0; ue < UES; ue++) {
        fading_ue *u = fading_ue_create(c->channel, ue, NULL);
        measure_quality used;
        REQUIRE(u && fading_ue_angle_delay(u, c->transform, 0, time_s, known, NULL) == 0);
        if (spoiled)
            spoil(known);
        REQUIRE(fading_ue_angle_delay(u, c->transform, 0, time_s + age_s, later, NULL) == 0);
        REQUIRE(measurer_at_use(c->measurer, u, 0, time_s, age_s, known, &used, NULL) == 0);
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
    cell c = open_cell("rayleigh:eva", 30, false);
    const double ages[] = {0.001, 0.004, 0.01, 0.05};
    for (int i = 0; i < 4; i++) {
        double change = 2 * (1 - j0(2 * M_PI * speed * ages[i] / lambda));
        double tolerance = 4 * fmin(change, 1) / sqrt(UES);
        CHECK_NEAR(aged_nmse(&c, ages[i], false), change, tolerance);
        CHECK_NEAR(aged_nmse(&c, ages[i], true), change + 0.1, tolerance);
    }
    close_cell(&c);
}

/* The truth that a measurer computes anew, against the one that came with the report, in a UE that
 * estimates (whole band) and in one that knows its taps. */
static void a_recomputed_truth_is_the_same_bits(void)
{
    codec *encoder = codec_load(CODEC_ENCODER, "dpcm", NULL);
    REQUIRE(encoder != NULL);
    for (int i = 0; i < 2 * CHANNELS; i++) {
        cell c = open_cell(channels[i / 2], 60, i % 2);
        chain_ue_config config = {.dims = CSI_DIMS_DEFAULT,
                                  .estimate = i % 2,
                                  .dl_snr_db = 10,
                                  .uplink = "analog",
                                  .seed = 1,
                                  .genie = true};
        fading_ue *u = fading_ue_create(c.channel, 4, NULL);
        chain_ue *ue = chain_ue_create(&config, encoder, NULL);
        chain_report r;
        size_t points = (size_t)csi_grid_of(&config.dims).count * NT;
        REQUIRE(u && ue && chain_report_init(&r, ue, NULL) == 0);
        REQUIRE(chain_ue_report(ue, u, 4, 9, time_s, &CHAIN_NOTHING_ACKNOWLEDGED, &r, NULL) == 0);
        REQUIRE(measurer_recompute(c.measurer, u, 12, time_s + 1, &c.truth, NULL) == 0);
        REQUIRE(measurer_recompute(c.measurer, u, 9, time_s, &c.truth, NULL) == 0);
        CHECK(memcmp(c.truth.taps, r.truth.taps, ENTRIES * sizeof(float complex)) == 0);
        CHECK(memcmp(c.truth.grid, r.truth.grid, points * sizeof(float complex)) == 0);
        chain_report_free(&r);
        chain_ue_free(ue);
        fading_ue_free(u);
        close_cell(&c);
    }
    codec_unload(encoder);
}

/* Every 16th subcarrier of 1024; 60 of 600 and 52 of 624, the largest divisors in 32 .. 64; all of
 * 63 and 56; 64 uneven ones of the prime 1021. */
static void any_band_can_be_measured(void)
{
    static const struct {
        uint32_t nc, grid;
    } bands[] = {{1024, 64}, {600, 60}, {624, 52}, {63, 63}, {56, 56}, {1021, 64}};
    static float complex h[ENTRIES];
    for (size_t i = 0; i < 2 * sizeof bands / sizeof bands[0]; i++) {
        cell c = open_band("rayleigh:eva", 30, i % 2, bands[i / 2].nc);
        fading_ue *u = fading_ue_create(c.channel, 0, NULL);
        measure_quality young, used;
        CHECK(csi_grid_of(csi_transform_dims(c.transform)).count == bands[i / 2].grid);
        REQUIRE(u && measurer_recompute(c.measurer, u, 1, time_s, &c.truth, NULL) == 0);
        reconstruct(&c, h);
        REQUIRE(measurer_at_estimation(c.measurer, &c.truth, h, &young));
        CHECK(young.rho > 0 && young.rho < 1 && young.sgcs <= young.rho && young.se > 0);
        REQUIRE(measurer_at_use(c.measurer, u, 1, time_s, 0, h, &used, NULL) == 0);
        check_same_figures(&young, &used);
        fading_ue_free(u);
        close_cell(&c);
    }
}

static void nothing_is_measured_against_nothing(void)
{
    static float complex h[ENTRIES];
    cell c = open_cell("rayleigh:eva", 0, false);
    measure_quality q;
    h[5] = 1; /* and the truth is zero */
    CHECK(!measurer_at_estimation(c.measurer, &c.truth, h, &q));
    c.truth.taps[5] = 1;
    for (int i = 0; i < GRID_MAX; i++)
        c.truth.grid[i] = 1;
    CHECK(measurer_at_estimation(c.measurer, &c.truth, h, &q));
    h[6] = NAN;
    CHECK(!measurer_at_estimation(c.measurer, &c.truth, h, &q));
    close_cell(&c);
}

static void the_rates_snr_is_that_of_the_pilots(void)
{
    CHECK(measure_se_snr_db(7.5) == 7.5 && measure_se_snr_db(INFINITY) == MEASURE_SE_SNR_DB);
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
    CHECK(!measure_ages(f));
    fading_close(f);
}

static const harness_test tests[] = {
    {"CSI of age 0 has the figures that it had at estimation, all four in one domain",
     no_age_changes_no_figure},
    {"the CSI of a UE at rest does not age", at_rest_nothing_ages},
    {"a reconstruction that is the truth has NMSE 0 and SGCS 1", the_truth_itself_is_perfect},
    {"the NMSE of aged CSI is that at estimation and 2 (1 - J0(2 pi v a / lambda))",
     nmse_follows_the_channels_autocorrelation},
    {"a truth that is computed anew has the bits of the report's own",
     a_recomputed_truth_is_the_same_bits},
    {"a band of any number of subcarriers can be measured", any_band_can_be_measured},
    {"a channel that is zero, and a reconstruction that is no number, are not measured",
     nothing_is_measured_against_nothing},
    {"the rate's SNR is that of the pilots, 20 dB where they are noiseless",
     the_rates_snr_is_that_of_the_pilots},
    {"a channel that is replayed has no time to age in", a_replay_does_not_age},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "quality", tests, sizeof tests / sizeof tests[0]);
}
