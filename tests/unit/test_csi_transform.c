#include "base/decibel.h"
#include "base/rng.h"
#include "csi/metrics.h"
#include "csi/mix.h"
#include "csi/transform.h"
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const csi_dims sizes[] = {
    {.nt = 32, .nc = 1024, .tp = 32, .ni = 32}, {.nt = 8, .nc = 64, .tp = 8, .ni = 64},
    {.nt = 16, .nc = 256, .tp = 16, .ni = 24},  {.nt = 64, .nc = 256, .tp = 64, .ni = 32},
    {.nt = 7, .nc = 60, .tp = 7, .ni = 13},     {.nt = 1, .nc = 17, .tp = 1, .ni = 3},
};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static csi_transform *open_size(const csi_dims *dims)
{
    err e = {0};
    csi_transform *t = csi_transform_create(dims, &e);
    REQUIRE(t != NULL);
    return t;
}

static float complex *room(size_t n)
{
    float complex *x = calloc(n, sizeof *x);
    REQUIRE(x != NULL);
    return x;
}

static float complex *draw(uint32_t stream, size_t n)
{
    float complex *x = room(n);
    rng r = rng_at(1, RNG_TEST, stream, 0);
    rng_normal_fill(&r, (float *)x, 2 * n, (float)M_SQRT1_2);
    return x;
}

/* NaN counts as infinity: fmax() would pass over it. */
static double larger(double worst, double x)
{
    return x <= worst ? worst : isnan(x) ? INFINITY : x;
}

static double complex unit(double turns)
{
    return cos(2 * M_PI * turns) + I * sin(2 * M_PI * turns);
}

/* One entry of the definition in transform.h, summed in double precision. */
static double complex by_definition(const csi_dims *d, const float complex *h, uint32_t m,
                                    uint32_t r)
{
    double complex sum = 0;
    for (uint32_t n = 0; n < d->nc; n++)
        for (uint32_t k = 0; k < d->nt; k++)
            sum += (double complex)h[n * d->nt + k] *
                   unit((double)(n * r % d->nc) / d->nc + (double)(k * m % d->nt) / d->nt);
    return sum / sqrt((double)d->nc * d->nt);
}

/* Entries have unit variance; single precision through log2(nc nt) = 15 stages errs by some 1e-6.
 */
static void forward_is_the_definition(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        const csi_dims *d = &sizes[i];
        csi_transform *t = open_size(d);
        float complex *h = draw(1, (size_t)d->nc * d->nt), *ad = room((size_t)d->nt * d->ni);
        csi_transform_forward(t, h, ad);
        double worst = 0;
        for (uint32_t m = 0; m < d->nt; m += 3) {
            for (uint32_t r = 0; r < d->ni; r += 5) {
                double complex got = ad[(m + d->nt / 2) % d->nt * d->ni + r];
                worst = larger(worst, cabs(got - by_definition(d, h, m, r)));
            }
        }
        CHECK_NEAR(worst, 0, 1e-5);
        free(h);
        free(ad);
        csi_transform_free(t);
    }
}

static void nothing_cut_nothing_lost(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        csi_dims d = sizes[i];
        d.ni = d.nc;
        csi_transform *t = open_size(&d);
        size_t n = (size_t)d.nc * d.nt;
        float complex *h = draw(2, n), *ad = room(n), *back = room(n);
        csi_transform_forward(t, h, ad);
        CHECK_NEAR(csi_energy(ad, n) / csi_energy(h, n), 1, 1e-6);
        csi_transform_inverse(t, ad, back);
        CHECK(db_of_power(csi_nmse(h, back, n)) < -120);
        free(h);
        free(ad);
        free(back);
        csi_transform_free(t);
    }
}

/* The zero-filled inverse, then forward, gives back the taps; energy is kept on the way. */
static void kept_taps_survive_the_round_trip(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        const csi_dims *d = &sizes[i];
        csi_transform *t = open_size(d);
        size_t kept = (size_t)d->nt * d->ni, all = (size_t)d->nc * d->nt;
        float complex *ad = draw(3, kept), *h = room(all), *again = room(kept);
        csi_transform_inverse(t, ad, h);
        CHECK_NEAR(csi_energy(h, all) / csi_energy(ad, kept), 1, 1e-6);
        csi_transform_forward(t, h, again);
        CHECK(db_of_power(csi_nmse(ad, again, kept)) < -120);
        csi_transform_inverse(t, again, h); /* after a forward: no leftover of it */
        csi_transform_forward(t, h, again);
        CHECK(db_of_power(csi_nmse(ad, again, kept)) < -120);
        free(ad);
        free(h);
        free(again);
        csi_transform_free(t);
    }
}

/* The one entry that holds (nearly) all the energy of a path of `delay` samples and azimuth
 * arccos(cosine). */
static void check_path_lands(const csi_dims *d, double cosine, uint32_t delay, uint32_t row)
{
    csi_transform *t = open_size(d);
    float complex *h = room((size_t)d->nc * d->nt), *ad = room((size_t)d->nt * d->ni);
    for (uint32_t n = 0; n < d->nc; n++)
        for (uint32_t k = 0; k < d->nt; k++)
            h[n * d->nt + k] = (float complex)unit(-(double)n * delay / d->nc - 0.5 * k * cosine);
    csi_transform_forward(t, h, ad);
    double total = (double)d->nt * d->nc;
    CHECK_NEAR(csi_energy(ad + row * d->ni + delay, 1) / total, 1, 1e-5);
    CHECK_NEAR(csi_energy(ad, (size_t)d->nt * d->ni) / total, 1, 1e-5);
    free(h);
    free(ad);
    csi_transform_free(t);
}

/* cost2100.md, section 8: a_k = exp(-j pi k cos phi) lands in column 16 cos phi mod 32 for 32
 * antennas, and section 12 moves that by 16. */
static void a_path_lands_in_its_row_and_column(void)
{
    check_path_lands(&sizes[0], 0, 0, 16);
    check_path_lands(&sizes[0], 0.25, 7, 20);
    check_path_lands(&sizes[0], -0.5, 31, 8);
    check_path_lands(&sizes[0], -1, 1, 0);
    check_path_lands(&sizes[0], 1, 1, 0); /* end-fire: the two ends share a row */
    check_path_lands(&sizes[1], 0.5, 33, 6);
    check_path_lands(&sizes[2], -0.125, 23, 7);
    check_path_lands(&sizes[3], 0.75, 5, 56);
}

static void the_grid_is_rows_of_the_inverse(void)
{
    static const uint32_t grids[][2] = {{0, 64}, {0, 32}, {0, 1024}, {0, 128}, {1, 64},
                                        {2, 32}, {3, 32}, {4, 15},   {4, 20},  {5, 17},
                                        {0, 48}, {0, 16}, {0, 1},    {3, 250}, {4, 14}};
    for (size_t i = 0; i < sizeof grids / sizeof grids[0]; i++) {
        const csi_dims *d = &sizes[grids[i][0]];
        uint32_t rows = grids[i][1];
        csi_grid g = {d->nc, rows, d->nc % rows == 0};
        csi_transform *t = open_size(d);
        float complex *ad = draw(4, (size_t)d->nt * d->ni), *h = room((size_t)d->nc * d->nt);
        float complex *grid = room((size_t)rows * d->nt);
        csi_transform_inverse(t, ad, h);
        csi_transform_inverse_on_grid(t, ad, &g, grid);
        double worst = 0;
        for (uint32_t n = 0; n < rows; n++)
            worst = fmax(worst, csi_nmse(h + (size_t)csi_grid_subcarrier(&g, n) * d->nt,
                                         grid + (size_t)n * d->nt, d->nt));
        CHECK(db_of_power(worst) < -115); /* rows are short: some are weak */
        free(ad);
        free(h);
        free(grid);
        csi_transform_free(t);
    }
}

/* A path known tap by tap goes the short way to the same place. */
static void the_angle_half_agrees_with_the_whole(void)
{
    const csi_dims *d = &sizes[0];
    csi_transform *t = open_size(d);
    size_t kept = (size_t)d->nt * d->ni;
    float complex *taps = draw(7, kept), *h = room((size_t)d->nc * d->nt);
    float complex *direct = room(kept), *round = room(kept);
    for (uint32_t n = 0; n < d->nc; n++)
        for (uint32_t r = 0; r < d->ni; r++)
            for (uint32_t k = 0; k < d->nt; k++)
                h[n * d->nt + k] += taps[r * d->nt + k] *
                                    (float complex)(unit(-(double)(n * r % d->nc) / d->nc) / 32);
    csi_transform_angle(t, taps, direct);
    csi_transform_forward(t, h, round);
    CHECK(db_of_power(csi_nmse(direct, round, kept)) < -110); /* h was summed in single precision */
    free(taps);
    free(h);
    free(direct);
    free(round);
    csi_transform_free(t);
}

enum { MIX_ROWS = 5, MIX_WIDTH = 45 }; /* a width that leaves a tail at every level */

static void mix_by_definition(const float complex *c, const float complex *rows, float complex *out)
{
    for (int k = 0; k < MIX_WIDTH; k++) {
        double complex sum = 0;
        for (int i = 0; i < MIX_ROWS; i++)
            sum += (double complex)c[i] * (double complex)rows[i * MIX_WIDTH + k];
        out[k] = (float complex)sum;
    }
}

static void every_level_gives_the_same_bits(void)
{
    csi_mix_fn *const mix[CPU_LEVELS] = SIMD_TABLE(csi_mix);
    csi_spread_fn *const spread[CPU_LEVELS] = SIMD_TABLE(csi_spread);
    float complex *c = draw(8, MIX_ROWS), *rows = draw(9, MIX_ROWS * MIX_WIDTH);
    float complex want[MIX_WIDTH], first[MIX_WIDTH], got[MIX_WIDTH];
    float complex wide[2][MIX_ROWS * MIX_WIDTH];
    mix_by_definition(c, rows, want);
    mix[0](c, rows, MIX_ROWS, MIX_WIDTH, first);
    spread[0](c, MIX_ROWS, rows, MIX_WIDTH, wide[0]);
    CHECK(db_of_power(csi_nmse(want, first, MIX_WIDTH)) < -120);
    CHECK(cabsf(wide[0][2 * MIX_WIDTH + 44] - c[2] * rows[44]) < 1e-6f);
    for (int level = 1; level <= (int)cpu_level(); level++) {
        mix[level](c, rows, MIX_ROWS, MIX_WIDTH, got);
        spread[level](c, MIX_ROWS, rows, MIX_WIDTH, wide[1]);
        CHECK(memcmp(first, got, sizeof got) == 0);
        CHECK(memcmp(wide[0], wide[1], sizeof wide[0]) == 0);
    }
    free(c);
    free(rows);
}

static const harness_test tests[] = {
    {"forward is the double sum of its definition", forward_is_the_definition},
    {"with Ni = Nc the round trip is exact and energy is kept (Parseval)",
     nothing_cut_nothing_lost},
    {"kept taps survive inverse and forward", kept_taps_survive_the_round_trip},
    {"a plane wave lands in its angle row, a delay of k samples in column k",
     a_path_lands_in_its_row_and_column},
    {"the grid is every (Nc/S)-th row of the inverse", the_grid_is_rows_of_the_inverse},
    {"the angle half agrees with the whole transform", the_angle_half_agrees_with_the_whole},
    {"row mixing gives the same bits at every ISA level", every_level_gives_the_same_bits},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "csi transform", tests, sizeof tests / sizeof tests[0]);
}
