#include "base/decibel.h"
#include "base/rng.h"
#include "csi/image.h"
#include "csi/metrics.h"
#include "csi/metrics_simd.h"
#include "csi/precoding.h"
#include "harness.h"

#include <math.h>
#include <string.h>

enum { ROWS = 64, NT = 32, N = ROWS * NT };

static void draw(uint32_t stream, float complex *x, size_t n)
{
    rng r = rng_at(1, RNG_TEST, stream, 0);
    rng_normal_fill(&r, (float *)x, 2 * n, (float)M_SQRT1_2);
}

static void nmse_by_hand(void)
{
    /* Error 1 + 4, truth 9 + 16 + 25. */
    const float complex h[] = {3.0f, 4.0f * I, 5.0f},
                        g[] = {3.0f, 4.0f * I + 1.0f, 5.0f + 2.0f * I};
    CHECK_NEAR(csi_nmse(h, g, 3), 0.1, 1e-12);
    CHECK_NEAR(db_of_power(csi_nmse(h, g, 3)), -10, 1e-9);
    CHECK(csi_nmse(h, h, 3) == 0);
    /* Error 0.25^2, truth 0.5^2 + 0.25^2. */
    const float x[] = {1.0f, 0.25f, 0.5f}, y[] = {1.0f, 0.25f, 0.75f};
    CHECK_NEAR(csi_nmse_image(x, y, 3), 0.2, 1e-12);
}

static void nmse_of_silence_is_defined(void)
{
    const float complex zero[4] = {0}, some[4] = {0, 0, 1.0f, 0};
    const float grey[4] = {0.5f, 0.5f, 0.5f, 0.5f}, other[4] = {0.5f, 0.5f, 0, 0.5f};
    CHECK(csi_nmse(zero, zero, 4) == 0);
    CHECK(isinf(csi_nmse(zero, some, 4)));
    CHECK(csi_nmse_image(grey, grey, 4) == 0);
    CHECK(isinf(csi_nmse_image(grey, other, 4)));
    CHECK(csi_nmse(some, zero, 4) == 1);
    CHECK(isinf(db_of_power(0)) && db_of_power(0) < 0);
}

/* Lengths that leave a tail behind whole vectors. */
static void energies_add_up_at_every_length(void)
{
    static float complex h[N];
    draw(1, h, N);
    for (size_t n = 1; n < 40; n++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += pow(cabs((double complex)h[i]), 2);
        CHECK_NEAR(csi_energy(h, n), sum, 1e-9);
        float complex zero[40] = {0};
        CHECK_NEAR(csi_nmse(h, zero, n), 1, 1e-12);
    }
}

static void similarity_is_blind_to_scale_and_phase(void)
{
    static float complex h[N], g[N];
    draw(2, h, N);
    for (int n = 0; n < ROWS; n++) {
        double turn = 0.7 * n, gain = 0.1 + n;
        for (int k = 0; k < NT; k++)
            g[n * NT + k] = h[n * NT + k] * (float complex)(gain * (cos(turn) + I * sin(turn)));
    }
    CHECK_NEAR(csi_rho(h, g, ROWS, NT), 1, 1e-6);
    CHECK_NEAR(csi_sgcs(h, g, ROWS, NT), 1, 1e-6);
}

static void similarity_by_hand(void)
{
    /* Row 0: |<g, h>| = 1, norms sqrt(2) and 1. Row 1: orthogonal. Row 2: zero estimate. */
    const float complex h[] = {1.0f, 1.0f * I, 1.0f, 0, 1.0f, 1.0f};
    const float complex g[] = {0, 1.0f, 0, 1.0f, 0, 0};
    CHECK_NEAR(csi_rho(h, g, 1, 2), M_SQRT1_2, 1e-12);
    CHECK_NEAR(csi_sgcs(h, g, 1, 2), 0.5, 1e-12);
    CHECK_NEAR(csi_rho(h, g, 3, 2), M_SQRT1_2 / 3, 1e-12);
}

static void the_true_channel_is_the_best_precoder(void)
{
    static float complex h[N], other[N];
    draw(3, h, N);
    for (int trial = 0; trial < 50; trial++) {
        double snr_db = trial - 20.0, best = csi_spectral_efficiency(h, h, ROWS, NT, snr_db);
        draw(100 + (uint32_t)trial, other, N);
        float mix = (float)trial / 50;
        for (int i = 0; i < N; i++)
            other[i] = mix * other[i] + (1 - mix) * h[i];
        double got = csi_spectral_efficiency(h, other, ROWS, NT, snr_db);
        CHECK(got <= best + 1e-9 && got >= 0);
        CHECK(trial == 0 || got < best);
    }
}

static void spectral_efficiency_by_hand(void)
{
    /* |h|^2 is 1 everywhere: the matched filter has the whole array gain, SE = log2(1 + 4 SNR). */
    const float complex h[] = {1.0f, -1.0f, 1.0f * I, -1.0f * I}, zero[4] = {0};
    const float complex orthogonal[] = {1.0f, 1.0f, 0, 0},
                        twice[] = {2.0f, -2.0f, 2.0f * I, -2.0f * I};
    CHECK_NEAR(csi_spectral_efficiency(h, h, 1, 4, 0), log2(5), 1e-9);
    CHECK_NEAR(csi_spectral_efficiency(twice, h, 1, 4, 0), log2(5), 1e-9); /* hbar normalises */
    CHECK_NEAR(csi_spectral_efficiency(h, orthogonal, 1, 4, 20), 0, 1e-9);
    CHECK_NEAR(csi_spectral_efficiency(h, zero, 1, 4, 10), log2(11), 1e-9); /* antenna 0 alone */
    CHECK(csi_spectral_efficiency(zero, h, 1, 4, 10) == 0);
}

static void images_go_back_to_channels(void)
{
    csi_dims d = {.nt = 16, .nc = 64, .tp = 16, .ni = 24};
    enum { ENTRIES = 16 * 24 };
    float complex h[ENTRIES], back[ENTRIES];
    float image[2 * ENTRIES], low = 1, high = 0;
    draw(4, h, ENTRIES);
    h[5] = 4.0f - 1.0f * I; /* the largest part */
    CHECK(csi_image_from_ad(&d, h, image) == 4.0f);
    for (int i = 0; i < 2 * ENTRIES; i++) {
        low = fminf(low, image[i]);
        high = fmaxf(high, image[i]);
    }
    CHECK(low >= 0 && high == 1 && image[5] == 1);
    CHECK_NEAR(image[ENTRIES + 5], 0.375, 1e-7);
    csi_image_to_ad(&d, image, 4, back);
    CHECK(db_of_power(csi_nmse(h, back, ENTRIES)) < -120);
    CHECK_NEAR(csi_nmse_image(image, image, 2 * ENTRIES), 0, 0);
}

static void a_zero_channel_is_grey(void)
{
    csi_dims d = {.nt = 4, .nc = 16, .tp = 4, .ni = 4};
    float complex h[16] = {0}, back[16];
    float image[32];
    CHECK(csi_image_from_ad(&d, h, image) == 0);
    for (int i = 0; i < 32; i++)
        CHECK(image[i] == 0.5f);
    csi_image_to_ad(&d, image, 0, back);
    CHECK(csi_energy(back, 16) == 0);
}

static void transposing_twice_is_nothing(void)
{
    csi_dims d = {.nt = 4, .nc = 16, .tp = 4, .ni = 6};
    csi_dims turned = {.nt = 6, .nc = 16, .tp = 6, .ni = 4};
    float a[48], b[48], c[48];
    for (int i = 0; i < 48; i++)
        a[i] = (float)i;
    csi_image_transpose(&d, a, b);
    CHECK(b[4] == 1 && b[1] == 6 && b[24] == 24 && b[25] == 30);
    csi_image_transpose(&turned, b, c);
    CHECK(memcmp(a, c, sizeof a) == 0);
}

/* Lengths that leave tails, a row that is zero on either side, and a channel without energy. */
static void quality_is_the_three_figures_at_once(void)
{
    static const size_t widths[] = {1, 2, 5, 32, 37};
    enum { FEW = 6, WIDEST = 37 };
    float complex h[FEW * WIDEST], known[FEW * WIDEST];
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        size_t nt = widths[i];
        rng r = rng_at(1, RNG_TEST, 20, (uint32_t)i);
        rng_normal_fill(&r, (float *)h, 2 * FEW * nt, 1);
        rng_normal_fill(&r, (float *)known, 2 * FEW * nt, 1);
        memset(known + nt, 0, nt * sizeof *known);
        memset(h + 2 * nt, 0, nt * sizeof *h);
        csi_quality q = csi_quality_of(h, known, FEW, nt, 7);
        CHECK(q.rho == csi_rho(h, known, FEW, nt) && q.rho > 0);
        CHECK(q.sgcs == csi_sgcs(h, known, FEW, nt) && q.sgcs > 0);
        CHECK(q.se == csi_spectral_efficiency(h, known, FEW, nt, 7) && q.se > 0);
        memset(h, 0, sizeof h);
        q = csi_quality_of(h, known, FEW, nt, 7);
        CHECK(q.rho == 0 && q.sgcs == 0 && q.se == 0);
    }
}

static void every_level_gives_the_same_bits(void)
{
    static metrics_energy_fn *const energy[CPU_LEVELS] = SIMD_TABLE(metrics_energy);
    static metrics_error_fn *const error[CPU_LEVELS] = SIMD_TABLE(metrics_error);
    static metrics_product_fn *const product[CPU_LEVELS] = SIMD_TABLE(metrics_product);
    enum { MOST = 150 };
    float a[MOST], b[MOST];
    rng r = rng_at(1, RNG_TEST, 21, 0);
    rng_normal_fill(&r, a, MOST, 1);
    rng_normal_fill(&r, b, MOST, 1);
    for (int level = 0; level <= (int)cpu_level(); level++) {
        for (size_t n = 0; n <= MOST; n += 2) {
            double squares = 0, differences = 0, re = 0, im = 0;
            for (size_t i = 0; i < n; i++) {
                squares += ((double)a[i] - 0.5) * ((double)a[i] - 0.5);
                differences += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
                re += (double)a[i] * (double)b[i];
                im += (double)a[i] * (double)b[i ^ 1] * (i % 2 ? 1 : -1);
            }
            metrics_product p = product[level](a, b, n / 2), first = product[0](a, b, n / 2);
            CHECK_NEAR(energy[level](a, n, 0.5), squares, 1e-12 * squares);
            CHECK_NEAR(error[level](a, b, n), differences, 1e-12 * differences);
            CHECK_NEAR(p.squared, re * re + im * im, 1e-10 * (re * re + im * im));
            CHECK(energy[level](a, n, 0.5) == energy[0](a, n, 0.5));
            CHECK(error[level](a, b, n) == error[0](a, b, n));
            CHECK(memcmp(&p, &first, sizeof p) == 0);
            CHECK(p.a == energy[level](a, n, 0) ||
                  fabs(p.a - energy[level](a, n, 0)) < 1e-12 * p.a);
        }
    }
}

static const harness_test tests[] = {
    {"quality is rho, SGCS and spectral efficiency at once", quality_is_the_three_figures_at_once},
    {"sums are the definition, with the same bits at every ISA level",
     every_level_gives_the_same_bits},
    {"NMSE matches hand-computed values", nmse_by_hand},
    {"NMSE of an all-zero truth is 0 or infinity", nmse_of_silence_is_defined},
    {"energy and NMSE hold at every length", energies_add_up_at_every_length},
    {"rho and SGCS of scaled and rotated copies are 1", similarity_is_blind_to_scale_and_phase},
    {"rho and SGCS match hand-computed values", similarity_by_hand},
    {"no precoder beats the one of the true channel", the_true_channel_is_the_best_precoder},
    {"spectral efficiency matches hand-computed values", spectral_efficiency_by_hand},
    {"an image and its scale give back the channel", images_go_back_to_channels},
    {"an all-zero channel is 0.5 everywhere, scale 0", a_zero_channel_is_grey},
    {"transposing an image twice gives it back", transposing_twice_is_nothing},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "csi metrics", tests, sizeof tests / sizeof tests[0]);
}
