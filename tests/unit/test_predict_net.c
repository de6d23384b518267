/* A predictor whose coefficients come from a network: chain/predict_net.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "chain/predict.h"
#include "chain/predict_net.h"
#include "harness.h"
#include "nn/nn.h"

enum { ROWS = 6, COLUMNS = 5, TAPS = ROWS * COLUMNS, PLANES = CHAIN_PREDICT_PLANES };
static const double period_s = 0.005;

static char folder[] = "/tmp/csilink-test-predict-XXXXXX";

/* --- networks ----------------------------------------------------------------------------------*/

/* Writes `b` to the folder and loads it as a predictor. */
static chain_predict_net *load(nn_builder *b, err *e)
{
    char name[128], file[160];
    nn_model *m = nn_builder_finish(b, "test", e);
    REQUIRE(m != NULL);
    snprintf(name, sizeof name, "%s/net", folder);
    snprintf(file, sizeof file, "%s.predictor.onnx", name);
    REQUIRE(nn_model_save(m, file, e) == ERR_NONE);
    nn_model_free(m);
    return chain_predict_net_load(name, e);
}

/* A network that gives planes first .. first + count - 1 times `factor`. */
static nn_builder *build_slice(int64_t planes, int64_t rows, int64_t first, int64_t count,
                               float factor)
{
    nn_builder *b = nn_builder_new();
    nn_builder_input(b, "planes", 4, (int64_t[]){-1, planes, rows, COLUMNS});
    nn_builder_list(b, "starts", 1, &first);
    nn_builder_list(b, "ends", 1, (int64_t[]){first + count});
    nn_builder_list(b, "axes", 1, (int64_t[]){1});
    nn_builder_floats(b, "factor", 0, NULL, &factor);
    nn_builder_node(b, "Slice", "slice", "planes starts ends axes", "sliced");
    nn_builder_node(b, "Mul", "scale", "sliced factor", "coefficients");
    nn_builder_output(b, "coefficients", 4, (int64_t[]){-1, count, rows, COLUMNS});
    return b;
}

static chain_predict_work *open_slice(int64_t first, float factor, chain_predict_net **net)
{
    err e = {0};
    *net = load(build_slice(PLANES, ROWS, first, 4, factor), &e);
    REQUIRE(*net != NULL);
    chain_predict_work *w = chain_predict_work_open(*net, ROWS, COLUMNS, &e);
    REQUIRE(w != NULL);
    return w;
}

/* --- the planes, from the header's formulas ------------------------------------------------------
 */

static double complex at(const chain_tap_fit *fit, int tap, int which)
{
    const chain_tap_fit *f = &fit[tap];
    double complex sums[] = {f->r11, f->r22, f->r12, f->b[0], f->b[1]};
    return sums[which];
}

/* The mean over a tap and its 8 neighbours, where `around`. */
static double complex sum_of(const chain_tap_fit *fit, int tap, int which, bool around)
{
    if (!around)
        return at(fit, tap, which);
    double complex sum = 0;
    int row = tap / COLUMNS, column = tap % COLUMNS;
    for (int r = row - 1; r <= row + 1; r++)
        for (int c = column - 1; c <= column + 1; c++)
            if (c >= 0 && c < COLUMNS)
                sum += at(fit, (r + ROWS) % ROWS * COLUMNS + c, which) / 9;
    return sum;
}

static double limited(double x)
{
    return fmax(-4, fmin(4, x));
}

static double part(double complex z, int imaginary)
{
    return limited(imaginary ? cimag(z) : creal(z));
}

static double wanted(const chain_tap_fit *fit, int tap, int plane, double noise, size_t fits)
{
    double m = 0;
    for (int i = 0; i < TAPS; i++)
        m += (double)fit[i].r11 / TAPS;
    if (plane == 24)
        return log10(noise + 0.0001);
    if (plane == 25)
        return 1 / (double)fits;
    bool around = plane < 16 ? plane >= 8 : plane >= 20;
    double r = creal(sum_of(fit, tap, 0, around)) / m + 0.001;
    if (plane < 16 && plane % 8 == 0)
        return limited(log10(r));
    if (plane < 16 && plane % 8 == 1)
        return limited(creal(sum_of(fit, tap, 1, around)) / (r * m));
    if (plane < 16)
        return part(sum_of(fit, tap, 1 + plane % 8 / 2, around) / (r * m), plane % 2);
    double complex R12 = sum_of(fit, tap, 2, around), c[2];
    double ridge = ((around ? 0.002 : 0.02) + noise) * m;
    double R11 = creal(sum_of(fit, tap, 0, around)) + ridge,
           R22 = creal(sum_of(fit, tap, 1, around)) + ridge;
    double complex b1 = sum_of(fit, tap, 3, around) + ridge, b2 = sum_of(fit, tap, 4, around);
    double det = R11 * R22 - creal(R12 * conj(R12));
    c[0] = (b1 * R22 - R12 * b2) / det;
    c[1] = (b2 * R11 - conj(R12) * b1) / det;
    return part(c[plane % 4 / 2], plane % 2);
}

/* Sums over three random reports a tap, so that R is one of a real past. */
static void draw_sums(chain_tap_fit *fit)
{
    rng r = rng_at(7, RNG_TEST, 13, 0);
    for (int i = 0; i < TAPS; i++) {
        chain_tap_fit f = {0};
        for (int k = 0; k < 3; k++) {
            float x[6];
            rng_normal_fill(&r, x, 6, 1);
            float complex x0 = complex_of(x[0], x[1]), x1 = complex_of(x[2], x[3]),
                          x2 = complex_of(x[4], x[5]);
            f.r11 += crealf(conjf(x1) * x1);
            f.r22 += crealf(conjf(x2) * x2);
            f.r12 += conjf(x1) * x2;
            f.b[0] += conjf(x1) * x0;
            f.b[1] += conjf(x2) * x0;
        }
        fit[i] = f;
    }
}

static void planes_are_the_header_s(void)
{
    static const int first[] = {0, 4, 8, 12, 16, 20, 22};
    chain_tap_fit fit[TAPS];
    for (size_t k = 0; k < sizeof first / sizeof first[0]; k++) {
        chain_predict_net *net;
        chain_predict_work *w = open_slice(first[k], 1, &net);
        draw_sums(fit);
        REQUIRE(chain_predict_work_run(w, fit, TAPS, 10, 3));
        double off = 0;
        for (int i = 0; i < TAPS; i++)
            for (int plane = 0; plane < 4; plane++) {
                float got = plane % 2 ? cimagf(fit[i].c[plane / 2]) : crealf(fit[i].c[plane / 2]);
                off = fmax(off, fabs((double)got - wanted(fit, i, first[k] + plane, 0.1, 3)));
            }
        CHECK_NEAR(off, 0, 2e-5);
        chain_predict_work_close(w);
        chain_predict_net_free(net);
    }
}

/* --- predictions -------------------------------------------------------------------------------*/

/* A tap turns by its own angle, beside some noise. */
static void channel(uint32_t seq, float complex *h)
{
    float noise[2 * TAPS];
    rng r = rng_at(9, RNG_TEST, 14, seq);
    rng_normal_fill(&r, noise, 2 * TAPS, 0.02f);
    for (size_t i = 0; i < TAPS; i++) {
        double phase = 0.05 * (double)i * seq + (double)i;
        h[i] = complex_of((float)cos(phase) + noise[2 * i], (float)sin(phase) + noise[2 * i + 1]);
    }
}

/* The largest difference between what ar predicts and what the network does, a period ahead. */
static float compare_with_ar(chain_predict_work *w)
{
    float complex h[TAPS], ours[TAPS], ar[TAPS];
    chain_predictor *net = chain_predictor_create(CHAIN_PREDICT_NET, TAPS, NULL),
                    *other = chain_predictor_create(CHAIN_PREDICT_AR, TAPS, NULL);
    REQUIRE(net && other);
    float off = 0;
    for (uint32_t s = 0; s < 12; s++) {
        channel(s, h);
        chain_predictor_add(net, w, s, s * period_s, 20, h);
        chain_predictor_add(other, NULL, s, s * period_s, 20, h);
        chain_predictor_at(net, period_s, ours);
        chain_predictor_at(other, period_s, ar);
        for (size_t i = 0; i < TAPS; i++)
            off = fmaxf(off, cabsf(ours[i] - ar[i]));
    }
    CHECK(chain_predictor_weight(other) > 0.5);
    chain_predictor_free(net);
    chain_predictor_free(other);
    return off;
}

static void what_gives_ar_s_coefficients_is_ar(void)
{
    chain_predict_net *net;
    chain_predict_work *w = open_slice(16, 1, &net);
    CHECK_NEAR((double)compare_with_ar(w), 0, 1e-5);
    chain_predict_work_close(w);
    chain_predict_net_free(net);
    w = open_slice(20, 1, &net); /* others predict otherwise */
    CHECK(compare_with_ar(w) > 0.01f);
    chain_predict_work_close(w);
    chain_predict_net_free(net);
}

static void what_is_not_finite_is_ar(void)
{
    chain_predict_net *net;
    chain_predict_work *w = open_slice(16, INFINITY, &net);
    CHECK(compare_with_ar(w) == 0);
    chain_predict_work_close(w);
    chain_predict_net_free(net);
}

/* --- files -------------------------------------------------------------------------------------*/

static void refuses(nn_builder *b, const char *words)
{
    err e = {0};
    chain_predict_net *net = load(b, &e);
    chain_predict_work *w = net ? chain_predict_work_open(net, ROWS, COLUMNS, &e) : NULL;
    CHECK(w == NULL);
    CHECK(e.code == ERR_MISMATCH && strstr(e.text, words));
    if (!strstr(e.text, words))
        printf("    %s\n", e.text);
    chain_predict_work_close(w);
    chain_predict_net_free(net);
}

static void others_are_refused(void)
{
    refuses(build_slice(PLANES - 1, ROWS, 0, 4, 1), "has float [n x 26 x rows x columns]");
    refuses(build_slice(PLANES, ROWS, 0, 3, 1), "has float [n x 4 x rows x columns]");
    refuses(build_slice(PLANES, ROWS + 1, 0, 4, 1), "for channels of 7 x 5 entries");
    err e = {0};
    CHECK(chain_predict_net_load("no-such-network", &e) == NULL && e.code == ERR_IO);
}

static const harness_test tests[] = {
    {"the planes that a network reads are those of the header", planes_are_the_header_s},
    {"a network that gives ar's coefficients predicts as ar", what_gives_ar_s_coefficients_is_ar},
    {"where a network gives no finite numbers, ar predicts", what_is_not_finite_is_ar},
    {"networks of other inputs, outputs or sizes are refused", others_are_refused},
};

int main(int argc, char **argv)
{
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "predict net", tests, sizeof tests / sizeof tests[0]);
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 ? status : 1;
}
