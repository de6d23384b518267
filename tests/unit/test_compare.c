/* What `csilink data compare` computes: shares of kept entries and their errors, distances of
 * profiles, critics of known NMSE, and figures from files that may be anything. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/data/critic.h"
#include "cli/data/portrait.h"
#include "cli/data/targets.h"
#include "harness.h"
#include "nn/nn.h"

enum { NT = 4, NI = 8, ENTRIES = NT * NI, WIDTH = 2 * ENTRIES };

static targets t;
static portrait p;

/* Samples whose entry i has amplitude amplitude[i], in the real plane. */
static csi_dataset set_of(size_t samples, const float amplitude[ENTRIES])
{
    csi_dataset s = {samples, NT, NI, malloc(samples * WIDTH * sizeof(float))};
    for (size_t i = 0; i < samples * WIDTH; i++)
        s.x[i] = i % WIDTH < ENTRIES ? 0.5f + amplitude[i % WIDTH] : 0.5f;
    return s;
}

/* --- portraits ---------------------------------------------------------------------------------
 */

static void kept_entries_are_the_strongest(void)
{
    float a[ENTRIES] = {[3] = 0.1f, [9] = 0.2f, [31] = -0.3f};
    csi_dataset s = set_of(3, a);
    targets_init(&t);
    t.kept = 3;
    for (size_t i = 0; i < 3; i++)
        t.keep[i].entries = i + 1;
    REQUIRE(portrait_of(&s, &t, &p, NULL) == ERR_NONE);
    CHECK(p.samples == 3);
    CHECK(fabs(p.lost[0].mean - 5.0 / 14) < 1e-6 && fabs(p.lost[1].mean - 1.0 / 14) < 1e-6);
    CHECK(p.lost[2].mean == 0);
    CHECK(fabs(p.power - 0.14) < 1e-6);
    CHECK(p.lost[0].error < 1e-9); /* of equal samples there is no doubt */
    csi_dataset_free(&s);
}

/* Each sample counts with its power, an empty one not at all. */
static void profiles_have_all_power(void)
{
    float a[ENTRIES] = {[1] = 0.3f, [NI + 2] = 0.1f};
    csi_dataset s = set_of(2, a);
    memset(s.x + WIDTH, 0, WIDTH * sizeof *s.x);
    for (size_t i = WIDTH; i < 2 * WIDTH; i++)
        s.x[i] = 0.5f;
    targets_init(&t);
    t.kept = 1;
    REQUIRE(portrait_of(&s, &t, &p, NULL) == ERR_NONE);
    CHECK(p.samples == 1 && p.tap.count == NI && p.angle.count == NT);
    CHECK(fabs(p.tap.power[1] - 0.09) < 1e-6 && fabs(p.tap.power[2] - 0.01) < 1e-6);
    CHECK(fabs(p.angle.power[0] - 0.09) < 1e-6 && fabs(p.angle.power[1] - 0.01) < 1e-6);
    csi_dataset_free(&s);
}

static void what_has_no_portrait_is_refused(void)
{
    float none[ENTRIES] = {0}, some[ENTRIES] = {[0] = 0.5f};
    csi_dataset empty = set_of(2, none), small = set_of(2, some);
    err e = {0};
    targets_init(&t);
    t.kept = 0;
    CHECK(portrait_of(&empty, &t, &p, &e) == ERR_INVALID && strstr(e.text, "0.5 throughout"));
    targets_init(&t); /* keeps 221 of 32 */
    e = (err){0};
    CHECK(portrait_of(&small, &t, &p, &e) == ERR_INVALID && strstr(e.text, "32 entries"));
    csi_dataset_free(&empty);
    csi_dataset_free(&small);
}

static void a_mean_knows_its_error(void)
{
    portrait_mean m = portrait_mean_of(1 + 2 + 3, 1 + 4 + 9, 3);
    CHECK(m.mean == 2 && fabs(m.error - sqrt(1.0 / 3)) < 1e-12);
    m = portrait_mean_of(5, 25, 1);
    CHECK(m.mean == 5 && m.error == 0);
}

/* 0 from itself in any unit, 1 where they share nothing, and the same both ways. */
static void distances_are_shares(void)
{
    static target_axis a, b;
    a = (target_axis){.count = 3, .power = {1, 2, 1}};
    b = (target_axis){.count = 3, .power = {10, 20, 10}};
    CHECK(portrait_distance(&a, &b) < 1e-12);
    b = (target_axis){.count = 3, .power = {1, 1, 2}};
    CHECK(fabs(portrait_distance(&a, &b) - 0.25) < 1e-12);
    CHECK(portrait_distance(&a, &b) == portrait_distance(&b, &a));
    a = (target_axis){.count = 3, .power = {1, 0, 0}};
    b = (target_axis){.count = 3, .power = {0, 0, 1}};
    CHECK(portrait_distance(&a, &b) == 1);
    b = (target_axis){.first = 1, .count = 2, .power = {3, 1}}; /* of taps 1 and 2 alone */
    a = (target_axis){.count = 3, .power = {9, 3, 1}};
    CHECK(portrait_distance(&a, &b) < 1e-12);
    b = (target_axis){.first = 3, .count = 1, .power = {1}};
    CHECK(isnan(portrait_distance(&a, &b)));
}

/* --- critics -----------------------------------------------------------------------------------
 */

static char folder[64];

/* A pair that gives 0.5 + gain (x - 0.5). */
static void write_critic(const char *name, float gain)
{
    char path[128];
    const int64_t shape[] = {-1, 2, NT, NI};
    for (int side = 0; side < 2; side++) {
        err e = {0};
        float factor = side ? 1 : gain, shift = side ? 0 : 0.5f * (1 - gain);
        nn_builder *b = nn_builder_new();
        nn_builder_input(b, "x", 4, shape);
        nn_builder_floats(b, "factor", 0, NULL, &factor);
        nn_builder_floats(b, "shift", 0, NULL, &shift);
        nn_builder_node(b, "Mul", "scale", "x factor", "m");
        nn_builder_node(b, "Add", "centre", "m shift", "y");
        nn_builder_output(b, "y", 4, shape);
        nn_model *m = nn_builder_finish(b, name, &e);
        snprintf(path, sizeof path, "%s/%s.%s.onnx", folder, name, side ? "decoder" : "encoder");
        REQUIRE(m && nn_model_save(m, path, &e) == ERR_NONE);
        nn_model_free(m);
    }
}

static void remove_critic(const char *name)
{
    char path[128];
    for (int side = 0; side < 2; side++) {
        snprintf(path, sizeof path, "%s/%s.%s.onnx", folder, name, side ? "decoder" : "encoder");
        unlink(path);
    }
}

/* 123 samples: a last pass that is not full counts as far as it goes. */
static void critics_have_their_nmse(void)
{
    float a[ENTRIES] = {[2] = 0.25f, [7] = -0.125f};
    csi_dataset s = set_of(123, a);
    portrait_mean m = {0};
    strcpy(folder, "/tmp/csilink-test-critics-XXXXXX");
    REQUIRE(mkdtemp(folder) != NULL);
    write_critic("same", 1);
    write_critic("half", 0.5f);
    write_critic("none", 0);
    REQUIRE(critic_nmse(folder, "same", &s, &m, NULL) == ERR_NONE);
    CHECK(m.mean == 0 && m.error == 0);
    REQUIRE(critic_nmse(folder, "half", &s, &m, NULL) == ERR_NONE);
    CHECK(fabs(m.mean - 0.25) < 1e-6);
    REQUIRE(critic_nmse(folder, "none", &s, &m, NULL) == ERR_NONE);
    CHECK(fabs(m.mean - 1) < 1e-6);

    targets_init(&t);
    REQUIRE(critic_list(folder, &t, NULL) == ERR_NONE && t.critics == 3);
    CHECK(strcmp(t.critic[0].name, "half") == 0 && strcmp(t.critic[2].name, "same") == 0);
    CHECK(isnan(t.critic[0].nmse_db));
    csi_dataset_free(&s);
}

static void critics_that_do_not_fit_are_refused(void)
{
    float a[ENTRIES] = {[2] = 0.25f};
    csi_dataset s = set_of(3, a);
    portrait_mean m;
    err e = {0};
    CHECK(critic_nmse(folder, "gone", &s, &m, &e) == ERR_IO && strstr(e.text, "critic gone"));
    s.ni = NI - 1;
    e = (err){0};
    CHECK(critic_nmse(folder, "same", &s, &m, &e) == ERR_MISMATCH && strstr(e.text, "images of"));
    csi_dataset_free(&s);
    remove_critic("same");
    remove_critic("half");
    remove_critic("none");
    e = (err){0};
    CHECK(critic_list(folder, &t, &e) == ERR_INVALID && strstr(e.text, "NAME.encoder.onnx"));
    rmdir(folder);
    e = (err){0};
    CHECK(critic_list(folder, &t, &e) == ERR_IO);
}

/* --- targets -----------------------------------------------------------------------------------
 */

static int parse(const char *text, err *e)
{
    *e = (err){0};
    return targets_parse(&t, "t.json", text, strlen(text), e);
}

static void targets_are_read_whole(void)
{
    err e;
    REQUIRE(
        parse("{\"title\": \"a\", \"nmse_db\": {\"n\": -4.5}, \"kept_db\": {\"2\": -1, \"9\": -3}, "
              "\"tap\": {\"first\": 3, \"power\": [1, 0, 2.5]}, "
              "\"within\": {\"nmse_db\": 1, \"kept_db\": 0}}",
              &e) == ERR_NONE);
    CHECK(strcmp(t.title, "a") == 0 && t.critics == 1 && t.critic[0].nmse_db == -4.5);
    CHECK(t.kept == 2 && t.keep[1].entries == 9 && t.keep[1].nmse_db == -3);
    CHECK(t.tap.first == 3 && t.tap.count == 3 && t.tap.power[2] == 2.5 && t.angle.count == 0);
    CHECK(t.nmse_within_db == 1 && t.kept_within_db == 0);
    REQUIRE(parse("{}", &e) == ERR_NONE);
    CHECK(t.kept == 3 && t.keep[0].entries == 13 && isnan(t.keep[0].nmse_db) && t.critics == 0);
}

static void bad_targets_are_named(void)
{
    static const char *const bad[][2] = {
        {"[]", "not an object of targets"},
        {"{\"title\": 3}", "\"title\""},
        {"{\"nmse_db\": []}", "\"nmse_db\" is not an object"},
        {"{\"nmse_db\": {\"a\": \"x\"}}", "\"a\""},
        {"{\"nmse_db\": {\"a\": null}}", "not a number of dB"},
        {"{\"nmse_db\": {\"a\": 1e3}}", "not a number of dB"},
        {"{\"kept_db\": {\"0\": -1}}", "'0'"},
        {"{\"kept_db\": {\"9\": -1, \"3\": -2}}", "ascend"},
        {"{\"kept_db\": {\"x\": -1}}", "'x'"},
        {"{\"tap\": 3}", "\"tap\" is not an object"},
        {"{\"tap\": {}}", "\"power\""},
        {"{\"tap\": {\"power\": [0, 0]}}", "\"power\""},
        {"{\"tap\": {\"power\": [1, -1]}}", "power 1"},
        {"{\"tap\": {\"first\": 1.5, \"power\": [1]}}", "\"first\""},
        {"{\"angle\": {\"first\": 4096, \"power\": [1]}}", "\"angle\""},
        {"{\"within\": {\"nmse_db\": -1}}", "\"within\""},
        {"{\"within\": 1}", "\"within\""},
        {"{", "t.json"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e;
        bool good = parse(bad[i][0], &e) == ERR_FORMAT && strstr(e.text, bad[i][1]) &&
                    strstr(e.text, "t.json") && !strchr(e.text, '\n');
        if (!good)
            printf("     %s: %s\n", bad[i][0], e.text);
        CHECK(good);
    }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"kept entries are the strongest, and what is lost is the rest's share",
         kept_entries_are_the_strongest},
        {"profiles have all power, of each sample what it has", profiles_have_all_power},
        {"a set without energy and one with too few entries are refused",
         what_has_no_portrait_is_refused},
        {"a mean's error is its standard error", a_mean_knows_its_error},
        {"the distance of two profiles is the share that lies elsewhere", distances_are_shares},
        {"critics of known NMSE are found to have it, also in a last pass that is not full",
         critics_have_their_nmse},
        {"critics that are missing or take other images are refused by name",
         critics_that_do_not_fit_are_refused},
        {"targets are read whole, and have defaults", targets_are_read_whole},
        {"bad targets are refused in a line that names file and key", bad_targets_are_named},
    };
    return harness_main(argc, argv, "compare", tests, sizeof tests / sizeof tests[0]);
}
