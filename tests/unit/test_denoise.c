#include "base/rng.h"
#include "csi/denoise.h"
#include "csi/metrics.h"
#include "csi/view.h"
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const csi_denoise_method methods[] = {CSI_DENOISE_MMSE, CSI_DENOISE_SOFT};
enum { METHODS = sizeof methods / sizeof methods[0] };

/* The usual sizes; more pilots than antennas; folds that FFTW does; a prime number of subcarriers,
 * where only one far tap can be had; one tap beyond the kept ones. */
static const struct {
    csi_dims dims;
    csi_pilot_family family;
} cases[] = {
    {{.nt = 32, .nc = 1024, .tp = 32, .ni = 32}, CSI_PILOTS_DFT},
    {{.nt = 32, .nc = 1024, .tp = 32, .ni = 32}, CSI_PILOTS_HADAMARD},
    {{.nt = 16, .nc = 256, .tp = 24, .ni = 24}, CSI_PILOTS_DFT},
    {{.nt = 5, .nc = 600, .tp = 8, .ni = 13}, CSI_PILOTS_HADAMARD},
    {{.nt = 8, .nc = 64, .tp = 8, .ni = 32}, CSI_PILOTS_DFT},
    {{.nt = 8, .nc = 97, .tp = 8, .ni = 5}, CSI_PILOTS_DFT},
    {{.nt = 3, .nc = 30, .tp = 3, .ni = 29}, CSI_PILOTS_DFT},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* A UE and its channel: a few angles at early delays, truth[nt][ni] in the kept taps alone. */
typedef struct setting {
    csi_dims dims;
    csi_transform *transform;
    csi_pilots *pilots;
    csi_view *view;
    float complex *truth, *h, *y, *ls;
} setting;

static float complex *room(size_t n)
{
    float complex *x = calloc(n, sizeof *x);
    REQUIRE(x != NULL);
    return x;
}

static setting open_case(size_t i)
{
    const csi_dims *d = &cases[i].dims;
    setting s = {.dims = *d, .transform = csi_transform_create(d, NULL)};
    s.pilots = csi_pilots_create(d, cases[i].family, NULL);
    REQUIRE(s.transform != NULL && s.pilots != NULL);
    s.view = csi_view_create(s.transform, NULL);
    REQUIRE(s.view != NULL);
    s.truth = room((size_t)d->nt * d->ni);
    s.ls = room((size_t)d->nt * d->ni);
    s.h = room((size_t)d->nc * d->nt);
    s.y = room((size_t)d->nc * d->tp);
    rng r = rng_at(1, RNG_TEST, (uint32_t)i, 0);
    for (uint32_t a = 0; a < d->nt; a += 3) {
        for (uint32_t t = 0; t < d->ni; t++) {
            float tap[2];
            rng_normal_fill(&r, tap, 2, 10 * expf(-(float)t / 3));
            s.truth[a * d->ni + t] = tap[0] + tap[1] * I;
        }
    }
    csi_transform_inverse(s.transform, s.truth, s.h);
    return s;
}

static void close_case(setting *s)
{
    csi_view_free(s->view);
    csi_pilots_free(s->pilots);
    csi_transform_free(s->transform);
    free(s->truth);
    free(s->h);
    free(s->y);
    free(s->ls);
}

static csi_denoiser *denoiser_of(const setting *s, csi_denoise_method method)
{
    csi_denoiser *d = csi_denoiser_create(&s->dims, method, NULL);
    REQUIRE(d != NULL);
    return d;
}

static size_t kept(const setting *s)
{
    return (size_t)s->dims.nt * s->dims.ni;
}

static void receive(setting *s, float sigma, uint32_t draw)
{
    rng noise = rng_at(2, RNG_TEST, draw, 0);
    csi_pilots_receive(s->pilots, s->h, sigma, &noise, s->y);
}

/* LS of the pilots in s->y, by the view without a denoiser, into s->ls. */
static void estimate_ls(setting *s)
{
    csi_view_set_denoiser(s->view, NULL);
    csi_view_from_pilots(s->view, s->pilots, s->y);
    memcpy(s->ls, csi_view_angle_delay(s->view), kept(s) * sizeof *s->ls);
}

static const float complex *denoised(setting *s, csi_denoiser *d)
{
    csi_view_set_denoiser(s->view, d);
    csi_view_from_pilots(s->view, s->pilots, s->y);
    return csi_view_angle_delay(s->view);
}

static double squared_error(const float complex *a, const float complex *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double size = cabs((double complex)a[i] - (double complex)b[i]);
        sum += size * size;
    }
    return sum;
}

/* Rounding alone is left for noise: LS and the denoised estimate are the same to some 1e-7. */
static void no_noise_leaves_the_estimate(void)
{
    for (size_t i = 0; i < CASES; i++) {
        for (size_t m = 0; m < METHODS; m++) {
            setting s = open_case(i);
            csi_denoiser *d = denoiser_of(&s, methods[m]);
            receive(&s, 0, 0);
            estimate_ls(&s);
            CHECK(csi_nmse(s.ls, denoised(&s, d), kept(&s)) < 1e-11);
            CHECK(csi_nmse(s.truth, csi_view_angle_delay(s.view), kept(&s)) < 1e-11);
            memcpy(s.truth, s.ls, kept(&s) * sizeof *s.ls);
            csi_denoiser_apply(d, 0, s.ls);
            csi_denoiser_apply(d, -1, s.ls);
            CHECK(memcmp(s.truth, s.ls, kept(&s) * sizeof *s.ls) == 0);
            csi_denoiser_free(d);
            close_case(&s);
        }
    }
}

/* Averages over draws of the noise. Where its variance is known, both stay below LS at every level;
 * MMSE by its theorem, soft thresholding on this channel. */
static void the_error_is_never_above_that_of_ls(void)
{
    enum { DRAWS = 60 };
    static const float sigmas[] = {0.1F, 1, 3, 10, 30, 100};
    for (size_t i = 0; i < CASES; i++) {
        for (size_t k = 0; k < sizeof sigmas / sizeof sigmas[0]; k++) {
            setting s = open_case(i);
            csi_denoiser *d[METHODS] = {denoiser_of(&s, methods[0]), denoiser_of(&s, methods[1])};
            double ls = 0, error[METHODS] = {0};
            for (uint32_t n = 0; n < DRAWS; n++) {
                receive(&s, sigmas[k], n);
                estimate_ls(&s);
                ls += squared_error(s.ls, s.truth, kept(&s));
                for (size_t m = 0; m < METHODS; m++)
                    error[m] += squared_error(denoised(&s, d[m]), s.truth, kept(&s));
            }
            CHECK(error[0] <= ls);
            CHECK(error[1] <= ls);
            /* And far below where the noise covers the channel. */
            CHECK(sigmas[k] < 100 || (error[0] < 0.5 * ls && error[1] < 0.5 * ls));
            csi_denoiser_free(d[0]);
            csi_denoiser_free(d[1]);
            close_case(&s);
        }
    }
}

/* Its standard error over the draws is sigma^2 / sqrt(draws degrees of freedom); four of them. */
static void the_noise_estimate_is_unbiased(void)
{
    enum { DRAWS = 100 };
    for (size_t i = 0; i < CASES; i++) {
        setting s = open_case(i);
        csi_denoiser *d = denoiser_of(&s, CSI_DENOISE_MMSE);
        uint32_t first, taps = csi_denoiser_far_taps(d, &first);
        double sum = 0, squares = 0,
               pilots = s.dims.tp < CSI_DENOISE_PILOTS_MAX ? s.dims.tp : CSI_DENOISE_PILOTS_MAX;
        double freedom = (taps > 1 ? taps - 1 : 1) * pilots;
        CHECK(first >= s.dims.ni && first + taps <= s.dims.nc);
        for (uint32_t n = 0; n < DRAWS; n++) {
            receive(&s, 0.5F, n);
            double relative = csi_denoiser_noise(d, s.y) / 0.25;
            sum += relative;
            squares += (relative - 1) * (relative - 1);
        }
        CHECK_NEAR(sum / DRAWS, 1, 4 / sqrt(DRAWS * freedom));
        CHECK_NEAR(squares / DRAWS * freedom, 1, 0.75);
        csi_denoiser_free(d);
        close_case(&s);
    }
}

/* A path half-way between two taps leaks most. Its leak of 1e-3 of its power to each far tap would
 * be ten times the noise here, were it not the same to all. */
static void leaking_paths_do_not_pass_for_noise(void)
{
    setting s = open_case(0);
    csi_denoiser *d = denoiser_of(&s, CSI_DENOISE_MMSE);
    for (uint32_t n = 0; n < s.dims.nc; n++) {
        double turn = -2 * M_PI * n * 4.5 / s.dims.nc;
        for (uint32_t k = 0; k < s.dims.nt; k++)
            s.h[n * s.dims.nt + k] = (float complex)(cos(turn) + I * sin(turn));
    }
    receive(&s, 0.01F, 0);
    CHECK_NEAR(csi_denoiser_noise(d, s.y) / 1e-4, 1, 0.25);
    csi_denoiser_free(d);
    close_case(&s);
}

static void soft_thresholding_shrinks_and_keeps_phase(void)
{
    setting s = open_case(0);
    csi_denoiser *d = denoiser_of(&s, CSI_DENOISE_SOFT);
    receive(&s, 3, 7);
    estimate_ls(&s);
    memcpy(s.truth, s.ls, kept(&s) * sizeof *s.ls);
    csi_denoiser_apply(d, 9, s.truth);
    size_t zeros = 0, smaller = 0;
    for (size_t i = 0; i < kept(&s); i++) {
        double before = cabs((double complex)s.ls[i]), after = cabs((double complex)s.truth[i]);
        CHECK(after <= before);
        CHECK(cabs((double complex)s.truth[i] * before - (double complex)s.ls[i] * after) <=
              1e-6 * before * before);
        zeros += after == 0;
        smaller += after > 0 && after < before;
    }
    CHECK(zeros > kept(&s) / 2 && smaller > 10);
    csi_denoiser_free(d);
    close_case(&s);
}

static double sure(const float *magnitude, uint32_t n, double noise, double t)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        double x = (double)magnitude[i];
        sum += x <= t ? x * x - noise : noise + t * t - noise * t / x;
    }
    return sum;
}

/* Against a search over a fine grid of thresholds, by the definition. */
static void the_threshold_minimises_sure(void)
{
    enum { N = 24, STEPS = 4000 };
    for (uint32_t trial = 0; trial < 20; trial++) {
        float magnitude[N], top = 0;
        rng r = rng_at(3, RNG_TEST, trial, 0);
        for (uint32_t i = 0; i < N; i++) {
            top += (float)rng_uniform(&r) * (trial % 4 == 3 && i > 18 ? 5 : 0.2F);
            magnitude[i] = top;
        }
        double noise = 0.1 + 0.3 * trial, t = csi_denoise_threshold(magnitude, N, noise);
        double got = sure(magnitude, N, noise, t), least = got;
        CHECK(t >= 0 && t <= (double)top);
        for (int k = 0; k <= STEPS; k++)
            least = fmin(least, sure(magnitude, N, noise, (double)top * k / STEPS));
        CHECK(got <= least + 1e-5 * N * noise);
    }
    float zeros[4] = {0};
    CHECK(csi_denoise_threshold(zeros, 4, 1) == 0);
    CHECK(csi_denoise_threshold(zeros, 4, 0) == 0);
}

/* By a power of two: the same digits with another exponent. */
static void denoising_does_not_know_the_scale(void)
{
    for (size_t m = 0; m < METHODS; m++) {
        setting s = open_case(0);
        csi_denoiser *d = denoiser_of(&s, methods[m]);
        receive(&s, 3, 1);
        memcpy(s.ls, denoised(&s, d), kept(&s) * sizeof *s.ls);
        for (size_t i = 0; i < (size_t)s.dims.nc * s.dims.tp; i++)
            s.y[i] *= 0x1p-12F;
        const float complex *small = denoised(&s, d);
        for (size_t i = 0; i < kept(&s); i++)
            CHECK(small[i] == s.ls[i] * 0x1p-12F);
        csi_denoiser_free(d);
        close_case(&s);
    }
}

/* Whichever is asked for first: the frequency form holds the denoised kept taps and no other. */
static void both_forms_are_denoised_alike(void)
{
    for (size_t i = 0; i < CASES; i++) {
        setting s = open_case(i);
        csi_denoiser *d = denoiser_of(&s, methods[i % METHODS]);
        size_t band = (size_t)s.dims.nc * s.dims.nt;
        receive(&s, 3, 2);
        memcpy(s.ls, denoised(&s, d), kept(&s) * sizeof *s.ls);
        csi_transform_inverse(s.transform, s.ls, s.h);
        csi_view_from_pilots(s.view, s.pilots, s.y);
        CHECK(memcmp(csi_view_frequency(s.view), s.h, band * sizeof *s.h) == 0);
        CHECK(memcmp(csi_view_angle_delay(s.view), s.ls, kept(&s) * sizeof *s.ls) == 0);
        csi_transform_forward(s.transform, csi_view_frequency(s.view), s.truth);
        CHECK(csi_nmse(s.ls, s.truth, kept(&s)) < 1e-11);
        csi_denoiser_free(d);
        close_case(&s);
    }
}

static void a_known_channel_is_not_denoised(void)
{
    setting s = open_case(0);
    csi_denoiser *d = denoiser_of(&s, CSI_DENOISE_SOFT);
    csi_view_set_denoiser(s.view, d);
    csi_view_from_angle_delay(s.view, s.truth);
    CHECK(csi_view_angle_delay(s.view) == s.truth);
    csi_transform_forward(s.transform, s.h, s.ls);
    csi_view_from_frequency(s.view, s.h);
    CHECK(memcmp(csi_view_angle_delay(s.view), s.ls, kept(&s) * sizeof *s.ls) == 0);
    csi_denoiser_free(d);
    close_case(&s);
}

static void no_far_taps_is_an_error(void)
{
    csi_dims dims = {.nt = 4, .nc = 32, .tp = 4, .ni = 32};
    err e = {0};
    CHECK(csi_denoiser_create(&dims, CSI_DENOISE_MMSE, &e) == NULL);
    CHECK(e.code == ERR_INVALID && strstr(e.text, "nc must be above 32") != NULL);
    dims.nc = 0;
    CHECK(csi_denoiser_create(&dims, CSI_DENOISE_MMSE, &e) == NULL && e.code == ERR_INVALID);
    csi_denoiser_free(NULL);
}

static const harness_test tests[] = {
    {"no noise leaves the estimate as it is", no_noise_leaves_the_estimate},
    {"the mean error is never above that of LS", the_error_is_never_above_that_of_ls},
    {"the noise estimate is unbiased, with the standard error that it promises",
     the_noise_estimate_is_unbiased},
    {"paths between two taps do not pass for noise", leaking_paths_do_not_pass_for_noise},
    {"soft thresholding shrinks and keeps phase", soft_thresholding_shrinks_and_keeps_phase},
    {"the threshold minimises SURE", the_threshold_minimises_sure},
    {"denoising does not know the scale", denoising_does_not_know_the_scale},
    {"both forms of a view are denoised alike", both_forms_are_denoised_alike},
    {"a known channel is not denoised", a_known_channel_is_not_denoised},
    {"without taps beyond the kept ones there is no denoiser", no_far_taps_is_an_error},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "csi denoise", tests, sizeof tests / sizeof tests[0]);
}
