/* Whether a codec fits a channel, as far as its name and its training say. */
#include "cell/fit.h"
#include "harness.h"

#include <stdio.h>
#include <string.h>

static const char *said_of(const char *name, const char *trained, const char *channel,
                           double carrier_hz)
{
    static char text[CELL_FIT_TEXT_MAX];
    codec_info info = {.nt = 32};
    snprintf(info.name, sizeof info.name, "%s", name);
    snprintf(info.trained, sizeof info.trained, "%s", trained);
    return cell_fit_text(&info, channel, carrier_hz, text);
}

static void a_codec_of_other_channels_is_named(void)
{
    static const struct {
        const char *name, *channel, *says; /* "": nothing */
    } cases[] = {
        {"csilink-net-cr8-indoor", "cost2100-indoor:ues=3", ""},
        {"csilink-net-cr8-indoor", "cost2100-outdoor", "and cost2100-outdoor is one for outdoor"},
        {"csilink-net-cr8-indoor", "cdl-c", "and cdl-c is none of them"},
        {"csilink-net-xl-cr4-outdoor", "DATA_Htestin.mat", "is one for indoor"},
        {"csilink-net-cr8-indoor", "mine.npy", ""},
        {"csilink-net-cr8-universal", "uma-nlos", ""},
        {"klt-uma-nlos-cr8", "umi-los", ""},
        {"klt-uma-nlos-cr8", "rayleigh:eva", "trained for uma-nlos channels"},
        {"transform-512", "uma-nlos", ""},
        {"indoor", "uma-nlos", ""},
        {"net-indoors", "uma-nlos", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *got = said_of(cases[i].name, "", cases[i].channel, 0);
        if (*cases[i].says ? !strstr(got, cases[i].says) : *got) {
            printf("    %s on %s: '%s'\n", cases[i].name, cases[i].channel, got);
            CHECK(false);
        }
    }
}

static void a_codec_of_other_carriers_is_named(void)
{
    const char *name = "csilink-net-cr8-uma-nlos";
    const char *trained = "uma-nlos at 28 GHz + uma-nlos:spherical at 0.3 GHz";
    CU_ASSERT_STRING_EQUAL(said_of(name, trained, "uma-nlos", 28e9), "");
    CU_ASSERT_STRING_EQUAL(said_of(name, trained, "uma-nlos", 300e6), "");
    CU_ASSERT_STRING_EQUAL(said_of(name, trained, "uma-nlos", 26e9), "");
    CU_ASSERT_STRING_EQUAL(said_of(name, "uma-nlos", "uma-nlos", 0), "");
    CU_ASSERT_STRING_EQUAL(said_of(name, "uma-nlos at noon GHz", "uma-nlos", 0), "");
    CHECK(strstr(said_of(name, trained, "uma-nlos", 0), "is at 3.5 GHz here") != NULL);
    CHECK(strstr(said_of(name, trained, "uma-nlos", 2.6e9), "is at 2.6 GHz here") != NULL);
}

static const harness_test tests[] = {
    {"a codec of other channels is named", a_codec_of_other_channels_is_named},
    {"a codec of other carriers is named", a_codec_of_other_carriers_is_named},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "fit", tests, sizeof tests / sizeof tests[0]);
}
