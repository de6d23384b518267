#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "harness.h"
#include "train/optimizer.h"
#include "train/optimizer_simd.h"
#include "train/schedule.h"

/* A matrix of 40, a vector of 5 and a statistic of 16 weights; 64 = 48 + 16 with padding, then. */
enum { MATRIX = 40, VECTOR = 5, VECTOR_AT = 48, STATISTIC_AT = 64, COUNT = 80 };

static grad_entry entries[] = {
    {.kind = GRAD_MATRIX, .offset = 0, .count = MATRIX},
    {.kind = GRAD_VECTOR, .offset = VECTOR_AT, .count = VECTOR},
    {.kind = GRAD_STATISTIC, .offset = STATISTIC_AT, .count = 16},
};

static bool is_used(size_t i)
{
    return i < MATRIX || (i >= VECTOR_AT && i < VECTOR_AT + VECTOR) || i >= STATISTIC_AT;
}

static grad_weights make_weights(void)
{
    grad_weights w = {.n_entries = 3, .entries = entries, .count = COUNT};
    w.values = train_vector_new(COUNT);
    REQUIRE(w.values != NULL);
    rng r = rng_at(1, RNG_TEST, 6, 0);
    for (size_t i = 0; i < COUNT; i++)
        w.values[i] = is_used(i) ? (float)rng_normal(&r) : 0;
    return w;
}

static void make_gradient(uint32_t step, float *g)
{
    rng r = rng_at(1, RNG_TEST, 6, step);
    for (size_t i = 0; i < COUNT; i++)
        g[i] = is_used(i) && i < STATISTIC_AT ? (float)rng_normal(&r) * 0.1f : 0;
}

static const train_adam adam_w = {
    .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = 0.05, .ema = 0.99};

/* --- the published update ----------------------------------------------------------------------
 */

typedef struct reference {
    double w[COUNT], m[COUNT], v[COUNT], average[COUNT];
} reference;

static void reference_step(reference *r, const train_adam *a, int t, double rate, double clip,
                           const float *g)
{
    double norm = 0, d = fmin(a->ema, (1.0 + t) / (10.0 + t));
    for (int i = 0; i < COUNT; i++)
        norm += (double)g[i] * g[i];
    double factor = clip > 0 && sqrt(norm) > clip ? clip / sqrt(norm) : 1;
    for (int i = 0; i < STATISTIC_AT; i++) {
        double gi = factor * g[i], lambda = i < VECTOR_AT ? a->weight_decay : 0;
        r->m[i] = a->beta1 * r->m[i] + (1 - a->beta1) * gi;
        r->v[i] = a->beta2 * r->v[i] + (1 - a->beta2) * gi * gi;
        double m_hat = r->m[i] / (1 - pow(a->beta1, t)), v_hat = r->v[i] / (1 - pow(a->beta2, t));
        r->w[i] -= rate * (lambda * r->w[i] + m_hat / (sqrt(v_hat) + a->epsilon));
        r->average[i] = d * r->average[i] + (1 - d) * r->w[i];
    }
}

/* 300 steps, each rounding a weight of at most about 4 by 2^-24 a few times: 300 * 4 * 6e-8 * 3. */
static const double after_300_steps = 2e-4;

static void update_is_the_published_one(void)
{
    static const double clips[] = {0, 0.3}; /* the norm is about 0.67 */
    for (int k = 0; k < 2; k++) {
        grad_weights w = make_weights();
        train_optimizer o;
        REQUIRE(train_optimizer_init(&o, &w, NULL) == 0);
        reference r = {0};
        for (int i = 0; i < COUNT; i++)
            r.w[i] = r.average[i] = w.values[i];
        for (int t = 1; t <= 300; t++) {
            float g[COUNT], *all[] = {g};
            double rate = 0.01 * (1 + t % 7);
            make_gradient((uint32_t)t, g);
            double norm = sqrt(train_gradient_reduce(all, 1, 0, COUNT));
            train_update u = train_update_at(&adam_w, (uint64_t)t, rate, norm, clips[k]);
            train_optimizer_apply(&o, &u, g, w.values, 0, 32);
            train_optimizer_apply(&o, &u, g, w.values, 32, COUNT);
            reference_step(&r, &adam_w, t, rate, clips[k], g);
        }
        for (int i = 0; i < COUNT; i++) {
            CHECK_NEAR(w.values[i], r.w[i], after_300_steps);
            CHECK_NEAR(o.average[i], r.average[i], after_300_steps);
        }
        train_optimizer_free(&o);
        free(w.values);
    }
}

static void padding_and_statistics_stay(void)
{
    grad_weights w = make_weights(), before = make_weights();
    train_optimizer o;
    REQUIRE(train_optimizer_init(&o, &w, NULL) == 0);
    for (uint32_t t = 1; t <= 20; t++) {
        float g[COUNT];
        make_gradient(t, g);
        train_update u = train_update_at(&adam_w, t, 0.1, 1, 0);
        train_optimizer_apply(&o, &u, g, w.values, 0, COUNT);
    }
    for (size_t i = 0; i < COUNT; i++) {
        bool moves = is_used(i) && i < STATISTIC_AT;
        CHECK(moves == (w.values[i] != before.values[i]));
        CHECK(moves == (o.average[i] != before.values[i]));
    }
    train_optimizer_free(&o);
    free(w.values);
    free(before.values);
}

/* --- laws --------------------------------------------------------------------------------------
 */

/* f = sum c_i (w_i - 1)^2 / 2 with c from 0.01 to 100: Adam does not mind the scale. */
static void quadratic_bowl_converges(void)
{
    grad_weights w = make_weights();
    train_optimizer o;
    REQUIRE(train_optimizer_init(&o, &w, NULL) == 0);
    train_adam adam = {.beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .ema = 0.9};
    train_schedule schedule = {.rate = 0.05, .final_rate = 0, .warmup = 10, .samples = 2000};
    for (uint32_t t = 1; t <= 2000; t++) {
        float g[COUNT] = {0};
        for (size_t i = 0; i < MATRIX; i++)
            g[i] = (float)pow(10, -2 + 4.0 * (double)i / MATRIX) * (w.values[i] - 1);
        train_update u = train_update_at(&adam, t, train_schedule_rate(&schedule, t - 0.5), 1, 0);
        train_optimizer_apply(&o, &u, g, w.values, 0, COUNT);
    }
    /* The last rates are below 1e-6, and a weight near 1 has a resolution of 1.2e-7. */
    for (size_t i = 0; i < MATRIX; i++) {
        CHECK_NEAR(w.values[i], 1, 1e-4);
        CHECK_NEAR(o.average[i], 1, 1e-4);
    }
    train_optimizer_free(&o);
    free(w.values);
}

static void clipped_gradient_has_the_norm_asked_for(void)
{
    float a[COUNT], b[COUNT], *all[] = {a, b};
    double sum = 0;
    make_gradient(1, a);
    make_gradient(2, b);
    for (int i = 0; i < COUNT; i++)
        sum += pow((double)(a[i] + b[i]), 2);
    double squares = train_gradient_reduce(all, 2, 0, COUNT);
    CHECK_NEAR(squares, sum, 1e-12 * sum);
    train_update u = train_update_at(&adam_w, 1, 0.1, sqrt(squares), 0.25);
    CHECK_NEAR((double)u.clip * sqrt(squares), 0.25, 1e-7);
    CHECK(train_update_at(&adam_w, 1, 0.1, 0.2, 0.25).clip == 1);
}

static void without_ema_the_mean_is_the_weights(void)
{
    grad_weights w = make_weights();
    train_optimizer o;
    train_adam adam = adam_w;
    adam.ema = 0;
    REQUIRE(train_optimizer_init(&o, &w, NULL) == 0);
    for (uint32_t t = 1; t <= 5; t++) {
        float g[COUNT];
        make_gradient(t, g);
        train_update u = train_update_at(&adam, t, 0.1, 1, 0);
        train_optimizer_apply(&o, &u, g, w.values, 0, COUNT);
        CHECK(memcmp(w.values, o.average, COUNT * sizeof(float)) == 0);
    }
    train_optimizer_free(&o);
    free(w.values);
}

#if defined(__x86_64__)
static void levels_agree_to_the_bit(void)
{
    static void (*const runs[])(const train_update *, float, size_t, const float *, float *,
                                float *, float *, float *) = SIMD_TABLE(train_adam_run);
    static double (*const squares[])(size_t, const float *) = SIMD_TABLE(train_square_run);
    float g[COUNT], state[CPU_LEVELS][4][COUNT];
    double sums[CPU_LEVELS];
    make_gradient(3, g);
    train_update u = train_update_at(&adam_w, 2, 0.1, 1, 0.5);
    for (int level = 0; level <= (int)cpu_level(); level++) {
        for (int k = 0; k < 4; k++)
            make_gradient(10 + (uint32_t)k, state[level][k]);
        for (int i = 0; i < COUNT; i++)
            state[level][2][i] = fabsf(state[level][2][i]); /* v */
        runs[level](&u, 0.99f, COUNT, g, state[level][0], state[level][1], state[level][2],
                    state[level][3]);
        sums[level] = squares[level](COUNT, g);
        CHECK(memcmp(state[level], state[0], sizeof state[0]) == 0);
        CHECK(memcmp(&sums[level], &sums[0], sizeof sums[0]) == 0);
    }
}
#endif

static void schedule_is_exact_at_its_ends(void)
{
    train_schedule s = {.rate = 3e-3, .final_rate = 1e-5, .warmup = 1000, .samples = 50000};
    CHECK(train_schedule_rate(&s, 0) == 0);
    CHECK(train_schedule_rate(&s, 1000) == 3e-3);
    CHECK(train_schedule_rate(&s, 50000) == 1e-5);
    CHECK(train_schedule_rate(&s, 60000) == 1e-5);
    CHECK_NEAR(train_schedule_rate(&s, 500), 1.5e-3, 1e-18);
    CHECK_NEAR(train_schedule_rate(&s, 25500), (3e-3 + 1e-5) / 2, 1e-15);
    for (int n = 1001; n <= 50000; n++)
        if (!(train_schedule_rate(&s, n) < train_schedule_rate(&s, n - 1)))
            CU_FAIL("the rate does not fall");
    s.warmup = 0;
    CHECK(train_schedule_rate(&s, 0) == 3e-3);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"AdamW agrees with a double-precision reference over 300 steps, clipped and not",
         update_is_the_published_one},
        {"padding and statistics keep their values", padding_and_statistics_stay},
        {"a quadratic bowl converges at every curvature", quadratic_bowl_converges},
        {"a clipped gradient has the norm asked for, a short one is left alone",
         clipped_gradient_has_the_norm_asked_for},
        {"without a running mean the averaged weights are the weights",
         without_ema_the_mean_is_the_weights},
#if defined(__x86_64__)
        {"every instruction set gives the same bits", levels_agree_to_the_bit},
#endif
        {"the schedule is exact at 0, at the end of the warm-up and at the end",
         schedule_is_exact_at_its_ends},
    };
    return harness_main(argc, argv, "optimizer", tests, sizeof tests / sizeof tests[0]);
}
