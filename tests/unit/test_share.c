#include "base/share.h"
#include "harness.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder of the test's own to stand in, with scenarios/near.yaml; back again by leave(). */
static char folder[] = "/tmp/csilink-share-XXXXXX", before[PATH_MAX];

static void touch(const char *path)
{
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL);
    fclose(f);
}

static void enter(void)
{
    REQUIRE(getcwd(before, sizeof before) != NULL);
    snprintf(folder, sizeof folder, "/tmp/csilink-share-XXXXXX");
    REQUIRE(mkdtemp(folder) != NULL && chdir(folder) == 0);
    REQUIRE(mkdir("scenarios", 0777) == 0);
    touch("scenarios/near.yaml");
}

static void leave(void)
{
    static const char *const made[] = {"scenarios/near.yaml", "near.yaml", "scenarios", "far"};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        remove(made[i]);
    CHECK(chdir(before) == 0);
    CHECK(rmdir(folder) == 0);
}

static bool finds(const char *name, const char *want)
{
    char path[PATH_MAX] = "";
    bool found = share_find_named("scenarios", name, ".yaml", path, sizeof path);
    if (found != (want != NULL) || (want && strcmp(path, want) != 0)) {
        printf("    '%.60s' gave '%s'\n", name, found ? path : "nothing");
        return false;
    }
    return true;
}

static void the_names_that_are_there_are_told(void)
{
    char text[64], small[8];
    enter();
    touch("scenarios/first.yaml");
    touch("scenarios/notes.txt");
    share_list("scenarios", ".yaml", text, sizeof text);
    CHECK(strcmp(text, "first, near") == 0);
    share_list("scenarios", ".yaml", small, sizeof small);
    CHECK(strcmp(small, "first") == 0);
    share_list("nowhere-at-all", ".yaml", text, sizeof text);
    CHECK(text[0] == '\0');
    remove("scenarios/first.yaml");
    remove("scenarios/notes.txt");
    leave();
}

static void a_name_is_looked_up_with_its_ending_or_without(void)
{
    enter();
    CHECK(finds("near", "scenarios/near.yaml"));
    CHECK(finds("near.yaml", "scenarios/near.yaml"));
    CHECK(finds("scenarios/near", "scenarios/near.yaml"));
    CHECK(finds("scenarios/near.yaml", "scenarios/near.yaml"));
    CHECK(finds("nowhere", NULL));
    leave();
}

static void a_file_as_it_stands_goes_first(void)
{
    enter();
    touch("near.yaml");
    REQUIRE(mkdir("far", 0777) == 0);
    CHECK(finds("near.yaml", "near.yaml"));
    CHECK(finds("./near.yaml", "./near.yaml"));
    CHECK(finds("far", NULL)); /* a folder is none */
    leave();
}

static void a_path_is_not_looked_for_elsewhere(void)
{
    enter();
    CHECK(finds("../scenarios/near.yaml", NULL));
    CHECK(finds("/scenarios/near", NULL));
    CHECK(finds("scenarios/../near", NULL));
    CHECK(finds("", NULL));
    leave();
}

static void what_does_not_fit_is_not_found(void)
{
    static char name[3 * PATH_MAX];
    char path[8];
    enter();
    memset(name, 'n', sizeof name - 1);
    CHECK(finds(name, NULL));
    CHECK(!share_find_named("scenarios", "near", ".yaml", path, sizeof path));
    CHECK(!share_find("scenarios/near.yaml", path, sizeof path));
    CHECK(!share_candidate(SHARE_CANDIDATES, "models", name, sizeof name));
    leave();
}

static void the_place_of_the_program_is_looked_into(void)
{
    char path[PATH_MAX], program[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    REQUIRE(n > 0);
    program[n] = '\0';
    enter();
    CHECK(share_find(strrchr(program, '/') + 1, path, sizeof path));
    CHECK(strcmp(path, "") != 0 && path[0] == '/');
    leave();
}

static const harness_test tests[] = {
    {"a name is looked up with its ending or without",
     a_name_is_looked_up_with_its_ending_or_without},
    {"the names that are there are told, less their ending, as many as fit",
     the_names_that_are_there_are_told},
    {"a file as it stands goes first", a_file_as_it_stands_goes_first},
    {"a path that is not there is not looked for elsewhere", a_path_is_not_looked_for_elsewhere},
    {"what does not fit is not found, and nothing is overrun", what_does_not_fit_is_not_found},
    {"the place of the program is looked into", the_place_of_the_program_is_looked_into},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "share", tests, sizeof tests / sizeof tests[0]);
}
