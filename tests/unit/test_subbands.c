/* The channel in each subband: matched filters at a few points, their dominant eigenvector, and the
 * oversampled DFT beams. Against plain sums over every subcarrier, in double precision. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "csi/beam_grid.h"
#include "csi/metrics.h"
#include "csi/subbands.h"
#include "harness.h"

enum { NT = 8, NC = 240, NI = 12 };

static const csi_dims dims = {.nt = NT, .nc = NC, .tp = NT, .ni = NI};

typedef struct band {
    csi_transform *transform;
    csi_view *view;
    float complex taps[NT * NI], h[NC * NT];
} band;

static band *band_open(void)
{
    band *b = calloc(1, sizeof *b);
    REQUIRE(b != NULL);
    b->transform = csi_transform_create(&dims, NULL);
    b->view = b->transform ? csi_view_create(b->transform, NULL) : NULL;
    REQUIRE(b->view != NULL);
    return b;
}

/* A channel of `taps` taps, each half as strong as the one before. */
static void band_draw(band *b, uint32_t stream, uint32_t taps)
{
    rng r = rng_at(3, RNG_TEST, 5, stream);
    for (uint32_t a = 0; a < NT; a++)
        for (uint32_t d = 0; d < NI; d++) {
            double re = rng_normal(&r), im = rng_normal(&r), scale = d < taps ? exp2(-0.5 * d) : 0;
            b->taps[a * NI + d] = (float complex)((re + I * im) * scale);
        }
    csi_transform_inverse(b->transform, b->taps, b->h);
    csi_view_from_angle_delay(b->view, b->taps);
}

static void band_close(band *b)
{
    csi_view_free(b->view);
    csi_transform_free(b->transform);
    free(b);
}

static void subbands_cover_the_band(void)
{
    for (uint32_t subbands = 1; subbands <= CSI_SUBBANDS_MAX; subbands++) {
        CHECK(csi_subband_first(1024, subbands, 0) == 0);
        CHECK(csi_subband_first(1024, subbands, subbands) == 1024);
        for (uint32_t s = 0; s < subbands; s++)
            CHECK(csi_subband_first(1024, subbands, s + 1) - csi_subband_first(1024, subbands, s) -
                      1024 / subbands <=
                  1);
    }
    CHECK(csi_subband_first(CSI_NC_MAX, CSI_SUBBANDS_MAX, 63) == 8064);
}

/* Subbands of 5 subcarriers are narrow against the channel's coherence bandwidth. */
static void filters_are_the_conjugate_channel(void)
{
    band *b = band_open();
    csi_subbands *sub = csi_subbands_create(NT, NI, 48, NULL);
    float complex v[48 * NT], known[NC * NT];
    const float complex *x;
    REQUIRE(sub != NULL);
    for (uint32_t stream = 0; stream < 5; stream++) {
        band_draw(b, stream, 4);
        REQUIRE(csi_subbands_filters(sub, b->view, &x, NULL) == ERR_NONE);
        /* Subcarrier 2 of the 5 lies in the middle of the second and third of 4 points. */
        for (uint32_t s = 0; s < 48; s++)
            for (uint32_t k = 0; k < NT; k++) {
                v[s * NT + k] = x[(s * 4 + 1) * NT + k] + x[(s * 4 + 2) * NT + k];
                known[s * NT + k] = conjf(b->h[(s * 5 + 2) * NT + k]);
            }
        CHECK(csi_subbands_points(NI, 48) == 4 && csi_sgcs(known, v, 48, NT) > 0.999);
    }
    csi_subbands_free(sub);
    band_close(b);
}

/* Sum over the subcarriers of subband s of |h^T w|^2. */
static double power_of(const band *b, uint32_t subbands, uint32_t s, const double complex *w)
{
    double sum = 0;
    for (uint32_t n = csi_subband_first(NC, subbands, s);
         n < csi_subband_first(NC, subbands, s + 1); n++) {
        double complex product = 0;
        for (uint32_t k = 0; k < NT; k++)
            product += (double complex)b->h[n * NT + k] * w[k];
        sum += creal(product) * creal(product) + cimag(product) * cimag(product);
    }
    return sum;
}

/* The best precoder of a subband by power iteration over all its subcarriers; its power. */
static double best_power(const band *b, uint32_t subbands, uint32_t s)
{
    double complex w[NT];
    for (uint32_t k = 0; k < NT; k++)
        w[k] = 1 + 0.1 * k * I;
    for (int round = 0; round < 2000; round++) {
        double complex next[NT] = {0};
        double norm = 0;
        for (uint32_t n = csi_subband_first(NC, subbands, s);
             n < csi_subband_first(NC, subbands, s + 1); n++) {
            double complex product = 0;
            for (uint32_t k = 0; k < NT; k++)
                product += (double complex)b->h[n * NT + k] * w[k];
            for (uint32_t k = 0; k < NT; k++)
                next[k] += conj((double complex)b->h[n * NT + k]) * product;
        }
        for (uint32_t k = 0; k < NT; k++)
            norm += creal(next[k]) * creal(next[k]) + cimag(next[k]) * cimag(next[k]);
        for (uint32_t k = 0; k < NT; k++)
            w[k] = next[k] / sqrt(norm);
    }
    return power_of(b, subbands, s, w);
}

static void eigenvectors_gain_the_most(void)
{
    static const uint32_t counts[] = {1, 2, 5, 13};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        band *b = band_open();
        csi_subbands *sub = csi_subbands_create(NT, NI, counts[i], NULL);
        float complex v[13 * NT];
        const float complex *x;
        REQUIRE(sub != NULL);
        const uint32_t points = csi_subbands_points(NI, counts[i]);
        CHECK(points * counts[i] >= 1.5 * NI && points >= 4);
        for (uint32_t stream = 0; stream < 3; stream++) {
            band_draw(b, stream, NI);
            REQUIRE(csi_subbands_filters(sub, b->view, &x, NULL) == ERR_NONE);
            csi_subbands_eigenvectors(sub, v);
            for (uint32_t s = 0; s < counts[i]; s++) {
                double complex w[NT];
                for (uint32_t k = 0; k < NT; k++)
                    w[k] = (double complex)v[s * NT + k];
                double most = best_power(b, counts[i], s);
                CHECK_NEAR(csi_energy(v + s * NT, NT), 1, 1e-5);
                CHECK_NEAR(power_of(b, counts[i], s, w) / most, 1, 0.005);
            }
        }
        csi_subbands_free(sub);
        band_close(b);
    }
}

/* Without power any direction is as good; a number of unit norm must come of it. */
static void nothing_has_a_direction(void)
{
    band *b = band_open();
    csi_subbands *sub = csi_subbands_create(NT, NI, 5, NULL);
    float complex v[5 * NT];
    const float complex *x;
    REQUIRE(sub != NULL);
    csi_view_from_angle_delay(b->view, b->taps);
    REQUIRE(csi_subbands_filters(sub, b->view, &x, NULL) == ERR_NONE);
    csi_subbands_eigenvectors(sub, v);
    for (uint32_t i = 0; i < 5 * NT; i++)
        CHECK_NEAR((double)cabsf(v[i] - 1 / sqrtf(NT)), 0, 1e-6);
    csi_subbands_free(sub);
    band_close(b);
}

static void projections_are_products_with_beams(void)
{
    static const struct {
        uint32_t n1, oversampling;
    } cases[] = {{8, 4}, {7, 3}, {1, 1}, {32, 16}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t n1 = cases[i].n1, all = n1 * cases[i].oversampling;
        csi_beam_grid *g = csi_beam_grid_create(n1, cases[i].oversampling, 3, NULL);
        float complex x[3 * 32], table[512];
        rng r = rng_at(3, RNG_TEST, 6, (uint32_t)i);
        REQUIRE(g != NULL);
        csi_beam_grid_table(n1, cases[i].oversampling, table);
        for (int round = 0; round < 2; round++) {
            rng_normal_fill(&r, (float *)x, 6 * n1, 1);
            const float complex *c = csi_beam_grid_project(g, x);
            double worst = 0;
            for (uint32_t v = 0; v < 3; v++)
                for (uint32_t m = 0; m < all; m++) {
                    float complex sum = 0;
                    for (uint32_t k = 0; k < n1; k++) {
                        double complex b = cexp(I * 2 * M_PI * k * m / all) / sqrt(n1);
                        sum += conjf((float complex)b) * x[v * n1 + k];
                        worst = fmax(worst, cabs(b - (double complex)table[k * m % all]));
                    }
                    worst = fmax(worst, (double)cabsf(sum - c[v * all + m]));
                }
            CHECK_NEAR(worst, 0, 1e-5);
        }
        csi_beam_grid_free(g);
    }
}

static const harness_test tests[] = {
    {"subbands cover the band, none wider than another by more than one", subbands_cover_the_band},
    {"filters are the conjugate channel", filters_are_the_conjugate_channel},
    {"eigenvectors gain what the best precoder of all subcarriers does",
     eigenvectors_gain_the_most},
    {"a subband without power has a direction of unit norm", nothing_has_a_direction},
    {"projections are products with the beams of the table", projections_are_products_with_beams},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "subbands", tests, sizeof tests / sizeof tests[0]);
}
