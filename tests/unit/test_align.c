#include "base/rng.h"
#include "codec/onnx/align.h"
#include "harness.h"

#include <string.h>

enum { NT_MAX = 64, NI_MAX = 96, N_MAX = 2 * NT_MAX * NI_MAX };

/* Sizes that leave a block of columns unfilled, one row, one column, odd ones. */
static const csi_dims sizes[] = {
    {.nt = 32, .ni = 32, .nc = 1024, .tp = 32}, {.nt = 8, .ni = 33, .nc = 64, .tp = 8},
    {.nt = 64, .ni = 96, .nc = 128, .tp = 64},  {.nt = 1, .ni = 5, .nc = 64, .tp = 1},
    {.nt = 7, .ni = 1, .nc = 64, .tp = 7},      {.nt = 5, .ni = 2, .nc = 64, .tp = 5},
};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static size_t floats_of(const csi_dims *d)
{
    return (size_t)2 * d->nt * d->ni;
}

/* Values are multiples of 1/64, so that every power is a multiple of 2^-12 and every sum of them
 * exact in float: no order of summation can change which is the largest. */
static void draw(uint32_t stream, const csi_dims *d, float *image)
{
    rng r = rng_at(7, RNG_TEST, stream, 0);
    for (size_t i = 0; i < floats_of(d); i++)
        image[i] = (float)(rng_u32(&r) % 65) / 64.0f;
}

static float entry_power(const csi_dims *d, const float *image, size_t a, size_t tap)
{
    size_t i = a * d->ni + tap, plane = (size_t)d->nt * d->ni;
    float re = image[i] - 0.5f, im = image[plane + i] - 0.5f;
    return re * re + im * im;
}

static float delay_power(const csi_dims *d, const float *image, size_t tap)
{
    float sum = 0;
    for (size_t a = 0; a < d->nt; a++)
        sum += entry_power(d, image, a, tap);
    return sum;
}

static float angle_power(const csi_dims *d, const float *image, size_t a)
{
    float sum = 0;
    for (size_t tap = 0; tap < d->ni && tap < CSI_ALIGN_TAPS; tap++)
        sum += entry_power(d, image, a, tap);
    return sum;
}

static void undoing_is_exact(void)
{
    static float image[N_MAX], aligned[N_MAX], back[N_MAX];
    for (size_t s = 0; s < SIZES; s++) {
        const csi_dims *d = &sizes[s];
        draw((uint32_t)s, d, image);
        for (unsigned delay = 0; delay < d->ni; delay++) {
            csi_shift shift = {.delay = (uint16_t)delay, .angle = (uint16_t)(delay * 5 % d->nt)};
            csi_align_apply(d, &shift, image, aligned);
            csi_align_undo(d, &shift, aligned, back);
            CHECK(memcmp(back, image, floats_of(d) * sizeof *image) == 0);
        }
    }
}

/* aligned[p][a][d] = image[p][(a + angle) mod nt][(d + delay) mod ni], entry by entry. */
static void applying_is_the_stated_roll(void)
{
    static float image[N_MAX], aligned[N_MAX];
    const csi_dims *d = &sizes[1];
    const csi_shift shift = {.delay = 31, .angle = 6};
    draw(100, d, image);
    csi_align_apply(d, &shift, image, aligned);
    for (size_t p = 0; p < 2; p++)
        for (size_t a = 0; a < d->nt; a++)
            for (size_t tap = 0; tap < d->ni; tap++) {
                size_t row = (a + shift.angle) % d->nt, column = (tap + shift.delay) % d->ni;
                CHECK(aligned[(p * d->nt + a) * d->ni + tap] ==
                      image[(p * d->nt + row) * d->ni + column]);
            }
}

static void the_strongest_stands_in_its_place(void)
{
    static float image[N_MAX], aligned[N_MAX];
    for (uint32_t trial = 0; trial < 20 * SIZES; trial++) {
        const csi_dims *d = &sizes[trial % SIZES];
        draw(200 + trial, d, image);
        csi_shift shift = csi_align_find(CSI_ALIGN_DELAY_ANGLE, d, image);
        csi_align_apply(d, &shift, image, aligned);
        for (size_t tap = 1; tap < d->ni; tap++)
            CHECK(delay_power(d, aligned, 0) >= delay_power(d, aligned, tap));
        for (size_t a = 0; a < d->nt; a++)
            CHECK(angle_power(d, aligned, d->nt / 2) >= angle_power(d, aligned, a));
        csi_shift only = csi_align_find(CSI_ALIGN_DELAY, d, image);
        CHECK(only.delay == shift.delay && only.angle == 0);
    }
}

static void shifts_are_in_range_and_bits_hold_them(void)
{
    static float image[N_MAX];
    for (uint32_t trial = 0; trial < 20 * SIZES; trial++) {
        const csi_dims *d = &sizes[trial % SIZES];
        draw(500 + trial, d, image);
        csi_shift shift = csi_align_find(CSI_ALIGN_DELAY_ANGLE, d, image);
        CHECK(shift.delay < d->ni && shift.angle < d->nt);
        unsigned delay = csi_align_bits(CSI_ALIGN_DELAY, d);
        unsigned both = csi_align_bits(CSI_ALIGN_DELAY_ANGLE, d);
        CHECK(1u << delay >= d->ni && (delay == 0 || 1u << (delay - 1) < d->ni));
        CHECK(1u << (both - delay) >= d->nt && (both == delay || 1u << (both - delay - 1) < d->nt));
        CHECK(csi_align_bits(CSI_ALIGN_NONE, d) == 0);
    }
    CHECK(csi_align_bits(CSI_ALIGN_DELAY_ANGLE, &sizes[0]) == 10);
}

static void none_is_the_identity(void)
{
    static float image[N_MAX], aligned[N_MAX];
    const csi_dims *d = &sizes[0];
    draw(800, d, image);
    csi_shift shift = csi_align_find(CSI_ALIGN_NONE, d, image);
    CHECK(shift.delay == 0 && shift.angle == 0);
    csi_align_apply(d, &shift, image, aligned);
    CHECK(memcmp(aligned, image, floats_of(d) * sizeof *image) == 0);
}

/* In the exact arithmetic of draw(): no rounding, so no tolerance. */
static void energy_is_conserved(void)
{
    static float image[N_MAX], aligned[N_MAX];
    for (size_t s = 0; s < SIZES; s++) {
        const csi_dims *d = &sizes[s];
        draw(900 + (uint32_t)s, d, image);
        csi_shift shift = csi_align_find(CSI_ALIGN_DELAY_ANGLE, d, image);
        csi_align_apply(d, &shift, image, aligned);
        double before = 0, after = 0;
        for (size_t i = 0; i < floats_of(d); i++) {
            before += ((double)image[i] - 0.5) * ((double)image[i] - 0.5);
            after += ((double)aligned[i] - 0.5) * ((double)aligned[i] - 0.5);
        }
        CHECK(before == after && before > 0);
    }
}

static const csi_align block_modes[] = {CSI_ALIGN_BLOCKS_8, CSI_ALIGN_BLOCKS_16,
                                        CSI_ALIGN_BLOCKS_24};

/* Power of block number r of an image whose blocks lie one after the other. */
static float aligned_power(const csi_dims *d, const float *aligned, size_t r)
{
    float sum = 0;
    for (size_t i = 0; i < CSI_BLOCK * CSI_BLOCK; i++) {
        size_t at = r * CSI_BLOCK * CSI_BLOCK + i;
        sum += entry_power(d, aligned, at / d->ni, at % d->ni);
    }
    return sum;
}

static void blocks_are_ordered_by_power(void)
{
    static float image[N_MAX], aligned[N_MAX], back[N_MAX];
    static const csi_dims shapes[] = {{.nt = 32, .ni = 32, .nc = 1024, .tp = 32},
                                      {.nt = 16, .ni = 64, .nc = 1024, .tp = 16}};
    for (uint32_t trial = 0; trial < 60; trial++) {
        const csi_dims *d = &shapes[trial % 2];
        csi_align mode = block_modes[trial % 3];
        draw(1200 + trial, d, image);
        csi_shift shift = csi_align_find(mode, d, image);
        CHECK(shift.blocks == csi_align_blocks(mode));
        CHECK(csi_align_lists(mode, d, shift.block, shift.blocks));
        csi_align_apply(d, &shift, image, aligned);
        size_t all = (size_t)d->nt * d->ni / (CSI_BLOCK * CSI_BLOCK);
        for (size_t r = 1; r < all; r++)
            CHECK(aligned_power(d, aligned, r) <=
                  aligned_power(d, aligned, r <= shift.blocks ? r - 1 : shift.blocks - 1u));
        csi_align_undo(d, &shift, aligned, back);
        CHECK(memcmp(back, image, floats_of(d) * sizeof *image) == 0);
    }
}

/* One cluster of 2 x 2 taps across the border of the image, on nothing: the strongest tap stands at
 * row 1, column 1 of the first block, and its neighbours around it. */
static void the_strongest_tap_stands_inside_the_first_block(void)
{
    static float image[N_MAX], aligned[N_MAX];
    const csi_dims *d = &sizes[0];
    for (size_t i = 0; i < floats_of(d); i++)
        image[i] = 0.5f;
    image[31 * 32 + 31] = 1;
    image[31 * 32 + 0] = image[0 * 32 + 31] = 0.75f;
    csi_shift shift = csi_align_find(CSI_ALIGN_BLOCKS_8, d, image);
    csi_align_apply(d, &shift, image, aligned);
    CHECK(aligned[1 * CSI_BLOCK + 1] == 1);
    CHECK(aligned[1 * CSI_BLOCK + 2] == 0.75f && aligned[2 * CSI_BLOCK + 1] == 0.75f);
}

static void lists_that_no_encoder_sends_are_told(void)
{
    uint8_t list[CSI_BLOCKS_LISTED_MAX];
    for (uint8_t i = 0; i < CSI_BLOCKS_LISTED_MAX; i++)
        list[i] = (uint8_t)(63 - i);
    const csi_dims *d = &sizes[0];
    CHECK(csi_align_lists(CSI_ALIGN_BLOCKS_8, d, list, 8));
    CHECK(!csi_align_lists(CSI_ALIGN_BLOCKS_8, d, list, 7));
    CHECK(!csi_align_lists(CSI_ALIGN_BLOCKS_16, d, list, 8));
    CHECK(!csi_align_lists(CSI_ALIGN_NONE, d, list, 8) && csi_align_lists(CSI_ALIGN_NONE, d, 0, 0));
    list[3] = 64;
    CHECK(!csi_align_lists(CSI_ALIGN_BLOCKS_8, d, list, 8));
    list[3] = list[5];
    CHECK(!csi_align_lists(CSI_ALIGN_BLOCKS_8, d, list, 8));
    CHECK(csi_align_bits(CSI_ALIGN_BLOCKS_8, d) == 10 + 8 * 6);
    CHECK(csi_align_fits(CSI_ALIGN_BLOCKS_24, d) && csi_align_fits(CSI_ALIGN_NONE, &sizes[1]));
    CHECK(!csi_align_fits(CSI_ALIGN_BLOCKS_8, &sizes[1]));  /* 33 taps */
    CHECK(!csi_align_fits(CSI_ALIGN_BLOCKS_8, &sizes[2]));  /* 384 blocks */
    csi_dims small = {.nt = 8, .ni = 8, .nc = 64, .tp = 8}; /* 4 blocks */
    CHECK(!csi_align_fits(CSI_ALIGN_BLOCKS_8, &small));
}

/* Two equal taps at 9 and 40 in rows 3 and 6 of [8][96]: the first wins on both axes. */
static void the_lowest_index_wins_a_tie(void)
{
    static float image[N_MAX];
    const csi_dims d = {.nt = 8, .ni = 96, .nc = 128, .tp = 8};
    for (size_t i = 0; i < floats_of(&d); i++)
        image[i] = 0.5f;
    csi_shift grey = csi_align_find(CSI_ALIGN_DELAY_ANGLE, &d, image);
    CHECK(grey.delay == 0 && grey.angle == 4); /* row 0 to row 4 */
    for (size_t row = 3; row <= 6; row += 3) {
        image[row * d.ni + 9] = 0.75f;
        image[row * d.ni + 40] = 0.25f;
    }
    csi_shift shift = csi_align_find(CSI_ALIGN_DELAY_ANGLE, &d, image);
    CHECK(shift.delay == 9 && shift.angle == 7); /* row 3 to row 4 */
}

/* The angle is chosen among the first taps after the strongest delay, around the image's end. */
static void the_angle_is_that_of_the_first_taps(void)
{
    static float image[N_MAX];
    const csi_dims d = {.nt = 16, .ni = 32, .nc = 128, .tp = 16};
    for (size_t i = 0; i < floats_of(&d); i++)
        image[i] = 0.5f;
    image[2 * d.ni + 31] = 1.0f;
    for (size_t tap = 0; tap < 2; tap++)
        image[11 * d.ni + tap] = 0.875f; /* 2 x 0.375^2 > 0.5^2, but only together */
    image[14 * d.ni + 5] = 0.125f;
    csi_shift shift = csi_align_find(CSI_ALIGN_DELAY_ANGLE, &d, image);
    CHECK(shift.delay == 31 && shift.angle == 3); /* row 11 to row 8 */
}

static void names_and_modes_are_one_to_one(void)
{
    for (int i = 0; i < CSI_ALIGNS; i++)
        CHECK(csi_align_from_name(csi_align_name((csi_align)i)) == i);
    CHECK(csi_align_from_name("") == -1 && csi_align_from_name("angle") == -1);
    CHECK(csi_align_name(CSI_ALIGNS) == NULL && csi_align_name((csi_align)-1) == NULL);
}

static const harness_test tests[] = {
    {"undoing a shift gives the image back, bit for bit", undoing_is_exact},
    {"applying rolls rows and columns as stated", applying_is_the_stated_roll},
    {"the strongest tap and angle stand at 0 and nt / 2", the_strongest_stands_in_its_place},
    {"shifts are in range and fit their bits", shifts_are_in_range_and_bits_hold_them},
    {"mode none is the identity", none_is_the_identity},
    {"a shift conserves energy", energy_is_conserved},
    {"the lowest index wins a tie", the_lowest_index_wins_a_tie},
    {"the angle is that of the first taps, circularly", the_angle_is_that_of_the_first_taps},
    {"blocks stand in the order of their power, and undoing that is exact",
     blocks_are_ordered_by_power},
    {"the strongest tap stands inside the first block",
     the_strongest_tap_stands_inside_the_first_block},
    {"lists that no encoder sends are told", lists_that_no_encoder_sends_are_told},
    {"names and modes are one to one", names_and_modes_are_one_to_one},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "align", tests, sizeof tests / sizeof tests[0]);
}
