#include "base/rng.h"
#include "base/rng_simd.h"
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 1 << 20 };

static float draws[MANY], others[MANY];

/* The Random123 distribution's known answers for philox4x32, 10 rounds. */
static void philox_known_answers(void)
{
    static const struct {
        uint32_t counter[4], key[2], want[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        rng r = {.used = 4};
        memcpy(r.key, known[i].key, sizeof r.key);
        memcpy(r.counter, known[i].counter, sizeof r.counter);
        for (int word = 0; word < 4; word++)
            CHECK(rng_u32(&r) == known[i].want[word]);
        CHECK(r.counter[0] == known[i].counter[0] + 1);
    }
}

typedef void groups_function(const uint32_t key[2], const uint32_t counter[4], float *out,
                             size_t groups, float sigma);

static void levels_agree_bit_for_bit(void)
{
    static groups_function *const fill[] = SIMD_TABLE(rng_normal_groups);
    static groups_function *const add[] = SIMD_TABLE(rng_normal_add_groups);
    const uint32_t key[2] = {0x12345678, 0x9abcdef0};
    const uint32_t counter[4] = {0xfffffff0u, RNG_TEST, 7, 9}; /* the block number wraps */
    const size_t groups = 4096, n = groups * RNG_GROUP;
    float *base = draws, *level_out = others;
    fill[CPU_BASE](key, counter, base, groups, 0.7f);
    for (int level = CPU_BASE; level <= (int)cpu_level(); level++) {
        fill[level](key, counter, level_out, groups, 0.7f);
        CHECK(memcmp(base, level_out, n * sizeof *base) == 0);
        for (size_t i = 0; i < n; i++)
            level_out[i] = (float)i;
        add[level](key, counter, level_out, groups, 0.7f);
        size_t wrong = 0;
        for (size_t i = 0; i < n; i++)
            wrong += level_out[i] != (float)i + base[i];
        CHECK(wrong == 0);
    }
}

/* Number i of a fill, from the generator's own words in double precision, and its pair's radius. */
static double defined_normal(const rng *at, size_t i, double *radius)
{
    size_t group = i / RNG_GROUP, k = i % RNG_GROUP / RNG_GROUP_BLOCKS;
    rng r = *at;
    r.counter[0] += (uint32_t)(group * RNG_GROUP_BLOCKS + i % RNG_GROUP_BLOCKS);
    r.used = 4;
    uint32_t w[4];
    for (int word = 0; word < 4; word++)
        w[word] = rng_u32(&r);
    const uint32_t *pair = w + (k & 2);
    *radius = sqrt(-2 * log((pair[0] + 1.0) / 4294967296.0));
    double angle = 2 * M_PI * pair[1] / 4294967296.0;
    return *radius * (k & 1 ? sin(angle) : cos(angle));
}

/* Float arithmetic leaves 1e-6 of the radius. A float u near 1 stands for an interval of 2^-24,
 * which moves a small radius sqrt(-2 ln u) by up to 2^-24 / radius, and never by more than it is at
 * the interval's end. */
static void fill_is_its_definition(void)
{
    rng r = rng_at(42, RNG_TEST, 1, 2);
    const rng start = r;
    const size_t n = 200000;
    rng_normal_fill(&r, draws, n, 1.0f);
    size_t off = 0;
    for (size_t i = 0; i < n; i++) {
        double radius, want = defined_normal(&start, i, &radius);
        double near_zero = fmin(0x1p-24 / radius, sqrt(2 * 0x1p-24));
        if (!(fabs((double)draws[i] - want) <= 1e-6 * radius + near_zero))
            off++;
    }
    CHECK(off == 0);
}

static void fill_of_any_length(void)
{
    rng whole = rng_at(7, RNG_TEST, 0, 0);
    rng_normal_fill(&whole, draws, 1024, 2.5f);
    for (size_t n = 0; n <= 200; n++) {
        rng part = rng_at(7, RNG_TEST, 0, 0);
        memset(others, 0x55, 256 * sizeof *others);
        const float untouched = others[n];
        rng_normal_fill(&part, others, n, 2.5f);
        CHECK(memcmp(draws, others, n * sizeof *draws) == 0);
        CHECK(memcmp(&others[n], &untouched, sizeof untouched) == 0);
        CHECK(part.counter[0] == (n + RNG_GROUP - 1) / RNG_GROUP * RNG_GROUP_BLOCKS);
    }
}

static void a_fill_in_pieces_is_the_whole_fill(void)
{
    rng whole = rng_at(8, RNG_TEST, 3, 4), pieces = whole;
    rng_normal_fill(&whole, draws, 64 * 10, 1.0f);
    rng_normal_fill(&pieces, others, 64 * 3, 1.0f);
    rng_normal_fill(&pieces, others + 64 * 3, 64 * 7, 1.0f);
    CHECK(memcmp(draws, others, 640 * sizeof *draws) == 0);
    CHECK(memcmp(&whole, &pieces, sizeof whole) == 0);
}

static void adding_adds_the_same_numbers(void)
{
    for (size_t n = 0; n <= 300; n += 37) {
        rng a = rng_at(9, RNG_TEST, 5, 6), b = a;
        rng_normal_fill(&a, draws, n, 0.3f);
        for (size_t i = 0; i < n + 1; i++)
            others[i] = (float)i - 20;
        rng_normal_add(&b, others, n, 0.3f);
        size_t wrong = 0;
        for (size_t i = 0; i < n; i++)
            wrong += others[i] != ((float)i - 20) + draws[i];
        CHECK(wrong == 0);
        CHECK(others[n] == (float)n - 20);
        CHECK(a.counter[0] == b.counter[0]);
    }
}

static void sigma_only_scales(void)
{
    rng a = rng_at(10, RNG_TEST, 0, 0), b = a;
    rng_normal_fill(&a, draws, 4096, 1.0f);
    rng_normal_fill(&b, others, 4096, 0.01f);
    size_t wrong = 0;
    for (size_t i = 0; i < 4096; i++)
        wrong += others[i] != draws[i] * 0.01f;
    CHECK(wrong == 0);
}

typedef struct moments {
    double mean, square, fourth, beyond_2, beyond_4;
} moments;

static moments moments_of(const float *x, size_t n)
{
    moments m = {0};
    for (size_t i = 0; i < n; i++) {
        double v = (double)x[i], v2 = v * v;
        m.mean += v;
        m.square += v2;
        m.fourth += v2 * v2;
        m.beyond_2 += fabs(v) > 2;
        m.beyond_4 += fabs(v) > 4;
    }
    double count = (double)n;
    return (moments){m.mean / count, m.square / count, m.fourth / count, m.beyond_2 / count,
                     m.beyond_4 / count};
}

/* All within 4 standard errors, those of n independent normal numbers: var(x) = 1, var(x^2) = 2,
 * var(x^4) = 96, and p (1 - p) for an event of probability p. */
static void check_moments(const float *x, size_t n)
{
    const double error = 4 / sqrt((double)n);
    const double p2 = erfc(2 / M_SQRT2), p4 = erfc(4 / M_SQRT2);
    moments m = moments_of(x, n);
    CHECK_NEAR(m.mean, 0, error);
    CHECK_NEAR(m.square, 1, error * sqrt(2));
    CHECK_NEAR(m.fourth, 3, error * sqrt(96));
    CHECK_NEAR(m.beyond_2, p2, error * sqrt(p2));
    CHECK_NEAR(m.beyond_4, p4, error * sqrt(p4));
}

static void filled_numbers_are_normal(void)
{
    rng r = rng_at(2024, RNG_TEST, 0, 0);
    rng_normal_fill(&r, draws, MANY, 1.0f);
    check_moments(draws, MANY);
}

static void single_numbers_are_normal(void)
{
    rng r = rng_at(2025, RNG_TEST, 0, 0);
    const size_t n = MANY / 4;
    for (size_t i = 0; i < n; i++)
        draws[i] = (float)rng_normal(&r);
    check_moments(draws, n);
}

static void uniform_numbers_fill_their_interval(void)
{
    rng r = rng_at(5, RNG_TEST, 0, 0);
    const int n = 1 << 18;
    double sum = 0, least = 1, most = 0;
    int bins[16] = {0};
    for (int i = 0; i < n; i++) {
        double u = rng_uniform(&r);
        sum += u;
        least = fmin(least, u);
        most = fmax(most, u);
        bins[(int)(u * 16) & 15]++;
    }
    CHECK(least >= 0 && most < 1);
    CHECK_NEAR(sum / n, 0.5, 4 / sqrt(12.0 * n));
    double chi2 = 0;
    for (int b = 0; b < 16; b++)
        chi2 += pow(bins[b] - n / 16.0, 2) / (n / 16.0);
    CHECK(chi2 < 15 + 4 * sqrt(30.0)); /* mean 15 and variance 30 of chi^2 with 15 degrees */
}

static double correlation(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum / (double)n;
}

/* Streams that differ in one coordinate by one: their correlation stays within 4 of its standard
 * errors 1 / sqrt(n), and so does that of a stream with itself one place on. */
static void streams_are_independent(void)
{
    const size_t n = 1 << 18;
    const double bound = 4 / sqrt((double)n);
    rng start = rng_at(77, RNG_CHANNEL, 10, 20);
    rng next_to[] = {rng_at(77, RNG_ENVIRONMENT, 10, 20), rng_at(77, RNG_CHANNEL, 11, 20),
                     rng_at(77, RNG_CHANNEL, 10, 21), rng_at(78, RNG_CHANNEL, 10, 20),
                     rng_at(77 + (1ull << 32), RNG_CHANNEL, 10, 20)};
    rng_normal_fill(&start, draws, n, 1.0f);
    CHECK_NEAR(correlation(draws, draws + 1, n - 1), 0, bound);
    CHECK_NEAR(correlation(draws, draws + RNG_GROUP_BLOCKS, n - RNG_GROUP_BLOCKS), 0, bound);
    for (size_t i = 0; i < sizeof next_to / sizeof next_to[0]; i++) {
        rng_normal_fill(&next_to[i], others, n, 1.0f);
        CHECK_NEAR(correlation(draws, others, n), 0, bound);
    }
}

static void single_draws_and_fills_do_not_overlap(void)
{
    rng r = rng_at(3, RNG_TEST, 0, 0);
    rng_u32(&r);
    rng_normal_fill(&r, draws, 64, 1.0f);
    rng fresh = rng_at(3, RNG_TEST, 0, 0);
    fresh.counter[0] = 1; /* the block that the single draw opened is not used again */
    rng_normal_fill(&fresh, others, 64, 1.0f);
    CHECK(memcmp(draws, others, 64 * sizeof *draws) == 0);
    rng expected = rng_at(3, RNG_TEST, 0, 0);
    expected.counter[0] = 1 + RNG_GROUP_BLOCKS;
    CHECK(rng_u32(&r) == rng_u32(&expected));
}

static const harness_test tests[] = {
    {"Philox 4x32-10 gives its published known answers", philox_known_answers},
    {"every instruction set level gives the same normal numbers, bit for bit",
     levels_agree_bit_for_bit},
    {"a filled number is the Box-Muller transform of its block's words", fill_is_its_definition},
    {"a fill of n numbers is the start of a longer one and writes nothing beyond",
     fill_of_any_length},
    {"fills of whole groups, one after the other, are one fill",
     a_fill_in_pieces_is_the_whole_fill},
    {"adding noise adds exactly the numbers of a fill", adding_adds_the_same_numbers},
    {"sigma scales the numbers and changes nothing else", sigma_only_scales},
    {"filled numbers have a normal's moments and tails within 4 standard errors",
     filled_numbers_are_normal},
    {"single numbers have a normal's moments and tails within 4 standard errors",
     single_numbers_are_normal},
    {"uniform numbers fill [0, 1) evenly", uniform_numbers_fill_their_interval},
    {"streams of different purpose, UE, sequence number or seed are uncorrelated",
     streams_are_independent},
    {"single draws and fills of one stream use different blocks",
     single_draws_and_fills_do_not_overlap},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "rng", tests, sizeof tests / sizeof tests[0]);
}
