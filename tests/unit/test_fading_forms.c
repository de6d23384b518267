/* The three forms that a channel can be asked for, against each other, for every model: all
 * subcarriers, a grid of them, the truncated angle-delay matrix. */
#include "base/rng.h"
#include "csi/grid.h"
#include "fading/fading.h"
#include "harness.h"
#include "io/npy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const models[] = {
    "rayleigh",
    "rayleigh:etu",
    "rayleigh:25/0,1599.9/0,9199/-3",
    "cost2100-indoor",
    "cost2100-outdoor",
    "cost2100-outdoor:nlos",
    "uma-nlos",
    "uma-los",
    "umi-nlos",
    "umi-los",
    "uma-nlos:spherical",
    "cdl-c",
    "cdl-d:asd=10:rotate=60",
    "tdl-a",
    "tdl-d:correlation=high",
};
enum { MODELS = sizeof models / sizeof models[0], GRIDS = 4 };

/* The usual sizes, and a band that 64 does not divide. Grids that are even, that are not, that have
 * fewer subcarriers than there are taps, and that are the whole band. */
static const struct {
    csi_dims dims;
    uint32_t grids[GRIDS];
} sizes[] = {
    {{.nt = 32, .nc = 1024, .tp = 32, .ni = 32}, {64, 60, 16, 1024}},
    {{.nt = 12, .nc = 600, .tp = 12, .ni = 24}, {64, 60, 25, 1}},
};

/* A file of three random samples. */
static void write_samples(const char *path, const csi_dims *d)
{
    size_t columns = 2 * (size_t)d->nt * d->ni;
    float *x = calloc(3 * columns, sizeof *x);
    REQUIRE(x != NULL);
    rng r = rng_at(1, RNG_TEST, 0, 0);
    for (size_t i = 0; i < 3 * columns; i++)
        x[i] = (float)rng_uniform(&r);
    npy_writer *w = npy_writer_open(path, 3, columns, NULL);
    REQUIRE(w != NULL);
    CHECK(npy_writer_add(w, x, 3, NULL) == 0);
    CHECK(npy_writer_close(w, NULL) == 0);
    free(x);
}

/* The law, for one UE: it gets the channel of one time in all three forms. */
typedef void law(fading_ue *u, csi_transform *t, const csi_dims *d, const uint32_t *grids,
                 const char *model);

static void hold_for_one(law *holds, const char *model, size_t size)
{
    err e = {0};
    fading_config c = FADING_CONFIG_DEFAULT;
    c.dims = sizes[size].dims;
    c.speed_kmh = 30;
    fading *f = fading_open(model, &c, &e);
    if (!f)
        printf("    %s\n", e.text);
    REQUIRE(f != NULL);
    csi_transform *t = csi_transform_create(&c.dims, NULL);
    fading_ue *u = fading_ue_create(f, 3, NULL);
    REQUIRE(t != NULL && u != NULL);
    holds(u, t, &c.dims, sizes[size].grids, model);
    fading_ue_free(u);
    csi_transform_free(t);
    fading_close(f);
}

static void hold_for_all(law *holds)
{
    for (size_t size = 0; size < sizeof sizes / sizeof sizes[0]; size++) {
        char path[64];
        snprintf(path, sizeof path, "/tmp/csilink-test-forms-%ld.npy", (long)getpid());
        write_samples(path, &sizes[size].dims);
        hold_for_one(holds, path, size);
        unlink(path);
        for (size_t i = 0; i < MODELS; i++)
            hold_for_one(holds, models[i], size);
    }
}

static float complex *room(size_t n)
{
    float complex *x = calloc(n, sizeof *x);
    REQUIRE(x != NULL);
    return x;
}

static bool near(const float complex *got, const float complex *want, size_t n, const char *what)
{
    double largest = harness_max_abs((const float *)want, 2 * n);
    double apart = harness_max_abs_diff((const float *)got, (const float *)want, 2 * n);
    if (largest > 0 && apart <= 1e-5 * largest)
        return true;
    printf("    %s: %g of the largest entry apart\n", what, apart / largest);
    return false;
}

static void grid_is_of_the_band(fading_ue *u, csi_transform *t, const csi_dims *d,
                                const uint32_t *grids, const char *model)
{
    size_t nt = d->nt;
    float complex *h = room(d->nc * nt), *rows = room(d->nc * nt), *grid = room(d->nc * nt);
    CHECK(fading_ue_frequency(u, t, 4, 3.3, h, NULL) == 0);
    for (int i = 0; i < GRIDS; i++) {
        csi_grid g = {d->nc, grids[i], d->nc % grids[i] == 0};
        for (uint32_t n = 0; n < g.count; n++)
            memcpy(rows + n * nt, h + csi_grid_subcarrier(&g, n) * nt, nt * sizeof *h);
        CHECK(fading_ue_grid(u, t, 4, 3.3, g.count, grid, NULL) == 0);
        CHECK(near(grid, rows, g.count * nt, model));
    }
    free(h);
    free(rows);
    free(grid);
}

static void taps_are_of_the_band(fading_ue *u, csi_transform *t, const csi_dims *d,
                                 const uint32_t *grids, const char *model)
{
    (void)grids;
    size_t kept = (size_t)d->nt * d->ni;
    float complex *h = room((size_t)d->nc * d->nt), *want = room(kept), *ad = room(kept);
    CHECK(fading_ue_frequency(u, t, 4, 3.3, h, NULL) == 0);
    csi_transform_forward(t, h, want);
    CHECK(fading_ue_angle_delay(u, t, 4, 3.3, ad, NULL) == 0);
    CHECK(near(ad, want, kept, model));
    free(h);
    free(want);
    free(ad);
}

/* Whatever was asked for in between, of whatever time. */
static void grid_repeats(fading_ue *u, csi_transform *t, const csi_dims *d, const uint32_t *grids,
                         const char *model)
{
    (void)model;
    size_t n = grids[0] * (size_t)d->nt;
    float complex *first = room(n), *again = room(n), *h = room((size_t)d->nc * d->nt);
    CHECK(fading_ue_grid(u, t, 2, 0.7, grids[0], first, NULL) == 0);
    CHECK(fading_ue_frequency(u, t, 2, 0.7, h, NULL) == 0);
    CHECK(fading_ue_grid(u, t, 3, 0.9, grids[1], h, NULL) == 0);
    CHECK(fading_ue_angle_delay(u, t, 4, 1.1, h, NULL) == 0);
    CHECK(fading_ue_grid(u, t, 2, 0.7, grids[0], again, NULL) == 0);
    CHECK(memcmp(first, again, n * sizeof *first) == 0);
    free(first);
    free(again);
    free(h);
}

static void grids_out_of_range(fading_ue *u, csi_transform *t, const csi_dims *d,
                               const uint32_t *grids, const char *model)
{
    (void)grids, (void)model;
    err e = {0};
    float complex unused[1];
    CHECK(fading_ue_grid(u, t, 0, 0, 0, unused, &e) == ERR_INVALID && strstr(e.text, "not 0"));
    CHECK(fading_ue_grid(u, t, 0, 0, d->nc + 1, unused, &e) == ERR_INVALID);
    CHECK(fading_ue_grid(u, t, 0, NAN, 1, unused, &e) == ERR_INVALID);
}

static void a_grid_has_rows_of_the_whole_band(void)
{
    hold_for_all(grid_is_of_the_band);
}

static void taps_are_the_transform_of_the_whole_band(void)
{
    hold_for_all(taps_are_of_the_band);
}

static void a_grid_is_a_pure_function_of_time(void)
{
    hold_for_all(grid_repeats);
}

static void a_grid_out_of_range_is_refused(void)
{
    hold_for_one(grids_out_of_range, "rayleigh:eva", 0);
}

static const harness_test tests[] = {
    {"a grid has rows of the whole band, within 1e-5", a_grid_has_rows_of_the_whole_band},
    {"the angle-delay form is the transform of the whole band, within 1e-5",
     taps_are_the_transform_of_the_whole_band},
    {"a grid is a pure function of report and time", a_grid_is_a_pure_function_of_time},
    {"a grid out of range is refused", a_grid_out_of_range_is_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "fading forms", tests, sizeof tests / sizeof tests[0]);
}
