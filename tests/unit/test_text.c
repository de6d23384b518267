#include "base/text.h"
#include "harness.h"

#include <math.h>
#include <string.h>

static void test_numbers(void)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {{"12", 12}, {"-3.5", -3.5}, {"1e3", 1000}, {"inf", INFINITY}, {"0x10", 16}};
    static const char *const bad[] = {"", " 1", "1 ", "1.5x", "nan", "-nan", "one", "1,5", "--1"};
    double v;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK(text_number(good[i].text, &v) && v == good[i].value);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!text_number(bad[i], &v));
}

static void test_durations(void)
{
    static const struct {
        const char *text;
        double unit, seconds;
    } good[] = {{"250ns", 1, 250e-9}, {"500us", 1, 500e-6}, {"2ms", 1, 2e-3}, {"1.5s", 1e-3, 1.5},
                {"3m", 1, 180},       {"2h", 1, 7200},      {"7", 1, 7},      {"7", 1e-3, 7e-3}};
    static const char *const bad[] = {"", " 2ms", "ms", "2 ms", "2MS", "2msx", "inf", "nan", "1d"};
    double v;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        REQUIRE(text_duration(good[i].text, good[i].unit, &v));
        CHECK_NEAR(v, good[i].seconds, 1e-15 * good[i].seconds);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        v = 4;
        CHECK(!text_duration(bad[i], 1, &v) && v == 4);
    }
}

static void test_nearest(void)
{
    static const char *const names[] = {"snr", "loss", "delay", "jitter"};
    enum { COUNT = sizeof names / sizeof names[0] };
    char huge[200];
    memset(huge, 's', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    CHECK(text_nearest("delya", names, COUNT) == names[2]);
    CHECK(text_nearest("jiter", names, COUNT) == names[3]);
    for (size_t i = 0; i < COUNT; i++)
        CHECK(text_nearest(names[i], names, COUNT) == names[i]);
    CHECK(text_nearest("bandwidth", names, COUNT) == NULL);
    CHECK(text_nearest(huge, names, COUNT) == NULL);
    CHECK(text_nearest("snr", names, 0) == NULL);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"a number is the whole text, without blanks, and is not NaN", test_numbers},
        {"a duration is a finite number with a unit, or a bare one in the caller's",
         test_durations},
        {"a mistyped name finds its neighbour, and an unrelated one finds nothing", test_nearest},
    };
    return harness_main(argc, argv, "text", tests, sizeof tests / sizeof tests[0]);
}
