#include "base/text.h"
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void test_numbers(void)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {{"12", 12}, {"-3.5", -3.5}, {"1e3", 1000}, {"inf", INFINITY}, {"0x10", 16}};
    static const char *const bad[] = {"",    " 1",  "1 ",  "1.5x",  "nan",    "-nan",
                                      "one", "1,5", "--1", "1e999", "-1e999", "1e309",
                                      ".",   "-",   "e5",  "infx",  "nan(1)"};
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
    static const char *const bad[] = {"",    " 2ms", "ms",    "2 ms",   "2MS",    "2msx",   "inf",
                                      "nan", "1d",   "1e999", "1e306h", "1e999s", "1e999ms"};
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

static void test_frequencies(void)
{
    static const struct {
        const char *text;
        double hz;
    } good[] = {
        {"3.5e9", 3.5e9}, {"3.5GHz", 3.5e9}, {"300mhz", 300e6}, {"15kHz", 15e3}, {"50Hz", 50}};
    static const char *const bad[] = {"",    "GHz", "3.5G",     "3.5 GHz",
                                      "inf", "nan", "1e305GHz", "1GHzx"};
    double v = 4;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        REQUIRE(text_frequency(good[i].text, &v));
        CHECK(v == good[i].hz);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        v = 4;
        CHECK(!text_frequency(bad[i], &v) && v == 4);
    }
}

static void test_parts(void)
{
    double v;
    const char *rest = text_number_at("-1.5e2-7", &v);
    CHECK(rest && strcmp(rest, "-7") == 0 && v == -150);
    CHECK(!text_number_at(" 1", &v) && !text_number_at("inf", &v) && !text_number_at("1e999,", &v));
    uint64_t n = 4;
    CHECK(text_whole("18446744073709551615", 0, UINT64_MAX, &n) && n == UINT64_MAX);
    static const char *const bad[] = {"",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "0x10",
                                      "1e3",
                                      "1.0",
                                      "18446744073709551616",
                                      "99999999999999999999999",
                                      "11"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        n = 4;
        CHECK(!text_whole(bad[i], 0, 10, &n) && n == 4);
    }
    rest = text_whole_at("007:x", &n);
    CHECK(rest && *rest == ':' && n == 7);
    CHECK(!text_whole_at("18446744073709551616", &n) && !text_whole_at(":", &n));
}

/* Table 3-7 of Unicode: the ends of each range, and what lies just outside. */
static void test_utf8(void)
{
    static const char *const good[] = {"",
                                       "a",
                                       "\xc3\xa9",
                                       "\xe2\x82\xac",
                                       "\xf0\x9f\x98\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\xff",
                                      "\x80",
                                      "\xc3",
                                      "\xc3(",
                                      "\xc0\xaf",
                                      "\xe0\x80\xaf",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xe2\x82",
                                      "a\xf0\x9f\x98"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char *same = text_to_utf8(good[i]);
        CHECK(text_is_utf8(good[i]) && same && strcmp(same, good[i]) == 0);
        free(same);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *clean = text_to_utf8(bad[i]);
        CHECK(!text_is_utf8(bad[i]) && clean && text_is_utf8(clean));
        free(clean);
    }
    char *clean = text_to_utf8("a\xff/\xc3\xa9\x80");
    CHECK(clean && strcmp(clean, "a\xef\xbf\xbd/\xc3\xa9\xef\xbf\xbd") == 0);
    free(clean);
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
    CHECK(text_nearest("DELAY", names, COUNT) == names[2]);
    const char *const longer[] = {"umi", "uma-nlos-of-a-city", "uma-los-of-a-city"};
    CHECK(text_nearest("uma", longer, 3) == longer[0]);
    CHECK(text_nearest("UMA", longer + 1, 2) == longer[1]);
    CHECK(text_nearest("um", longer + 1, 2) == NULL);
    CHECK(text_nearest(huge, names, COUNT) == NULL);
    CHECK(text_nearest("snr", names, 0) == NULL);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"a number's end is found, and whole numbers are digits that fit", test_parts},
        {"UTF-8 is recognised; other bytes become U+FFFD", test_utf8},
        {"a number is the whole text, without blanks, and is not NaN", test_numbers},
        {"a frequency is a finite number, in Hz or with its unit", test_frequencies},
        {"a duration is a finite number with a unit, or a bare one in the caller's",
         test_durations},
        {"a mistyped name finds its neighbour, and an unrelated one finds nothing", test_nearest},
    };
    return harness_main(argc, argv, "text", tests, sizeof tests / sizeof tests[0]);
}
