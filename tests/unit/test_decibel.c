/* Decibels: each pair of functions is inverse, and a power is an amplitude squared. */
#include <math.h>

#include "base/decibel.h"
#include "harness.h"

static void known_ratios(void)
{
    CHECK_NEAR(db_of_power(1000), 30, 1e-12);
    CHECK_NEAR(db_of_amplitude(1000), 60, 1e-12);
    CHECK_NEAR(power_of_db(-20), 0.01, 1e-15);
    CHECK_NEAR(amplitude_of_db(-20), 0.1, 1e-15);
    CHECK(db_of_power(1) == 0 && power_of_db(0) == 1);
}

static void there_and_back(void)
{
    for (double db = -200; db <= 200; db += 0.37) {
        CHECK_NEAR(db_of_power(power_of_db(db)), db, 1e-11);
        CHECK_NEAR(db_of_amplitude(amplitude_of_db(db)), db, 1e-11);
    }
}

static void a_power_is_an_amplitude_squared(void)
{
    for (double db = -100; db <= 100; db += 0.71) {
        double amplitude = amplitude_of_db(db);
        CHECK_NEAR(amplitude * amplitude / power_of_db(db), 1, 1e-13);
    }
}

static void nothing_is_minus_infinity(void)
{
    CHECK(db_of_power(0) == -INFINITY && db_of_amplitude(0) == -INFINITY);
    CHECK(power_of_db(-INFINITY) == 0 && amplitude_of_db(-INFINITY) == 0);
    CHECK(db_of_power(INFINITY) == INFINITY && power_of_db(INFINITY) == INFINITY);
    CHECK(isnan(db_of_power(-1)) && isnan(db_of_amplitude(-1)));
}

static const harness_test tests[] = {
    {"10 dB are a factor of 10 in power, 20 dB one in amplitude", known_ratios},
    {"a ratio comes back from its decibels, and decibels from their ratio", there_and_back},
    {"a power is an amplitude squared", a_power_is_an_amplitude_squared},
    {"no power is -infinity dB, and less than none is no ratio", nothing_is_minus_infinity},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "decibel", tests, sizeof tests / sizeof tests[0]);
}
