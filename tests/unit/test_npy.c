/* .npy files: what NumPy writes is read, what csilink writes NumPy reads, what is damaged is
 * refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"
#include "io/npy.h"

static char path[64];

static void fresh_path(void)
{
    snprintf(path, sizeof path, "/tmp/csilink-test-npy-%ld", (long)getpid());
}

static void put(const void *head, size_t head_bytes, const char *dictionary, const void *data,
                size_t bytes)
{
    fresh_path();
    FILE *f = fopen(path, "wb");
    REQUIRE(f != NULL);
    fwrite(head, 1, head_bytes, f);
    fputs(dictionary, f);
    fwrite(data, 1, bytes, f);
    CHECK(fclose(f) == 0);
}

/* A version 1 file; the dictionary is shorter than 256 bytes. */
static void put_version_1(const char *dictionary, const void *data, size_t bytes)
{
    char head[10] = "\x93NUMPY\x01";
    head[8] = (char)strlen(dictionary);
    put(head, sizeof head, dictionary, data, bytes);
}

static void put_version_2(const char *dictionary, const void *data, size_t bytes)
{
    char head[12] = "\x93NUMPY\x02";
    head[8] = (char)strlen(dictionary);
    put(head, sizeof head, dictionary, data, bytes);
}

static const float six[] = {1, 2, 3, 4, 5, 6};

static void rows_come_back(void)
{
    fresh_path();
    err e = {0};
    npy_writer *w = npy_writer_open(path, 3, 2, &e);
    REQUIRE(w != NULL);
    CHECK(npy_writer_add(w, six, 2, &e) == ERR_NONE);
    CHECK(npy_writer_add(w, six + 4, 2, &e) == ERR_STATE);
    CHECK(npy_writer_add(w, six + 4, 1, &e) == ERR_NONE);
    CHECK(npy_writer_close(w, &e) == ERR_NONE);
    mat_array a;
    REQUIRE(npy_read_float(path, &a, &e) == ERR_NONE);
    CHECK(a.rank == 2 && a.dims[0] == 3 && a.dims[1] == 2 && !a.is_complex);
    CHECK(memcmp(a.data, six, sizeof six) == 0);
    mat_array_free(&a);
    w = npy_writer_open(path, 3, 2, &e);
    REQUIRE(w != NULL);
    CHECK(npy_writer_close(w, &e) == ERR_STATE);
    unlink(path);
}

static void every_version_and_rank_is_read(void)
{
    static const char *const good[] = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }\n",
        "{'shape':(1,3,2,1),'fortran_order':False,'descr':'<f4'}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }"};
    for (size_t i = 0; i < 3; i++) {
        for (int version = 1; version <= 2; version++) {
            (version == 1 ? put_version_1 : put_version_2)(good[i], six, sizeof six);
            mat_array a;
            err e = {0};
            CHECK(npy_read_float(path, &a, &e) == ERR_NONE);
            CHECK(a.count == 6 && a.data && memcmp(a.data, six, sizeof six) == 0);
            mat_array_free(&a);
        }
    }
    unlink(path);
}

static void others_are_refused(void)
{
    static const char *const bad[] = {
        "",
        "{}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '>f4', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 0)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, -2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (7, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (5, 1)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 6)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 6)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape'"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        put_version_1(bad[i], six, sizeof six);
        mat_array a;
        err e = {0};
        CHECK(npy_read_float(path, &a, &e) < 0 && a.data == NULL && a.rank == 0);
        CHECK(e.text[0] != '\0' && strchr(e.text, '\n') == NULL);
    }
    unlink(path);
}

static void numbers_that_are_none_are_refused(void)
{
    const float bad[] = {1, 2, NAN, 4, 5, INFINITY};
    put_version_1("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2)}", bad, sizeof bad);
    mat_array a;
    err e = {0};
    CHECK(npy_read_float(path, &a, &e) == ERR_FORMAT);
    CHECK(strstr(e.text, "element 2") != NULL);
    unlink(path);
}

/* Every length short of the whole is an error; every byte changed is an error or an array. */
static void damaged_files_never_harm(void)
{
    unsigned char bytes[512];
    fresh_path();
    npy_writer *w = npy_writer_open(path, 3, 2, NULL);
    REQUIRE(w != NULL);
    CHECK(npy_writer_add(w, six, 3, NULL) == ERR_NONE && npy_writer_close(w, NULL) == ERR_NONE);
    FILE *f = fopen(path, "rb");
    REQUIRE(f != NULL);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    CHECK(n % 64 == sizeof six); /* NumPy aligns data to 64 bytes */
    mat_array a;
    for (size_t cut = 0; cut < n; cut++) {
        put(bytes, cut, "", "", 0);
        CHECK(npy_read_float(path, &a, NULL) < 0);
    }
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= 0xff;
        put(bytes, n, "", "", 0);
        npy_read_float(path, &a, NULL);
        mat_array_free(&a);
        bytes[i] ^= 0xff;
    }
    unlink(path);
    CHECK(npy_read_float("/nonexistent/a.npy", &a, NULL) == ERR_IO);
    CHECK(npy_writer_open("/nonexistent/a.npy", 1, 1, NULL) == NULL);
}

static const harness_test tests[] = {
    {"rows that are written are read back; their number is held to", rows_come_back},
    {"every version, rank and order of keys is read", every_version_and_rank_is_read},
    {"other types, orders, shapes and claims are refused", others_are_refused},
    {"NaN and infinity are refused by place", numbers_that_are_none_are_refused},
    {"a cut file is refused, an altered one never harms", damaged_files_never_harm},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "npy", tests, sizeof tests / sizeof tests[0]);
}
