/* Modulation of the digital uplink: points, power, Gray labels, soft bits; and scrambling. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "harness.h"
#include "uplink/digital/modulation.h"
#include "uplink/digital/scramble.h"

enum { BITS_MAX = 8 };

static void to_bits(unsigned value, unsigned count, uint8_t *bits)
{
    for (unsigned b = 0; b < count; b++)
        bits[b] = (uint8_t)(value >> (count - 1 - b) & 1);
}

static float complex point(modulation m, unsigned value)
{
    uint8_t bits[BITS_MAX];
    float complex x;
    to_bits(value, modulation_bits(m), bits);
    modulation_map(m, bits, 1, &x);
    return x;
}

/* Points worked out from clause 5.1 by hand. */
static void points_are_those_of_the_standard(void)
{
    const struct {
        modulation m;
        unsigned bits;
        double re, im, over;
    } cases[] = {
        {MODULATION_QPSK, 0x1, 1, -1, 2},         {MODULATION_QPSK, 0x2, -1, 1, 2},
        {MODULATION_16QAM, 0x0, 1, 1, 10},        {MODULATION_16QAM, 0xb, -3, 3, 10},
        {MODULATION_16QAM, 0x6, 3, -1, 10},       {MODULATION_64QAM, 0x00, 3, 3, 42},
        {MODULATION_64QAM, 0x02, 1, 3, 42},       {MODULATION_64QAM, 0x2a, -7, 3, 42},
        {MODULATION_64QAM, 0x3c, -5, -5, 42},     {MODULATION_256QAM, 0x00, 5, 5, 170},
        {MODULATION_256QAM, 0xff, -15, -15, 170}, {MODULATION_256QAM, 0x80, -5, 5, 170},
        {MODULATION_256QAM, 0x0a, 1, 5, 170},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        float complex x = point(cases[i].m, cases[i].bits);
        CHECK_NEAR((double)crealf(x), cases[i].re / sqrt(cases[i].over), 1e-6);
        CHECK_NEAR((double)cimagf(x), cases[i].im / sqrt(cases[i].over), 1e-6);
    }
}

static void bpsk_turns_by_a_quarter(void)
{
    const uint8_t bits[4] = {0, 0, 1, 1};
    float complex x[4];
    modulation_map(MODULATION_PI2_BPSK, bits, 4, x);
    for (int i = 0; i < 4; i++) {
        float sign = bits[i] ? -1.0f : 1.0f, re = i % 2 ? -1.0f : 1.0f;
        CHECK_NEAR((double)crealf(x[i]), (double)(sign * re) * M_SQRT1_2, 1e-6);
        CHECK_NEAR((double)cimagf(x[i]), (double)sign * M_SQRT1_2, 1e-6);
    }
}

static void points_have_mean_power_one_and_are_all_different(void)
{
    for (unsigned m = 0; m < MODULATIONS; m++) {
        unsigned points = 1u << modulation_bits((modulation)m);
        double power = 0;
        for (unsigned i = 0; i < points; i++) {
            float complex x = point((modulation)m, i);
            power += (double)(crealf(x) * crealf(x) + cimagf(x) * cimagf(x)) / points;
            for (unsigned k = 0; k < i; k++)
                CHECK(cabsf(x - point((modulation)m, k)) > 1e-3f);
        }
        CHECK_NEAR(power, 1, 1e-6);
    }
}

/* Nearest neighbours differ in one bit. */
static void labels_are_gray(void)
{
    for (unsigned m = MODULATION_QPSK; m < MODULATIONS; m++) {
        unsigned points = 1u << modulation_bits((modulation)m);
        float least = 2;
        for (unsigned i = 1; i < points; i++)
            least = fminf(least, cabsf(point((modulation)m, i) - point((modulation)m, 0)));
        for (unsigned i = 0; i < points; i++)
            for (unsigned k = 0; k < i; k++)
                if (cabsf(point((modulation)m, i) - point((modulation)m, k)) < 1.01f * least)
                    CHECK(__builtin_popcount(i ^ k) == 1);
    }
}

/* The definition itself, over all points. */
static float llr_by_search(modulation m, size_t place, float complex y, unsigned bit, float noise)
{
    unsigned count = modulation_bits(m);
    float best[2] = {INFINITY, INFINITY};
    for (unsigned i = 0; i < 1u << count; i++) {
        uint8_t bits[2 * BITS_MAX] = {0};
        float complex x[2];
        to_bits(i, count, bits + place % 2 * count);
        modulation_map(m, bits, place % 2 + 1, x);
        float complex d = y - x[place % 2];
        float *b = &best[i >> (count - 1 - bit) & 1];
        *b = fminf(*b, crealf(d) * crealf(d) + cimagf(d) * cimagf(d));
    }
    return (best[1] - best[0]) / noise;
}

static void soft_bits_are_those_of_the_nearest_points(void)
{
    enum { SYMBOLS = 200 };
    rng r = rng_at(5, RNG_CHANNEL, 0, 0);
    for (unsigned m = 0; m < MODULATIONS; m++) {
        unsigned count = modulation_bits((modulation)m);
        float complex y[SYMBOLS];
        float llr[SYMBOLS * BITS_MAX];
        for (int i = 0; i < SYMBOLS; i++)
            y[i] = (float)rng_normal(&r) + I * (float)rng_normal(&r);
        modulation_llr((modulation)m, y, SYMBOLS, 0.3f, llr);
        for (unsigned i = 0; i < SYMBOLS; i++)
            for (unsigned b = 0; b < count; b++)
                CHECK_NEAR((double)llr[i * count + b],
                           (double)llr_by_search((modulation)m, i, y[i], b, 0.3f), 1e-3);
    }
}

static void hard_decisions_give_the_bits_back(void)
{
    enum { SYMBOLS = 512 };
    rng r = rng_at(6, RNG_CHANNEL, 0, 0);
    for (unsigned m = 0; m < MODULATIONS; m++) {
        size_t count = SYMBOLS * modulation_bits((modulation)m);
        uint8_t bits[SYMBOLS * BITS_MAX];
        float llr[SYMBOLS * BITS_MAX];
        float complex x[SYMBOLS];
        for (size_t i = 0; i < count; i++)
            bits[i] = rng_uniform(&r) < 0.5;
        modulation_map((modulation)m, bits, SYMBOLS, x);
        modulation_llr((modulation)m, x, SYMBOLS, 1e-3f, llr);
        for (size_t i = 0; i < count; i++)
            CHECK((llr[i] < 0) == (bits[i] == 1));
    }
}

static void what_is_not_finite_tells_nothing(void)
{
    const float complex y[3] = {NAN + I * 0.5f, complex_of(INFINITY, 0), complex_of(1e30f, -1e30f)};
    for (unsigned m = 0; m < MODULATIONS; m++) {
        unsigned count = modulation_bits((modulation)m);
        float llr[3 * BITS_MAX];
        modulation_llr((modulation)m, y, 3, 1e-6f, llr);
        for (unsigned i = 0; i < 3 * count; i++)
            CHECK(isfinite(llr[i]) && fabsf(llr[i]) <= 1e6f);
        for (unsigned i = 0; i < count; i++)
            CHECK(llr[i] == 0);
    }
}

static void names_are_read_back(void)
{
    for (unsigned m = 0; m < MODULATIONS; m++)
        CHECK(modulation_named(modulation_name((modulation)m)) == m);
    CHECK(modulation_named("8psk") == MODULATIONS && modulation_named("") == MODULATIONS);
}

/* Straight from the recursion, with every x kept. */
static void sequences_are_those_of_the_recursion(void)
{
    enum { COUNT = 300, ALL = 1600 + COUNT + 31 };
    static uint8_t x1[ALL], x2[ALL];
    const uint32_t inits[] = {1, 0x7fffffff, 1234567, scramble_init(65535, 1023)};
    for (size_t k = 0; k < sizeof inits / sizeof inits[0]; k++) {
        uint8_t c[COUNT];
        for (int n = 0; n < 31; n++) {
            x1[n] = n == 0;
            x2[n] = (uint8_t)(inits[k] >> n & 1);
        }
        for (int n = 0; n + 31 < ALL; n++) {
            x1[n + 31] = (uint8_t)((x1[n + 3] + x1[n]) % 2);
            x2[n + 31] = (uint8_t)((x2[n + 3] + x2[n + 2] + x2[n + 1] + x2[n]) % 2);
        }
        scramble_sequence(inits[k], c, COUNT);
        for (int n = 0; n < COUNT; n++)
            CHECK(c[n] == (x1[n + 1600] + x2[n + 1600]) % 2);
    }
}

static void scrambling_undoes_itself(void)
{
    enum { COUNT = 1000 };
    uint8_t c[COUNT], other[COUNT], bits[COUNT] = {0};
    float llr[COUNT];
    size_t ones = 0, apart = 0;
    scramble_sequence(scramble_init(7, 3), c, COUNT);
    scramble_sequence(scramble_init(8, 3), other, COUNT);
    scramble_bits(c, bits, COUNT);
    for (int i = 0; i < COUNT; i++) {
        llr[i] = bits[i] ? -2.0f : 2.0f;
        ones += bits[i];
        apart += c[i] != other[i];
    }
    CHECK(ones > 400 && ones < 600 && apart > 400 && apart < 600);
    scramble_llr(c, llr, COUNT);
    scramble_bits(c, bits, COUNT);
    for (int i = 0; i < COUNT; i++)
        CHECK(bits[i] == 0 && llr[i] == 2.0f);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"points are those of TS 38.211, clause 5.1", points_are_those_of_the_standard},
        {"pi/2-BPSK turns by a quarter from symbol to symbol", bpsk_turns_by_a_quarter},
        {"points have mean power 1, and no two are the same",
         points_have_mean_power_one_and_are_all_different},
        {"nearest neighbours differ in one bit", labels_are_gray},
        {"soft bits are those of the nearest points", soft_bits_are_those_of_the_nearest_points},
        {"without noise hard decisions give the bits back", hard_decisions_give_the_bits_back},
        {"a symbol that is not finite tells nothing, and no soft bit is beyond 1e6",
         what_is_not_finite_tells_nothing},
        {"names are read back", names_are_read_back},
        {"sequences are those of the recursion", sequences_are_those_of_the_recursion},
        {"scrambling undoes itself, and UEs' sequences differ", scrambling_undoes_itself},
    };
    return harness_main(argc, argv, "modulation", tests, sizeof tests / sizeof tests[0]);
}
