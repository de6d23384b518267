/* Where the files of codecs are found by their names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/models.h"
#include "harness.h"
#include "io/file.h"

static char folder[] = "/tmp/csilink-test-models-XXXXXX";

static void put(const char *file)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    REQUIRE(file_replace(path, file, strlen(file), NULL) == 0);
}

/* Reading `name` gives the file that holds `text`. */
static void reads(const char *name, const char *text)
{
    void *data;
    size_t size;
    err e = {0};
    CHECK(models_has(name, ".codec"));
    REQUIRE(models_read(name, ".codec", 100, &data, &size, &e) == 0);
    CHECK(size == strlen(text) && memcmp(data, text, size) == 0);
    free(data);
}

static void a_name_with_or_without_ending_finds_its_file(void)
{
    char path[128];
    put("one-cr8.codec");
    put("two.codec.codec");
    put("three");
    reads("one-cr8", "one-cr8.codec");
    reads("one-cr8.codec", "one-cr8.codec");
    reads("two.codec.codec", "two.codec.codec");
    CHECK(!models_has("three", ".codec") && !models_has("two", ".codec"));
    CHECK(!models_has("", ".codec") && !models_has(".codec", ".codec"));
    setenv("CSILINK_MODELS", "/nowhere", 1);
    CHECK(!models_has("one-cr8", ".codec"));
    snprintf(path, sizeof path, "%s/one-cr8", folder);
    reads(path, "one-cr8.codec");
    setenv("CSILINK_MODELS", folder, 1);
}

static void an_unknown_name_is_answered_with_those_that_are_there(void)
{
    void *data;
    size_t size;
    err e = {0};
    static const char answer[] =
        "unknown model 'one-cr9': no file one-cr9.codec; did you mean one-cr8?";
    put("one-cr8.codec");
    CHECK(models_read("one-cr9", ".codec", 100, &data, &size, &e) == ERR_IO && !data);
    CHECK(strncmp(e.text, answer, strlen(answer)) == 0);
    CHECK(models_read("one-cr8", ".codec", 5, &data, &size, &e) == ERR_FORMAT && !data);
}

/* A message about "nonsense" names families, not the first names of the alphabet. */
static void where_no_name_is_near_the_families_are_named(void)
{
    char text[200], (*names)[CODEC_NAME_MAX];
    put("a-net-cr8-indoor.half");
    put("my-cross-net-cr4-indoor.half");
    put("my-cross-net-cr8-indoor.half");
    put("my-cross-net-cr16-indoor.half");
    models_list("nonsense", ".half", text, sizeof text);
    CHECK(strcmp(text, "there are the families my-cross-net, a-net (`csilink model list` names "
                       "all)") == 0);
    models_list("my-crusty", ".half", text, sizeof text);
    CHECK(strcmp(text, "there are my-cross-net-cr16-indoor, my-cross-net-cr4-indoor, "
                       "my-cross-net-cr8-indoor, a-net-cr8-indoor") == 0);
    models_list("my-crusty", ".half", text, 100);
    CHECK(strlen(text) == 99 && strncmp(text, "there are my-cross-net-cr16", 27) == 0);
    CHECK(strstr(text, " ... (`csilink model list` names all)") != NULL);
    CHECK(models_names(".half", &names) == 4 && strcmp(names[0], "a-net-cr8-indoor") == 0);
    free(names);
    put("alone.single");
    models_list("nonsense", ".single", text, sizeof text);
    CHECK(strcmp(text, "there are alone") == 0);
    models_list("nonsense", ".nowhere", text, sizeof text);
    CHECK(text[0] == '\0' && models_names(".nowhere", &names) == 0 && !names);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"a name with or without its ending finds the file",
         a_name_with_or_without_ending_finds_its_file},
        {"an unknown name is answered with those that are there",
         an_unknown_name_is_answered_with_those_that_are_there},
        {"where no name is near the families are named",
         where_no_name_is_near_the_families_are_named},
    };
    if (!mkdtemp(folder) || setenv("CSILINK_MODELS", folder, 1))
        return 1;
    int status = harness_main(argc, argv, "model files", tests, sizeof tests / sizeof tests[0]);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? status : 1;
}
