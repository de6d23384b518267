/* Replay of the field's COST 2100 files: where the energy lies, tap by tap. The figures are the
 * mean share of a sample's energy in each of the first ten delay taps, published with the
 * files to three digits. */
#include "csi/metrics.h"
#include "fading/fading.h"
#include "harness.h"

enum { TAPS = 10, ENTRIES = 32 * 32 };

/* Adds each tap's share of the sample's energy to `share`. */
static void add_shares(const float complex *ad, double share[TAPS])
{
    double whole = csi_energy(ad, ENTRIES);
    for (int tap = 0; tap < TAPS; tap++)
        for (int row = 0; row < 32; row++)
            share[tap] += csi_energy(ad + row * 32 + tap, 1) / whole;
}

/* The figures were taken over the same 2,000 samples: what is left is their third digit's rounding,
 * and that of the files' values. */
static void check_file(const char *file, const double want[TAPS])
{
    const uint32_t samples = 2000;
    const char *path = harness_reference(file);
    if (!path) {
        harness_skip("reference data not there");
        return;
    }
    fading_config c = FADING_CONFIG_DEFAULT;
    fading *f = fading_open(path, &c, NULL);
    csi_transform *t = csi_transform_create(&c.dims, NULL);
    fading_ue *u = f ? fading_ue_create(f, 0, NULL) : NULL;
    REQUIRE(f != NULL && t != NULL && u != NULL);
    static float complex ad[ENTRIES];
    double share[TAPS] = {0};
    for (uint32_t seq = 0; seq < samples; seq++) {
        CHECK(fading_ue_angle_delay(u, t, seq, 0, ad, NULL) == 0);
        CHECK_NEAR(csi_energy(ad, ENTRIES) / (32.0 * 1024), 1, 1e-5);
        add_shares(ad, share);
    }
    for (int tap = 0; tap < TAPS; tap++)
        CHECK_NEAR(share[tap] / samples, want[tap], 0.0006);
    fading_ue_free(u);
    csi_transform_free(t);
    fading_close(f);
}

static void indoor_taps(void)
{
    static const double want[TAPS] = {.387, .468, .054, .037, .023, .013, .006, .003, .002, .001};
    check_file("cost2100/DATA_Htestin.mat", want);
}

static void outdoor_taps(void)
{
    static const double want[TAPS] = {.001, .005, .011, .021, .033, .042, .049, .053, .059, .069};
    check_file("cost2100/DATA_Htestout.mat", want);
}

static const harness_test tests[] = {
    {"indoor replay has its energy in the reference's delay taps", indoor_taps},
    {"outdoor replay has its energy in the reference's delay taps", outdoor_taps},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "COST 2100 replay", tests, sizeof tests / sizeof tests[0]);
}
