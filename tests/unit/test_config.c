/* Aliases, merge keys and the bounds of YAML files, by way of scenarios, and the lines of messages.
 */
#include "cell/scenario.h"
#include "harness.h"
#include "io/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse(const char *text, size_t size, char **printed, err *e)
{
    size_t length;
    scenario *s = calloc(1, sizeof *s);
    REQUIRE(s != NULL);
    scenario_init(s);
    snprintf(s->cell.all.model, sizeof s->cell.all.model, "csilink-net-cr8-indoor");
    snprintf(s->cell.all.channel, sizeof s->cell.all.channel, "cost2100-indoor");
    int rc = scenario_parse(s, text, size, "a.yaml", e);
    *printed = NULL;
    if (rc == ERR_NONE) {
        FILE *f = open_memstream(printed, &length);
        REQUIRE(f != NULL);
        scenario_print(s, f);
        fclose(f);
    }
    free(s);
    return rc;
}

/* Two texts that say the same. */
static void check_same(const char *with, const char *written_out)
{
    char *a, *b;
    err e = {0};
    if (parse(with, strlen(with), &a, &e) != ERR_NONE)
        printf("    %s\n", e.text);
    REQUIRE(a != NULL);
    REQUIRE(parse(written_out, strlen(written_out), &b, &e) == ERR_NONE);
    CHECK(strcmp(a, b) == 0);
    free(a);
    free(b);
}

static void check_refused_bytes(const char *text, size_t size, const char *why)
{
    char *printed;
    err e = {0};
    bool told = parse(text, size, &printed, &e) == ERR_FORMAT && strstr(e.text, why) &&
                !strchr(e.text, '\n');
    CHECK(told);
    if (!told)
        printf("    %s\n      wanted: %s\n", e.text, why);
    free(printed);
}

static void check_refused(const char *text, const char *why)
{
    check_refused_bytes(text, strlen(text), why);
}

static void aliases_read_as_what_they_stand_for(void)
{
    check_same("model: &m csilink-net-cr8-indoor\ngroups:\n  - {name: a, count: 2, model: *m}\n",
               "model: csilink-net-cr8-indoor\n"
               "groups:\n  - {name: a, count: 2, model: csilink-net-cr8-indoor}\n");
    check_same("groups: [{name: a, count: 2}]\n"
               "timeline:\n  - &e {at: 1s, set: &s {snr: 1, loss: 0.5}}\n  - {at: 2s, set: *s}\n",
               "groups: [{name: a, count: 2}]\n"
               "timeline:\n  - {at: 1s, set: {snr: 1, loss: 0.5}}\n"
               "  - {at: 2s, set: {snr: 1, loss: 0.5}}\n");
    /* The newest anchor of a name counts; text of every kind stays what it is. */
    check_same(
        "about: &t \"x \\\"y\\\" \\\\ \\t\\n\xc3\xa9\xe2\x82\xac\"\nsnr: &n 1\nloss: &n 0.5\n"
        "groups: [{name: a, count: 2, loss: *n}]\n",
        "about: \"x \\\"y\\\" \\\\ \\t\\n\xc3\xa9\xe2\x82\xac\"\nsnr: 1\nloss: 0.5\n"
        "groups: [{name: a, count: 2, loss: 0.5}]\n");
}

/* As yaml.org/type/merge has it: a mapping's own keys stand, then the first mapping of a list. */
static void merge_keys_follow_their_rules(void)
{
    check_same("groups:\n  - &a {name: a, count: 2, snr: 3, loss: 0.1}\n"
               "  - {<<: *a, name: b, snr: 4}\n",
               "groups:\n  - {name: a, count: 2, snr: 3, loss: 0.1}\n"
               "  - {name: b, count: 2, snr: 4, loss: 0.1}\n");
    check_same(
        "groups:\n  - &a {name: a, count: 2, snr: 3}\n  - &b {name: b, count: 5, loss: 0.1}\n"
        "  - name: c\n    <<: [*b, *a]\n",
        "groups:\n  - {name: a, count: 2, snr: 3}\n  - {name: b, count: 5, loss: 0.1}\n"
        "  - {name: c, count: 5, loss: 0.1, snr: 3}\n");
    check_same("groups:\n  - &a {name: a, count: 2, snr: 3}\n  - &b {<<: *a, name: b}\n"
               "  - {<<: *b, name: c}\n  - {<<: {count: 7}, name: d}\n",
               "groups:\n  - {name: a, count: 2, snr: 3}\n  - {name: b, count: 2, snr: 3}\n"
               "  - {name: c, count: 2, snr: 3}\n  - {name: d, count: 7}\n");
}

static void messages_name_the_line_of_the_alias(void)
{
    check_refused("model: &m none\nduration: 1s\ngroups:\n  - name: a\n    count: 2\n    snr: *m\n",
                  "a.yaml:6: key 'groups[1].snr': snr takes");
    check_refused("seed: 1\ngroups: &g\n  - name: a\n    count: 2\n    snr: 500\n",
                  "a.yaml:5: key 'groups[1].snr'");
    check_refused("seed: 1\ngroups:\n  - &g\n    name: a\n    count: 2\n    snow: 5\n"
                  "  - {<<: *g, name: b}\n",
                  "a.yaml:6: key 'groups[1].snow': unknown key");
    check_refused("seed: 1\nabout: &t [x]\ngroups:\n  - name: a\n    count: *t\n",
                  "a.yaml:2: key 'about'");
    check_refused("seed: 1\ngroups:\n  - *g\n", "a.yaml:3: alias *g has no anchor &g");
    check_refused("seed: 1\ngroups: &g\n  - *g\n", "a.yaml:3: an alias lies within");
    check_refused("seed: 1\ngroups:\n  - <<: 7\n", "a.yaml:3: the merge key << takes");
    check_refused("seed: 1\ngroups:\n  - <<: [7]\n", "a.yaml:3: the merge key << takes");
}

/* `count` times the same text, between a start and an end. */
static char *repeat(const char *start, const char *text, size_t count, const char *end)
{
    char *all = NULL;
    size_t size;
    FILE *f = open_memstream(&all, &size);
    REQUIRE(f != NULL);
    fputs(start, f);
    for (size_t i = 0; i < count; i++)
        fputs(text, f);
    fputs(end, f);
    fclose(f);
    return all;
}

/* Quadratic readers need a minute for the first: they end by the tests' limit of time. */
static void towers_are_refused_as_they_are_read(void)
{
    static const char *const step[] = {"[", "{a: ", "- ", "? ", "a: [", "[{a: "};
    for (size_t i = 0; i < sizeof step / sizeof step[0]; i++) {
        char *text = repeat("", step[i], 200000 / strlen(step[i]), "");
        check_refused(text, "nested deeper than 64 levels");
        free(text);
    }
    char *text = repeat("groups: ", "[", CONFIG_NESTING_MAX - 1, "");
    char *closed = repeat(text, "]", CONFIG_NESTING_MAX - 1, "\n");
    check_refused(closed, "key 'groups[1]'"); /* this deep, it is the schema's affair */
    free(text);
    free(closed);
}

static void crowds_are_refused(void)
{
    char *text = repeat("groups:\n", " - &a x\n", 20000, "");
    check_refused(text, "too many anchors");
    free(text);
    text = repeat("groups: [", "a,", 140000, "]");
    check_refused(text, "too many values");
    free(text);
}

/* The billion laughs, as values and as merge keys, and as a tower of aliases. */
static void what_aliases_expand_to_is_bounded(void)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    REQUIRE(f != NULL);
    fputs("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n", f);
    for (int i = 1; i < 30; i++) {
        fprintf(f, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            fprintf(f, "*a%d,", i - 1);
        fputs("]\n", f);
    }
    fclose(f);
    check_refused(text, "its aliases expand to more than");
    free(text);
    f = open_memstream(&text, &size);
    REQUIRE(f != NULL);
    fputs("a0: &a0 {x: 1}\n", f);
    for (int i = 1; i < 60; i++)
        fprintf(f, "a%d: &a%d {<<: [*a%d, *a%d]}\n", i, i, i - 1, i - 1);
    fclose(f);
    check_refused(text, "merge keys");
    CHECK(config_line(text, strlen(text), "a59/none") == 60); /* in time */
    free(text);
    f = open_memstream(&text, &size);
    REQUIRE(f != NULL);
    fputs("a0: &a0 [x]\n", f);
    for (int i = 1; i < 100; i++)
        fprintf(f, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    fclose(f);
    check_refused(text, "nested deeper than 64 levels");
    free(text);
}

static void a_text_with_a_nul_is_refused(void)
{
    check_refused_bytes("seed: 1\0\n", 9, "NUL");
}

static void the_reference_file_is_read(void)
{
    const char *path = harness_reference("faults/alias-line.yaml");
    if (!path)
        return harness_skip("no reference data");
    scenario *s = calloc(1, sizeof *s);
    err e = {0};
    REQUIRE(s != NULL);
    scenario_init(s);
    snprintf(s->cell.all.model, sizeof s->cell.all.model, "csilink-net-cr8-indoor");
    snprintf(s->cell.all.channel, sizeof s->cell.all.channel, "cost2100-indoor");
    CHECK(scenario_read(s, path, &e) == ERR_NONE);
    CHECK(strcmp(s->cell.group[0].has.model, "csilink-net-cr8-indoor") == 0);
    free(s);
}

static const harness_test tests[] = {
    {"an alias reads as what it stands for", aliases_read_as_what_they_stand_for},
    {"a merge key adds what is not there, the first mapping first", merge_keys_follow_their_rules},
    {"messages name the line of the alias", messages_name_the_line_of_the_alias},
    {"deep nesting is refused while it is read", towers_are_refused_as_they_are_read},
    {"crowds of anchors and values are refused", crowds_are_refused},
    {"what aliases expand to is bounded", what_aliases_expand_to_is_bounded},
    {"a text with a NUL byte is refused", a_text_with_a_nul_is_refused},
    {"a file with an alias is read", the_reference_file_is_read},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "config", tests, sizeof tests / sizeof tests[0]);
}
