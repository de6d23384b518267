/* .npy files: what NumPy writes is read, what csilink writes NumPy reads, what is damaged is
 * refused. */
#include <math.h>
#include <stdint.h>
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

static void reads(const char *dictionary, const void *data, size_t bytes, bool is_complex,
                  const float *want, size_t count)
{
    mat_array a;
    err e = {0};
    put_version_1(dictionary, data, bytes);
    CHECK(npy_read_float(path, &a, &e) == ERR_NONE && a.is_complex == is_complex);
    CHECK(npy_is_complex(path) == is_complex);
    CHECK(a.data && memcmp(a.data, want, count * sizeof *want) == 0);
    mat_array_free(&a);
    unlink(path);
}

static void every_kind_of_number_is_read(void)
{
    static const float two[] = {1, -2};
    static const double doubles[] = {1, -2};
    static const int64_t longs[] = {1, -2};
    static const int16_t shorts[] = {1, -2};
    static const uint16_t halves[] = {0x3c00, 0xc000}, swapped[] = {0x003c, 0x00c0};
    /* The smallest subnormal, the largest number. */
    static const uint16_t extremes[] = {0x0001, 0xfbff};
    static const float extremes_are[] = {0x1p-24f, -65504};
#define HEAD(type, order, shape)                                                                   \
    "{'descr': '" type "', 'fortran_order': " order ", 'shape': " shape "}"
    reads(HEAD("<f8", "False", "(2,)"), doubles, sizeof doubles, false, two, 2);
    reads(HEAD("<i8", "False", "(2,)"), longs, sizeof longs, false, two, 2);
    reads(HEAD("<i2", "False", "(2,)"), shorts, sizeof shorts, false, two, 2);
    reads(HEAD("<f2", "False", "(2,)"), halves, sizeof halves, false, two, 2);
    reads(HEAD(">f2", "False", "(2,)"), swapped, sizeof swapped, false, two, 2);
    reads(HEAD("<f2", "False", "(2,)"), extremes, sizeof extremes, false, extremes_are, 2);
    reads(HEAD("<c16", "False", "(1,)"), doubles, sizeof doubles, true, two, 2);
    static const float columns[] = {1, 4, 2, 5, 3, 6}; /* of [2 x 3]; of [3] complex: pairs */
    reads(HEAD("<f4", "True", "(2, 3)"), columns, sizeof columns, false, six, 6);
    static const float pairs[] = {1, 2, 5, 6, 3, 4, 7, 8}, rows[] = {1, 2, 3, 4, 5, 6, 7, 8};
    reads(HEAD("<c8", "True", "(2, 2)"), pairs, sizeof pairs, true, rows, 8);
    static const double large[] = {1e39, 1};
    static const uint16_t infinite[] = {0x7c00, 0};
    mat_array a;
    put_version_1(HEAD("<f8", "False", "(2,)"), large, sizeof large);
    CHECK(npy_read_float(path, &a, NULL) == ERR_FORMAT && a.data == NULL);
    put_version_1(HEAD("<f2", "False", "(2,)"), infinite, sizeof infinite);
    CHECK(npy_read_float(path, &a, NULL) == ERR_FORMAT && a.data == NULL);
    unlink(path);
}

static void arrays_come_back(void)
{
    float numbers[12];
    for (size_t i = 0; i < 12; i++)
        numbers[i] = (float)i - 3;
    const mat_array a = {
        .rank = 3, .dims = {1, 2, 3}, .count = 6, .is_complex = true, .data = numbers};
    mat_array b;
    fresh_path();
    CHECK(npy_write_float(path, &a, NULL) == ERR_NONE);
    REQUIRE(npy_read_float(path, &b, NULL) == ERR_NONE);
    CHECK(b.rank == 3 && b.dims[1] == 2 && b.dims[2] == 3 && b.is_complex);
    CHECK(memcmp(b.data, numbers, sizeof numbers) == 0);
    mat_array_free(&b);
    unlink(path);
}

static void others_are_refused(void)
{
    static const char *const bad[] = {
        "",
        "{}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '<f3', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '<f40', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '<c4', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '', 'fortran_order': False, 'shape': (3, 2)}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (3, 2)}",
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
    {"floats, whole and complex numbers of each size, byte order and array order are read",
     every_kind_of_number_is_read},
    {"arrays of any rank, complex ones too, come back", arrays_come_back},
    {"other types, orders, shapes and claims are refused", others_are_refused},
    {"NaN and infinity are refused by place", numbers_that_are_none_are_refused},
    {"a cut file is refused, an altered one never harms", damaged_files_never_harm},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "npy", tests, sizeof tests / sizeof tests[0]);
}
