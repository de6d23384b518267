/* Lloyd-Max quantizers against their two conditions, by numerical integration of the density, and
 * against the distortions that the literature prints. */
#include "payload/lloyd_max.h"

#include <math.h>

#include "base/decibel.h"
#include "base/rng.h"
#include "harness.h"

static const lloyd_shape shapes[] = {LLOYD_HALF, LLOYD_LAPLACIAN, LLOYD_GAUSSIAN};

static double density(double beta, double x)
{
    double a = sqrt(tgamma(1 / beta) / tgamma(3 / beta));
    return beta / (a * tgamma(1 / beta)) * exp(-pow(x / a, beta));
}

/* The moments 0, 1, 2 of |x| over low .. high. With x = u^2 the density of shape 0.5 is smooth at
 * 0.
 */
static void integrate(double beta, double low, double high, double moment[3])
{
    enum { PARTS = 4000 };
    double from = sqrt(low), part = (sqrt(high) - from) / PARTS;
    moment[0] = moment[1] = moment[2] = 0;
    for (int i = 0; i <= PARTS; i++) {
        double u = from + i * part, x = u * u;
        double w = (i == 0 || i == PARTS ? 1 : i % 2 ? 4 : 2) * part / 3 * 2 * u * density(beta, x);
        moment[0] += w;
        moment[1] += w * x;
        moment[2] += w * x * x;
    }
}

static void levels_are_nearest_and_centroids(void)
{
    static const unsigned widths[] = {1, 2, 3, 5, LLOYD_BITS_MAX};
    static lloyd_quantizer q;
    for (int s = 0; s < 3; s++)
        for (int w = 0; w < 5; w++) {
            double beta = lloyd_beta(shapes[s]), left = 0, mass = 0;
            REQUIRE(lloyd_design(shapes[s], widths[w], &q) && q.half == 1u << (widths[w] - 1));
            CHECK(q.threshold[0] == 0);
            for (uint32_t k = 0; k < q.half; k++) {
                double m[3], end = k + 1 < q.half ? (double)q.threshold[k + 1] : 400;
                double y = (double)q.level[k];
                integrate(beta, (double)q.threshold[k], end, m);
                CHECK_NEAR(m[1] / m[0], y, 1e-5 * fmax(1, y));
                if (k > 0)
                    CHECK_NEAR((double)q.threshold[k], ((double)q.level[k - 1] + y) / 2, 1e-5 * y);
                left += m[2] - 2 * y * m[1] + y * y * m[0];
                mass += m[0];
            }
            CHECK_NEAR(mass, 1, 1e-6);
            CHECK_NEAR(left / q.distortion, 1, 1e-3);
        }
}

/* Signal to distortion in dB, 1 to 5 bits, as Jayant and Noll (1984) have them after Max (1960) and
 * Paez and Glisson (1972). */
static void distortions_are_those_of_the_literature(void)
{
    static const double gaussian_db[] = {4.40, 9.30, 14.62, 20.22, 26.01};
    static const double laplacian_db[] = {3.01, 7.54, 12.64, 18.13, 23.87};
    static lloyd_quantizer q;
    for (unsigned b = 1; b <= 5; b++) {
        REQUIRE(lloyd_design(LLOYD_GAUSSIAN, b, &q));
        CHECK_NEAR(-db_of_power(q.distortion), gaussian_db[b - 1], 0.01);
        REQUIRE(lloyd_design(LLOYD_LAPLACIAN, b, &q));
        CHECK_NEAR(-db_of_power(q.distortion), laplacian_db[b - 1], 0.03);
    }
}

static void a_value_goes_to_the_nearest_level(void)
{
    static lloyd_quantizer q;
    rng r = rng_at(5, RNG_TEST, 0, 0);
    for (unsigned b = 1; b <= LLOYD_BITS_MAX; b++) {
        REQUIRE(lloyd_design(LLOYD_HALF, b, &q));
        for (int i = 0; i < 500; i++) {
            float x = (float)(3 * rng_normal(&r));
            uint32_t index = lloyd_index(&q, x);
            REQUIRE(index < 2 * q.half);
            float error = fabsf(lloyd_value(&q, index) - x);
            for (uint32_t k = 0; k < 2 * q.half; k++)
                CHECK(error <= fabsf(lloyd_value(&q, k) - x) + 1e-5f);
        }
        for (uint32_t k = 0; k < 2 * q.half; k++)
            CHECK(lloyd_index(&q, lloyd_value(&q, k)) == k);
        CHECK(lloyd_index(&q, INFINITY) == 2 * q.half - 1 && lloyd_index(&q, -INFINITY) == 0);
        CHECK(lloyd_index(&q, NAN) == q.half);
    }
}

static const harness_test tests[] = {
    {"thresholds lie half way between levels, levels are centroids, and the distortion is theirs",
     levels_are_nearest_and_centroids},
    {"distortions are those that Jayant and Noll print", distortions_are_those_of_the_literature},
    {"a value goes to the nearest level, whatever it is", a_value_goes_to_the_nearest_level},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "Lloyd-Max", tests, sizeof tests / sizeof tests[0]);
}
