/* Options that take several values. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ui/list.h"
#include "harness.h"

static chain_eval_config config;

static int snrs(const char *text)
{
    return list_snrs(text, &config, NULL);
}

static void check_snrs(const char *text, size_t count, const double *want)
{
    REQUIRE(snrs(text) == ERR_NONE);
    REQUIRE(config.snrs == count);
    for (size_t i = 0; i < count; i++)
        CHECK(config.snr_db[i] == want[i]);
}

static void a_range_goes_from_end_to_end(void)
{
    check_snrs("-5:5:40", 10, (const double[]){-5, 0, 5, 10, 15, 20, 25, 30, 35, 40});
    check_snrs("0:3:10", 4, (const double[]){0, 3, 6, 9});
    check_snrs("7:2:7", 1, (const double[]){7});
    check_snrs("0:10:5", 1, (const double[]){0});
    REQUIRE(snrs("-30:13e1:100") == ERR_NONE);
    CHECK(config.snrs == 2 && config.snr_db[0] == -30 && config.snr_db[1] == 100);
}

static void decimal_steps_give_decimal_values(void)
{
    check_snrs("0:0.1:0.7", 8, (const double[]){0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7});
    check_snrs("-0.3:0.1:0", 4, (const double[]){-0.3, -0.2, -0.1, 0});
    CHECK(!signbit(config.snr_db[3]));
}

static void values_and_ranges_mix(void)
{
    check_snrs("inf,0:5:10,-5", 5, (const double[]){INFINITY, 0, 5, 10, -5});
    check_snrs("12.5", 1, (const double[]){12.5});
}

static void hostile_snrs_are_refused(void)
{
    static const char *const bad[] = {
        "",       ",",          "1,",        ",1",      "1,,2",     "x",       "nan",
        "-inf",   "1:2",        "1:2:",      ":1:2",    "1::2",     "1:2:3:4", "1:0:2",
        "1:-1:0", "2:1:1",      "inf:1:inf", "0:1:inf", "-inf:1:0", "0:inf:1", "0:nan:1",
        "-31",    "-40:1:0",    "0:1:2000",  "1 :2:3",  "1,1",      "0:1:5,3", "inf,inf",
        "0:1:64", "0:1e-300:1", "0:1e-7:1",  "101",     "0:1:101",
    };
    err e;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        e = (err){0};
        int status = list_snrs(bad[i], &config, &e);
        if (status != ERR_INVALID)
            printf("    '%s' was taken\n", bad[i]);
        CHECK(status == ERR_INVALID && strstr(e.text, "--snr"));
    }
    char *digits = malloc(100001);
    REQUIRE(digits != NULL);
    memset(digits, '1', 100000);
    digits[100000] = '\0';
    CHECK(snrs(digits) == ERR_INVALID);
    memset(digits, ',', 100000);
    CHECK(snrs(digits) == ERR_INVALID);
    free(digits);
    CHECK(snrs("0:1:63") == ERR_NONE && config.snrs == CHAIN_EVAL_SNRS_MAX);
}

static void compression_ratios_are_whole_and_different(void)
{
    static const char *const bad[] = {
        "",    "0",    "-4", "4.5",    "4,",
        "4,4", "1025", "x",  "4:4:16", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"};
    unsigned crs[LIST_MAX];
    size_t count;
    REQUIRE(list_crs("4,8,16", crs, &count, NULL) == ERR_NONE);
    CHECK(count == 3 && crs[0] == 4 && crs[1] == 8 && crs[2] == 16);
    REQUIRE(list_crs("1024", crs, &count, NULL) == ERR_NONE);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(list_crs(bad[i], crs, &count, NULL) == ERR_INVALID);
}

static void names_keep_the_commas_that_are_theirs(void)
{
    list l;
    REQUIRE(list_split("channel", "rayleigh:0/0,30/-3,uma-nlos,x.mat", &l, NULL) == ERR_NONE);
    REQUIRE(l.count == 3);
    CU_ASSERT_STRING_EQUAL(l.item[0], "rayleigh:0/0,30/-3");
    CU_ASSERT_STRING_EQUAL(l.item[1], "uma-nlos");
    CU_ASSERT_STRING_EQUAL(l.item[2], "x.mat");
    free(l.text);
    static const char *const bad[] = {"", "a,", ",a", "a,,b", "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(list_split("channel", bad[i], &l, NULL) == ERR_INVALID);
        free(l.text);
    }
}

static void specs_keep_their_commas(void)
{
    list l;
    REQUIRE(list_split_specs("uplink", "digital:r4,qpsk,uses=256;analog;analog:r2,references=4", &l,
                             NULL) == ERR_NONE);
    REQUIRE(l.count == 3);
    CU_ASSERT_STRING_EQUAL(l.item[0], "digital:r4,qpsk,uses=256");
    CU_ASSERT_STRING_EQUAL(l.item[1], "analog");
    CU_ASSERT_STRING_EQUAL(l.item[2], "analog:r2,references=4");
    free(l.text);
    REQUIRE(list_split_specs("uplink", "analog:r4,references=8", &l, NULL) == ERR_NONE);
    CHECK(l.count == 1);
    free(l.text);
    REQUIRE(list_split_specs("uplink", NULL, &l, NULL) == ERR_NONE);
    CHECK(l.count == 0 && !l.text);
    char many[LIST_SPECS_MAX * 4 + 8] = "0";
    for (int i = 1; i <= LIST_SPECS_MAX; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), ";%d", i);
    const char *const bad[] = {"", "a;", ";a", "a;;b", "a:1,2;b;a:1,2", many};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        CHECK(list_split_specs("uplink", bad[i], &l, &e) == ERR_INVALID);
        CHECK(strstr(e.text, "--uplink") != NULL);
        free(l.text);
    }
    *strrchr(many, ';') = '\0';
    CHECK(list_split_specs("uplink", many, &l, NULL) == ERR_NONE && l.count == LIST_SPECS_MAX);
    free(l.text);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"a range of SNRs goes from its low end by its step to its high end, and no further",
         a_range_goes_from_end_to_end},
        {"decimal steps give the values that one would write down",
         decimal_steps_give_decimal_values},
        {"values, infinity and ranges mix, in their order", values_and_ranges_mix},
        {"what is no list of SNRs is refused, with the option's name", hostile_snrs_are_refused},
        {"compression ratios are whole, from 1 to 1024, none twice",
         compression_ratios_are_whole_and_different},
        {"names are split at commas, but for those inside a channel's name",
         names_keep_the_commas_that_are_theirs},
        {"codecs and uplinks are split at semicolons, and none is there twice",
         specs_keep_their_commas},
    };
    return harness_main(argc, argv, "list", tests, sizeof tests / sizeof tests[0]);
}
