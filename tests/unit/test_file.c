#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "io/file.h"

static char folder[] = "/tmp/csilink-test-file-XXXXXX";

static const char *in_folder(const char *file)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return path;
}

static void what_is_written_is_read(void)
{
    enum { SIZE = 100000 };
    static char data[SIZE];
    for (int i = 0; i < SIZE; i++)
        data[i] = (char)(i * 7 % 251);
    const size_t sizes[] = {SIZE, 1, 4096};
    for (int i = 0; i < 3; i++) { /* each replaces the one before */
        void *back;
        size_t size = 0;
        CHECK(file_replace(in_folder("x"), data, sizes[i], NULL) == 0);
        REQUIRE(file_read(in_folder("x"), SIZE, &back, &size, NULL) == 0);
        CHECK(size == sizes[i] && memcmp(back, data, size) == 0);
        free(back);
    }
    unlink(in_folder("x"));
    CHECK(rmdir(folder) == 0); /* nothing else was left there */
    CHECK(mkdir(folder, 0700) == 0);
}

static void expect_unreadable(const char *path, size_t limit, int code)
{
    void *data = folder;
    size_t size;
    err e = {0};
    CHECK(file_read(path, limit, &data, &size, &e) == code && data == NULL);
    CHECK(strstr(e.text, path) != NULL);
}

static void impossible_files_are_refused(void)
{
    CHECK(file_replace(in_folder("x"), "abcd", 4, NULL) == 0);
    expect_unreadable(in_folder("x"), 3, ERR_FORMAT);
    CHECK(file_replace(in_folder("x"), "", 0, NULL) == 0);
    expect_unreadable(in_folder("x"), 3, ERR_FORMAT);
    expect_unreadable(in_folder("absent"), 3, ERR_IO);
    expect_unreadable(folder, 1 << 20, ERR_IO);
    CHECK(file_replace(in_folder("absent/x"), "abcd", 4, NULL) == ERR_IO);
    CHECK(file_replace(folder, "abcd", 4, NULL) == ERR_IO);
    unlink(in_folder("x"));
}

/* The disk's end is played by a limit on the size of files: writes beyond it fail. */
static struct rlimit fill_disk(rlim_t bytes)
{
    struct rlimit old, limit;
    signal(SIGXFSZ, SIG_IGN);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
    limit = old;
    limit.rlim_cur = bytes;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    return old;
}

static void a_full_disk_leaves_the_old_file(void)
{
    static char data[10000];
    err e = {0};
    char back[5] = "";
    REQUIRE(file_replace(in_folder("x"), "old", 4, NULL) == 0);
    struct rlimit old = fill_disk(sizeof data - 1);
    int rc = file_replace(in_folder("x"), data, sizeof data, &e);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
    CHECK(rc == ERR_IO && strstr(e.text, "cannot be written") != NULL);
    FILE *f = fopen(in_folder("x"), "r");
    REQUIRE(f != NULL);
    CHECK(fread(back, 1, sizeof back, f) == 4 && strcmp(back, "old") == 0);
    fclose(f);
    unlink(in_folder("x"));
    CHECK(rmdir(folder) == 0); /* nothing else was left there */
    CHECK(mkdir(folder, 0700) == 0);
}

static void another_writers_file_is_put_in_place(void)
{
    char beside[4096], path[4096], tiny[8];
    void *data;
    size_t size;
    err e = {0};
    snprintf(path, sizeof path, "%s", in_folder("x"));
    REQUIRE(file_replace(path, "old", 4, NULL) == 0);
    REQUIRE(file_beside(path, beside, sizeof beside, NULL) == 0);
    CHECK(file_put_in_place(beside, path, &e) == ERR_IO); /* nobody wrote it */
    REQUIRE(file_read(path, 4, &data, &size, NULL) == 0);
    CHECK(size == 4 && memcmp(data, "old", 4) == 0);
    free(data);
    FILE *f = fopen(beside, "w");
    REQUIRE(f != NULL);
    fputs("newer", f);
    fclose(f);
    CHECK(file_put_in_place(beside, path, &e) == 0);
    REQUIRE(file_read(path, 5, &data, &size, NULL) == 0);
    CHECK(size == 5 && memcmp(data, "newer", 5) == 0);
    free(data);
    CHECK(access(beside, F_OK) != 0);
    CHECK(file_beside(path, tiny, sizeof tiny, &e) == ERR_INVALID);
    unlink(path);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"what was written is read back, and nothing else is left", what_is_written_is_read},
        {"files that are absent, empty or too long, and folders, are refused",
         impossible_files_are_refused},
        {"a full disk leaves the old file and nothing else", a_full_disk_leaves_the_old_file},
        {"a file that another has written takes the old one's place",
         another_writers_file_is_put_in_place},
    };
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "file", tests, sizeof tests / sizeof tests[0]);
    if (rmdir(folder))
        status = 1;
    return status;
}
