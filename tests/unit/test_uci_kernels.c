#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "harness.h"
#include "uci/kernels_simd.h"

/* The largest node below the whole code, and the paths of a list. */
enum { LARGEST = 512, PATHS = 9, WORDS = LARGEST / 64, GUARD = 16 };

typedef void f_function(const float *const *, uint32_t, uint32_t, float *);
typedef void g_function(const float *const *, const uint64_t *, uint32_t, uint32_t, float *);
typedef void cost_function(const float *const *, uint32_t, uint32_t, float *, float *);
typedef void decide_function(const float *const *, uint32_t, uint32_t, uint64_t *, float *);
typedef void within_function(const float *, uint32_t, float, float, float, uint64_t *);

static f_function *const f_of_level[CPU_LEVELS] = SIMD_TABLE(uci_f);
static g_function *const g_of_level[CPU_LEVELS] = SIMD_TABLE(uci_g);
static cost_function *const cost_of_level[CPU_LEVELS] = SIMD_TABLE(uci_cost);
static decide_function *const decide_of_level[CPU_LEVELS] = SIMD_TABLE(uci_decide);
static within_function *const within_of_level[CPU_LEVELS] = SIMD_TABLE(uci_within);

static float numbers[PATHS][2 * LARGEST];
static const float *a[PATHS];
static uint64_t u[PATHS * WORDS];

/* Numbers of all sizes, zeros of both signs and equal ones among them. Two paths read the same. */
static void fill(uint32_t seed)
{
    rng r = rng_at(18, RNG_TEST, 4, seed);
    for (uint32_t p = 0; p < PATHS; p++) {
        a[p] = numbers[p == 3 ? 1 : p];
        rng_normal_fill(&r, numbers[p], 2 * LARGEST, seed % 2 ? 1e-3f : 30);
        for (uint32_t i = 0; i < 2 * LARGEST; i++) {
            uint32_t draw = rng_u32(&r);
            if (draw % 16 == 0)
                numbers[p][i] = draw % 32 ? 0.0f : -0.0f;
            if (draw % 16 == 1)
                numbers[p][i] = draw % 32 < 16 ? 1e30f : -1.0f;
        }
    }
    for (uint32_t w = 0; w < PATHS * WORDS; w++)
        u[w] = (uint64_t)rng_u32(&r) << 32 | rng_u32(&r);
}

/* The packed bits of n inputs a path: those beyond n are 0. */
static void fit_bits(uint32_t n)
{
    for (uint32_t w = 0; n < 64 && w < PATHS; w++)
        u[w] &= ((uint64_t)1 << n) - 1;
}

static bool bit_of(const uint64_t *bits, uint32_t n, uint32_t p, uint32_t i)
{
    return bits[p * uci_bit_words(n) + i / 64] >> i % 64 & 1;
}

static void f_and_g_follow_their_equations(void)
{
    static float f[PATHS * LARGEST], g[PATHS * LARGEST];
    for (uint32_t n = 1; n <= LARGEST; n *= 2) {
        fill(n);
        fit_bits(n);
        f_of_level[0](a, PATHS, n, f);
        g_of_level[0](a, u, PATHS, n, g);
        for (uint32_t p = 0; p < PATHS; p++)
            for (uint32_t i = 0; i < n; i++) {
                const float x = a[p][i], y = a[p][i + n], got = f[p * n + i];
                CHECK(fabsf(got) == fminf(fabsf(x), fabsf(y)));
                CHECK(!signbit(got) == (!signbit(x) == !signbit(y)));
                CHECK(g[p * n + i] == y + (bit_of(u, n, p, i) ? -1.0f : 1.0f) * x);
            }
    }
}

static void decisions_and_costs_follow_their_equations(void)
{
    static uint64_t bits[PATHS * WORDS];
    float zeros[PATHS], ones[PATHS], least[PATHS];
    for (uint32_t n = 1; n <= LARGEST; n *= 2) {
        fill(n);
        cost_of_level[0](a, PATHS, n, zeros, ones);
        decide_of_level[0](a, PATHS, n, bits, least);
        for (uint32_t p = 0; p < PATHS; p++) {
            double below = 0, above = 0;
            float smallest = INFINITY;
            for (uint32_t i = 0; i < n; i++) {
                below += fmax(0, -(double)a[p][i]);
                above += fmax(0, (double)a[p][i]);
                smallest = fminf(smallest, fabsf(a[p][i]));
                CHECK(bit_of(bits, n, p, i) == (a[p][i] < 0));
            }
            CHECK_NEAR((double)zeros[p], below, 1e-5 * below);
            CHECK_NEAR((double)ones[p], above, 1e-5 * above);
            CHECK(least[p] == smallest);
        }
        for (uint32_t i = n; i < 64; i++)
            CHECK(!bit_of(bits, n, 0, i));
    }
}

static void inputs_within_a_limit_are_found(void)
{
    static const float limit[] = {0, 0.5f, 20, INFINITY};
    static uint64_t bits[WORDS];
    for (uint32_t n = 1; n <= LARGEST; n *= 2)
        for (int k = 0; k < 4; k++) {
            fill(n);
            within_of_level[0](a[0], n, 0.25f, -0.125f, limit[k], bits);
            for (uint32_t i = 0; i < 64 * uci_bit_words(n); i++)
                CHECK(bit_of(bits, n, 0, i) ==
                      (i < n && 0.25f + (fabsf(a[0][i]) - 0.125f) <= limit[k]));
        }
}

/* What one level writes for the first `paths` paths, with room behind it that must stay as it is.
 */
typedef struct written {
    float f[PATHS * LARGEST + GUARD], g[PATHS * LARGEST + GUARD];
    float zeros[PATHS + 1], ones[PATHS + 1], least[PATHS + 1];
    uint64_t decided[PATHS * WORDS + GUARD], within[WORDS + GUARD];
} written;

static void write_all(written *w, int level, uint32_t paths, uint32_t n)
{
    memset(w, 0x5a, sizeof *w);
    f_of_level[level](a, paths, n, w->f);
    g_of_level[level](a, u, paths, n, w->g);
    cost_of_level[level](a, paths, n, w->zeros, w->ones);
    decide_of_level[level](a, paths, n, w->decided, w->least);
    within_of_level[level](a[0], n, 0.5f, -0.125f, 3, w->within);
}

/* Nothing is written behind the last path, whatever their number. */
static bool is_untouched(const void *from, size_t bytes)
{
    const uint8_t *byte = from;
    for (size_t i = 0; i < bytes; i++)
        if (byte[i] != 0x5a)
            return false;
    return true;
}

static void nothing_else_is_written(void)
{
    static written w;
    for (uint32_t n = 1; n <= LARGEST; n *= 2)
        for (uint32_t paths = 1; paths <= PATHS; paths++) {
            const uint32_t words = uci_bit_words(n);
            fill(n);
            fit_bits(n);
            for (int level = 0; level <= (int)cpu_level(); level++) {
                write_all(&w, level, paths, n);
                CHECK(is_untouched(w.f + paths * n, sizeof w.f - paths * n * sizeof *w.f));
                CHECK(is_untouched(w.g + paths * n, sizeof w.g - paths * n * sizeof *w.g));
                CHECK(is_untouched(w.zeros + paths, (PATHS + 1 - paths) * sizeof *w.zeros));
                CHECK(is_untouched(w.ones + paths, (PATHS + 1 - paths) * sizeof *w.ones));
                CHECK(is_untouched(w.least + paths, (PATHS + 1 - paths) * sizeof *w.least));
                CHECK(is_untouched(w.decided + paths * words,
                                   sizeof w.decided - paths * words * sizeof *w.decided));
                CHECK(is_untouched(w.within + words, sizeof w.within - words * sizeof *w.within));
            }
        }
}

/* To the last bit. */
static void levels_agree(void)
{
    static written want, got;
    for (uint32_t n = 1; n <= LARGEST; n *= 2)
        for (uint32_t seed = 0; seed < 20; seed++) {
            const uint32_t paths = 1 + seed % PATHS;
            fill(seed);
            fit_bits(n);
            write_all(&want, 0, paths, n);
            for (int level = 1; level <= (int)cpu_level(); level++) {
                write_all(&got, level, paths, n);
                CHECK(memcmp(&want, &got, sizeof want) == 0);
            }
        }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"f and g follow their equations", f_and_g_follow_their_equations},
        {"decisions and costs follow their equations", decisions_and_costs_follow_their_equations},
        {"inputs within a limit are found", inputs_within_a_limit_are_found},
        {"nothing is written behind the last path", nothing_else_is_written},
        {"every instruction level gives the same bits", levels_agree},
    };
    return harness_main(argc, argv, "UCI kernels", tests, sizeof tests / sizeof tests[0]);
}
