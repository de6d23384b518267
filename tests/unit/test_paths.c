#include "base/rng.h"
#include "csi/metrics.h"
#include "csi/transform.h"
#include "fading/paths.h"
#include "fading/paths_simd.h"
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A bandwidth of 1 Hz: delays in seconds are delays in taps. */
static const double BANDWIDTH = 1;

static const csi_dims sizes[] = {
    {.nt = 32, .nc = 1024, .tp = 32, .ni = 32}, {.nt = 8, .nc = 64, .tp = 8, .ni = 64},
    {.nt = 7, .nc = 61, .tp = 7, .ni = 13},     {.nt = 256, .nc = 96, .tp = 256, .ni = 5},
    {.nt = 1, .nc = 1, .tp = 1, .ni = 1},       {.nt = 2, .nc = 8192, .tp = 2, .ni = 40},
};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void *room(size_t bytes)
{
    void *p = calloc(1, bytes);
    REQUIRE(p != NULL);
    return p;
}

static fading_synthesis *open_synthesis(const csi_dims *d, size_t most)
{
    fading_synthesis *s = fading_synthesis_create(d, BANDWIDTH, most, NULL);
    REQUIRE(s != NULL);
    return s;
}

static csi_transform *open_transform(const csi_dims *d)
{
    csi_transform *t = csi_transform_create(d, NULL);
    REQUIRE(t != NULL);
    return t;
}

/* Delays in groups of up to three, a few of them negative, on a tap, or beyond the last. */
static void draw_paths(uint32_t stream, const csi_dims *d, fading_path *paths, size_t count)
{
    rng r = rng_at(1, RNG_TEST, stream, 30);
    double delay = 0;
    for (size_t l = 0; l < count; l++) {
        if (rng_uniform(&r) < 0.6)
            delay = (1.5 * rng_uniform(&r) - 0.2) * (l % 4 ? d->ni : d->nc);
        if (rng_uniform(&r) < 0.1)
            delay = floor(delay);
        paths[l].delay_s = delay;
        paths[l].sine = l % 16 ? 2 * rng_uniform(&r) - 1 : rng_uniform(&r) < 0.5 ? -1 : 1;
        paths[l].gain = (float)rng_normal(&r) + I * (float)rng_normal(&r);
    }
}

/* The double loop of paths.h in double precision. */
static void by_definition(const csi_dims *d, const fading_path *paths, size_t count,
                          float complex *h)
{
    for (uint32_t n = 0; n < d->nc; n++) {
        for (uint32_t k = 0; k < d->nt; k++) {
            double complex sum = 0;
            for (size_t l = 0; l < count; l++) {
                double turns = n * paths[l].delay_s * BANDWIDTH / d->nc + k * paths[l].sine / 2;
                double angle = -2 * M_PI * fmod(turns, 1);
                sum += (double complex)paths[l].gain * (cos(angle) + I * sin(angle));
            }
            h[(size_t)n * d->nt + k] = (float complex)sum;
        }
    }
}

/* The header's 1e-5 of the largest entry; of `least` where paths cancel or leak in only. */
static void check_close(const float complex *got, const float complex *want, size_t count,
                        double least)
{
    double largest = fmax(harness_max_abs((const float *)want, 2 * count), least);
    CHECK_NEAR(harness_max_abs_diff((const float *)got, (const float *)want, 2 * count), 0,
               1e-5 * largest);
}

/* What an entry of H_freq is like where paths neither cancel nor add up. */
static double rms_gain(const fading_path *paths, size_t count)
{
    double sum = 0;
    for (size_t l = 0; l < count; l++)
        sum += csi_energy(&paths[l].gain, 1);
    return sqrt(sum);
}

static void check_size(const csi_dims *d, size_t count)
{
    size_t freq = (size_t)d->nc * d->nt, ad = (size_t)d->nt * d->ni;
    float complex *want = room(freq * sizeof *want), *got = room(freq * sizeof *got);
    float complex *want_ad = room(ad * sizeof *want_ad), *got_ad = room(ad * sizeof *got_ad);
    fading_path *paths = room(count * sizeof *paths);
    fading_synthesis *s = open_synthesis(d, count);
    csi_transform *t = open_transform(d);
    draw_paths((uint32_t)count, d, paths, count);
    by_definition(d, paths, count, want);
    csi_transform_forward(t, want, want_ad);
    for (int again = 0; again < 2; again++) {
        fading_synthesis_frequency(s, paths, count, got);
        fading_synthesis_angle_delay(s, paths, count, got_ad);
        check_close(got, want, freq, rms_gain(paths, count));
        check_close(got_ad, want_ad, ad, rms_gain(paths, count));
    }
    csi_transform_forward(t, got, want_ad);
    check_close(got_ad, want_ad, ad, rms_gain(paths, count));
    csi_transform_free(t);
    fading_synthesis_free(s);
    free(paths), free(want), free(got), free(want_ad), free(got_ad);
}

static void both_ways_are_the_definition(void)
{
    for (int i = 0; i < SIZES; i++)
        for (size_t count = 1; count < 300; count = 6 * count + 1)
            check_size(&sizes[i], count);
}

/* A path on a tap and an angle bin is one entry, sqrt(Nc Nt) times its gain: all else is below the
 * transform's own rounding. */
static void a_path_on_the_grid_is_one_entry(void)
{
    const csi_dims d = CSI_DIMS_DEFAULT;
    static const int place[][2] = {{0, 0}, {5, 3}, {31, -16}, {7, 15}, {16, -1}};
    static float complex ad[32 * 32];
    fading_synthesis *s = open_synthesis(&d, 1);
    for (int i = 0; i < 5; i++) {
        int tap = place[i][0], bin = place[i][1];
        fading_path p = {.delay_s = tap, .sine = bin / 16.0, .gain = 3 - 4 * I};
        fading_synthesis_angle_delay(s, &p, 1, ad);
        for (int m = 0; m < 32; m++)
            for (int r = 0; r < 32; r++) {
                bool here = m == 16 + bin && r == tap;
                double complex want = here ? (3 - 4 * I) * sqrt(1024 * 32) : 0;
                CHECK_NEAR(cabs((double complex)ad[m * 32 + r] - want), 0, 1e-5 * 905);
            }
    }
    fading_synthesis_free(s);
}

/* Nearly on the grid is next to on the grid: nothing blows up where sine is divided by sine. */
static void kernels_are_continuous_at_the_grid(void)
{
    const csi_dims d = CSI_DIMS_DEFAULT;
    static float complex on[32 * 32], near[32 * 32];
    fading_synthesis *s = open_synthesis(&d, 1);
    fading_path p = {.delay_s = 9, .sine = 0.25, .gain = 1};
    fading_synthesis_angle_delay(s, &p, 1, on);
    for (double step = 1e-15; step < 1e-6; step *= 7) {
        for (int sign = -1; sign <= 1; sign += 2) {
            fading_path q = {.delay_s = 9 + sign * step, .sine = 0.25 - sign * step, .gain = 1};
            fading_synthesis_angle_delay(s, &q, 1, near);
            CHECK_NEAR(harness_max_abs_diff((float *)near, (float *)on, 2048), 0,
                       181 * (1e-6 + 60 * step));
        }
    }
    fading_synthesis_free(s);
}

/* With every tap kept, the transform is unitary: |gain|^2 Nc Nt, wherever the path is. */
static void energy_is_kept(void)
{
    const csi_dims d = {.nt = 16, .nc = 128, .tp = 16, .ni = 128};
    static float complex ad[16 * 128], h[16 * 128];
    fading_synthesis *s = open_synthesis(&d, 1);
    rng r = rng_at(1, RNG_TEST, 31, 0);
    for (int i = 0; i < 200; i++) {
        fading_path p = {
            .delay_s = 400 * rng_uniform(&r) - 150, .sine = 2 * rng_uniform(&r) - 1, .gain = 2};
        fading_synthesis_angle_delay(s, &p, 1, ad);
        fading_synthesis_frequency(s, &p, 1, h);
        CHECK_NEAR(csi_energy(ad, 16 * 128) / (4 * 16 * 128), 1, 1e-5);
        CHECK_NEAR(csi_energy(h, 16 * 128) / (4 * 16 * 128), 1, 1e-5);
    }
    fading_synthesis_free(s);
}

/* A delay before 0, as one past the last tap, is Nc taps away from itself. */
static void delays_wrap_at_the_symbol(void)
{
    const csi_dims d = CSI_DIMS_DEFAULT;
    static float complex ad[2][32 * 32];
    fading_synthesis *s = open_synthesis(&d, 1);
    for (double delay = -40.3; delay < 40; delay += 3.7) {
        fading_path p = {.delay_s = delay, .sine = -0.37, .gain = I};
        fading_synthesis_angle_delay(s, &p, 1, ad[0]);
        p.delay_s += 3 * 1024.0;
        fading_synthesis_angle_delay(s, &p, 1, ad[1]);
        check_close(ad[0], ad[1], 32 * 32, 0);
    }
    fading_synthesis_free(s);
}

static void no_paths_are_no_channel(void)
{
    const csi_dims d = sizes[2];
    fading_synthesis *s = open_synthesis(&d, 0);
    float complex h[61 * 7], ad[7 * 13];
    memset(h, 1, sizeof h);
    memset(ad, 1, sizeof ad);
    fading_synthesis_frequency(s, NULL, 0, h);
    fading_synthesis_angle_delay(s, NULL, 0, ad);
    CHECK(csi_energy(h, 61 * 7) == 0 && csi_energy(ad, 7 * 13) == 0);
    fading_synthesis_free(s);
}

enum { ROWS = 40, WIDTH = 64, OUT = 12 * WIDTH + 2 * WIDTH * WIDTH };

/* Everything the inner loops of one level give for the same numbers. */
static void run_level(int level, float x[4][ROWS * WIDTH], float *out)
{
    static paths_phasors_fn *const phasors[] = SIMD_TABLE(paths_phasors);
    static paths_steer_fn *const steer[] = SIMD_TABLE(paths_steer);
    static paths_multiply_fn *const multiply[] = SIMD_TABLE(paths_multiply);
    static paths_sum_fn *const sum[] = SIMD_TABLE(paths_sum);
    static paths_dirichlet_fn *const dirichlet[] = SIMD_TABLE(paths_dirichlet);
    static paths_outer_fn *const outer[] = SIMD_TABLE(paths_outer);
    memset(out, 0, OUT * sizeof *out);
    phasors[level](x[0], x[1], WIDTH, 37, out, out + WIDTH);
    steer[level](x[0][5], x[1][5], x[2], WIDTH, out + 2 * WIDTH, out + 3 * WIDTH);
    multiply[level](x[0], x[1], x[2], x[3], WIDTH, out + 4 * WIDTH, out + 5 * WIDTH);
    sum[level](x[0], x[1], x[2], x[3], ROWS, WIDTH, out + 6 * WIDTH);
    dirichlet[level](-11, x[0][0], -20, 45, WIDTH, out + 10 * WIDTH);
    dirichlet[level](31, x[0][1], 0, 64, WIDTH, out + 11 * WIDTH);
    outer[level](x[0], x[1], x[2], ROWS, WIDTH, WIDTH, out + 12 * WIDTH,
                 out + 12 * WIDTH + WIDTH * WIDTH);
}

static void levels_give_the_same_bits(void)
{
    static float x[4][ROWS * WIDTH], want[OUT], got[OUT];
    rng r = rng_at(1, RNG_TEST, 32, 0);
    for (int i = 0; i < 4 * ROWS * WIDTH; i++)
        x[i % 4][i / 4] = (float)(rng_uniform(&r) - 0.5);
    run_level(CPU_BASE, x, want);
    for (int level = CPU_BASE; level <= (int)cpu_level(); level++) {
        run_level(level, x, got);
        CHECK(memcmp(got, want, sizeof got) == 0);
    }
}

static void bad_dimensions_are_refused(void)
{
    csi_dims d = CSI_DIMS_DEFAULT;
    d.ni = 0;
    err e = {0};
    CHECK(fading_synthesis_create(&d, BANDWIDTH, 10, &e) == NULL && e.code == ERR_INVALID);
    fading_synthesis_free(NULL);
}

static const harness_test tests[] = {
    {"both ways agree with the double loop, and with each other", both_ways_are_the_definition},
    {"a path on a tap and an angle bin is one entry", a_path_on_the_grid_is_one_entry},
    {"a path next to the grid is next to one on it", kernels_are_continuous_at_the_grid},
    {"energy is |gain|^2 per entry, wherever a path is", energy_is_kept},
    {"delays count modulo the symbol, negative ones too", delays_wrap_at_the_symbol},
    {"no paths are no channel", no_paths_are_no_channel},
    {"every instruction set level gives the same bits", levels_give_the_same_bits},
    {"bad dimensions are refused", bad_dimensions_are_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "paths", tests, sizeof tests / sizeof tests[0]);
}
