/* klt as a codec of bits: how it allocates them, that it keeps to them, and what they give. */
#include <float.h>
#include <unistd.h>

#include "base/decibel.h"
#include "codec/klt/allocation.h"
#include "klt_tools.h"
#include "payload/bits.h"

enum { MEASURED = 300 };

typedef struct ends {
    codec_info info;
    void *model, *work;
    payload report;
    csi_transform *transform;
    csi_view *view;
} ends;

/* One model serves both ends: they hold the same. */
static ends open_ends(const char *arguments)
{
    const csi_dims dims = {.nt = NT, .nc = 64, .tp = NT, .ni = NI};
    ends c = {0};
    err e = {0};
    c.model = codec_klt.load(CODEC_ENCODER, arguments, &c.info, &e);
    if (!c.model)
        printf("    %s\n", e.text);
    REQUIRE(c.model != NULL);
    c.work = codec_klt.open(c.model, NULL);
    c.transform = csi_transform_create(&dims, NULL);
    c.view = c.transform ? csi_view_create(c.transform, NULL) : NULL;
    REQUIRE(c.work && c.view && payload_init(&c.report, &c.info.shape, NULL) == ERR_NONE);
    CHECK(c.info.shape.values_max == 0 && c.info.identity != 0 && c.info.flags == 0);
    return c;
}

static void close_ends(ends *c)
{
    csi_view_free(c->view);
    csi_transform_free(c->transform);
    payload_free(&c->report);
    codec_klt.close(c->work);
    codec_klt.unload(c->model);
}

static int encode(ends *c, const float complex *h, err *e)
{
    csi_view_from_angle_delay(c->view, h);
    return codec_klt.encode(c->work, NULL, c->view, &c->report, NULL, e);
}

static int decode(ends *c, float complex *h, err *e)
{
    return codec_klt.decode(c->work, NULL, &c->report, &(codec_hint){.snr_db = 10}, h, NULL, e);
}

static double energy_of(const float complex *h)
{
    double sum = 0;
    for (size_t j = 0; j < ENTRIES; j++)
        sum += (double)crealf(h[j]) * (double)crealf(h[j]) +
               (double)cimagf(h[j]) * (double)cimagf(h[j]);
    return sum;
}

static double lose(ends *c, const float complex *h)
{
    float complex back[ENTRIES], rest[ENTRIES];
    REQUIRE(encode(c, h, NULL) == ERR_NONE && decode(c, back, NULL) == ERR_NONE);
    for (size_t j = 0; j < ENTRIES; j++)
        rest[j] = h[j] - back[j];
    return energy_of(rest) / energy_of(h);
}

static double mean_loss_db(uint32_t set, const char *arguments)
{
    ends c = open_ends(arguments);
    double sum = 0;
    for (uint32_t i = 0; i < MEASURED; i++) {
        float complex h[ENTRIES];
        make_sample(set, i, h);
        sum += lose(&c, h);
        REQUIRE(c.report.side_bits >= c.info.shape.side_bits_min);
        REQUIRE(c.report.side_bits <= c.info.shape.side_bits_max);
    }
    close_ends(&c);
    return db_of_power(sum / MEASURED);
}

static const char *with_bits(const char *file, uint32_t bits, const char *options)
{
    char text[96];
    snprintf(text, sizeof text, ",bits=%u%s", bits, options);
    return arguments_of(file, text);
}

/* --- allocation ---------------------------------------------------------------------------------
 */

static void take_distortions(lloyd_shape shape, double distortion[LLOYD_BITS_MAX + 1])
{
    static lloyd_quantizer q;
    distortion[0] = 1;
    for (unsigned b = 1; b <= LLOYD_BITS_MAX; b++) {
        REQUIRE(lloyd_design(shape, b, &q));
        distortion[b] = q.distortion;
    }
}

static double total(const float *variance, const uint8_t *width, size_t n, const double *distortion)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)variance[i] * distortion[width[i]];
    return sum;
}

/* The least distortion that any allocation has, by dynamic programming over values. */
static double least(const float *variance, size_t n, const double *distortion, uint32_t budget)
{
    static double best[2][512];
    for (uint32_t b = 0; b <= budget; b++)
        best[0][b] = 0;
    for (size_t i = 0; i < n; i++)
        for (uint32_t b = 0; b <= budget; b++) {
            double *to = &best[(i + 1) % 2][b];
            *to = INFINITY;
            for (uint32_t w = 0; w <= LLOYD_BITS_MAX && w <= b; w++)
                *to = fmin(*to, best[i % 2][b - w] + (double)variance[i] * distortion[w]);
        }
    return best[n % 2][budget];
}

static void allocations_sum_to_the_budget(void)
{
    enum { N = 40 };
    double distortion[LLOYD_BITS_MAX + 1];
    take_distortions(LLOYD_HALF, distortion);
    for (uint32_t round = 0; round < 300; round++) {
        rng r = rng_at(1, RNG_TEST, round, 0);
        float variance[N] = {1};
        uint8_t width[N];
        for (size_t i = 1; i < N; i++) /* some alike */
            variance[i] = variance[i - 1] * (rng_uniform(&r) < 0.3 ? 1 : (float)rng_uniform(&r));
        for (size_t i = 0; i < N; i++)
            variance[i] = fmaxf(variance[i], 1e-30f);
        size_t n = 1 + (size_t)(rng_uniform(&r) * (N - 1));
        uint32_t most = (uint32_t)n * LLOYD_BITS_MAX;
        uint32_t budget = (uint32_t)(rng_uniform(&r) * 1.2 * most);
        for (int how = KLT_GREEDY; how <= KLT_UNIFORM; how++) {
            uint32_t sum = 0;
            CHECK(klt_allocate((klt_allocation)how, variance, n, distortion, budget, width) ==
                  (budget < most ? budget : most));
            for (size_t i = 0; i < n; i++) {
                sum += width[i];
                CHECK(width[i] <= LLOYD_BITS_MAX && (i == 0 || width[i] <= width[i - 1]));
            }
            CHECK(sum == (budget < most ? budget : most));
        }
    }
}

/* Where D is convex the greedy choice is the best of all; where it is not, it may miss in its last
 * step only. */
static void greedy_is_the_best_allocation(void)
{
    enum { N = 24 };
    float variance[N];
    uint8_t width[N];
    for (size_t i = 0; i < N; i++)
        variance[i] = exp2f(-0.7f * (float)i);
    for (int s = LLOYD_HALF; s <= LLOYD_GAUSSIAN; s++) {
        double distortion[LLOYD_BITS_MAX + 1], worst = 1;
        take_distortions((lloyd_shape)s, distortion);
        for (uint32_t budget = 1; budget <= N * LLOYD_BITS_MAX; budget++) {
            klt_allocate(KLT_GREEDY, variance, N, distortion, budget, width);
            worst = fmax(worst, total(variance, width, N, distortion) /
                                    least(variance, N, distortion, budget));
        }
        printf("    shape %g: at most %.4f times the least distortion\n",
               lloyd_beta((lloyd_shape)s), worst);
        CHECK(worst < (s == LLOYD_HALF ? 1.02 : 1 + 1e-9));
    }
}

/* Variances 4^-i and a budget of 4 + 3 + 2 + 1: the water stands at 4^-4. */
static void water_filling_levels_distortions(void)
{
    static const float variance[] = {1, 0x1p-2f, 0x1p-4f, 0x1p-6f, 0x1p-8f, 0x1p-10f};
    static const uint8_t want[] = {4, 3, 2, 1, 0, 0};
    double distortion[LLOYD_BITS_MAX + 1];
    uint8_t width[6];
    take_distortions(LLOYD_GAUSSIAN, distortion);
    CHECK(klt_allocate(KLT_WATER, variance, 6, distortion, 10, width) == 10);
    CHECK(memcmp(width, want, sizeof want) == 0);
}

/* --- reports ------------------------------------------------------------------------------------
 */

static const char *const variants[] = {
    "",         ",alloc=water", ",alloc=uniform", ",shape=1",
    ",shape=2", ",cr=4",        ",entropy=range", ",entropy=range,cr=4"};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

/* Channels of any kind: nothing, one tap, all alike, the largest and the least floats, noise. */
static void make_hostile(uint32_t i, float complex *h)
{
    rng r = rng_at(8, RNG_TEST, i, 0);
    float scale = i % 7 == 1   ? FLT_MAX / 2
                  : i % 7 == 2 ? FLT_TRUE_MIN
                               : exp2f((float)(i % 60) - 30);
    for (size_t j = 0; j < ENTRIES; j++)
        h[j] = i % 5 == 0   ? scale
               : i % 5 == 1 ? (j == i % ENTRIES ? scale * I : 0)
                            : scale * (float)(2 * rng_uniform(&r) - 1) +
                                  I * scale * (float)(2 * rng_uniform(&r) - 1);
    if (i == 0)
        memset(h, 0, ENTRIES * sizeof *h);
}

static void no_report_is_longer_than_allowed(void)
{
    static const uint32_t budgets[] = {16, 17, 31, 72, 200, 509, 1000, 8192};
    static const char *const forms[] = {"cr=1", "cr=1,form=real"};
    for (int f = 0; f < 2; f++) {
        design(forms[f], SAMPLES, "long.klt");
        for (int v = 0; v < VARIANTS; v++)
            for (int b = 0; b < 8; b++) {
                ends c = open_ends(with_bits("long.klt", budgets[b], variants[v]));
                CHECK(c.info.shape.side_bits_max <= budgets[b]);
                for (uint32_t i = 0; i < 40; i++) {
                    float complex h[ENTRIES], back[ENTRIES];
                    err e = {0};
                    make_hostile(i, h);
                    memset(c.report.side, 0xff, bits_bytes(c.info.shape.side_bits_max));
                    CHECK(encode(&c, h, &e) == ERR_NONE);
                    uint32_t bits = c.report.side_bits;
                    CHECK(c.report.values == 0 && bits >= c.info.shape.side_bits_min &&
                          bits <= c.info.shape.side_bits_max);
                    if (bits % 8)
                        CHECK(c.report.side[bits / 8] >> bits % 8 == 0);
                    CHECK(decode(&c, back, &e) == ERR_NONE);
                    CHECK(isfinite(energy_of(back)));
                }
                close_ends(&c);
            }
    }
}

static void a_larger_budget_never_loses_more(void)
{
    static const uint32_t budgets[] = {16, 24, 32, 48, 72, 96, 128, 192, 256, 384, 512};
    design("cr=1", 4000, "grow.klt");
    for (int v = 0; v < VARIANTS; v++) {
        double last = INFINITY;
        printf("    %-20s", variants[v]);
        for (int b = 0; b < 11; b++) {
            double db = mean_loss_db(3, with_bits("grow.klt", budgets[b], variants[v]));
            printf(" %.2f", db);
            CHECK(db <= last + (b > 7 ? 0.05 : 0)); /* where nothing is left to gain */
            last = db;
        }
        printf("\n");
    }
}

/* 64 values: 8 bits for the norm and 64 for them are 1 bit a component. The samples are Gaussian.
 */
static void greedy_beats_uniform_allocation(void)
{
    static const uint32_t budgets[] = {16, 40, 72, 136, 264, 392};
    design("cr=1", 4000, "one.klt");
    for (int b = 0; b < 6; b++) {
        static const char *const ways[] = {",shape=2", ",shape=2,alloc=water",
                                           ",shape=2,alloc=uniform"};
        double db[3];
        for (int i = 0; i < 3; i++)
            db[i] = mean_loss_db(3, with_bits("one.klt", budgets[b], ways[i]));
        printf("    %u bits: greedy %.2f, water %.2f, uniform %.2f dB\n", budgets[b], db[0], db[1],
               db[2]);
        CHECK(db[0] <= db[2] && (budgets[b] != 72 || db[0] < db[2] - 1));
        CHECK(db[0] <= db[1] + 0.1);
    }
}

/* Where few components of a sample are large, and those beside each other. */
static void entropy_coding_gains(void)
{
    void *made;
    size_t size;
    REQUIRE(design_set(SPARSE_SETS, "cr=1", 4000, &made, &size, NULL) == ERR_NONE);
    REQUIRE(file_replace(in_folder("coded.klt"), made, size, NULL) == ERR_NONE);
    free(made);
    for (uint32_t bits = 64; bits <= 256; bits *= 2) {
        double coded =
            mean_loss_db(SPARSE_SETS + 3, with_bits("coded.klt", bits, ",entropy=range"));
        double plain = mean_loss_db(SPARSE_SETS + 3, with_bits("coded.klt", bits, ""));
        printf("    %u bits: %.2f dB, %.2f dB by Lloyd-Max\n", bits, coded, plain);
        CHECK(coded < plain - 2);
    }
}

static void scale_is_no_matter(void)
{
    design("cr=1", 4000, "scale.klt");
    for (int v = 0; v < VARIANTS; v++) {
        ends c = open_ends(with_bits("scale.klt", 128, variants[v]));
        double loss[3] = {0};
        for (uint32_t i = 0; i < 50; i++)
            for (int s = 0; s < 3; s++) {
                float complex h[ENTRIES];
                make_sample(3, i, h);
                for (size_t j = 0; j < ENTRIES; j++)
                    h[j] *= s == 0 ? 1 : s == 1 ? 1.7e-6f : 3.1e4f;
                loss[s] += lose(&c, h);
            }
        CHECK_NEAR(db_of_power(loss[1] / loss[0]), 0, 0.3);
        CHECK_NEAR(db_of_power(loss[2] / loss[0]), 0, 0.3);
        float complex h[ENTRIES] = {0}, back[ENTRIES];
        REQUIRE(encode(&c, h, NULL) == ERR_NONE && decode(&c, back, NULL) == ERR_NONE);
        CHECK(energy_of(back) == 0);
        err e = {0};
        h[3] = v % 2 ? NAN : INFINITY;
        CHECK(encode(&c, h, &e) == ERR_FORMAT && says(&e, "not finite"));
        close_ends(&c);
    }
}

static void a_report_is_a_function_of_the_channel(void)
{
    design("cr=1", SAMPLES, "pure.klt");
    for (int v = 0; v < VARIANTS; v++) {
        ends c = open_ends(with_bits("pure.klt", 200, variants[v]));
        uint8_t first[25];
        float complex h[ENTRIES], other[ENTRIES], back[ENTRIES], again[ENTRIES];
        make_sample(3, 0, h);
        make_sample(3, 1, other);
        REQUIRE(encode(&c, h, NULL) == ERR_NONE && decode(&c, back, NULL) == ERR_NONE);
        uint32_t bits = c.report.side_bits;
        memcpy(first, c.report.side, bits_bytes(bits));
        REQUIRE(encode(&c, other, NULL) == ERR_NONE && decode(&c, again, NULL) == ERR_NONE);
        REQUIRE(encode(&c, h, NULL) == ERR_NONE && decode(&c, again, NULL) == ERR_NONE);
        CHECK(c.report.side_bits == bits && memcmp(first, c.report.side, bits_bytes(bits)) == 0);
        CHECK(memcmp(back, again, sizeof back) == 0);
        close_ends(&c);
    }
}

/* --- from outside -------------------------------------------------------------------------------
 */

static void reports_from_outside_are_checked(void)
{
    design("cr=1", SAMPLES, "outside.klt");
    for (int v = 0; v < VARIANTS; v++) {
        ends c = open_ends(with_bits("outside.klt", 200, variants[v]));
        payload given = c.report;
        static uint8_t side[64];
        float value[1] = {1};
        float complex h[ENTRIES], back[ENTRIES];
        bool coded = strstr(variants[v], "entropy") != NULL;
        rng r = rng_at(4, RNG_TEST, (uint32_t)v, 0);
        uint32_t refused = 0;
        make_sample(3, 2, h);
        REQUIRE(encode(&c, h, NULL) == ERR_NONE);
        uint32_t bits = c.report.side_bits;
        c.report.side = side;
        c.report.value = value;
        for (uint32_t length = 0; length <= 260; length++) { /* cut, or with more behind */
            err e = {0};
            memset(side, 0, sizeof side);
            memcpy(side, given.side, bits_bytes(length < bits ? length : bits));
            c.report.side_bits = length;
            int rc = decode(&c, back, &e);
            CHECK(rc == ERR_NONE ? isfinite(energy_of(back)) : rc == ERR_FORMAT && e.text[0]);
            CHECK(rc == ERR_FORMAT || (length == bits) || (coded && length < bits));
            refused += rc == ERR_FORMAT;
        }
        CHECK(refused > 60);
        for (uint32_t i = 0; i < 500; i++) { /* altered, by a bit or altogether */
            err e = {0};
            memcpy(side, given.side, bits_bytes(bits));
            c.report.side_bits = bits;
            for (uint32_t k = 0; k < bits; k++)
                if (i < bits ? k == i : rng_uniform(&r) < 0.5)
                    side[k / 8] ^= (uint8_t)(1 << k % 8);
            int rc = decode(&c, back, &e);
            CHECK(rc == ERR_NONE ? isfinite(energy_of(back)) : rc == ERR_FORMAT && e.text[0]);
        }
        err e = {0};
        c.report.values = 1;
        CHECK(decode(&c, back, &e) == ERR_FORMAT && says(&e, "takes no values and "));
        c.report = given;
        close_ends(&c);
    }
}

static void options_that_do_not_fit_are_refused(void)
{
    static const struct {
        const char *options, *message;
    } wrong[] = {{",bits=15", "bits=N from 16 to 8192"},
                 {",bits=8193", "bits=N from 16 to 8192"},
                 {",bits=64.5", "bits=N from 16 to 8192"},
                 {",bits=64,alloc=best", "alloc=greedy, water or uniform"},
                 {",bits=64,shape=3", "shape=0.5, 1 or 2"},
                 {",bits=64,entropy=huffman", "entropy=range or none"},
                 {",alloc=water", "also give bits=N from 16 to 8192"},
                 {",entropy=range", "also give bits=N from 16 to 8192"},
                 {",bits=64,spread=0.5", "spread= of codec klt is the power of values"},
                 {",bits=64,entropy=range,alloc=greedy", "which entropy=range does not use"}};
    design("cr=4", SAMPLES, "options.klt");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        codec_info info;
        err e = {0};
        CHECK(!codec_klt.load(CODEC_DECODER, arguments_of("options.klt", wrong[i].options), &info,
                              &e));
        CHECK(e.code == ERR_INVALID && says(&e, wrong[i].message));
    }
}

static void identities_tell_reports_apart(void)
{
    static const char *const options[] = {",bits=64",
                                          ",bits=65",
                                          ",bits=64,shape=1",
                                          ",bits=64,alloc=uniform",
                                          ",bits=64,entropy=range",
                                          ",bits=65,entropy=range",
                                          ""};
    enum { COUNT = sizeof options / sizeof options[0] };
    uint64_t identity[COUNT];
    design("cr=4", SAMPLES, "who.klt");
    for (int i = 0; i < COUNT; i++) {
        codec_info info = {0};
        void *m = codec_klt.load(CODEC_ENCODER, arguments_of("who.klt", options[i]), &info, NULL);
        REQUIRE(m != NULL);
        identity[i] = info.identity;
        for (int k = 0; k < i; k++)
            CHECK(identity[k] != identity[i]);
        codec_klt.unload(m);
    }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"an allocation sums to its budget and never rises", allocations_sum_to_the_budget},
        {"the greedy allocation is the best there is", greedy_is_the_best_allocation},
        {"reverse water-filling leaves the same of each", water_filling_levels_distortions},
        {"no report is longer than allowed, whatever the channel",
         no_report_is_longer_than_allowed},
        {"a larger budget never loses more", a_larger_budget_never_loses_more},
        {"the greedy allocation beats the uniform one, by 1 dB at 1 bit a component",
         greedy_beats_uniform_allocation},
        {"entropy coding gains over Lloyd-Max", entropy_coding_gains},
        {"the scale of a channel is no matter", scale_is_no_matter},
        {"a report is a function of the channel", a_report_is_a_function_of_the_channel},
        {"a report that was cut or altered is refused, or gives finite numbers",
         reports_from_outside_are_checked},
        {"options that do not fit are refused with what would",
         options_that_do_not_fit_are_refused},
        {"reports of different codecs have different identities", identities_tell_reports_apart},
    };
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "klt bits", tests, sizeof tests / sizeof tests[0]);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? status : 1;
}
