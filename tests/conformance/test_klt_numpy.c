/* The principal components of `csilink model klt` against numpy's, from the same training set, by
 * the NMSE without noise on the reference test sets; and klt as a codec of bits. Skipped without
 * numpy or the data. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain/eval.h"
#include "codec/kind.h"
#include "csi/dataset.h"
#include "harness.h"
#include "io/file.h"

enum { RATIOS = 3 };

static const int ratios[RATIOS] = {4, 8, 16};

static char folder[] = "/tmp/csilink-test-klt-numpy-XXXXXX";

extern const codec_kind codec_klt;

typedef struct reading {
    csi_dataset set;
    size_t at;
} reading;

static int next_samples(void *user, float complex *h, size_t room, size_t *count, err *e)
{
    reading *r = user;
    size_t entries = (size_t)r->set.nt * r->set.ni;
    (void)e;
    for (*count = 0; *count < room && r->at < r->set.samples; ++*count, r->at++) {
        const float *image = r->set.x + r->at * 2 * entries;
        for (size_t i = 0; i < entries; i++)
            *h++ = (image[i] - 0.5f) + I * (image[entries + i] - 0.5f);
    }
    return ERR_NONE;
}

static bool design(const char *train, const char *arguments)
{
    char path[128], note[CODEC_NOTE_MAX];
    reading r = {0};
    void *file = NULL;
    size_t size;
    err e = {0};
    int rc = csi_dataset_read(train, NULL, &r.set, &e);
    codec_training t = {.nr = 1,
                        .nt = r.set.nt,
                        .ni = r.set.ni,
                        .samples = r.set.samples,
                        .scenario = "",
                        .user = &r,
                        .next = next_samples};
    snprintf(path, sizeof path, "%s/x.klt", folder);
    if (rc == ERR_NONE)
        rc = codec_klt.design(arguments, &t, &file, &size, note, &e);
    if (rc == ERR_NONE)
        rc = file_replace(path, file, size, &e);
    if (rc != ERR_NONE)
        printf("    %s\n", e.text);
    csi_dataset_free(&r.set);
    free(file);
    return rc == ERR_NONE;
}

static bool measure(const char *test, const char *spec, double *nmse_db)
{
    err e = {0};
    fading_config channel = FADING_CONFIG_DEFAULT;
    codec *encoder = codec_load(CODEC_ENCODER, spec, &e);
    codec *decoder = encoder ? codec_load(CODEC_DECODER, spec, &e) : NULL;
    fading *f = decoder ? fading_open(test, &channel, &e) : NULL;
    chain_eval_config config = {
        .ue = {.dims = CSI_DIMS_DEFAULT, .uplink = "analog", .seed = 1, .genie = true},
        .ues = 1,
        .samples = f ? fading_samples(f) : 0,
        .snrs = 1,
        .snr_db = {INFINITY}};
    chain_eval_result result;
    bool done = f && chain_evaluate(&config, f, encoder, decoder, &result, &e) == 0;
    if (done)
        *nmse_db = result.row[0].nmse_db;
    else
        printf("    %s\n", e.text);
    fading_close(f);
    codec_unload(encoder);
    codec_unload(decoder);
    return done;
}

/* The figures that a script prints; false where it does not run to its end. */
static bool ask_numpy(const char *script, double figure[RATIOS])
{
    char command[4 * 4096];
    snprintf(command, sizeof command, "/usr/bin/python3 tests/conformance/%s", script);
    FILE *f = popen(command, "r");
    if (!f)
        return false;
    size_t got = 0;
    while (got < RATIOS && fscanf(f, "%lf", &figure[got]) == 1)
        got++;
    return pclose(f) == 0 && got == RATIOS;
}

static void agree(const char *form, const char *arguments, size_t count)
{
    static const char *const sets[] = {"in", "out"};
    const char *slow = getenv("CSILINK_TEST_SLOW");
    if (slow && atoi(slow) >= 10) {
        harness_skip("eigenvectors of 2048 values take too long here");
        return;
    }
    for (size_t s = 0; s < count; s++) {
        char train[4096], test[4096], name[64];
        double theirs[RATIOS];
        snprintf(name, sizeof name, "cost2100/DATA_Htrain%s.mat", sets[s]);
        const char *path = harness_reference(name);
        snprintf(train, sizeof train, "%s", path ? path : "");
        snprintf(name, sizeof name, "cost2100/DATA_Htest%s.mat", sets[s]);
        path = harness_reference(name);
        snprintf(test, sizeof test, "%s", path ? path : "");
        if (!*train || !*test) {
            harness_skip("no reference data");
            return;
        }
        if (system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0) {
            harness_skip("no numpy");
            return;
        }
        char script[3 * 4096];
        snprintf(script, sizeof script, "klt.py %s '%s' '%s' %d %d %d", form, train, test,
                 ratios[0], ratios[1], ratios[2]);
        REQUIRE(ask_numpy(script, theirs));
        REQUIRE(design(train, arguments));
        for (size_t i = 0; i < RATIOS; i++) {
            double ours = 0;
            char spec[CODEC_SPEC_MAX];
            snprintf(spec, sizeof spec, "klt:%s/x,cr=%d", folder, ratios[i]);
            REQUIRE(measure(test, spec, &ours));
            printf("    %s, %s, CR %d: %.3f dB, numpy %.3f dB\n", sets[s], form, ratios[i], ours,
                   theirs[i]);
            CHECK_NEAR(ours, theirs[i], 0.05);
        }
    }
}

static void complex_components_of_samples_of_norm_one(void)
{
    agree("complex", "cr=4", 2);
}

static void plain_components_of_the_images(void)
{
    /* A moment of twice the order takes eight times as long: one set will do. */
    agree("real", "cr=4,form=real,scale=peak", 1);
}

/* The shipped files, by a quantizer and an allocation of numpy's own. */
static void reports_of_bits(void)
{
    static const char *const sets[][2] = {{"in", "klt-indoor"}, {"out", "klt-outdoor"}};
    static const int bits[RATIOS] = {512, 1024, 2048};
    if (system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0) {
        harness_skip("no numpy");
        return;
    }
    for (size_t s = 0; s < 2; s++) {
        char name[64], test[4096], script[2 * 4096], spec[CODEC_SPEC_MAX];
        double theirs[RATIOS], ours = 0;
        snprintf(name, sizeof name, "cost2100/DATA_Htest%s.mat", sets[s][0]);
        const char *path = harness_reference(name);
        if (!path) {
            harness_skip("no reference data");
            return;
        }
        snprintf(test, sizeof test, "%s", path);
        snprintf(script, sizeof script, "klt_bits.py models/%s.klt '%s' %d %d %d", sets[s][1], test,
                 bits[0], bits[1], bits[2]);
        REQUIRE(ask_numpy(script, theirs));
        for (size_t i = 0; i < RATIOS; i++) {
            snprintf(spec, sizeof spec, "klt:models/%s.klt,bits=%d", sets[s][1], bits[i]);
            REQUIRE(measure(test, spec, &ours));
            printf("    %s, %d bits: %.3f dB, numpy %.3f dB\n", sets[s][1], bits[i], ours,
                   theirs[i]);
            CHECK_NEAR(ours, theirs[i], 0.1);
        }
    }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"complex components of samples of norm 1 are numpy's",
         complex_components_of_samples_of_norm_one},
        {"plain components of the images are numpy's", plain_components_of_the_images},
        {"reports of bits are numpy's", reports_of_bits},
    };
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "klt, numpy", tests, sizeof tests / sizeof tests[0]);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? status : 1;
}
