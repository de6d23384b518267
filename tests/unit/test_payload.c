#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/rng.h"
#include "harness.h"
#include "payload/bits.h"
#include "payload/level.h"
#include "payload/payload.h"

/* Fields of random widths, written and read back at every alignment. */
static void fields_read_back_as_written(void)
{
    enum { FIELDS = 4000, BYTES = FIELDS * 4 };
    static uint8_t bytes[BYTES];
    rng widths = rng_at(1, RNG_TEST, 1, 0), values = rng_at(1, RNG_TEST, 1, 1);
    memset(bytes, 0xff, sizeof bytes); /* old contents must not shine through */
    bit_writer w = {bytes, 0, 8 * BYTES, false};
    uint32_t total = 0;
    for (int i = 0; i < FIELDS; i++) {
        unsigned bits = rng_u32(&widths) % 33;
        bits_put(&w, rng_u32(&values), bits);
        total += bits;
    }
    CHECK(!w.full && w.bits == total);
    CHECK(total % 8 == 0 || bytes[total / 8] >> total % 8 == 0);
    widths = rng_at(1, RNG_TEST, 1, 0), values = rng_at(1, RNG_TEST, 1, 1);
    bit_reader r = {bytes, 0, w.bits, false};
    for (int i = 0; i < FIELDS; i++) {
        unsigned bits = rng_u32(&widths) % 33;
        uint32_t want = rng_u32(&values);
        if (bits < 32)
            want &= (1u << bits) - 1;
        CHECK(bits_get(&r, bits) == want);
    }
    CHECK(!r.cut && r.bits == total);
}

static void a_field_begins_at_its_least_significant_bit(void)
{
    uint8_t bytes[2] = {0xff, 0xff};
    bit_writer w = {bytes, 0, 16, false};
    bits_put(&w, 5, 3);      /* 101 */
    bits_put(&w, 0x33, 6);   /* 110011 */
    bits_put(&w, 0xfffe, 1); /* the low bit alone */
    CHECK(bytes[0] == (5 | (0x33 << 3 & 0xff)) && bytes[1] == 0x33 >> 5 && w.bits == 10);
}

/* A field that does not fit is left out whole, and so is what comes after it. */
static void a_full_writer_writes_nothing_more(void)
{
    uint8_t bytes[3] = {0, 0, 0xaa};
    bit_writer w = {bytes, 0, 12, false};
    bits_put(&w, 0xff, 8);
    bits_put(&w, 0x1f, 5);
    CHECK(w.full && w.bits == 8 && bytes[1] == 0);
    bits_put(&w, 1, 1);
    CHECK(w.full && w.bits == 8 && bytes[1] == 0 && bytes[2] == 0xaa);
    bit_writer exact = {bytes, 0, 12, false};
    bits_put(&exact, 0xabc, 12);
    CHECK(!exact.full && exact.bits == 12);
    bits_put(&exact, 0, 0);
    CHECK(!exact.full);
}

static void a_cut_reader_reads_zeros(void)
{
    static const uint8_t bytes[2] = {0xff, 0xff};
    bit_reader r = {bytes, 0, 10, false};
    CHECK(bits_get(&r, 8) == 0xff && !r.cut);
    CHECK(bits_get(&r, 3) == 0 && r.cut && r.bits == 8);
    CHECK(bits_get(&r, 1) == 0 && r.cut);
    bit_reader none = {NULL, 0, 0, false};
    CHECK(bits_get(&none, 0) == 0 && !none.cut);
    CHECK(bits_get(&none, 32) == 0 && none.cut);
}

static void bits_for_is_the_smallest_width(void)
{
    static const struct {
        uint32_t count;
        unsigned bits;
    } cases[] = {{0, 0},   {1, 0},    {2, 1},          {3, 2},           {4, 2},
                 {255, 8}, {256, 8},  {257, 9},        {0x80000000, 31}, {0x80000001, 32},
                 {512, 9}, {513, 10}, {UINT32_MAX, 32}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK(bits_for(cases[i].count) == cases[i].bits);
    CHECK(bits_bytes(0) == 0 && bits_bytes(1) == 1 && bits_bytes(8) == 1 && bits_bytes(9) == 2);
    CHECK(bits_bytes(UINT32_MAX) == 536870912);
}

static void a_payload_has_room_for_its_shape(void)
{
    static const payload_shape shapes[] = {
        {0, 0, 0, .values_min = 0},
        {1, 0, 1, .values_min = 0},
        {0, 1, 0, .values_min = 0},
        {PAYLOAD_SIDE_BITS_MAX, PAYLOAD_VALUES_MAX, 0, .values_min = 0}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        payload p;
        REQUIRE(payload_init(&p, &shapes[i], NULL) == 0);
        CHECK(p.side_bits == 0 && p.values == 0 && p.builds_on == 0 && p.side && p.value);
        memset(p.side, 1, bits_bytes(shapes[i].side_bits_max));
        for (uint32_t k = 0; k < shapes[i].values_max; k++)
            p.value[k] = 1;
        payload_free(&p);
        CHECK(!p.side && !p.value);
        payload_free(&p);
    }
}

static void shapes_beyond_the_limits_are_refused(void)
{
    static const payload_shape shapes[] = {{PAYLOAD_SIDE_BITS_MAX + 1, 0, 0, .values_min = 0},
                                           {0, PAYLOAD_VALUES_MAX + 1, 0, .values_min = 0},
                                           {UINT32_MAX, UINT32_MAX, 0, .values_min = 0}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        payload p;
        err e = {0};
        CHECK(payload_init(&p, &shapes[i], &e) == ERR_INVALID && strstr(e.text, "at most 65536"));
        CHECK(!p.side && !p.value);
        payload_free(&p);
    }
}

static const level_law laws[] = {
    {2, -20, 20}, {3, 0, 1}, {8, -20, 100}, {13, -60, 80}, {24, -120, 120}};
enum { LAWS = sizeof laws / sizeof laws[0] };

static double step_db(level_law law)
{
    return (law.high_db - law.low_db) / ((1 << law.bits) - 2);
}

static void levels_keep_their_codes(void)
{
    for (size_t i = 0; i < LAWS; i++) {
        level_law law = laws[i];
        uint32_t last = (1u << law.bits) - 1, stride = law.bits > 16 ? 97 : 1;
        CHECK(level_value(law, 0) == 0);
        CHECK_NEAR(db_of_amplitude((double)level_value(law, 1)), law.low_db, 1e-5);
        CHECK_NEAR(db_of_amplitude((double)level_value(law, last)), law.high_db, 1e-5);
        for (uint32_t c = 0; c <= last; c += stride) {
            double value = (double)level_value(law, c);
            CHECK(level_code(law, value, LEVEL_NEAREST) == c);
            CHECK(level_code(law, value, LEVEL_UPWARDS) == c);
        }
    }
}

/* The bounds of the header, over values of the whole range. A level is rounded to float. */
static void errors_stay_in_their_bounds(void)
{
    const double rounding = 1.2e-7;
    for (size_t i = 0; i < LAWS; i++) {
        level_law law = laws[i];
        double nearest = pow(10, step_db(law) / 40) - 1,
               upwards = amplitude_of_db(step_db(law)) - 1;
        double worst_nearest = 0, worst_upwards = 0;
        rng r = rng_at(2, RNG_TEST, 0, (uint32_t)i);
        for (int k = 0; k < 20000; k++) {
            double db = law.low_db + rng_uniform(&r) * (law.high_db - law.low_db);
            double value = (double)(float)amplitude_of_db(db);
            if (value > (double)level_value(law, UINT32_MAX))
                continue;
            double near = (double)level_value(law, level_code(law, value, LEVEL_NEAREST)) / value;
            double up = (double)level_value(law, level_code(law, value, LEVEL_UPWARDS)) / value;
            CHECK(up >= 1);
            worst_nearest = fmax(worst_nearest, fmax(near, 1 / near) - 1);
            worst_upwards = fmax(worst_upwards, up - 1);
        }
        CHECK(worst_nearest <= nearest + rounding && worst_nearest > 0.9 * nearest);
        CHECK(worst_upwards <= upwards + rounding && worst_upwards > 0.9 * upwards);
    }
}

static void levels_saturate_at_their_ends(void)
{
    level_law law = {8, -20, 100};
    double low = (double)level_value(law, 1);
    CHECK(level_code(law, 1e30, LEVEL_NEAREST) == 255 &&
          level_code(law, 1e30, LEVEL_UPWARDS) == 255);
    CHECK(level_code(law, INFINITY, LEVEL_NEAREST) == 255);
    CHECK(level_code(law, low * 0.51, LEVEL_NEAREST) == 1);
    CHECK(level_code(law, low * 0.49, LEVEL_NEAREST) == 0);
    CHECK(level_code(law, 1e-40, LEVEL_UPWARDS) == 1);
    for (int upwards = 0; upwards < 2; upwards++) {
        level_rounding rounding = upwards ? LEVEL_UPWARDS : LEVEL_NEAREST;
        CHECK(level_code(law, 0, rounding) == 0 && level_code(law, -1, rounding) == 0);
        CHECK(level_code(law, NAN, rounding) == 0 && level_code(law, -INFINITY, rounding) == 0);
    }
    CHECK(level_value(law, 256 + 7) == level_value(law, 7));
}

static const harness_test tests[] = {
    {"fields of 0 to 32 bits read back as they were written", fields_read_back_as_written},
    {"a field begins at its least significant bit", a_field_begins_at_its_least_significant_bit},
    {"a full writer writes nothing more", a_full_writer_writes_nothing_more},
    {"a cut reader reads zeros", a_cut_reader_reads_zeros},
    {"bits_for gives the smallest width", bits_for_is_the_smallest_width},
    {"a payload has room for its shape", a_payload_has_room_for_its_shape},
    {"payload shapes beyond the limits are refused", shapes_beyond_the_limits_are_refused},
    {"every level keeps its code, in both roundings", levels_keep_their_codes},
    {"a level's relative error stays in its bound, and upwards is never below",
     errors_stay_in_their_bounds},
    {"levels saturate at their ends, and zero stays zero", levels_saturate_at_their_ends},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "payload", tests, sizeof tests / sizeof tests[0]);
}
