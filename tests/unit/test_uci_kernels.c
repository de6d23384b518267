#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "harness.h"
#include "uci/kernels_simd.h"

enum { LARGEST = 512, GUARD = 64 };

typedef void f_function(const float *, float *, uint32_t);
typedef void g_function(const float *, const uint8_t *, float *, uint32_t);
typedef void join_function(const uint8_t *, const uint8_t *, uint8_t *, uint32_t);
typedef void cost_function(const float *, uint32_t, float *, float *);

static f_function *const f_of_level[CPU_LEVELS] = SIMD_TABLE(uci_f);
static g_function *const g_of_level[CPU_LEVELS] = SIMD_TABLE(uci_g);
static join_function *const join_of_level[CPU_LEVELS] = SIMD_TABLE(uci_join);
static cost_function *const cost_of_level[CPU_LEVELS] = SIMD_TABLE(uci_cost);

static float a[2 * LARGEST];
static uint8_t u[LARGEST], v[LARGEST];

/* Numbers of all sizes, zeros of both signs and equal ones among them. */
static void fill(uint32_t seed)
{
    rng r = rng_at(18, RNG_TEST, 4, seed);
    rng_normal_fill(&r, a, 2 * LARGEST, seed % 2 ? 1e-3f : 30);
    for (uint32_t i = 0; i < 2 * LARGEST; i++) {
        uint32_t draw = rng_u32(&r);
        if (draw % 16 == 0)
            a[i] = draw % 32 ? 0.0f : -0.0f;
        if (draw % 16 == 1)
            a[i] = draw % 32 < 16 ? 1e30f : -1.0f;
        u[i % LARGEST] = draw >> 30 & 1;
        v[i % LARGEST] = (draw >> 29 & 1) != 0;
    }
}

static void kernels_follow_their_equations(void)
{
    float out[LARGEST], zeros, ones;
    uint8_t sum[2 * LARGEST];
    for (uint32_t n = 1; n <= LARGEST; n *= 2) {
        double below = 0, above = 0;
        fill(n);
        f_of_level[0](a, out, n);
        for (uint32_t i = 0; i < n; i++) {
            float x = a[i], y = a[i + n];
            CHECK(fabsf(out[i]) == fminf(fabsf(x), fabsf(y)));
            CHECK(!signbit(out[i]) == (!signbit(x) == !signbit(y)));
        }
        g_of_level[0](a, u, out, n);
        for (uint32_t i = 0; i < n; i++)
            CHECK(out[i] == a[i + n] + (u[i] ? -1.0f : 1.0f) * a[i]);
        join_of_level[0](u, v, sum, n);
        for (uint32_t i = 0; i < n; i++)
            CHECK(sum[i] == (u[i] ^ v[i]) && sum[i + n] == v[i]);
        cost_of_level[0](a, n, &zeros, &ones);
        for (uint32_t i = 0; i < n; i++) {
            below += fmax(0, -(double)a[i]);
            above += fmax(0, (double)a[i]);
        }
        CHECK_NEAR((double)zeros, below, 1e-5 * below);
        CHECK_NEAR((double)ones, above, 1e-5 * above);
    }
}

/* To the last bit, and without a write beyond n. */
static void levels_agree(void)
{
    static float want[LARGEST + GUARD], got[LARGEST + GUARD];
    static uint8_t want_sum[2 * LARGEST + GUARD], got_sum[2 * LARGEST + GUARD];
    for (int level = 1; level <= (int)cpu_level(); level++)
        for (uint32_t n = 1; n <= LARGEST; n *= 2)
            for (uint32_t seed = 0; seed < 20; seed++) {
                float cost[4];
                fill(seed);
                f_of_level[0](a, want, n);
                f_of_level[level](a, got, n);
                CHECK(memcmp(want, got, sizeof want) == 0);
                g_of_level[0](a, u, want, n);
                g_of_level[level](a, u, got, n);
                CHECK(memcmp(want, got, sizeof want) == 0);
                join_of_level[0](u, v, want_sum, n);
                join_of_level[level](u, v, got_sum, n);
                CHECK(memcmp(want_sum, got_sum, sizeof want_sum) == 0);
                cost_of_level[0](a, n, &cost[0], &cost[1]);
                cost_of_level[level](a, n, &cost[2], &cost[3]);
                CHECK(memcmp(cost, cost + 2, 2 * sizeof *cost) == 0);
            }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"kernels follow their equations", kernels_follow_their_equations},
        {"every instruction level gives the same bits", levels_agree},
    };
    return harness_main(argc, argv, "UCI kernels", tests, sizeof tests / sizeof tests[0]);
}
