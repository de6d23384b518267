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

static void expect_content(const char *path, const char *content)
{
    void *data;
    size_t size;
    REQUIRE(file_read(path, 100, &data, &size, NULL) == 0);
    CHECK(size == strlen(content) && memcmp(data, content, size) == 0);
    free(data);
}

static void expect_nothing_else(const char *name)
{
    unlink(in_folder(name));
    CHECK(rmdir(folder) == 0);
    CHECK(mkdir(folder, 0700) == 0);
}

static void a_stream_replaces_a_file_when_it_is_closed(void)
{
    err e = {0};
    REQUIRE(file_replace(in_folder("x"), "old", 3, NULL) == 0);
    REQUIRE(chmod(in_folder("x"), 0640) == 0);
    file_writer *w = file_writer_open(in_folder("x"), &e);
    REQUIRE(w != NULL);
    fputs("newer", file_writer_stream(w));
    fflush(file_writer_stream(w));
    expect_content(in_folder("x"), "old");
    CHECK(file_writer_close(w, &e) == 0);
    expect_content(in_folder("x"), "newer");
    struct stat st;
    CHECK(stat(in_folder("x"), &st) == 0 && (st.st_mode & 0777) == 0640);
    w = file_writer_open(in_folder("x"), &e);
    REQUIRE(w != NULL);
    fputs("never", file_writer_stream(w));
    file_writer_drop(w);
    expect_content(in_folder("x"), "newer");
    file_writer_drop(NULL);
    CHECK(!file_writer_open(in_folder("absent/x"), &e) && e.code == ERR_IO);
    CHECK(!file_writer_open(folder, &e) && strstr(e.text, "folder"));
    expect_nothing_else("x");
}

/* Whether the stream fails while it is written or when it is flushed at its end. */
static void a_full_disk_stops_a_stream(void)
{
    const int lines[] = {200, 20000};
    for (int i = 0; i < 2; i++) {
        err e = {0};
        REQUIRE(file_replace(in_folder("x"), "old", 3, NULL) == 0);
        struct rlimit old = fill_disk(1000);
        file_writer *w = file_writer_open(in_folder("x"), &e);
        REQUIRE(w != NULL);
        for (int k = 0; k < lines[i]; k++)
            fputs("0123456789\n", file_writer_stream(w));
        int rc = file_writer_close(w, &e);
        REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
        CHECK(rc == ERR_IO && strstr(e.text, "cannot be written") != NULL);
        expect_content(in_folder("x"), "old");
        expect_nothing_else("x");
    }
}

static void links_are_followed_and_devices_stay(void)
{
    char path[4096];
    struct stat st;
    err e = {0};
    snprintf(path, sizeof path, "%s", in_folder("x"));
    REQUIRE(file_replace(path, "old", 3, NULL) == 0);
    REQUIRE(symlink("x", in_folder("link")) == 0);
    CHECK(file_replace(in_folder("link"), "new", 3, NULL) == 0);
    CHECK(lstat(in_folder("link"), &st) == 0 && S_ISLNK(st.st_mode));
    expect_content(path, "new");
    CHECK(file_replace("/dev/null", "x", 1, NULL) == 0);
    CHECK(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
    CHECK(file_replace("/dev/full", "x", 1, &e) == ERR_IO);
    REQUIRE(mkfifo(in_folder("fifo"), 0600) == 0);
    snprintf(path, sizeof path, "%s", in_folder("fifo"));
    CHECK(file_put_in_place(in_folder("x"), path, &e) == ERR_IO && strstr(e.text, "regular"));
    CHECK(stat(path, &st) == 0 && S_ISFIFO(st.st_mode));
    unlink(path);
    unlink(in_folder("link"));
    expect_nothing_else("x");
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"what was written is read back, and nothing else is left", what_is_written_is_read},
        {"files that are absent, empty or too long, and folders, are refused",
         impossible_files_are_refused},
        {"a full disk leaves the old file and nothing else", a_full_disk_leaves_the_old_file},
        {"what is printed takes a file's place when the stream is closed, and not before",
         a_stream_replaces_a_file_when_it_is_closed},
        {"a stream that meets a full disk leaves the old file and nothing else",
         a_full_disk_stops_a_stream},
        {"a link is followed; what is no file is written to, and never replaced",
         links_are_followed_and_devices_stay},
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
