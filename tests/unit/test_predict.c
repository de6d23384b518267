/* What the base station predicts, held against channels whose future is known. */
#include "base/rng.h"
#include "chain/predict.h"
#include "harness.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 24 };
static const double period_s = 0.005;

/* Taps of one path each: |h| as tap i, turning by turn * (i + 1) a period. */
static void turning(double periods, double turn, float complex *h)
{
    for (size_t i = 0; i < N; i++) {
        double phase = (double)(i + 1) * turn * periods + (double)i, size = 1 / (1 + (double)i);
        h[i] = complex_of((float)(size * cos(phase)), (float)(size * sin(phase)));
    }
}

static void add_noise(uint32_t seq, double sigma, float complex *h)
{
    float noise[2 * N];
    rng r = rng_at(9, RNG_TEST, 0, seq);
    rng_normal_fill(&r, noise, 2 * N, (float)sigma);
    for (size_t i = 0; i < N; i++)
        h[i] += complex_of(noise[2 * i], noise[2 * i + 1]);
}

static double error_db(const float complex *got, const float complex *want)
{
    double off = 0, power = 0;
    for (size_t i = 0; i < N; i++) {
        off += pow((double)cabsf(got[i] - want[i]), 2);
        power += pow((double)cabsf(want[i]), 2);
    }
    return 10 * log10(off / power + 1e-30);
}

static bool all_finite(const float complex *h)
{
    bool finite = true;
    for (size_t i = 0; i < N; i++)
        finite &= isfinite(crealf(h[i])) && isfinite(cimagf(h[i]));
    return finite;
}

static chain_predictor *predictor(chain_predict how)
{
    chain_predictor *p = chain_predictor_create(how, N, NULL);
    REQUIRE(p != NULL);
    return p;
}

/* Reports first .. last of the turning channel, in order; the mean error dB at `ahead` periods. */
static double follow(chain_predictor *p, uint32_t first, uint32_t last, double turn, double sigma,
                     double ahead)
{
    float complex h[N], want[N], got[N];
    double sum = 0;
    for (uint32_t s = first; s < last; s++) {
        turning(s, turn, h);
        add_noise(s, sigma, h);
        chain_predictor_add(p, NULL, s, s * period_s, NAN, h);
        CHECK(chain_predictor_follows(p, s) && !chain_predictor_follows(p, s + 1));
        chain_predictor_at(p, ahead * period_s, got);
        CHECK(all_finite(got));
        turning(s + ahead, turn, want);
        sum += pow(10, error_db(got, want) / 10);
    }
    return 10 * log10(sum / (last - first));
}

static void hold_is_the_last_reconstruction(void)
{
    float complex h[N], got[N];
    chain_predictor *p = predictor(CHAIN_PREDICT_HOLD);
    chain_predictor_at(p, 1, got);
    memset(h, 0, sizeof h);
    CHECK(memcmp(got, h, sizeof h) == 0);
    for (uint32_t s = 0; s < 5; s++) {
        turning(s, 0.3, h);
        double off = chain_predictor_add(p, NULL, s, s * period_s, 10, h);
        CHECK(isnan(off) == (s == 0));
        CHECK(s == 0 || fabs(10 * log10(off) - error_db(got, h)) < 1e-6);
        chain_predictor_at(p, 3, got);
        CHECK(memcmp(got, h, sizeof h) == 0);
    }
    CHECK_NEAR(chain_predictor_weight(p), 0, 0);
    chain_predictor_free(p);
}

/* On a straight line linear is exact once the weight has found to 1; between and beyond reports. */
static void linear_continues_a_straight_line(void)
{
    float complex h[N], got[N], want[N];
    chain_predictor *p = predictor(CHAIN_PREDICT_LINEAR);
    double ahead[] = {0, 0.25, 1, 2.5};
    for (uint32_t s = 0; s < 6; s++) {
        for (size_t i = 0; i < N; i++)
            h[i] = complex_of((float)i + 0.25f * (float)s, 1 - 0.5f * (float)s);
        chain_predictor_add(p, NULL, s, s * period_s, NAN, h);
    }
    CHECK_NEAR(chain_predictor_weight(p), 1, 1e-6);
    for (size_t k = 0; k < 4; k++) {
        for (size_t i = 0; i < N; i++)
            want[i] = complex_of((float)i + 0.25f * (float)(5 + ahead[k]),
                                 1 - 0.5f * (float)(5 + ahead[k]));
        chain_predictor_at(p, ahead[k] * period_s, got);
        CHECK(error_db(got, want) < -100);
    }
    chain_predictor_free(p);
}

/* Each tap has a Doppler shift of its own, up to 2.9 rad a period: only ar follows that. */
static void ar_learns_the_turn_of_every_tap(void)
{
    const double turn = 0.12;
    double ahead[] = {0.4, 1, 1.7, 3};
    for (size_t k = 0; k < 4; k++) {
        double got[3];
        for (chain_predict how = CHAIN_PREDICT_HOLD; how <= CHAIN_PREDICT_AR; how++) {
            chain_predictor *p = predictor(how);
            follow(p, 0, 30, turn, 0, ahead[k]);
            got[how] = follow(p, 30, 60, turn, 0, ahead[k]);
            chain_predictor_free(p);
        }
        CHECK(got[CHAIN_PREDICT_AR] < got[CHAIN_PREDICT_HOLD] - 10);
        CHECK(got[CHAIN_PREDICT_LINEAR] < got[CHAIN_PREDICT_HOLD] + 0.05);
    }
}

/* Channels that tell nothing of their future: the weight goes to 0, and what is left of it costs
 * less than 0.5 dB. */
static void where_nothing_can_be_predicted_it_holds(void)
{
    for (chain_predict how = CHAIN_PREDICT_LINEAR; how <= CHAIN_PREDICT_AR; how++) {
        float complex h[N], got[N];
        double held = 0, predicted = 0;
        chain_predictor *p = predictor(how);
        for (uint32_t s = 0; s < 200; s++) {
            memset(h, 0, sizeof h);
            add_noise(s, 1, h);
            if (s > 0) {
                float complex last[N] = {0};
                add_noise(s - 1, 1, last);
                held += pow(10, error_db(last, h) / 10);
                chain_predictor_at(p, period_s, got);
                predicted += pow(10, error_db(got, h) / 10);
            }
            chain_predictor_add(p, NULL, s, s * period_s, NAN, h);
        }
        CHECK(10 * log10(predicted / held) < 0.5);
        chain_predictor_free(p);
    }
}

/* Reports are lost: time goes by what was due, and the fit goes on. */
static void losses_are_bridged(void)
{
    for (chain_predict how = CHAIN_PREDICT_LINEAR; how <= CHAIN_PREDICT_AR; how++) {
        float complex h[N], got[N], want[N];
        chain_predictor *p = predictor(how);
        follow(p, 0, 40, 0.02, 0, 1);
        turning(43, 0.02, h); /* 40 to 42 were lost */
        double off = chain_predictor_add(p, NULL, 43, 43 * period_s, NAN, h);
        turning(39, 0.02, got);
        CHECK(10 * log10(off) < error_db(got, h) - 3); /* was predicted over the loss */
        turning(44, 0.02, want);
        chain_predictor_at(p, period_s, got);
        CHECK(error_db(got, want) < error_db(h, want) - 3);
        CHECK(follow(p, 44, 60, 0.02, 0, 1) < error_db(h, want) - 3);
        chain_predictor_free(p);
    }
}

/* Whatever does not continue starts over, and then holds. */
static void what_does_not_continue_starts_over(void)
{
    static const struct {
        uint32_t seq;
        double due_s;
    } other[] = {{0, 0},    {60, 60 * 0.005}, {30, 31 * 0.005},   {31, 1e6},       {31, -1e6},
                 {31, NAN}, {31, INFINITY},   {4000000000u, 0.3}, {30, 30 * 0.009}};
    for (size_t k = 0; k < sizeof other / sizeof other[0]; k++)
        for (chain_predict how = CHAIN_PREDICT_LINEAR; how <= CHAIN_PREDICT_AR; how++) {
            float complex h[N], got[N];
            chain_predictor *p = predictor(how);
            follow(p, 0, 30, 0.02, 0, 1);
            turning(7, 0.3, h);
            CHECK(isnan(chain_predictor_add(p, NULL, other[k].seq, other[k].due_s, NAN, h)));
            CHECK(chain_predictor_follows(p, other[k].seq));
            chain_predictor_at(p, period_s, got);
            CHECK(memcmp(got, h, sizeof h) == 0);
            chain_predictor_free(p);
        }
    float complex h[N], before[N], after[N];
    chain_predictor *p = predictor(CHAIN_PREDICT_AR);
    follow(p, 0, 30, 0.02, 0, 1);
    chain_predictor_at(p, period_s, before);
    turning(27, 0.02, h);
    CHECK(isnan(chain_predictor_add(p, NULL, 27, 27 * period_s, NAN, h))); /* was overtaken */
    CHECK(!chain_predictor_follows(p, 27) && chain_predictor_follows(p, 29));
    chain_predictor_at(p, period_s, after);
    CHECK(memcmp(before, after, sizeof before) == 0);
    chain_predictor_free(p);
}

/* Reconstructions of any finite size, times ahead of any size. */
static void nothing_becomes_infinite(void)
{
    static const float sizes[] = {0, FLT_MIN, 1e-20f, 1, 1e20f, FLT_MAX};
    static const double ahead[] = {0, 1e-300, 0.0031, 0.005, 0.0391, 0.05, 1e9, INFINITY, NAN, -1};
    for (chain_predict how = CHAIN_PREDICT_HOLD; how <= CHAIN_PREDICT_AR; how++) {
        chain_predictor *p = predictor(how);
        for (uint32_t s = 0; s < 600; s++) {
            float complex h[N], got[N];
            float size = sizes[s / 20 % 6], sign = s % 3 ? 1 : -1;
            if (s >= 360) /* each report of another size */
                size = sizes[s * 7 % 6];
            for (size_t i = 0; i < N; i++)
                h[i] = complex_of(sign * size, i % 2 ? size : -size);
            double off = chain_predictor_add(p, NULL, s, s * period_s, s % 2 ? -400 : INFINITY, h);
            CHECK(isnan(off) || (off >= 0 && isfinite(off)));
            for (size_t k = 0; k < sizeof ahead / sizeof ahead[0]; k++) {
                chain_predictor_at(p, ahead[k], got);
                CHECK(all_finite(got));
            }
            double g = chain_predictor_weight(p);
            CHECK(g >= 0 && g <= 1);
        }
        chain_predictor_free(p);
    }
}

static void what_it_takes_is_stated(void)
{
    for (chain_predict how = CHAIN_PREDICT_HOLD; how <= CHAIN_PREDICT_AR; how++) {
        static const size_t bytes[] = {8, 16, 64};
        size_t fixed = chain_predictor_bytes(how, 0);
        CHECK(fixed <= 128);
        CHECK(chain_predictor_bytes(how, 1024) == fixed + 1024 * bytes[how]);
    }
    chain_predictor_free(NULL);
}

static const harness_test tests[] = {
    {"hold is the last reconstruction", hold_is_the_last_reconstruction},
    {"linear continues a straight line", linear_continues_a_straight_line},
    {"ar learns the turn of every tap", ar_learns_the_turn_of_every_tap},
    {"where nothing can be predicted it holds", where_nothing_can_be_predicted_it_holds},
    {"losses are bridged", losses_are_bridged},
    {"what does not continue starts over", what_does_not_continue_starts_over},
    {"nothing becomes infinite", nothing_becomes_infinite},
    {"what it takes is stated", what_it_takes_is_stated},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "prediction", tests, sizeof tests / sizeof tests[0]);
}
