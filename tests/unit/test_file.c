#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"what was written is read back, and nothing else is left", what_is_written_is_read},
        {"files that are absent, empty or too long, and folders, are refused",
         impossible_files_are_refused},
    };
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "file", tests, sizeof tests / sizeof tests[0]);
    if (rmdir(folder))
        status = 1;
    return status;
}
