/* JSON: what is written is what is read, and output that cannot be made is an error. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/text.h"
#include "harness.h"
#include "io/file.h"
#include "io/json.h"
#include "ui/program.h"

/* The value once it has been text; NaN where there is no number. */
static double through_text(double value)
{
    cJSON *object = cJSON_CreateObject();
    REQUIRE(json_add_number(object, "x", value) != NULL);
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    REQUIRE(text != NULL);
    object = cJSON_Parse(text);
    free(text);
    REQUIRE(object != NULL);
    double back = json_get_number(object, "x");
    cJSON_Delete(object);
    return back;
}

static void every_double_comes_back(void)
{
    rng g = rng_at(1, RNG_TEST, 0, 0);
    const double hard[] = {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 0, 9007199254740993.0};
    for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++) {
        CHECK(through_text(hard[i]) == hard[i]);
        CHECK(through_text(-hard[i]) == -hard[i]);
    }
    for (int i = 0; i < 5000; i++) {
        double value = ldexp(rng_uniform(&g) - 0.5, i % 600 - 300);
        CHECK(through_text(value) == value);
    }
}

static void infinities_come_back_and_nan_is_null(void)
{
    CHECK(through_text(INFINITY) == INFINITY);
    CHECK(through_text(-INFINITY) == -INFINITY);
    CHECK(isnan(through_text(NAN)));
    cJSON *item = json_number(NAN);
    CHECK(cJSON_IsNull(item));
    cJSON_Delete(item);
}

static void text_is(double value, const char *want)
{
    cJSON *item = json_number(value);
    char *text = cJSON_PrintUnformatted(item);
    CHECK(text && strcmp(text, want) == 0);
    free(text);
    cJSON_Delete(item);
}

static void digits_are_the_fewest(void)
{
    text_is(0.1, "0.1");
    text_is(-25, "-25");
    text_is(1e300, "1e+300");
    text_is(0.1 + 0.2, "0.30000000000000004");
    text_is(123456789012.0, "123456789012");
}

static void other_items_are_no_numbers(void)
{
    static const char *const wrong[] = {"null", "true", "\"12\"", "\"Inf\"",
                                        "\"\"", "[1]",  "{}",     "\"infinity\""};
    double value = 1;
    CHECK(!json_read_number(NULL, &value) && isnan(value));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cJSON *item = cJSON_Parse(wrong[i]);
        REQUIRE(item != NULL);
        value = 1;
        CHECK(!json_read_number(item, &value) && isnan(value));
        cJSON_Delete(item);
    }
    CHECK(isnan(json_get_number(NULL, "x")));
}

static void a_tree_is_read_before_it_is_printed(void)
{
    cJSON *object = cJSON_CreateObject();
    CHECK(json_add_number(object, "x", 0.1) != NULL);
    CHECK(json_add_number(object, "y", -INFINITY) != NULL);
    CHECK(json_get_number(object, "x") == 0.1 && json_get_number(object, "y") == -INFINITY);
    cJSON_Delete(object);
}

static void a_copy_prints_the_same_digits(void)
{
    static const char text[] = "{\"a\":[0.30000000000000004,{\"b\":-9.401802120028039,\"c\":3}],"
                               "\"d\":\"inf\",\"e\":null}";
    cJSON *tree = cJSON_Parse(text), *copy = json_copy(tree);
    char *again = cJSON_PrintUnformatted(copy);
    CHECK(again && strcmp(again, text) == 0);
    cJSON_free(again);
    cJSON_Delete(copy);
    cJSON_Delete(tree);
    CHECK(json_copy(NULL) == NULL);
}

static void only_a_whole_value_is_read(void)
{
    static const char *const good[] = {"{\"a\": 1}", " {} \r\n\t", "[1e308, -1e308, 1e-999]",
                                       "null\n"};
    static const char *const bad[] = {
        "",           " ",           "{} x", "{}{}",      "{},",
        "{\"a\":1}}", "[1] 2",       "{",    "nan",       "{\"a\":1e999}",
        "[[-1e999]]", "{\"a\":nan}", "'a'",  "{\"a\" 1}", "{} // x"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cJSON *tree = json_parse("f", good[i], strlen(good[i]), NULL);
        CHECK(tree != NULL);
        cJSON_Delete(tree);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        CHECK(json_parse("f.json", bad[i], strlen(bad[i]), &e) == NULL);
        CHECK(e.code == ERR_FORMAT && strstr(e.text, "f.json") == e.text && !strchr(e.text, '\n'));
    }
    CHECK(json_parse(NULL, "{}\0x", 4, NULL) == NULL);
    err e = {0};
    CHECK(json_parse("f.json", "{\n\"a\": 1\n}\nx", 13, &e) == NULL);
    CHECK(strstr(e.text, "f.json:4: text after") != NULL);
}

static void nesting_is_bounded(void)
{
    for (size_t depth = 1; depth <= 4096; depth *= 2) {
        char text[8200];
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        cJSON *tree = json_parse(NULL, text, 2 * depth, NULL);
        CHECK((tree != NULL) == (depth <= JSON_DEPTH_MAX));
        cJSON_Delete(tree);
        CHECK(json_parse(NULL, text, depth, NULL) == NULL);
    }
}

/* All bytes that a file's name may hold. */
static void what_is_printed_is_utf8_and_reads_back(void)
{
    char name[256];
    for (int i = 1; i < 256; i++)
        name[i - 1] = (char)i;
    name[255] = '\0';
    for (int start = 0; start < 255; start++) {
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "name", name + start);
        cJSON_AddStringToObject(object, name + start, "x");
        char *text[] = {json_print(object), json_print_line(object)};
        cJSON_Delete(object);
        for (int i = 0; i < 2; i++) {
            REQUIRE(text[i] != NULL);
            CHECK(text_is_utf8(text[i]));
            for (const char *c = text[i]; *c; c++)
                CHECK((unsigned char)*c >= ' ' || (i == 0 && (*c == '\n' || *c == '\t')));
            cJSON *again = json_parse(NULL, text[i], strlen(text[i]), NULL);
            const char *back =
                cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(again, "name"));
            char *want = text_to_utf8(name + start);
            CHECK(back && want && strcmp(back, want) == 0);
            free(want);
            cJSON_Delete(again);
            free(text[i]);
        }
    }
}

/* A file holds the printed tree, and stays as it was where there is none. */
static void a_file_holds_the_tree_or_what_it_held(void)
{
    char folder[] = "/tmp/csilink-json-XXXXXX", path[64];
    err e = {0};
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/tree.json", folder);
    cJSON *object = cJSON_CreateObject();
    json_add_number(object, "x", 0.1);
    CHECK(json_replace(path, object, &e) == ERR_NONE);
    for (int i = 0; i < 2; i++) {
        size_t size;
        void *text;
        char *want = json_print(object);
        REQUIRE(want && file_read(path, 1000, &text, &size, &e) == ERR_NONE);
        CHECK(size == strlen(want) && memcmp(text, want, size) == 0);
        free(text);
        free(want);
        CHECK(json_replace(path, NULL, &e) == ERR_NOMEM && strstr(e.text, path));
    }
    cJSON_Delete(object);
    unlink(path);
    rmdir(folder);
}

/* The body of a program that does nothing else. */
static int lose_output(int argc, char **argv)
{
    (void)argc, (void)argv;
    program_output_lost(ENOMEM);
    return 0;
}

static void a_program_whose_output_was_lost_fails(void)
{
    char said[256] = "";
    int pipes[2], status;
    REQUIRE(pipe(pipes) == 0);
    fflush(stdout); /* the child would print what is buffered again */
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        dup2(pipes[1], STDERR_FILENO);
        _exit(program_run("name", lose_output, 0, NULL));
    }
    close(pipes[1]);
    ssize_t n = read(pipes[0], said, sizeof said - 1);
    close(pipes[0]);
    CHECK(n > 0 &&
          strcmp(said, "name: cannot write to standard output: Cannot allocate memory\n") == 0);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static const harness_test tests[] = {
    {"a file holds the printed tree, or what it held before",
     a_file_holds_the_tree_or_what_it_held},
    {"a program whose output was lost for want of memory says so and fails",
     a_program_whose_output_was_lost_fails},
    {"one whole value is read, and nothing behind it", only_a_whole_value_is_read},
    {"nesting is bounded", nesting_is_bounded},
    {"any name is printed as UTF-8 that reads back", what_is_printed_is_utf8_and_reads_back},
    {"every double comes back from its digits", every_double_comes_back},
    {"an infinity comes back, NaN is null", infinities_come_back_and_nan_is_null},
    {"a number has no more digits than it needs", digits_are_the_fewest},
    {"what is neither a number nor inf reads as none", other_items_are_no_numbers},
    {"a copy of a parsed tree prints as what was parsed", a_copy_prints_the_same_digits},
    {"a tree can be read before it is printed", a_tree_is_read_before_it_is_printed},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "json", tests, sizeof tests / sizeof tests[0]);
}
