/* The samples that networks train on: what sample i is follows from the seed alone; each is used as
 * often as it should be, turned and aligned; nothing held out is trained on. */
#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "csi/metrics.h"
#include "fading/generate.h"
#include "harness.h"
#include "io/npy.h"
#include "train/samples/feed.h"
#include "train/samples/permute.h"
#include "train/samples/pools.h"
#include "train/samples/rotate.h"

enum { NT = 8, NI = 16, ENTRIES = NT * NI, VALUES = 2 * ENTRIES, POOL = 48, REUSE = 3 };

static const csi_dims dims = {.nt = NT, .nc = 64, .tp = NT, .ni = NI};

static train_feed_config small_config(void)
{
    return (train_feed_config){.dims = dims,
                               .layout = ONNX_ANGLE_DELAY,
                               .align = CSI_ALIGN_NONE,
                               .n_sources = 1,
                               .sources = {{.channel = "rayleigh:epa", .weight = 1}},
                               .pool = POOL,
                               .reuse = REUSE,
                               .threads = 2,
                               .rotate = false,
                               .seed = 11};
}

static train_feed_config mixed_config(void)
{
    train_feed_config c = small_config();
    c.n_sources = 3;
    c.sources[1] = (train_source){"umi-nlos", 0, 0.5, 0};
    c.sources[2] = (train_source){"cost2100-indoor:ues=5", 0, 0.5, 0};
    c.align = CSI_ALIGN_DELAY_ANGLE;
    c.rotate = true;
    return c;
}

static train_feed *open_feed(const train_feed_config *c, uint64_t first)
{
    err e = {0};
    train_feed *feed = train_feed_open(c, first, &e);
    if (!feed)
        printf("    %s\n", e.text);
    REQUIRE(feed != NULL);
    return feed;
}

/* Samples first .. first + count - 1, in batches; a batch's samples last to first when `backwards`.
 */
static float *collect(const train_feed_config *c, uint64_t first, size_t count, size_t batch,
                      bool backwards)
{
    train_feed *feed = open_feed(c, first);
    float *images = malloc(count * VALUES * sizeof *images);
    REQUIRE(images != NULL);
    for (size_t done = 0; done < count; done += batch) {
        size_t now = count - done < batch ? count - done : batch;
        REQUIRE(train_feed_ready(feed, first + done, now, NULL) == ERR_NONE);
        for (size_t k = 0; k < now; k++) {
            size_t i = done + (backwards ? now - 1 - k : k);
            train_feed_sample(feed, first + i, images + i * VALUES);
        }
    }
    train_feed_close(feed);
    return images;
}

static void a_sample_depends_on_its_number_alone(void)
{
    enum { COUNT = 5 * POOL * REUSE };
    train_feed_config c = mixed_config();
    c.threads = 1;
    float *all = collect(&c, 0, COUNT, POOL, false);
    static const struct {
        size_t first, batch;
        unsigned threads;
    } ways[] = {{0, 7, 3}, {POOL * REUSE + 20, 31, 2}, {3 * POOL * REUSE - 1, 48, 4}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        size_t first = ways[i].first, count = COUNT - first;
        c.threads = ways[i].threads;
        float *images = collect(&c, first, count, ways[i].batch, true);
        CHECK(memcmp(images, all + first * VALUES, count * VALUES * sizeof *all) == 0);
        free(images);
    }
    c.seed++;
    float *other = collect(&c, 0, POOL, POOL, false);
    for (size_t i = 0; i < POOL; i++)
        CHECK(memcmp(other + i * VALUES, all + i * VALUES, VALUES * sizeof *all) != 0);
    free(other);
    free(all);
}

static bool same_image(const float *images, size_t i, size_t j)
{
    return memcmp(images + i * VALUES, images + j * VALUES, VALUES * sizeof *images) == 0;
}

/* Which samples of [begin, end) equal sample i: how many of them. */
static size_t times_used(const float *images, size_t i, size_t begin, size_t end)
{
    size_t times = 0;
    for (size_t j = begin; j < end; j++)
        times += same_image(images, i, j);
    return times;
}

static void every_sample_of_a_pool_is_used_as_often(void)
{
    train_feed_config c = small_config();
    const size_t span = POOL * REUSE;
    float *images = collect(&c, 0, 2 * span, 10, false);
    for (size_t i = 0; i < 2 * span; i++) {
        size_t begin = i / span * span, pass = i / POOL * POOL;
        CHECK(times_used(images, i, 0, 2 * span) == REUSE);
        CHECK(times_used(images, i, begin, begin + span) == REUSE);
        CHECK(times_used(images, i, pass, pass + POOL) == 1);
    }
    /* A random order leaves one sample, on average, where it was. */
    size_t in_place = 0;
    for (size_t i = 0; i < POOL; i++)
        in_place += same_image(images, i, POOL + i);
    CHECK(in_place < 6);
    free(images);
}

static void permutations_are_bijections(void)
{
    static const uint32_t counts[] = {1, 2, 3, 5, 16, 17, 1000, 4096, 65537};
    static bool met[65537];
    for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
        memset(met, 0, sizeof met);
        for (uint32_t i = 0; i < counts[k]; i++) {
            uint32_t to = train_permute(k, counts[k], i);
            REQUIRE(to < counts[k]);
            CHECK(!met[to]);
            met[to] = true;
        }
    }
    CHECK(train_permute(1, 1u << 31, 12345) < 1u << 31);
}

/* Where the first sample goes, over many keys: uniform. Chi-square with 63 degrees of freedom is
 * below 120 but once in 10^5. */
static void permutations_favour_no_place(void)
{
    enum { COUNT = 64, KEYS = 64000 };
    double times[COUNT] = {0}, chi = 0;
    for (uint64_t key = 0; key < KEYS; key++)
        times[train_permute(train_seed_derive(3, TRAIN_SEED_PASS, 0, key), COUNT, 0)]++;
    for (int i = 0; i < COUNT; i++)
        chi += pow(times[i] - KEYS / COUNT, 2) / (KEYS / COUNT);
    CHECK(chi < 120);
}

static double complex inner(const float *a, const float *b)
{
    double complex sum = 0;
    for (size_t i = 0; i < ENTRIES; i++)
        sum += ((double)a[i] - 0.5 + I * ((double)a[ENTRIES + i] - 0.5)) *
               ((double)b[i] - 0.5 - I * ((double)b[ENTRIES + i] - 0.5));
    return sum;
}

static double similarity(const float *a, const float *b)
{
    return cabs(inner(a, b)) / sqrt(creal(inner(a, a)) * creal(inner(b, b)));
}

static void turning_changes_the_phase_alone(void)
{
    enum { COUNT = 1200 };
    train_feed_config c = small_config();
    float *plain = collect(&c, 0, COUNT, POOL, false);
    c.rotate = true;
    float *turned = collect(&c, 0, COUNT, POOL, false);
    double complex mean = 0;
    for (size_t i = 0; i < COUNT; i++) {
        const float *a = plain + i * VALUES, *b = turned + i * VALUES;
        double complex z = inner(b, a);
        mean += z / cabs(z) / COUNT;
        CHECK(1 - similarity(a, b) < 1e-11); /* float's rounding, relative to 1, squared */
        float least = 1, most = 0;
        for (size_t k = 0; k < VALUES; k++) {
            least = fminf(least, b[k]);
            most = fmaxf(most, b[k]);
        }
        CHECK(least >= 0 && most <= 1 && (least < 1e-6f || most > 1 - 1e-6f));
    }
    CHECK(cabs(mean) < 4 / sqrt(COUNT)); /* the phases are uniform */
    free(plain);
    free(turned);
}

/* Images of UEs first .. first + count - 1 as the generator gives them. */
static float *generate(const char *channel, uint64_t seed, uint32_t first, uint32_t count)
{
    fading_config fc = FADING_CONFIG_DEFAULT;
    fc.dims = dims;
    fc.seed = seed;
    fading *f = fading_open(channel, &fc, NULL);
    float *images = malloc(count * VALUES * sizeof *images);
    REQUIRE(f != NULL && images != NULL);
    fading_generation g = {.channel = f, .dims = dims, .threads = 1, .steps = 1};
    REQUIRE(fading_generate(&g, first, count, images, NULL) == ERR_NONE);
    fading_close(f);
    return images;
}

/* NMSE of the sample that is most like it. */
static double nearest(const float *image, const float *images, size_t count)
{
    double best = INFINITY;
    for (size_t i = 0; i < count; i++)
        best = fmin(best, csi_nmse_image(image, images + i * VALUES, VALUES));
    return best;
}

static void check_pool_is(const train_feed_config *c, uint64_t pool, const float *want)
{
    float *images = collect(c, pool * c->pool * c->reuse, c->pool, c->pool, false);
    const double step = 1.0 / TRAIN_FULL_SCALE; /* of a part whose largest is 1 */
    for (size_t i = 0; i < c->pool; i++) {
        const float *x = want + i * VALUES;
        double power = creal(inner(x, x)) * 4 / VALUES; /* of a part */
        /* 256 values' rounding errors: their mean square is step^2 / 12 within 20 %. */
        CHECK(nearest(x, images, c->pool) < 1.5 * step * step / 12 / power);
    }
    free(images);
}

static void a_pool_is_what_the_generator_gives(void)
{
    train_feed_config c = small_config();
    uint64_t seed = train_seed_derive(c.seed, TRAIN_SEED_CHANNEL, 0, 0);
    float *want = generate(c.sources[0].channel, seed, 2 * POOL, POOL);
    check_pool_is(&c, 2, want);
    free(want);
}

/* 10 samples of environments of 4 UEs take 3 environments; their 12 UEs go into 2^32 so often. */
static void environments_are_never_drawn_twice(void)
{
    train_feed_config c = small_config();
    c.sources[0].channel = "cost2100-indoor:ues=4";
    c.pool = 10;
    const uint64_t pools = ((uint64_t)1 << 32) / 12;
    const struct {
        uint64_t pool, number;
        uint32_t ue;
    } places[] = {{0, 0, 0},
                  {1, 0, 12},
                  {pools - 1, 0, (uint32_t)(12 * (pools - 1))},
                  {pools, 1, 0},
                  {2 * pools + 5, 2, 60}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        uint64_t seed = train_seed_derive(c.seed, TRAIN_SEED_CHANNEL, 0, places[i].number);
        float *want = generate(c.sources[0].channel, seed, places[i].ue, 10);
        check_pool_is(&c, places[i].pool, want);
        free(want);
    }
    /* Crossing into another channel number while running gives the same as starting there. */
    float *across = collect(&c, (pools - 1) * 10 * REUSE, 2 * 10 * REUSE, 10, false);
    float *beyond = collect(&c, pools * 10 * REUSE, 10 * REUSE, 10, false);
    CHECK(memcmp(across + 10 * REUSE * VALUES, beyond, 10 * REUSE * VALUES * sizeof *beyond) == 0);
    free(across);
    free(beyond);
}

static void samples_are_aligned(void)
{
    enum { COUNT = 2 * POOL * REUSE };
    train_feed_config c = mixed_config();
    c.align = CSI_ALIGN_NONE;
    float *plain = collect(&c, 0, COUNT, POOL, false), image[VALUES];
    c.align = CSI_ALIGN_DELAY_ANGLE;
    float *aligned = collect(&c, 0, COUNT, POOL, false);
    size_t shifted = 0;
    for (size_t i = 0; i < COUNT; i++) {
        csi_shift shift = csi_align_find(c.align, &dims, plain + i * VALUES);
        csi_align_apply(&dims, &shift, plain + i * VALUES, image);
        /* Two taps as strong up to rounding could differ; none here are. */
        CHECK(harness_max_abs_diff(image, aligned + i * VALUES, VALUES) == 0);
        shifted += shift.delay > 0 || shift.angle > 0;
    }
    CHECK(shifted > COUNT / 4);
    free(plain);
    free(aligned);
}

static void layouts_are_transposes(void)
{
    train_feed_config c = mixed_config();
    float *angle = collect(&c, 0, POOL, POOL, false);
    c.layout = ONNX_DELAY_ANGLE;
    float *delay = collect(&c, 0, POOL, POOL, false);
    train_feed *feed = open_feed(&c, 0);
    float held[2][VALUES];
    CHECK(train_feed_holdout(feed, 1, 0, 1, held[0], NULL) == ERR_NONE);
    train_feed_close(feed);
    c.layout = ONNX_ANGLE_DELAY;
    feed = open_feed(&c, 0);
    CHECK(train_feed_holdout(feed, 1, 0, 1, held[1], NULL) == ERR_NONE);
    train_feed_close(feed);
    for (size_t k = 0; k < VALUES; k++) {
        size_t a = k / NI % NT, d = k % NI, at = k / ENTRIES * ENTRIES + d * NT + a;
        for (size_t i = 0; i < POOL; i++)
            CHECK(angle[i * VALUES + k] == delay[i * VALUES + at]);
        CHECK(held[1][k] == held[0][at]);
    }
    free(angle);
    free(delay);
}

/* --- files ----------------------------------------------------------------------------------- */

/* A file of `count` samples; sample i has its one entry, of `sign`, at place i. */
static void write_file(char path[64], size_t count, float sign)
{
    snprintf(path, 64, "/tmp/csilink-feed-%ld-%c.npy", (long)getpid(), sign > 0 ? 'a' : 'b');
    npy_writer *w = npy_writer_open(path, count, VALUES, NULL);
    REQUIRE(w != NULL);
    for (size_t i = 0; i < count; i++) {
        float x[VALUES];
        for (size_t k = 0; k < VALUES; k++)
            x[k] = 0.5f + (k == i ? sign * 0.25f : 0);
        REQUIRE(npy_writer_add(w, x, 1, NULL) == ERR_NONE);
    }
    REQUIRE(npy_writer_close(w, NULL) == ERR_NONE);
}

/* Which sample of which file an image is: place, or -1 - place for negative ones. */
static int marker(const float *image)
{
    for (int k = 0; k < VALUES; k++)
        if (fabsf(image[k] - 0.5f) > 0.1f)
            return image[k] > 0.5f ? k : -1 - k;
    return INT32_MAX;
}

enum { FILE_A = 50, FILE_B = 30 };

static train_feed_config file_config(char a[64], char b[64])
{
    write_file(a, FILE_A, 1);
    write_file(b, FILE_B, -1);
    train_feed_config c = small_config();
    c.n_sources = 2;
    c.sources[0] = (train_source){a, 0, 3, 0};
    c.sources[1] = (train_source){b, 0, 1, 0};
    c.pool = 40;
    return c;
}

static void sources_have_their_shares_and_files_their_passes(void)
{
    enum { POOLS = 9 }; /* 270 samples of A: 6 passes over 45; 90 of B: 3 1/3 over 27 */
    char a[64], b[64];
    train_feed_config c = file_config(a, b);
    size_t used_a[FILE_A] = {0}, used_b[FILE_B] = {0};
    float *images = collect(&c, 0, POOLS * 40 * REUSE, 40, false);
    for (size_t pass = 0; pass < POOLS * REUSE; pass++) {
        size_t of_a = 0;
        for (size_t i = 0; i < 40; i++) {
            int m = marker(images + (pass * 40 + i) * VALUES);
            REQUIRE(m < FILE_A && m >= -FILE_B);
            of_a += m >= 0;
            ++*(m >= 0 ? &used_a[m] : &used_b[-1 - m]);
        }
        CHECK(of_a == 30);
    }
    for (size_t i = 0; i < FILE_A; i++)
        CHECK(used_a[i] == (i < 45 ? 6 * REUSE : 0)); /* the last tenth is held out */
    for (size_t i = 0; i < FILE_B; i++)
        CHECK(i < 27 ? used_b[i] == 3 * REUSE || used_b[i] == 4 * REUSE : used_b[i] == 0);
    free(images);
    remove(a);
    remove(b);
}

static void a_files_last_tenth_is_held_out(void)
{
    char a[64], b[64];
    train_feed_config c = file_config(a, b);
    train_feed *feed = open_feed(&c, 0);
    float images[10 * VALUES];
    size_t used[FILE_A] = {0};
    CHECK(train_feed_holdout(feed, 0, 3, 10, images, NULL) == ERR_NONE);
    for (size_t i = 0; i < 10; i++) {
        int m = marker(images + i * VALUES);
        REQUIRE(m >= 45 && m < 50);
        used[m]++;
        CHECK(images[i * VALUES + (size_t)m] == 1); /* scaled by its own largest part */
    }
    for (size_t i = 45; i < 50; i++)
        CHECK(used[i] == 2);
    CHECK(train_feed_holdout(feed, -1, 0, 10, images, NULL) == ERR_NONE);
    for (size_t i = 0; i < 10; i++)
        CHECK((marker(images + i * VALUES) >= 0) == (i % 2 == 0));
    train_feed_close(feed);
    remove(a);
    remove(b);
}

/* --- what is held out ------------------------------------------------------------------------ */

static void what_is_held_out_is_never_trained_on(void)
{
    enum { COUNT = 60 };
    train_feed_config c = mixed_config();
    float *trained = collect(&c, 0, 3 * POOL * REUSE, POOL, false);
    train_feed *feed = open_feed(&c, 0);
    static float first[COUNT * VALUES], again[COUNT * VALUES], other[COUNT * VALUES];
    CHECK(train_feed_holdout(feed, -1, 0, COUNT, first, NULL) == ERR_NONE);
    CHECK(train_feed_holdout(feed, -1, 0, COUNT / 2, again, NULL) == ERR_NONE);
    CHECK(train_feed_holdout(feed, -1, 1, COUNT, other, NULL) == ERR_NONE);
    CHECK(memcmp(first, again, COUNT / 2 * VALUES * sizeof *first) == 0);
    for (size_t i = 0; i < COUNT; i++) {
        CHECK(nearest(first + i * VALUES, other, COUNT) > 1e-3);
        csi_shift shift = csi_align_find(c.align, &dims, first + i * VALUES);
        CHECK(shift.delay == 0 && (shift.angle == NT / 2 || shift.angle == 0));
        /* Whatever the phases, the same channel again would be alike to within 1e-6. */
        double most = 0;
        for (size_t j = 0; j < 3 * POOL * REUSE; j++)
            most = fmax(most, similarity(first + i * VALUES, trained + j * VALUES));
        CHECK(most < 0.9999);
    }
    for (int s = 0; s < c.n_sources; s++) {
        CHECK(train_feed_holdout(feed, s, 0, COUNT / 3, again, NULL) == ERR_NONE);
        for (size_t i = 0; i < COUNT / 3; i++)
            CHECK(memcmp(again + i * VALUES, first + (3 * i + (size_t)s) * VALUES,
                         VALUES * sizeof *first) == 0);
    }
    train_feed_close(feed);
    free(trained);
}

static void every_seed_is_a_different_one(void)
{
    enum { PURPOSES = 5, SOURCES = 4, NUMBERS = 50, ALL = PURPOSES * SOURCES * NUMBERS };
    static uint64_t seeds[ALL + 1] = {11};
    for (size_t i = 0; i < ALL; i++) {
        uint64_t number = i % NUMBERS;
        number = number % 2 ? number << 32 : number;
        seeds[i + 1] = train_seed_derive(11, (train_seed)(1 + i / NUMBERS % PURPOSES),
                                         (int)(i / NUMBERS / PURPOSES), number);
    }
    for (size_t i = 0; i <= ALL; i++)
        for (size_t j = 0; j < i; j++)
            CHECK(seeds[i] != seeds[j]);
}

/* --- the rest -------------------------------------------------------------------------------- */

static void rotation_gives_the_same_bits_at_every_level(void)
{
    static train_rotate_fn *const rotate[CPU_LEVELS] = SIMD_TABLE(train_rotate);
    enum { ODD = 61 };
    int16_t stored[2 * ODD];
    float want[2 * ODD], image[2 * ODD];
    rng r = rng_at(1, RNG_TEST, 0, 0);
    for (size_t i = 0; i < 2 * ODD; i++)
        stored[i] = (int16_t)((int)(rng_u32(&r) % 65535) - 32767);
    rotate[CPU_BASE](stored, ODD, 0.6f, 0.8f, want);
    for (size_t i = 0; i < ODD; i++) /* within rounding of the definition, up to one scale */
        CHECK_NEAR((double)((want[i] - 0.5f) * (0.6f * stored[0] - 0.8f * stored[ODD])),
                   (double)((want[0] - 0.5f) * (0.6f * stored[i] - 0.8f * stored[ODD + i])), 0.02);
    for (cpu_isa level = CPU_BASE; level <= cpu_level(); level++) {
        rotate[level](stored, ODD, 0.6f, 0.8f, image);
        CHECK(memcmp(image, want, sizeof want) == 0);
    }
}

static void check_refused(const train_feed_config *c, int code, const char *said)
{
    err e = {0};
    train_feed *feed = train_feed_open(c, 0, &e);
    CHECK(feed == NULL);
    CHECK(e.code == code);
    CHECK(strstr(e.text, said) != NULL);
    train_feed_close(feed);
}

static void what_cannot_be_drawn_is_refused_with_a_reason(void)
{
    train_feed_config c = small_config();
    c.sources[0].channel = "raleigh";
    check_refused(&c, ERR_INVALID, "unknown channel 'raleigh'");
    c.sources[0].channel = "/nonexistent/x.npy";
    check_refused(&c, ERR_IO, "/nonexistent/x.npy");
    c = mixed_config();
    c.sources[1].weight = 0;
    check_refused(&c, ERR_INVALID, "weight must be above 0");
    c.sources[1].weight = 1e-3;
    check_refused(&c, ERR_INVALID, "'umi-nlos' gets no sample in a pool of 48");
    c = small_config();
    c.reuse = 0;
    check_refused(&c, ERR_INVALID, "used 0 times");
    c = small_config();
    c.threads = 0;
    check_refused(&c, ERR_INVALID, "0 threads");
}

/* Between two pools, its channel is exchanged for one of other dimensions. */
static void a_drawing_threads_failure_is_told(void)
{
    train_feed_config c = small_config();
    train_feed *feed = open_feed(&c, 0);
    REQUIRE(train_feed_ready(feed, POOL * REUSE - 1, 2, NULL) == ERR_NONE); /* 0 and 1 */
    fading_config other = FADING_CONFIG_DEFAULT;
    fading *channel = fading_open("rayleigh", &other, NULL);
    REQUIRE(channel != NULL);
    pthread_mutex_lock(&feed->mutex);
    fading *before = feed->samplers[0].channel;
    feed->samplers[0].channel = channel;
    pthread_mutex_unlock(&feed->mutex);
    fading_close(before);
    train_feed_ready(feed, POOL * REUSE, 1, NULL); /* pool 1 is there, if it failed no sooner */
    for (int again = 0; again < 2; again++) {
        err e = {0};
        CHECK(train_feed_ready(feed, 2 * POOL * REUSE, 1, &e) == ERR_MISMATCH);
        CHECK(strstr(e.text, "channel 'rayleigh:epa'") != NULL);
    }
    train_feed_close(feed);
}

static void asking_out_of_turn_is_refused(void)
{
    train_feed_config c = small_config();
    train_feed *feed = open_feed(&c, 0);
    CHECK(train_feed_ready(feed, 0, POOL + 1, NULL) == ERR_INVALID);
    CHECK(train_feed_ready(feed, 0, 0, NULL) == ERR_INVALID);
    CHECK(train_feed_ready(feed, POOL * REUSE - 5, 10, NULL) == ERR_NONE);
    CHECK(train_feed_ready(feed, POOL * REUSE, 10, NULL) == ERR_NONE);
    CHECK(train_feed_ready(feed, 0, 10, NULL) == ERR_STATE);
    float image[VALUES];
    CHECK(train_feed_holdout(feed, 1, 0, 1, image, NULL) == ERR_INVALID);
    CHECK(train_feed_waited(feed) >= 0);
    train_feed_close(feed);
}

static void closing_does_not_wait_for_a_pool(void)
{
    train_feed_config c = small_config();
    c.sources[0].channel = "uma-nlos";
    c.pool = 4000;
    uint64_t start = clock_ns();
    train_feed *feed = open_feed(&c, 0);
    uint64_t opened = clock_ns();
    train_feed_close(feed);
    CHECK(clock_ns() - opened < (opened - start) / 4);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"a sample depends on its number alone: not on threads, batches, start or order",
         a_sample_depends_on_its_number_alone},
        {"every sample of a pool is used as often, once a pass, in another order each time",
         every_sample_of_a_pool_is_used_as_often},
        {"permutations are bijections", permutations_are_bijections},
        {"permutations favour no place", permutations_favour_no_place},
        {"turning changes the phase alone, uniformly", turning_changes_the_phase_alone},
        {"a pool is what the generator gives, within rounding to int16",
         a_pool_is_what_the_generator_gives},
        {"environments are never drawn twice, beyond the last UE number, too",
         environments_are_never_drawn_twice},
        {"samples are aligned as codec/onnx/align.h has it", samples_are_aligned},
        {"the two layouts are transposes of each other", layouts_are_transposes},
        {"sources have their shares of every pass, a file's samples come once each before again",
         sources_have_their_shares_and_files_their_passes},
        {"a file's last tenth is held out", a_files_last_tenth_is_held_out},
        {"what is held out is never trained on, and depends on its set alone",
         what_is_held_out_is_never_trained_on},
        {"every purpose, source and number has a seed of its own", every_seed_is_a_different_one},
        {"turning is the same bits at every instruction set level",
         rotation_gives_the_same_bits_at_every_level},
        {"what cannot be drawn is refused with a reason",
         what_cannot_be_drawn_is_refused_with_a_reason},
        {"the next call reports a drawing thread's failure", a_drawing_threads_failure_is_told},
        {"asking for samples out of turn is refused", asking_out_of_turn_is_refused},
        {"closing does not wait for a pool", closing_does_not_wait_for_a_pool},
    };
    return harness_main(argc, argv, "feed", tests, sizeof tests / sizeof tests[0]);
}
