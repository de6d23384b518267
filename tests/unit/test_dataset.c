/* Data sets: their statistics on sets whose figures are known, shapes that are taken and refused,
 * and samples drawn by several threads. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csi/stats.h"
#include "fading/generate.h"
#include "harness.h"
#include "io/mat.h"

enum { NT = 32, NI = 32, WIDTH = 2 * NT * NI };

/* n samples of 0.5 throughout. */
static csi_dataset empty_set(size_t n)
{
    csi_dataset set = {.samples = n, .nt = NT, .ni = NI, .x = malloc(n * WIDTH * sizeof(float))};
    REQUIRE(set.x != NULL);
    for (size_t i = 0; i < n * WIDTH; i++)
        set.x[i] = 0.5f;
    return set;
}

static void put(csi_dataset *set, size_t i, int angle, int tap, float re, float im)
{
    set->x[i * WIDTH + (size_t)(angle * NI + tap)] += re;
    set->x[i * WIDTH + NT * NI + (size_t)(angle * NI + tap)] += im;
}

static void energy_is_where_it_was_put(void)
{
    csi_dataset set = empty_set(3);
    csi_stats s;
    put(&set, 0, 16, 3, 0.5f, 0); /* one entry: no spread */
    put(&set, 1, 4, 2, 0, 0.25f); /* two of equal energy, 6 taps apart: spread 3 */
    put(&set, 1, 5, 8, 0.25f, 0);
    REQUIRE(csi_stats_of(&set, &s, NULL) == ERR_NONE); /* sample 2 has no energy */
    CHECK(s.samples == 2 && s.empty == 1 && s.sorted == 2);
    CHECK_NEAR(s.tap[3], 0.5, 1e-6);
    CHECK_NEAR(s.tap[2], 0.25, 1e-6);
    CHECK_NEAR(s.tap[8], 0.25, 1e-6);
    CHECK_NEAR(s.angle[16], 0.5, 1e-6);
    CHECK_NEAR(s.angle[4], 0.25, 1e-6);
    CHECK_NEAR(s.magnitude[16 * NI + 3], 0.5, 1e-6);
    CHECK_NEAR(s.magnitude[4 * NI + 2], sqrt(0.5) / 2, 1e-6);
    CHECK_NEAR(csi_stats_spread(&s, 0), 0, 1e-6);
    CHECK_NEAR(csi_stats_spread(&s, 1), 3, 1e-6);
    CHECK_NEAR(csi_stats_spread(&s, 0.5), 1.5, 1e-6);
    for (size_t i = 0; i < CSI_STATS_KEPT; i++)
        CHECK_NEAR(s.lost[i], 0, 1e-9);
    csi_stats_free(&s);
    csi_dataset_free(&set);
}

/* All entries alike: keeping a share of them keeps that share of the energy. */
static void a_flat_channel_loses_what_is_not_kept(void)
{
    csi_dataset set = empty_set(1);
    csi_stats s;
    for (int k = 0; k < NT * NI; k++)
        put(&set, 0, k / NI, k % NI, 0.25f, -0.25f);
    REQUIRE(csi_stats_of(&set, &s, NULL) == ERR_NONE);
    for (size_t i = 0; i < CSI_STATS_KEPT; i++) {
        CHECK(s.kept[i] == (size_t)(256 >> i));
        CHECK_NEAR(s.lost[i], 1 - (double)s.kept[i] / (NT * NI), 1e-5);
    }
    CHECK_NEAR(csi_stats_spread(&s, 0.5), sqrt((NI * NI - 1) / 12.0), 1e-5);
    csi_stats_free(&s);
    csi_dataset_free(&set);
}

static void a_set_without_energy_is_refused(void)
{
    csi_dataset set = empty_set(2);
    csi_stats s;
    err e = {0};
    CHECK(csi_stats_of(&set, &s, &e) == ERR_INVALID && e.text[0] != '\0');
    csi_stats_free(&s);
    csi_dataset_free(&set);
}

/* Writes zeros of a shape as HT; the code that reading gives, and the shape that it took. */
static int read_shape(int rank, const size_t *dims, bool is_complex, const csi_dims *want,
                      csi_dataset *set)
{
    char path[64];
    err e = {0};
    mat_array a = {.rank = rank, .count = 1, .is_complex = is_complex};
    for (int i = 0; i < rank; i++)
        a.count *= a.dims[i] = dims[i];
    a.data = calloc(a.count * 2, sizeof *a.data);
    REQUIRE(a.data != NULL);
    snprintf(path, sizeof path, "/tmp/csilink-test-dataset-%ld.mat", (long)getpid());
    REQUIRE(mat_write_float(path, "HT", &a, false, NULL) == ERR_NONE);
    int code = csi_dataset_read(path, want, set, &e);
    CHECK(code == ERR_NONE || (strstr(e.text, path) && set->x == NULL));
    mat_array_free(&a);
    unlink(path);
    return code;
}

static void shapes_are_taken_or_refused(void)
{
    csi_dims other = CSI_DIMS_DEFAULT;
    csi_dataset set;
    other.nt = 16;
    CHECK(read_shape(2, (size_t[]){3, 2048}, false, NULL, &set) == ERR_NONE);
    CHECK(set.samples == 3 && set.nt == 32 && set.ni == 32);
    csi_dataset_free(&set);
    CHECK(read_shape(4, (size_t[]){3, 2, 8, 16}, false, NULL, &set) == ERR_NONE);
    CHECK(set.samples == 3 && set.nt == 8 && set.ni == 16);
    csi_dataset_free(&set);
    CHECK(read_shape(2, (size_t[]){3, 1024}, false, &other, &set) == ERR_NONE);
    csi_dataset_free(&set);
    CHECK(read_shape(2, (size_t[]){3, 2048}, false, &other, &set) == ERR_MISMATCH);
    CHECK(read_shape(2, (size_t[]){2048, 3}, false, NULL, &set) == ERR_MISMATCH);
    CHECK(read_shape(2, (size_t[]){3, 2047}, false, NULL, &set) == ERR_MISMATCH);
    CHECK(read_shape(2, (size_t[]){1, 64 * 257}, false, NULL, &set) == ERR_MISMATCH);
    CHECK(read_shape(2, (size_t[]){3, 2048}, true, NULL, &set) == ERR_MISMATCH);
    CHECK(read_shape(3, (size_t[]){3, 32, 64}, false, NULL, &set) == ERR_MISMATCH);
    CHECK(read_shape(4, (size_t[]){3, 4, 16, 32}, false, NULL, &set) == ERR_MISMATCH);
}

static bool stop_at_once(void *user, size_t done)
{
    (void)done;
    ++*(int *)user;
    return false;
}

static fading_generation generation_of(fading *f, unsigned threads)
{
    return (fading_generation){
        .channel = f, .dims = CSI_DIMS_DEFAULT, .threads = threads, .steps = 2, .period_s = 0.01};
}

/* Any number of threads, any cutting into calls: sample (UE, step) is that UE's report. */
static void threads_do_not_show(void)
{
    enum { UES = 37, ROWS = 2 * UES };
    static float whole[ROWS * WIDTH], cut[ROWS * WIDTH];
    fading_config config = FADING_CONFIG_DEFAULT;
    config.speed_kmh = 30;
    fading *f = fading_open("rayleigh:eva", &config, NULL);
    REQUIRE(f != NULL);
    fading_generation one = generation_of(f, 1), four = generation_of(f, 4);
    REQUIRE(fading_generate(&one, 5, UES, whole, NULL) == ERR_NONE);
    REQUIRE(fading_generate(&four, 5, 20, cut, NULL) == ERR_NONE);
    REQUIRE(fading_generate(&four, 25, UES - 20, cut + (size_t)2 * 20 * WIDTH, NULL) == ERR_NONE);
    CHECK(memcmp(whole, cut, sizeof whole) == 0);
    CHECK(memcmp(whole, whole + WIDTH, WIDTH * sizeof *whole) != 0); /* the UE has moved */
    fading_close(f);
}

static void a_job_can_be_stopped(void)
{
    static float images[2 * WIDTH];
    fading *f = fading_open("rayleigh", &FADING_CONFIG_DEFAULT, NULL);
    REQUIRE(f != NULL);
    int calls = 0;
    fading_generation g = generation_of(f, 2);
    g.on_progress = stop_at_once;
    g.user = &calls;
    CHECK(fading_generate(&g, 0, 1, images, NULL) == ERR_STATE && calls > 0);
    g.threads = FADING_THREADS_MAX + 1;
    CHECK(fading_generate(&g, 0, 1, images, NULL) == ERR_INVALID);
    fading_close(f);
}

static const harness_test tests[] = {
    {"energy, magnitude and spread are where they were put", energy_is_where_it_was_put},
    {"a flat channel loses what is not kept, and spreads as a uniform law",
     a_flat_channel_loses_what_is_not_kept},
    {"a set without energy is refused", a_set_without_energy_is_refused},
    {"shapes are taken as they are, or refused with the file's name", shapes_are_taken_or_refused},
    {"the number of threads and of calls does not show", threads_do_not_show},
    {"a job can be stopped, and takes no absurd number of threads", a_job_can_be_stopped},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "dataset", tests, sizeof tests / sizeof tests[0]);
}
