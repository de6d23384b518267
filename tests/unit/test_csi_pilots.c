#include "base/decibel.h"
#include "csi/metrics.h"
#include "csi/pilots.h"
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Everything is checked at the usual sizes, at Tp > Nt, and at sizes that are no powers of two. */
static const struct {
    csi_dims dims;
    csi_pilot_family family;
} cases[] = {
    {{.nt = 32, .nc = 1024, .tp = 32, .ni = 32}, CSI_PILOTS_DFT},
    {{.nt = 32, .nc = 1024, .tp = 32, .ni = 32}, CSI_PILOTS_HADAMARD},
    {{.nt = 8, .nc = 64, .tp = 16, .ni = 8}, CSI_PILOTS_DFT},
    {{.nt = 8, .nc = 64, .tp = 16, .ni = 8}, CSI_PILOTS_HADAMARD},
    {{.nt = 16, .nc = 256, .tp = 24, .ni = 16}, CSI_PILOTS_DFT},
    {{.nt = 5, .nc = 30, .tp = 7, .ni = 4}, CSI_PILOTS_DFT},
    {{.nt = 5, .nc = 30, .tp = 8, .ni = 4}, CSI_PILOTS_HADAMARD},
    {{.nt = 64, .nc = 64, .tp = 64, .ni = 32}, CSI_PILOTS_HADAMARD},
    {{.nt = 1, .nc = 16, .tp = 1, .ni = 4}, CSI_PILOTS_HADAMARD},
    {{.nt = 1, .nc = 16, .tp = 2, .ni = 4}, CSI_PILOTS_HADAMARD},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static csi_pilots *open_case(size_t i)
{
    err e = {0};
    csi_pilots *p = csi_pilots_create(&cases[i].dims, cases[i].family, &e);
    REQUIRE(p != NULL);
    return p;
}

/* NaN counts as infinity: fmax() would pass over it. */
static double larger(double worst, double x)
{
    return x <= worst ? worst : isnan(x) ? INFINITY : x;
}

static float complex *draw(uint32_t stream, size_t n)
{
    float complex *x = malloc(n * sizeof *x);
    REQUIRE(x != NULL);
    rng r = rng_at(1, RNG_TEST, stream, 0);
    rng_normal_fill(&r, (float *)x, 2 * n, (float)M_SQRT1_2);
    return x;
}

static float complex *room(size_t n)
{
    float complex *x = calloc(n, sizeof *x);
    REQUIRE(x != NULL);
    return x;
}

/* X is stored in single precision: each of Tp products errs by a few 1e-7 / Tp. */
static void pilots_are_orthonormal(void)
{
    for (size_t i = 0; i < CASES; i++) {
        csi_pilots *p = open_case(i);
        const float complex *x = csi_pilots_matrix(p);
        uint32_t nt = cases[i].dims.nt, tp = cases[i].dims.tp;
        double worst = 0;
        for (uint32_t a = 0; a < nt; a++) {
            for (uint32_t b = 0; b < nt; b++) {
                double complex sum = a == b ? -1 : 0;
                for (uint32_t t = 0; t < tp; t++)
                    sum += (double complex)x[a * tp + t] * conj((double complex)x[b * tp + t]);
                worst = larger(worst, cabs(sum));
            }
        }
        CHECK_NEAR(worst, 0, 1e-6);
        csi_pilots_free(p);
    }
}

/* The fast transform against the matrix product; single precision, log2(Tp) stages. */
static void reception_is_the_matrix_product(void)
{
    for (size_t i = 0; i < CASES; i++) {
        csi_pilots *p = open_case(i);
        const csi_dims *d = &cases[i].dims;
        const float complex *x = csi_pilots_matrix(p);
        float complex *h = draw(1, (size_t)d->nc * d->nt), *y = room((size_t)d->nc * d->tp);
        csi_pilots_receive(p, h, 0, NULL, y);
        double worst = 0;
        for (uint32_t n = 0; n < d->nc; n += 3) {
            for (uint32_t t = 0; t < d->tp; t++) {
                double complex sum = 0;
                for (uint32_t k = 0; k < d->nt; k++)
                    sum += (double complex)h[n * d->nt + k] * (double complex)x[k * d->tp + t];
                worst = larger(worst, cabs(sum - (double complex)y[n * d->tp + t]));
            }
        }
        CHECK_NEAR(worst, 0, 2e-6);
        free(h);
        free(y);
        csi_pilots_free(p);
    }
}

/* -120 dB is the rounding of two single-precision transforms with a margin. */
static void ls_is_exact_without_noise(void)
{
    for (size_t i = 0; i < CASES; i++) {
        csi_pilots *p = open_case(i);
        size_t n = (size_t)cases[i].dims.nc * cases[i].dims.nt;
        float complex *h = draw(2, n), *hhat = room(n);
        float complex *y = room((size_t)cases[i].dims.nc * cases[i].dims.tp);
        csi_pilots_receive(p, h, 0, NULL, y);
        csi_pilots_estimate(p, y, hhat);
        CHECK(db_of_power(csi_nmse(h, hhat, n)) < -120);
        free(h);
        free(hhat);
        free(y);
        csi_pilots_free(p);
    }
}

/* N entries of CN(0, sigma^2): their mean square over sigma^2 is chi-square with 2N degrees of
 * freedom over 2N, of standard deviation 1 / sqrt(N); 5 of those leave 6e-7 of false alarm. */
static void check_noise_power(const float complex *noisy, const float complex *clean, size_t n,
                              double sigma)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double complex z = (double complex)noisy[i] - (double complex)clean[i];
        sum += creal(z) * creal(z) + cimag(z) * cimag(z);
    }
    CHECK_NEAR(sum / ((double)n * sigma * sigma), 1, 5 / sqrt((double)n));
}

static void noise_keeps_its_power_through_ls(void)
{
    for (size_t i = 0; i < CASES; i++) {
        csi_pilots *p = open_case(i);
        size_t n = (size_t)cases[i].dims.nc * cases[i].dims.nt;
        size_t received = (size_t)cases[i].dims.nc * cases[i].dims.tp;
        float complex *h = draw(3, n), *hhat = room(n), *y = room(received),
                      *clean = room(received);
        rng noise = rng_at(1, RNG_TEST, 4, (uint32_t)i);
        csi_pilots_receive(p, h, 0, NULL, clean);
        csi_pilots_receive(p, h, 0.3f, &noise, y);
        check_noise_power(y, clean, received, 0.3);
        csi_pilots_estimate(p, y, hhat);
        check_noise_power(hhat, h, n, 0.3);
        free(h);
        free(hhat);
        free(y);
        free(clean);
        csi_pilots_free(p);
    }
}

static void sigma_follows_the_snr(void)
{
    const float complex h[] = {3.0f, 4.0f * I, 0, 5.0f}; /* mean |h|^2 = 50 / 4 */
    double mean = csi_energy(h, 4) / 4;
    CHECK_NEAR(mean, 12.5, 0);
    CHECK_NEAR(csi_pilots_sigma(mean, 0), sqrt(12.5), 1e-6);
    CHECK_NEAR(csi_pilots_sigma(mean, 20), sqrt(0.125), 1e-7);
    CHECK_NEAR(csi_pilots_sigma(mean, -10), sqrt(125.0), 1e-6);
    CHECK(csi_pilots_sigma(0, 10) == 0 && csi_pilots_sigma(mean, INFINITY) == 0);
}

/* Both ways take differences of numbers near 1 in single precision, and the noise is 0.3 of them.
 */
static void the_error_is_that_of_the_estimate(void)
{
    for (size_t i = 0; i < CASES; i++) {
        csi_pilots *p = open_case(i);
        const csi_dims *d = &cases[i].dims;
        size_t n = (size_t)d->nc * d->nt, received = (size_t)d->nc * d->tp;
        float complex *h = draw(5, n), *y = room(received), *same = room(received), *hhat = room(n);
        rng noise = rng_at(1, RNG_TEST, 6, 0), again = noise;
        double error = csi_pilots_receive_error(p, h, 0.3f, &noise, y);
        csi_pilots_receive(p, h, 0.3f, &again, same);
        CHECK(memcmp(y, same, received * sizeof *y) == 0);
        csi_pilots_estimate(p, y, hhat);
        CHECK_NEAR(error / csi_energy(h, n) / csi_nmse(h, hhat, n), 1, 2e-6);
        CHECK(csi_pilots_receive_error(p, h, 0, NULL, y) == 0);
        free(h);
        free(y);
        free(same);
        free(hhat);
        csi_pilots_free(p);
    }
}

static void a_grid_has_rows_of_the_estimate(void)
{
    for (size_t i = 0; i < CASES; i++) {
        csi_pilots *p = open_case(i);
        const csi_dims *d = &cases[i].dims;
        size_t nt = d->nt;
        float complex *y = draw(7, (size_t)d->nc * d->tp), *hhat = room(d->nc * nt);
        float complex *grid = room(d->nc * nt);
        csi_pilots_estimate(p, y, hhat);
        for (uint32_t count = 1; count <= d->nc; count += 1 + count / 8) {
            csi_grid g = {d->nc, count, d->nc % count == 0};
            csi_pilots_estimate_on_grid(p, y, &g, grid);
            for (uint32_t row = 0; row < count; row++)
                CHECK(memcmp(grid + row * nt, hhat + csi_grid_subcarrier(&g, row) * nt,
                             nt * sizeof *grid) == 0);
        }
        free(y);
        free(hhat);
        free(grid);
        csi_pilots_free(p);
    }
}

static void bad_sizes_are_refused_by_name(void)
{
    err e = {0};
    csi_dims d = {.nt = 8, .nc = 64, .tp = 12, .ni = 8};
    CHECK(csi_pilots_create(&d, CSI_PILOTS_HADAMARD, &e) == NULL);
    CHECK(e.code == ERR_INVALID && strstr(e.text, "power of two") && strstr(e.text, "12"));
    d.tp = 4;
    CHECK(csi_pilots_create(&d, CSI_PILOTS_DFT, &e) == NULL);
    CHECK(strstr(e.text, "tp") != NULL);
    d = CSI_DIMS_DEFAULT;
    CHECK(csi_dims_check(&d, &e) == 0);
    d.ni = d.nc + 1;
    CHECK(csi_dims_check(&d, &e) == ERR_INVALID && strstr(e.text, "ni"));
    d = CSI_DIMS_DEFAULT;
    d.nt = 0;
    CHECK(csi_dims_check(&d, &e) == ERR_INVALID && strstr(e.text, "nt"));
    d.nt = UINT32_MAX;
    CHECK(csi_dims_check(&d, &e) == ERR_INVALID);
}

static const harness_test tests[] = {
    {"X X^H = I, for both families and Tp >= Nt", pilots_are_orthonormal},
    {"received pilots are the matrix product H X", reception_is_the_matrix_product},
    {"LS estimation is exact without noise", ls_is_exact_without_noise},
    {"the error of LS has the noise's variance on every entry", noise_keeps_its_power_through_ls},
    {"noise tells the error of the LS estimate that it will make",
     the_error_is_that_of_the_estimate},
    {"the LS estimate of a grid has rows of that of the whole band",
     a_grid_has_rows_of_the_estimate},
    {"noise power is mean |h|^2 over the SNR", sigma_follows_the_snr},
    {"sizes out of range are refused by name", bad_sizes_are_refused_by_name},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "csi pilots", tests, sizeof tests / sizeof tests[0]);
}
