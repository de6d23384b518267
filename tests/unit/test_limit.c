/* The separation limit: the lower envelope of what was measured without noise, at capacity. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "cli/eval/limit_file.h"
#include "harness.h"

static const struct {
    double bits, nmse_db;
} made_of[] = {{400, -12}, {100, -4}, {200, -3}, {100, -5}, {300, -12}, {800, -20}, {900, -19}};
enum { POINTS = sizeof made_of / sizeof made_of[0] };

static limit make(void)
{
    limit l = {0};
    for (size_t i = 0; i < POINTS; i++)
        REQUIRE(limit_add(&l, "near", made_of[i].bits, made_of[i].nmse_db, NULL) == ERR_NONE);
    REQUIRE(limit_add(&l, "far", 50, -1, NULL) == ERR_NONE);
    limit_reduce(&l);
    return l;
}

static void the_envelope_keeps_what_is_lower_than_all_below(void)
{
    limit l = make();
    const limit_curve *c = limit_over(&l, "near");
    REQUIRE(c && c->count == 3);
    CHECK(c->point[0].bits == 100 && c->point[0].nmse_db == -5);
    CHECK(c->point[1].bits == 300 && c->point[1].nmse_db == -12);
    CHECK(c->point[2].bits == 800 && c->point[2].nmse_db == -20);
    CHECK(limit_over(&l, "elsewhere") == NULL);
    limit_free(&l);
}

static void distortion_is_a_staircase_that_is_known_from_the_first_point_on(void)
{
    limit l = make();
    const limit_curve *c = limit_over(&l, "near");
    CHECK(isnan(limit_distortion_db(c, 0)));
    CHECK(isnan(limit_distortion_db(c, 99.999)));
    CHECK(limit_distortion_db(c, 100) == -5);
    CHECK(limit_distortion_db(c, 299.999) == -5);
    CHECK(limit_distortion_db(c, 300) == -12);
    CHECK(limit_distortion_db(c, 1e9) == -20);
    CHECK(limit_distortion_db(c, INFINITY) == -20);
    CHECK(isnan(limit_distortion_db(c, NAN)));
    CHECK(isnan(limit_distortion_db(NULL, 1e9)));
    limit_free(&l);
}

/* Random points: never above one that has no more bits, and it is one of them. */
static void no_point_lies_below_the_envelope(void)
{
    enum { MANY = 500 };
    double bits[MANY], nmse_db[MANY], last = INFINITY;
    limit l = {0};
    for (uint32_t i = 0; i < MANY; i++) {
        rng r = rng_at(3, RNG_TEST, 0, i);
        bits[i] = rint(fabs(rng_normal(&r)) * 300) + 1;
        nmse_db[i] = -5 * fabs(rng_normal(&r)) - bits[i] / 100;
        REQUIRE(limit_add(&l, "c", bits[i], nmse_db[i], NULL) == ERR_NONE);
    }
    limit_reduce(&l);
    const limit_curve *c = limit_over(&l, "c");
    for (double at = 0.5; at < 1500; at += 0.5) {
        double got = limit_distortion_db(c, at), want = NAN;
        for (size_t i = 0; i < MANY; i++)
            if (bits[i] <= at)
                want = fmin(want, nmse_db[i]);
        CHECK((isnan(got) && isnan(want)) || got == want);
        CHECK(isnan(got) || got <= last);
        last = isnan(got) ? last : got;
    }
    limit_free(&l);
}

static void capacity_is_that_of_complex_channel_uses(void)
{
    CHECK_NEAR(limit_bits(256, 0), 256, 1e-9);
    CHECK_NEAR(limit_bits(100, 10 * log10(3)), 200, 1e-9);
    CHECK(limit_bits(16, INFINITY) == INFINITY);
    CHECK(limit_bits(256, -30) > 0 && limit_bits(256, -30) < 0.37);
    limit l = make();
    CHECK(limit_nmse_db(&l, "near", 100, 0) == -5);
    CHECK(isnan(limit_nmse_db(&l, "near", 99, 0)));
    CHECK(limit_nmse_db(&l, "near", 300, 0) == -12);
    CHECK(limit_nmse_db(&l, "near", 8, INFINITY) == -20);
    CHECK(isnan(limit_nmse_db(&l, "elsewhere", 300, 0)));
    CHECK(isnan(limit_nmse_db(&l, "near", NAN, 0)));
    for (double snr = -10; snr < 30; snr++)
        for (double uses = 10; uses < 1000; uses += 10) {
            double here = limit_nmse_db(&l, "near", uses, snr);
            CHECK(isnan(here) || (limit_nmse_db(&l, "near", uses + 10, snr) <= here &&
                                  limit_nmse_db(&l, "near", uses, snr + 1) <= here));
        }
    limit_free(&l);
}

static void what_is_no_figure_is_left_out(void)
{
    limit l = {0};
    static const double bad[][2] = {{NAN, -3}, {0, -3},         {-1, -3},      {INFINITY, -3},
                                    {10, NAN}, {10, -INFINITY}, {10, INFINITY}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(limit_add(&l, "c", bad[i][0], bad[i][1], NULL) == ERR_NONE);
    limit_reduce(&l);
    CHECK(limit_over(&l, "c") == NULL);
    limit_free(&l);
}

static int read_text(limit *l, const char *text, err *e)
{
    static cell c;
    char path[] = "/tmp/csilink-limit-XXXXXX";
    int fd = mkstemp(path);
    REQUIRE(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    cell_init(&c);
    *l = (limit){0};
    *e = (err){0};
    int rc = limit_read(l, path, &c, e);
    unlink(path);
    return rc;
}

static void a_csv_gives_its_points_without_noise(void)
{
    limit l;
    err e;
    REQUIRE(read_text(&l,
                      "model,\"channel\",snr_db,bits,nmse_db\r\n"
                      "\"a \"\"b\"\", c\",x,inf,100,-4\r\n"
                      "b,x,10,50,-40\n\nb,x,inf,50,\nb,x,inf,60,nan\nb,x,inf,200,-7",
                      &e) == ERR_NONE);
    const limit_curve *c = limit_over(&l, "x");
    REQUIRE(c && c->count == 2);
    CHECK(c->point[0].bits == 100 && c->point[0].nmse_db == -4);
    CHECK(c->point[1].bits == 200 && c->point[1].nmse_db == -7);
    limit_free(&l);
}

static void a_sweep_gives_its_points_where_its_settings_are_these(void)
{
    static const char points[] = "\"points\":[{\"channel\":\"x\",\"snr_db\":\"inf\",\"nmse_db\":-4,"
                                 "\"bits_per_report\":100},{\"channel\":\"x\",\"snr_db\":3,"
                                 "\"nmse_db\":-9,\"bits_per_report\":10}]}";
    char text[1024];
    limit l;
    err e;
    snprintf(text, sizeof text, "{\"asked\":{\"dl-snr\":20,\"seed\":7},%s", points);
    REQUIRE(read_text(&l, text, &e) == ERR_NONE);
    CHECK(limit_over(&l, "x") && limit_over(&l, "x")->count == 1);
    limit_free(&l);
    snprintf(text, sizeof text, "{\"asked\":{\"dl-snr\":12.5},%s", points);
    CHECK(read_text(&l, text, &e) == ERR_STATE);
    CHECK(strstr(e.text, "'dl-snr' 12.5, not 20") != NULL);
    limit_free(&l);
    snprintf(text, sizeof text, "{\"asked\":{\"estimation\":\"none\"},%s", points);
    CHECK(read_text(&l, text, &e) == ERR_STATE);
    limit_free(&l);
}

static void hostile_files_are_refused(void)
{
    static const char *const bad[] = {
        "x",
        "{}",
        "[]",
        "{\"asked\":{},\"points\":{}}",
        "{\"asked\":{},\"points\":[{}]}",
        "{\"asked\":{},\"points\":[]}",
        "{\"asked\":{},\"points\":[{\"channel\":\"x\",\"snr_db\":3}]}",
        "channel,snr_db,nmse_db\nx,inf,-3\n",
        "channel,snr_db,nmse_db,bits\n",
        "channel,snr_db,nmse_db,bits\nx,3,-3,100\n",
        "channel,snr_db,nmse_db,bits\nx,inf,-3\n",
        "channel,snr_db,nmse_db,bits\nx,inf,-3,100,7\n",
        "channel,snr_db,nmse_db,bits\nx,,-3,100\n",
        "channel,snr_db,nmse_db,bits\nx,inf,low,100\n",
        "channel,snr_db,nmse_db,bits\n\"x,inf,-3,100\n",
        "channel,snr_db,nmse_db,bits\n\"x\"y,inf,-3,100\n",
    };
    limit l;
    err e;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int rc = read_text(&l, bad[i], &e);
        if (rc != ERR_FORMAT)
            printf("    '%s' was taken\n", bad[i]);
        CHECK(rc == ERR_FORMAT && strstr(e.text, "csilink-limit-"));
        limit_free(&l);
    }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"the envelope keeps the points with less NMSE than all of no more bits",
         the_envelope_keeps_what_is_lower_than_all_below},
        {"distortion falls in steps, and is not known below the first point",
         distortion_is_a_staircase_that_is_known_from_the_first_point_on},
        {"no point lies below the envelope, which never rises", no_point_lies_below_the_envelope},
        {"capacity is N log2(1 + SNR), and the limit falls with N and SNR",
         capacity_is_that_of_complex_channel_uses},
        {"points without bits or a finite NMSE are left out", what_is_no_figure_is_left_out},
        {"a CSV gives its points without noise", a_csv_gives_its_points_without_noise},
        {"a sweep.json gives them where it was measured with the same settings",
         a_sweep_gives_its_points_where_its_settings_are_these},
        {"a file without points is refused by name", hostile_files_are_refused},
    };
    return harness_main(argc, argv, "limit", tests, sizeof tests / sizeof tests[0]);
}
