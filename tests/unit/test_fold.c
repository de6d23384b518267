#include "base/rng.h"
#include "csi/fold.h"
#include "csi/fold_simd.h"
#include "csi/metrics.h"
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* nc, taps, width: transforms of 32, 64, 4, 128; of 36, 39, 256 and 1, which are not the loops'
 * own; widths that leave a tail at every level. */
static const uint32_t sizes[][3] = {{1024, 32, 32}, {1024, 32, 45}, {512, 40, 7}, {64, 3, 9},
                                    {512, 70, 3},   {72, 33, 5},    {78, 35, 6},  {512, 200, 2},
                                    {17, 1, 1},     {64, 64, 8},    {64, 16, 33}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static float complex *draw(uint32_t stream, size_t n)
{
    float complex *x = malloc(n * sizeof *x);
    REQUIRE(x != NULL);
    rng r = rng_at(1, RNG_TEST, stream, 0);
    rng_normal_fill(&r, (float *)x, 2 * n, (float)M_SQRT1_2);
    return x;
}

static double complex by_definition(const float complex *x, const uint32_t *size, uint32_t r,
                                    uint32_t k)
{
    double complex sum = 0;
    for (uint32_t n = 0; n < size[0]; n++) {
        double turn = 2 * M_PI * (double)(n * r % size[0]) / size[0];
        sum += (double complex)x[(size_t)n * size[2] + k] * (cos(turn) + I * sin(turn));
    }
    return sum / sqrt(size[0]);
}

/* Entries have unit variance. */
static void folding_is_the_definition(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        const uint32_t *size = sizes[i];
        csi_fold *f = csi_fold_create(size[0], size[1], size[2], NULL);
        REQUIRE(f != NULL);
        float complex *x = draw(1, (size_t)size[0] * size[2]);
        float complex *taps = draw(2, (size_t)size[1] * size[2]);
        csi_fold_forward(f, x, taps);
        for (uint32_t r = 0; r < size[1]; r += 1 + size[1] / 8)
            for (uint32_t k = 0; k < size[2]; k++)
                CHECK(cabs((double complex)taps[(size_t)r * size[2] + k] -
                           by_definition(x, size, r, k)) < 3e-6);
        free(x);
        free(taps);
        csi_fold_free(f);
    }
}

/* The farthest multiple of the transform's length, by loops and by FFTW. */
static void folding_may_begin_at_a_later_tap(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        const uint32_t *size = sizes[i];
        uint32_t first = size[0] - csi_fold_length(size[0], size[1]);
        csi_fold *f = csi_fold_create_at(size[0], first, size[1], size[2], NULL);
        REQUIRE(f != NULL);
        float complex *x = draw(10, (size_t)size[0] * size[2]);
        float complex *taps = draw(11, (size_t)size[1] * size[2]);
        csi_fold_forward(f, x, taps);
        for (uint32_t r = 0; r < size[1]; r += 1 + size[1] / 8)
            for (uint32_t k = 0; k < size[2]; k++)
                CHECK(cabs((double complex)taps[(size_t)r * size[2] + k] -
                           by_definition(x, size, first + r, k)) < 3e-6);
        free(x);
        free(taps);
        csi_fold_free(f);
    }
}

/* Taps go to subcarriers and back unharmed, and keep their energy: the way back is the adjoint. */
static void unfolding_is_undone_by_folding(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        const uint32_t *size = sizes[i];
        size_t kept = (size_t)size[1] * size[2], all = (size_t)size[0] * size[2];
        csi_fold *f = csi_fold_create(size[0], size[1], size[2], NULL);
        REQUIRE(f != NULL);
        float complex *taps = draw(3, kept), *x = draw(4, all), *back = draw(5, kept);
        csi_fold_inverse(f, taps, x);
        csi_fold_forward(f, x, back);
        CHECK(csi_nmse(taps, back, kept) < 1e-12);
        CHECK_NEAR(csi_energy(x, all) / csi_energy(taps, kept), 1, 1e-6);
        free(taps);
        free(x);
        free(back);
        csi_fold_free(f);
    }
}

static void every_level_gives_the_same_bits(void)
{
    static csi_fold_fn *const fold[CPU_LEVELS] = SIMD_TABLE(csi_fold);
    static csi_unfold_fn *const unfold[CPU_LEVELS] = SIMD_TABLE(csi_unfold);
    enum { LENGTH = 32, FOLDS = 5, TAPS = 27, WIDTH = 45, NC = LENGTH * FOLDS };
    float root[2 * LENGTH], work[2 * TAPS * (WIDTH + CSI_FOLD_PAD)];
    for (int i = 0; i < LENGTH; i++) {
        root[2 * i] = (float)cos(2 * M_PI * i / LENGTH);
        root[2 * i + 1] = (float)sin(2 * M_PI * i / LENGTH);
    }
    float complex *twiddle = draw(6, FOLDS * TAPS), *x = draw(7, NC * WIDTH);
    float complex *first = draw(8, NC * WIDTH), *got = draw(9, NC * WIDTH);
    csi_fold_shape s = {LENGTH, FOLDS, TAPS, root, (const float *)twiddle};
    for (int level = 1; level <= (int)cpu_level(); level++) {
        fold[0](&s, x, WIDTH, work, first);
        fold[level](&s, x, WIDTH, work, got);
        CHECK(memcmp(first, got, TAPS * WIDTH * sizeof *got) == 0);
        unfold[0](&s, x, WIDTH, work, first);
        unfold[level](&s, x, WIDTH, work, got);
        CHECK(memcmp(first, got, NC * WIDTH * sizeof *got) == 0);
    }
    free(twiddle);
    free(x);
    free(first);
    free(got);
}

static const harness_test tests[] = {
    {"folding gives the first taps of the inverse DFT", folding_is_the_definition},
    {"folding may begin at a later tap", folding_may_begin_at_a_later_tap},
    {"unfolding keeps energy, and folding undoes it", unfolding_is_undone_by_folding},
    {"folding gives the same bits at every ISA level", every_level_gives_the_same_bits},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "csi fold", tests, sizeof tests / sizeof tests[0]);
}
