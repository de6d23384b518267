/* The figures that are known for given weights on given data, measured by the link's own functions.
 * Needs the reference data; without them the tests are skipped. */
#include <math.h>
#include <stdio.h>

#include "chain/eval.h"
#include "harness.h"

/* A pair of files, a data set, and the NMSE in dB at each SNR. */
typedef struct figure {
    const char *pair, *layout, *data;
    size_t snrs;
    double snr_db[4], nmse_db[4], tolerance_db[4];
} figure;

static codec *load(codec_side side, const figure *f)
{
    char relative[256], spec[CODEC_SPEC_MAX];
    snprintf(relative, sizeof relative, "%s.%s.onnx", f->pair, codec_side_name(side));
    const char *path = harness_reference(relative);
    if (!path)
        return NULL;
    snprintf(spec, sizeof spec, "onnx:%s%s%s", path, f->layout ? ",layout=" : "",
             f->layout ? f->layout : "");
    err e = {0};
    codec *c = codec_load(side, spec, &e);
    if (!c)
        printf("    %s\n", e.text);
    CHECK(c != NULL);
    return c;
}

static fading *open_data(const figure *f)
{
    const char *path = harness_reference(f->data);
    fading_config config = FADING_CONFIG_DEFAULT;
    return path ? fading_open(path, &config, NULL) : NULL;
}

static void check_figure(const figure *f)
{
    codec *encoder = load(CODEC_ENCODER, f), *decoder = load(CODEC_DECODER, f);
    fading *channel = open_data(f);
    if (!encoder || !decoder || !channel) {
        harness_skip("no reference data");
    } else {
        chain_eval_config config = {.ue = {.dims = CSI_DIMS_DEFAULT,
                                           .dl_snr_db = 20,
                                           .uplink = "analog",
                                           .seed = 1,
                                           .genie = true},
                                    .ues = 1,
                                    .samples = fading_samples(channel),
                                    .snr_known = true,
                                    .snrs = f->snrs};
        for (size_t i = 0; i < f->snrs; i++)
            config.snr_db[i] = f->snr_db[i];
        chain_eval_result result;
        CHECK(chain_evaluate(&config, channel, encoder, decoder, &result, NULL) == 0);
        for (size_t i = 0; i < f->snrs; i++) {
            printf("    %s at %g dB SNR: %.2f dB\n", f->pair, f->snr_db[i], result.row[i].nmse_db);
            CHECK_NEAR(result.row[i].nmse_db, f->nmse_db[i], f->tolerance_db[i]);
        }
    }
    fading_close(channel);
    codec_unload(encoder);
    codec_unload(decoder);
}

/* Without noise the same weights on the same data can only differ by rounding, of the arithmetic
 * and of the figures: 0.1 dB. At 0 dB the mean rests on noise that is drawn otherwise. */
static void published_weights_indoors(void)
{
    static const char data[] = "cost2100/DATA_Htestin.mat";
    static const figure figures[] = {
        {"published/indoor-cr4", NULL, data, 2, {INFINITY, 0}, {-14.04, 19.8}, {0.1, 0.3}},
        {"published/indoor-cr8", NULL, data, 2, {INFINITY, 0}, {-11.91, 20.7}, {0.1, 0.3}},
        {"published/indoor-cr16", NULL, data, 2, {INFINITY, 0}, {-9.07, 16.8}, {0.1, 0.3}},
    };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        check_figure(&figures[i]);
}

static void published_weights_outdoors(void)
{
    static const char data[] = "cost2100/DATA_Htestout.mat";
    static const figure figures[] = {
        {"published/outdoor-cr4", NULL, data, 1, {INFINITY}, {-7.05}, {0.1}},
        {"published/outdoor-cr8", NULL, data, 1, {INFINITY}, {-2.34}, {0.1}},
        {"published/outdoor-cr16", NULL, data, 1, {INFINITY}, {-2.00}, {0.1}},
    };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        check_figure(&figures[i]);
}

static void starter_weights_over_noise(void)
{
    static const figure f = {"starter/csilink-net-cr8-indoor",
                             "delay-angle",
                             "cost2100/DATA_Htestin.mat",
                             4,
                             {INFINITY, 20, 10, 0},
                             {-21.48, -19.42, -14.19, -7.13},
                             {0.05, 0.1, 0.1, 0.1}};
    check_figure(&f);
}

static const harness_test tests[] = {
    {"the published indoor weights have their known NMSE, noiseless and at 0 dB",
     published_weights_indoors},
    {"the published outdoor weights have their known noiseless NMSE", published_weights_outdoors},
    {"csilink-net's starter weights have PyTorch's NMSE from no noise to 0 dB",
     starter_weights_over_noise},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "eval", tests, sizeof tests / sizeof tests[0]);
}
