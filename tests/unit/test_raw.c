/* Raw channels in the link: the three forms agree, the band beyond the kept taps is the file's,
 * sequences are walked in order, and specs are read or refused by name. What files become is held
 * against numpy in tests/integration/raw.sh. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "csi/raw/raw.h"
#include "fading/fading.h"
#include "harness.h"
#include "io/npy.h"

enum { SAMPLES = 6, NT = 4, NC = 16, NI = 4 };

static char path[64];
static float complex channels[SAMPLES][NT][NC];

static void write_file(void)
{
    rng r = rng_at(5, RNG_CHANNEL, 0, 0);
    const mat_array a = {.rank = 3,
                         .dims = {SAMPLES, NT, NC},
                         .count = (size_t)SAMPLES * NT * NC,
                         .is_complex = true,
                         .data = (float *)channels};
    for (size_t i = 0; i < 2 * a.count; i++)
        a.data[i] = (float)rng_uniform(&r) - 0.5f;
    snprintf(path, sizeof path, "/tmp/csilink-test-raw-%ld.npy", (long)getpid());
    REQUIRE(npy_write_float(path, &a, NULL) == ERR_NONE);
}

static fading *open_file(const char *keys, err *e)
{
    char text[256];
    fading_config config = FADING_CONFIG_DEFAULT;
    config.dims = (csi_dims){.nt = NT, .nc = NC, .tp = NT, .ni = NI};
    snprintf(text, sizeof text, "%s%s", path, keys);
    return fading_open(text, &config, e);
}

/* Which sample of the file h is, but for a factor above 0; SAMPLES for none. */
static size_t sample_like(float complex h[NC][NT])
{
    for (size_t i = 0; i < SAMPLES; i++) {
        double factor = cabs((double complex)h[0][0]) / cabs((double complex)channels[i][0][0]);
        double off = 0;
        for (size_t n = 0; n < NC; n++)
            for (size_t k = 0; k < NT; k++)
                off = fmax(off, cabs((double complex)h[n][k] -
                                     factor * (double complex)channels[i][k][n]));
        if (off < 1e-5)
            return i;
    }
    return SAMPLES;
}

static void the_band_is_the_files(void)
{
    err e = {0};
    const csi_dims dims = {.nt = NT, .nc = NC, .tp = NT, .ni = NI};
    write_file();
    fading *f = open_file("", &e);
    csi_transform *t = csi_transform_create(&dims, &e);
    REQUIRE(f && t && fading_samples(f) == SAMPLES);
    CHECK(strstr(fading_describe(f), "frequency domain") != NULL);
    fading_ue *u = fading_ue_create(f, 3, &e);
    REQUIRE(u != NULL);
    size_t before = SAMPLES;
    for (uint32_t seq = 0; seq < 2 * SAMPLES; seq++) {
        float complex h[NC][NT], grid[3][NT], ad[NT][NI], want[NT][NI];
        CHECK(fading_ue_frequency(u, t, seq, 0, &h[0][0], &e) == ERR_NONE);
        CHECK(fading_ue_grid(u, t, seq, 0, 3, &grid[0][0], &e) == ERR_NONE);
        CHECK(fading_ue_angle_delay(u, t, seq, 0, &ad[0][0], &e) == ERR_NONE);
        size_t now = sample_like(h);
        CHECK(now < SAMPLES && (seq == 0 || now == (before + 1) % SAMPLES));
        before = now;
        for (size_t i = 0; i < 3; i++)
            CHECK(memcmp(grid[i], h[i * NC / 3], sizeof grid[i]) == 0);
        csi_transform_forward(t, &h[0][0], &want[0][0]);
        double energy = 0;
        for (size_t i = 0; i < (size_t)NT * NI; i++) {
            CHECK(cabs((double complex)((&ad[0][0])[i] - (&want[0][0])[i])) < 1e-5);
            energy += pow(cabs((double complex)(&ad[0][0])[i]), 2);
        }
        CHECK(fabs(energy / (NT * NC) - 1) < 1e-5);
    }
    fading_ue_free(u);
    fading_close(f);
    csi_transform_free(t);
    unlink(path);
}

static void sequences_are_walked_from_their_beginning(void)
{
    err e = {0};
    const csi_dims dims = {.nt = NT, .nc = NC, .tp = NT, .ni = NI};
    bool seen[SAMPLES] = {false};
    write_file();
    fading *f = open_file(":sequence=3", &e);
    csi_transform *t = csi_transform_create(&dims, &e);
    REQUIRE(f && t);
    for (uint32_t ue = 0; ue < 20; ue++) {
        float complex h[NC][NT];
        fading_ue *u = fading_ue_create(f, ue, &e);
        REQUIRE(u && fading_ue_frequency(u, t, 0, 0, &h[0][0], &e) == ERR_NONE);
        size_t first = sample_like(h);
        REQUIRE(first < SAMPLES);
        CHECK(first % 3 == 0);
        seen[first] = true;
        fading_ue_free(u);
    }
    CHECK(seen[0] && seen[3]);
    fading_close(f);
    csi_transform_free(t);
    CHECK(open_file(":sequence=4", &e) == NULL && strstr(e.text, "sequences of 4") != NULL);
    unlink(path);
}

static void wrong_specs_are_named(void)
{
    static const struct {
        const char *keys, *said;
    } bad[] = {
        {":", "KEY=VALUE"},
        {":rx", "KEY=VALUE"},
        {":rx=two", "whole number"},
        {":rx=7", "the file has 1,"},
        {":ordre=n/nt/nc", "did you mean order"},
        {":order=n/nt", "2 axes"},
        {":order=n/nt/nt", "needs nt, and one of"},
        {":order=n/nt/nc+ni", "not two"},
        {":order=nt/n/n", "needs nt, and one of"},
        {":order=n/plane/nc", "does not fit 'plane'"},
        {":order=n/nt/path", "delays"},
        {":order=1/nt/nc", "does not fit '1'"},
        {":domain=time", "frequency, delay"},
        {":domain=delay", "does not go with"},
        {":layout=soinna", "the layouts are raw"},
        {":layout=deepmimo", "not of the 4 axes"},
        {":sign=plus", "- or +"},
        {":start=first", "domain paths"},
        {":angles=fft", "domain angle-delay"},
        {":sequence=axis", "no axis t"},
        {":bandwidth=1", "from 100000"},
        {":zero=nan", "number from"},
        {":nt=0", "whole number"},
        {":order=nc/n/nt", "16 antennas, not 4"},
    };
    write_file();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        fading *f = open_file(bad[i].keys, &e);
        bool named = !f && strstr(e.text, bad[i].said) != NULL;
        if (!named)
            printf("     %s: %s\n", bad[i].keys, f ? "taken" : e.text);
        CHECK(named);
        fading_close(f);
    }
    unlink(path);
}

static void files_are_told_from_models(void)
{
    CHECK(csi_raw_file_length("a.mat") == 5 && csi_raw_file_length("x/a.npz:layout=raw") == 7);
    CHECK(csi_raw_file_length("a.b.hdf5:order=n/nt") == 8);
    CHECK(csi_raw_file_length("rayleigh:eva") == 0 && csi_raw_file_length(".npy") == 0);
    CHECK(csi_raw_file_length("a.matrix") == 0 && csi_raw_file_length("a.npy/b") == 0);
    CHECK(!csi_raw_is_raw("a.mat") && csi_raw_is_raw("a.mat:variable=H"));
    CHECK(csi_raw_is_raw("a.npz") && csi_raw_is_raw("a.h5") && !csi_raw_is_raw("rayleigh"));
}

static const harness_test tests[] = {
    {"the replayed band is the file's, and its forms agree", the_band_is_the_files},
    {"a UE begins at the first step of a sequence", sequences_are_walked_from_their_beginning},
    {"what is wrong with a spec is named", wrong_specs_are_named},
    {"a file name is not taken for a model's name", files_are_told_from_models},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "raw", tests, sizeof tests / sizeof tests[0]);
}
