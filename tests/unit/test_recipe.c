#include "harness.h"
#include "train/recipe/recipe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char minimal[] = "architecture: csilink-net\ncr: 8\nscenario: indoor\n"
                              "sources: [{channel: cost2100-indoor}]\n";

static int parse(train_recipe *r, const char *text, err *e)
{
    train_recipe_init(r);
    return train_recipe_parse(r, text, strlen(text), "r.yaml", e);
}

/* The text is refused, and the message has every hint ("a|b"). */
static void refused(const char *text, const char *hints)
{
    train_recipe r;
    err e = {0};
    char list[128];
    int status = parse(&r, text, &e);
    if (status == 0)
        status = train_recipe_complete(&r, &e);
    CHECK(status != 0 && status == e.code);
    CHECK(strchr(e.text, '\n') == NULL);
    snprintf(list, sizeof list, "%s", hints);
    for (char *hint = strtok(list, "|"); hint; hint = strtok(NULL, "|")) {
        if (!strstr(e.text, hint))
            printf("    no '%s' in: %s\n", hint, e.text);
        CHECK(strstr(e.text, hint) != NULL);
    }
    train_recipe_free(&r);
}

static char *print(const train_recipe *r)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    REQUIRE(f != NULL);
    train_recipe_print(r, f);
    fclose(f);
    return text;
}

static void test_defaults(void)
{
    train_recipe r;
    err e = {0};
    REQUIRE(parse(&r, minimal, &e) == 0);
    REQUIRE(train_recipe_complete(&r, &e) == 0);
    const train_config *c = &r.config;
    CU_ASSERT_STRING_EQUAL(r.name, "csilink-net-cr8-indoor");
    CHECK(c->batch == 256 && c->learning_rate == 1e-3 && c->objective.loss == TRAIN_NMSE);
    CHECK(c->objective.snr_min_db == -5 && c->objective.snr_max_db == 40);
    CHECK(c->objective.clean == 0.2 && c->feed.layout == ONNX_DELAY_ANGLE);
    CHECK(c->checks == 5 && isinf(c->check_snr_db[0]) && c->check_snr_db[4] == -5);
    CHECK(c->threads >= 1 && c->batch % c->threads == 0 && c->chunk >= 1);
    CHECK(c->warmup == 20000 && c->validate_every == c->samples / 20);
    train_recipe_free(&r);
}

/* A validation meets 2000 samples at five SNRs: one for each 40,000 of training, or at the end. */
static void test_intervals(void)
{
    static const struct {
        const char *samples;
        uint64_t every;
    } cases[] = {{"1M", 50000}, {"400k", 40000}, {"20k", 20000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        train_recipe r;
        err e = {0};
        REQUIRE(parse(&r, minimal, &e) == 0);
        REQUIRE(train_recipe_set(&r, "batch", "100", &e) == 0);
        REQUIRE(train_recipe_set(&r, "samples", cases[i].samples, &e) == 0);
        REQUIRE(train_recipe_complete(&r, &e) == 0);
        CHECK(r.config.validate_every == cases[i].every);
        train_recipe_free(&r);
    }
}

static void test_values(void)
{
    train_recipe r;
    err e = {0};
    static const char text[] =
        "# a comment\nstart: a/b\nfamily: my.net\ncr: 16\nscenario: 'x'\nlayout: angle-delay\n"
        "align: delay-angle\npool: 1.1k\nreuse: 3\nturn: no\nreferences: 4\nloss: mse\n"
        "balance: 1\nbatch: 100\nthreads: 2\nepochs: 7\nepoch: 20k\nstatistics: 9\nseed: 5\n"
        "time: 90m\nsnr: {min: 3, max: 3, clean: 0}\n"
        "optimizer:\n  rate: 2e-3\n  final: 0\n  warmup: 0\n  ema: 0\n"
        "validate: {every: 2M, samples: 10, snr: [inf, -5.5]}\n"
        "sources:\n - channel: uma-nlos\n   carrier: 28e9\n - {channel: f.mat, weight: 0.5}\n";
    REQUIRE(parse(&r, text, &e) == 0);
    REQUIRE(train_recipe_complete(&r, &e) == 0);
    const train_config *c = &r.config;
    CU_ASSERT_STRING_EQUAL(r.name, "my.net-cr16-x");
    CHECK(r.start && strcmp(r.start, "a/b") == 0 && !r.architecture && r.time_s == 5400);
    CHECK(c->feed.layout == ONNX_ANGLE_DELAY && c->feed.align == CSI_ALIGN_DELAY_ANGLE);
    CHECK(c->feed.pool == 1100 && c->feed.reuse == 3 && !c->feed.rotate && c->feed.seed == 5);
    CHECK(c->objective.references == 4 && c->objective.loss == TRAIN_MSE);
    CHECK(c->objective.balance == 1 && c->batch == 100 && c->samples == 140000);
    CHECK(c->objective.snr_min_db == 3 && c->objective.snr_max_db == 3 && c->objective.clean == 0);
    CHECK(c->learning_rate == 2e-3 && c->final_rate == 0 && c->warmup == 0 && c->ema == 0);
    CHECK(c->validate_every == 140000 && c->validation == 10 && c->checks == 2);
    CHECK(isinf(c->check_snr_db[0]) && c->check_snr_db[1] == -5.5 && c->statistics == 9);
    REQUIRE(c->feed.n_sources == 2);
    CHECK(c->feed.sources[0].carrier_hz == 28e9 && c->feed.sources[1].weight == 0.5);
    CU_ASSERT_STRING_EQUAL(c->feed.sources[1].channel, "f.mat");
    train_recipe_free(&r);
}

static void test_round_trip(void)
{
    train_recipe a, b;
    err e = {0};
    REQUIRE(parse(&a, minimal, &e) == 0);
    REQUIRE(train_recipe_set(&a, "optimizer.rate", "0.00123456789", &e) == 0);
    REQUIRE(train_recipe_set_channel(&a, "it's [a], {b}: #c", 1.0 / 3, &e) == 0);
    REQUIRE(train_recipe_set(&a, "validate.snr", "inf,0.1", &e) == 0);
    REQUIRE(train_recipe_complete(&a, &e) == 0);
    char *first = print(&a);
    int status = parse(&b, first, &e);
    if (status != 0)
        printf("    %s\n", e.text);
    REQUIRE(status == 0);
    REQUIRE(train_recipe_complete(&b, &e) == 0);
    char *second = print(&b);
    CU_ASSERT_STRING_EQUAL(first, second);
    CHECK(b.config.learning_rate == 0.00123456789 && b.config.check_snr_db[1] == 0.1);
    CU_ASSERT_STRING_EQUAL(b.config.feed.sources[0].channel, "it's [a], {b}: #c");
    CHECK(b.config.feed.sources[0].carrier_hz == 1.0 / 3);
    free(first);
    free(second);
    train_recipe_free(&a);
    train_recipe_free(&b);
}

static void test_quantize(void)
{
    train_recipe a, b;
    err e = {0};
    REQUIRE(parse(&a, minimal, &e) == 0 && train_recipe_complete(&a, &e) == 0);
    char *text = print(&a);
    CHECK(strstr(text, "quantize") == NULL);
    free(text);
    REQUIRE(train_recipe_set(&a, "quantize.scheme", "static", &e) == 0);
    REQUIRE(train_recipe_set(&a, "quantize.skip", "/a/Conv,b", &e) == 0);
    REQUIRE(train_recipe_set(&a, "quantize.calibration", "2k", &e) == 0);
    CHECK(train_recipe_set(&a, "quantize.scheme", "int8", &e) == ERR_INVALID);
    CHECK(strstr(e.text, "none|dynamic|static|binary") != NULL);
    REQUIRE(train_recipe_complete(&a, &e) == 0);
    text = print(&a);
    REQUIRE(parse(&b, text, &e) == 0 && train_recipe_complete(&b, &e) == 0);
    const train_quantize *q = &b.config.quantize;
    CHECK(q->scheme == GRAD_STATIC && !q->decoder && q->calibration == 2000 && q->wide == NULL);
    CU_ASSERT_STRING_EQUAL(q->skip, "/a/Conv,b");
    free(text);
    train_recipe_free(&a);
    train_recipe_free(&b);
}

static void test_overrides(void)
{
    train_recipe r;
    err e = {0};
    char text[512];
    snprintf(text, sizeof text, "%sepochs: 10\nepoch: 1k\n", minimal);
    REQUIRE(parse(&r, text, &e) == 0);
    CHECK(train_recipe_set(&r, "samples", "2k", &e) == 0);
    CHECK(train_recipe_set(&r, "start", "prefix", &e) == 0 && r.architecture == NULL);
    CHECK(train_recipe_set(&r, "architecture", "cllwcsinet", &e) == 0 && r.start == NULL);
    CHECK(train_recipe_set(&r, "cr", "4", &e) == 0);
    REQUIRE(train_recipe_complete(&r, &e) == 0);
    CHECK(r.config.samples == 2048); /* 8 steps of 256 */
    CU_ASSERT_STRING_EQUAL(r.name, "cllwcsinet-cr4-indoor");
    CHECK(train_recipe_set(&r, "optimizer.rats", "1", &e) == ERR_INVALID);
    CHECK(strstr(e.text, "did you mean optimizer.rate") != NULL);
    CHECK(train_recipe_set(&r, "batch", "0", &e) == ERR_INVALID && strstr(e.text, "1 to 65536"));
    CHECK(r.config.batch == 256);
    train_recipe_free(&r);
}

static void test_places(void)
{
    refused("batch: 10\n# batch: 3\ncr: eight\n", "r.yaml:3|'cr'|'eight'|1 to 1024");
    refused("snr:\n  min: 0\n  mox: 3\n", "r.yaml:3|'snr.mox'|did you mean max");
    refused("snr: {min: 0,\n clean: 1.5}\n", "r.yaml:2|'snr.clean'|0 to 1");
    refused("sedd: 3\n", "r.yaml:1|'sedd'|did you mean seed");
    refused("snr: {q: 3}\n", "r.yaml:1|the keys here are min, max, clean");
    refused("align: left\n", "'align'|none|delay|delay-angle");
    refused("turn: maybe\n", "'turn'|yes nor no");
    refused("time: soon\n", "'time'|30m");
    refused("family: a/b\n", "'family'|letters");
    refused("samples: 1.2345\n", "'samples'|whole number");
    refused("validate:\n  snr: [0,\n   x]\n", "r.yaml:2|'validate.snr'");
    refused("validate: {snr: [1,2,3,4,5,6,7,8,9]}\n", "'validate.snr");
    refused("sources:\n - channel: a\n - weight: -1\n   channel: b\n",
            "r.yaml:3|'sources[2].weight'");
    refused("sources:\n - carrier: 3\n", "channel");
    refused("sources: [{channel: a, wieght: 2}]\n", "did you mean weight");
    refused("cr: 3\ncr: 4\n", "r.yaml:1|'cr'|already seen");
}

static void test_hostile(void)
{
    static char big[TRAIN_RECIPE_BYTES_MAX + 2];
    memset(big, '#', sizeof big - 1);
    refused(big, "a recipe is smaller");
    refused("", "file is empty");
    refused("# only this\n", "file is empty");
    refused("- 1\n", "r.yaml");
    refused("architecture: [a]\n", "r.yaml:1|'architecture'");
    refused("a: &x [*x]\n", "r.yaml");
    refused("seed: *x\n", "r.yaml:1|*x has no anchor");
    refused("seed: \"3\n", "r.yaml");
    refused("\tseed: 3\n", "r.yaml");
    refused("? [a, b]\n: 3\n", "r.yaml");
    refused("seed: -1\n", "'seed'");
    refused("seed: 1e300\n", "'seed'");
    refused("seed: nan\n", "'seed'");
    refused("balance: nan\n", "'balance'");
    refused("architecture: \"a\\x01\"\n", "control character");
    refused("sources: [{channel: \"a\\nb\"}]\n", "'sources[1].channel'|control character");
    refused("seed: a\n\n b\n", "r.yaml:1|'seed'");
    memset(big, '[', 5000);
    big[5000] = '\0';
    refused(big, "r.yaml");
    train_recipe r;
    err e = {0};
    train_recipe_init(&r);
    CHECK(train_recipe_parse(&r, "seed: 3\n\0:", 10, "r.yaml", &e) == ERR_FORMAT);
    CHECK(train_recipe_read(&r, "/nonexistent/r.yaml", &e) == ERR_IO);
    CHECK(strstr(e.text, "/nonexistent/r.yaml") != NULL);
    train_recipe_free(&r);
}

static void with(const char *more, const char *hints)
{
    char text[512];
    snprintf(text, sizeof text, "%s%s", minimal, more);
    refused(text, hints);
}

static void test_limits(void)
{
    with("start: x\n", "exclude");
    with("epochs: 3\n", "need each other");
    with("epochs: 3\nepoch: 5\nsamples: 3\n", "exclude");
    with("threads: 3\n", "batch|3 threads");
    with("snr: {min: 5, max: 4}\n", "snr.min");
    with("optimizer: {final: 1}\n", "optimizer.final");
    with("samples: 1k\noptimizer: {warmup: 2k}\n", "warmup");
    refused("cr: 8\nscenario: a\nsources: [{channel: x}]\n", "architecture");
    refused("architecture: a\nscenario: a\nsources: [{channel: x}]\n", "--cr");
    refused("architecture: a\ncr: 8\nsources: [{channel: x}]\n", "scenario");
    refused("architecture: a\ncr: 8\nscenario: a\n", "sources");
    refused("start: a\ncr: 8\nscenario: a\nsources: [{channel: x}]\n", "family");
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"a recipe of four lines has every default", test_defaults},
        {"a short run validates seldom", test_intervals},
        {"every key reaches the configuration", test_values},
        {"a completed recipe reads back as what was printed", test_round_trip},
        {"a recipe with quantization prints it and reads it back", test_quantize},
        {"overrides replace what the recipe says, and what excludes them", test_overrides},
        {"a mistake is named by file, line, key and what is allowed", test_places},
        {"hostile YAML is refused in one line", test_hostile},
        {"what no key can see alone is checked", test_limits},
    };
    return harness_main(argc, argv, "recipe", tests, sizeof tests / sizeof tests[0]);
}
