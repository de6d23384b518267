/* What a sweep calls its curves. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/eval/limit_plot.h"
#include "cli/sweep/label.h"
#include "harness.h"

static void check_series(const char *spec, const char *want)
{
    eval_sending sending = {0};
    eval_case c = {.sending = &sending};
    char series[UPLINK_SPEC_MAX];
    snprintf(sending.uplink, sizeof sending.uplink, "%s", spec);
    sweep_series(&c, series);
    CU_ASSERT_STRING_EQUAL(series, want);
}

static void a_series_is_an_uplink_without_its_size(void)
{
    check_series("analog", "analog");
    check_series("analog:r4,references=8", "analog:r4,references=8");
    check_series("digital:uses=256", "digital");
    check_series("digital:rate=0.5,r4", "digital:r4");
    check_series("digital:r4,qpsk,uses=256,list=8", "digital:r4,qpsk,list=8");
    check_series("digital:r4,abuses=256", "digital:r4,abuses=256");
}

static void sizes_of_one_series_belong_together(void)
{
    eval_sending sending[4] = {{.uplink = "digital:r4,uses=256"},
                               {.uplink = "analog:r4"},
                               {.uplink = "digital:r4,uses=128"},
                               {.uplink = "digital:r2,uses=256"}};
    eval_case c[4], *curve[4];
    for (int i = 0; i < 4; i++) {
        c[i] = (eval_case){.sending = &sending[i]};
        curve[i] = &c[i];
    }
    sweep s = {.curves = 4, .curve = curve};
    CHECK(sweep_series_has_sizes(&s, &c[0]) && sweep_series_has_sizes(&s, &c[2]));
    CHECK(!sweep_series_has_sizes(&s, &c[1]) && !sweep_series_has_sizes(&s, &c[3]));
}

/* A codec in several numbers of values is one curve over them, as over CRs. */
static void values_are_a_size(void)
{
    err e = {0};
    codec *c = codec_load(CODEC_ENCODER, "delta-net:csilink-net-cr16-indoor,values=64", &e);
    REQUIRE(c != NULL);
    eval_model model[2] = {{.name = "delta-net:csilink-net-cr16-indoor,values=64", .encoder = c},
                           {.name = "onnx:csilink-net-cr16-indoor", .encoder = c}};
    eval_channel channel = {.name = "there", .path = "cost2100-indoor"};
    eval_sending sending = {0};
    eval_case one = {.model = &model[0], .channel = &channel, .sending = &sending};
    eval_case other = {.model = &model[1], .channel = &channel, .sending = &sending};
    eval_case *curve[2] = {&one, &other};
    sweep s = {.curves = 2, .curve = curve};
    char label[FIGURE_LABEL_MAX];
    sweep_label(&s, &one, SWEEP_SENDING, label);
    CU_ASSERT_STRING_EQUAL(label, "delta-net:csilink-net, there");
    sweep_label(&s, &one, SWEEP_CR, label);
    CU_ASSERT_STRING_EQUAL(label, "delta-net:csilink-net, CR 16, values=64, there");
    sweep_label(&s, &other, SWEEP_CR, label);
    CU_ASSERT_STRING_EQUAL(label, "onnx:csilink-net, CR 16, there");
    codec_unload(c);
}

static void channel_uses_are_told_from_the_fewest_to_the_most(void)
{
    uses_range range = uses_none();
    char text[USES_TEXT_MAX];
    uses_add(&range, NAN);
    CHECK(range.low > range.high);
    uses_add(&range, 256.2);
    uses_add(&range, 255.8);
    CU_ASSERT_STRING_EQUAL(uses_text(range, text), "256 uses");
    uses_add(&range, 310);
    CU_ASSERT_STRING_EQUAL(uses_text(range, text), "256-310 uses");
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"a series is an uplink without its size", a_series_is_an_uplink_without_its_size},
        {"the sizes of one series belong together", sizes_of_one_series_belong_together},
        {"a codec's values are a size, as its CR is", values_are_a_size},
        {"a label gives channel uses as a range, fewest to most",
         channel_uses_are_told_from_the_fewest_to_the_most},
    };
    return harness_main(argc, argv, "label", tests, sizeof tests / sizeof tests[0]);
}
