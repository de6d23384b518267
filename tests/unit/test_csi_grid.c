/* The grid of subcarriers that figures of merit are measured on: there is one for every band. */
#include "csi/grid.h"
#include "harness.h"

enum { NC_MIN = 32 };

static csi_grid grid_of(uint32_t nc, uint32_t ni)
{
    const csi_dims dims = {.nt = 32, .nc = nc, .tp = 32, .ni = ni};
    return csi_grid_of(&dims);
}

/* The grid that every published figure was measured on must not move. */
static void the_default_band_keeps_every_16th_subcarrier(void)
{
    csi_grid g = grid_of(1024, 32);
    REQUIRE(g.count == 64 && g.even);
    for (uint32_t i = 0; i < g.count; i++)
        CHECK(csi_grid_subcarrier(&g, i) == 16 * i);
}

static void bands_of_nr_and_lte_have_even_grids(void)
{
    static const struct {
        uint32_t nc, count;
    } want[] = {{32, 32}, {63, 63}, {600, 60}, {624, 52}, {1200, 60}, {3276, 63}, {8192, 64}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        csi_grid g = grid_of(want[i].nc, 32);
        CHECK(g.count == want[i].count && g.even);
    }
}

static void every_band_has_a_grid_that_tells_its_taps_apart(void)
{
    static const uint32_t taps[] = {1, 13, 32, 64, 100};
    for (size_t t = 0; t < sizeof taps / sizeof taps[0]; t++) {
        for (uint32_t nc = taps[t] > NC_MIN ? taps[t] : NC_MIN; nc <= CSI_NC_MAX; nc++) {
            csi_grid g = grid_of(nc, taps[t]);
            REQUIRE(g.nc == nc && g.count >= taps[t] && g.count <= nc);
            CHECK(g.even == (nc % g.count == 0));
            uint32_t narrow = nc / g.count, last = csi_grid_subcarrier(&g, 0);
            CHECK(last == 0);
            for (uint32_t i = 1; i < g.count; i++) {
                uint32_t row = csi_grid_subcarrier(&g, i), step = row - last;
                CHECK(step == narrow || (!g.even && step == narrow + 1));
                last = row;
            }
            CHECK(last < nc && nc - last >= narrow);
        }
    }
}

/* No even grid within reach is passed over. */
static void the_grid_is_the_largest_even_one(void)
{
    for (uint32_t nc = NC_MIN; nc <= CSI_NC_MAX; nc++) {
        csi_grid g = grid_of(nc, 32);
        for (uint32_t count = 32; count <= CSI_GRID_AIM; count++)
            CHECK(nc % count != 0 || (g.even && g.count >= count));
    }
}

static const harness_test tests[] = {
    {"1024 subcarriers are measured on every 16th", the_default_band_keeps_every_16th_subcarrier},
    {"the bands of LTE and NR have even grids", bands_of_nr_and_lte_have_even_grids},
    {"every band has a grid as even as can be, with a point for each tap",
     every_band_has_a_grid_that_tells_its_taps_apart},
    {"an even grid is taken wherever there is one, the largest", the_grid_is_the_largest_even_one},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "csi grid", tests, sizeof tests / sizeof tests[0]);
}
