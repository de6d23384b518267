#include "harness.h"
#include "io/mat.h"

#include <math.h>
#include <matio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64]; /* a fresh name for each test */

static void fresh_path(void)
{
    static int number;
    snprintf(path, sizeof path, "/tmp/csilink-test-mat-%ld-%d.mat", (long)getpid(), number++);
}

static mat_array make_array(int rank, const size_t *dims, bool is_complex)
{
    mat_array a = {.rank = rank, .count = 1, .is_complex = is_complex};
    for (int i = 0; i < rank; i++) {
        a.dims[i] = dims[i];
        a.count *= dims[i];
    }
    size_t floats = a.count * (is_complex ? 2 : 1);
    a.data = calloc(floats, sizeof *a.data);
    REQUIRE(a.data != NULL);
    for (size_t i = 0; i < floats; i++)
        a.data[i] = 0.25f * (float)i - 3.0f;
    return a;
}

static void check_equal(const mat_array *a, const mat_array *b)
{
    REQUIRE(a->rank == b->rank && a->count == b->count && a->is_complex == b->is_complex);
    CHECK(memcmp(a->dims, b->dims, sizeof a->dims) == 0);
    CHECK(memcmp(a->data, b->data, a->count * (a->is_complex ? 8 : 4)) == 0);
}

static void what_is_written_is_read_back(void)
{
    static const size_t dims[] = {70, 3, 5, 2, 3};
    for (int rank = 2; rank <= 5; rank++) {
        for (int c = 0; c < 2; c++) {
            fresh_path();
            mat_array a = make_array(rank, dims, c), b;
            err e = {0};
            CHECK(mat_write_float(path, "x", &a, false, &e) == 0);
            REQUIRE(mat_read_float(path, "x", &b, &e) == 0);
            check_equal(&a, &b);
            mat_array_free(&a);
            mat_array_free(&b);
            unlink(path);
        }
    }
}

/* A limit on the size of files plays the disk's end: libmatio notices neither what it cannot write
 * nor, in the first steps, what it still holds when the file is closed. */
static void a_full_disk_leaves_the_old_file(mat_format format)
{
    static const size_t small[] = {2, 2}, large[] = {100, 100};
    mat_array before = make_array(2, small, false), a = make_array(2, large, false), b;
    struct rlimit old, limit;
    struct stat whole;
    fresh_path();
    REQUIRE(mat_write_float_as(path, "x", &a, format, false, NULL) == 0);
    REQUIRE(stat(path, &whole) == 0);
    REQUIRE(mat_write_float(path, "x", &before, false, NULL) == 0);
    signal(SIGXFSZ, SIG_IGN);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
    for (rlim_t missing = 1; missing <= (rlim_t)whole.st_size; missing *= 3) {
        limit = old;
        limit.rlim_cur = (rlim_t)whole.st_size - missing;
        REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
        int rc = mat_write_float_as(path, "x", &a, format, false, NULL);
        REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
        CHECK(rc == ERR_IO);
        REQUIRE(mat_read_float(path, "x", &b, NULL) == 0);
        check_equal(&before, &b);
        mat_array_free(&b);
    }
    mat_array_free(&before);
    mat_array_free(&a);
    unlink(path);
}

/* A variable that does not fit leaves the file that it was to join as it was, to the byte, and its
 * mode. */
static void a_full_disk_leaves_what_is_appended_to(mat_format format)
{
    static const size_t small[] = {2, 2}, large[] = {100, 100};
    mat_array before = make_array(2, small, false), a = make_array(2, large, false), b;
    struct rlimit old, limit;
    struct stat first, whole, then;
    fresh_path();
    signal(SIGXFSZ, SIG_IGN);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
    for (rlim_t missing = 1; missing < 30000; missing *= 3) {
        REQUIRE(mat_write_float_as(path, "x", &before, format, false, NULL) == 0);
        REQUIRE(chmod(path, 0600) == 0 && stat(path, &first) == 0);
        REQUIRE(mat_write_float_as(path, "y", &a, format, true, NULL) == 0);
        REQUIRE(stat(path, &whole) == 0 && (whole.st_mode & 0777) == 0600);
        REQUIRE(mat_write_float_as(path, "x", &before, format, false, NULL) == 0);
        limit = old;
        limit.rlim_cur = (rlim_t)whole.st_size - missing;
        REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
        int rc = mat_write_float_as(path, "y", &a, format, true, NULL);
        REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
        CHECK(rc == ERR_IO && stat(path, &then) == 0 && then.st_size == first.st_size);
        REQUIRE(mat_read_float(path, "x", &b, NULL) == 0);
        check_equal(&before, &b);
        mat_array_free(&b);
        CHECK(mat_read_float(path, "y", &b, NULL) == ERR_FORMAT);
    }
    mat_array_free(&before);
    mat_array_free(&a);
    unlink(path);
}

static void a_full_disk_leaves_a_plain_file_that_is_appended_to(void)
{
    a_full_disk_leaves_what_is_appended_to(MAT_PLAIN);
}

static void a_full_disk_leaves_an_hdf5_file_that_is_appended_to(void)
{
    a_full_disk_leaves_what_is_appended_to(MAT_HDF5);
}

static void a_full_disk_leaves_a_plain_file(void)
{
    a_full_disk_leaves_the_old_file(MAT_PLAIN);
}

static void a_full_disk_leaves_a_compressed_file(void)
{
    a_full_disk_leaves_the_old_file(MAT_COMPRESSED);
}

static void a_full_disk_leaves_an_hdf5_file(void)
{
    a_full_disk_leaves_the_old_file(MAT_HDF5);
}

static void every_format_is_read_back(void)
{
    static const size_t dims[] = {70, 3, 2}; /* more rows than are transposed at a time */
    for (mat_format format = MAT_COMPRESSED; format <= MAT_HDF5; format++) {
        for (int c = 0; c < 2; c++) {
            fresh_path();
            mat_array a = make_array(3, dims, c), b;
            err e = {0};
            CHECK(mat_write_float_as(path, "x", &a, format, false, &e) == 0);
            CHECK(mat_write_float_as(path, "y", &a, format, true, &e) == 0);
            REQUIRE(mat_read_float(path, "x", &b, &e) == 0);
            check_equal(&a, &b);
            mat_array_free(&b);
            REQUIRE(mat_read_float(path, "y", &b, &e) == 0);
            check_equal(&a, &b);
            mat_array_free(&a);
            mat_array_free(&b);
            unlink(path);
        }
    }
}

/* Writes a column-major array with libmatio itself, in the given file version and class. */
static void write_by_libmatio(enum mat_ft version, enum matio_classes class, enum matio_types type,
                              void *data)
{
    fresh_path();
    mat_t *mat = Mat_CreateVer(path, NULL, version);
    REQUIRE(mat != NULL);
    size_t dims[] = {2, 3};
    matvar_t *v = Mat_VarCreate("HT", class, type, 2, dims, data, 0);
    REQUIRE(v != NULL && Mat_VarWrite(mat, v, MAT_COMPRESSION_ZLIB) == 0);
    Mat_VarFree(v);
    Mat_Close(mat);
}

static void check_one_to_six(void)
{
    static const float want[] = {1, 2, 3, 4, 5, 6};
    mat_array a;
    err e = {0};
    REQUIRE(mat_read_float(path, "HT", &a, &e) == 0);
    CHECK(a.rank == 2 && a.dims[0] == 2 && a.dims[1] == 3 && !a.is_complex);
    CHECK(memcmp(a.data, want, sizeof want) == 0);
    mat_array_free(&a);
    unlink(path);
}

/* [1 2 3; 4 5 6], as MATLAB lays it out. */
static void column_major_files_become_row_major(void)
{
    double as_double[] = {1, 4, 2, 5, 3, 6};
    int16_t as_int16[] = {1, 4, 2, 5, 3, 6};
    uint8_t as_uint8[] = {1, 4, 2, 5, 3, 6};
    static const enum mat_ft versions[] = {MAT_FT_MAT5, MAT_FT_MAT73};
    for (int i = 0; i < 2; i++) {
        write_by_libmatio(versions[i], MAT_C_DOUBLE, MAT_T_DOUBLE, as_double);
        check_one_to_six();
        write_by_libmatio(versions[i], MAT_C_INT16, MAT_T_INT16, as_int16);
        check_one_to_six();
        write_by_libmatio(versions[i], MAT_C_UINT8, MAT_T_UINT8, as_uint8);
        check_one_to_six();
    }
}

static void numbers_no_float_holds_are_refused(void)
{
    static const double bad[] = {NAN, INFINITY, 1e300};
    for (int i = 0; i < 3; i++) {
        double data[] = {1, 4, 2, 5, bad[i], 6};
        write_by_libmatio(MAT_FT_MAT5, MAT_C_DOUBLE, MAT_T_DOUBLE, data);
        mat_array a;
        err e = {0};
        CHECK(mat_read_float(path, "HT", &a, &e) == ERR_FORMAT);
        CHECK(strstr(e.text, "element 2 ") != NULL);
        CHECK(a.data == NULL);
        unlink(path);
    }
}

static void a_missing_variable_lists_the_others(void)
{
    fresh_path();
    static const size_t dims[] = {2, 2};
    mat_array a = make_array(2, dims, false), b;
    err e = {0};
    CHECK(mat_write_float(path, "HT", &a, true, &e) == 0);
    CHECK(mat_write_float(path, "dt", &a, true, &e) == 0);
    CHECK(mat_read_float(path, "dt", &b, &e) == 0);
    mat_array_free(&b);
    CHECK(mat_read_float(path, "H", &b, &e) == ERR_FORMAT);
    CHECK(strstr(e.text, "HT, dt") != NULL);
    CHECK(mat_write_float(path, "dt", &a, true, &e) == ERR_INVALID);
    mat_array_free(&a);
    unlink(path);
}

static void the_same_array_gives_the_same_bytes(void)
{
    static const size_t dims[] = {4, 4};
    mat_array a = make_array(2, dims, false);
    unsigned char bytes[2][4096];
    size_t n[2];
    for (int i = 0; i < 2; i++) {
        fresh_path();
        CHECK(mat_write_float(path, "x", &a, false, NULL) == 0);
        FILE *f = fopen(path, "rb");
        REQUIRE(f != NULL);
        n[i] = fread(bytes[i], 1, sizeof bytes[i], f);
        fclose(f);
        unlink(path);
    }
    CHECK(n[0] == n[1] && memcmp(bytes[0], bytes[1], n[0]) == 0);
    mat_array_free(&a);
}

static size_t file_bytes(unsigned char *bytes, size_t room)
{
    FILE *f = fopen(path, "rb");
    REQUIRE(f != NULL);
    size_t n = fread(bytes, 1, room, f);
    fclose(f);
    return n;
}

static void put_bytes(const unsigned char *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    REQUIRE(f != NULL);
    CHECK(fwrite(bytes, 1, n, f) == n);
    fclose(f);
}

/* Every length short of the whole, and every byte changed: an error or an array, never a crash.
 * The array of a cut file would miss its end, so there it must be an error. */
static void damaged_files_are_refused(void)
{
    static unsigned char bytes[65536];
    double data[] = {1, 4, 2, 5, 3, 6};
    write_by_libmatio(MAT_FT_MAT5, MAT_C_DOUBLE, MAT_T_DOUBLE, data);
    size_t n = file_bytes(bytes, sizeof bytes);
    mat_array a;
    for (size_t cut = 0; cut < n; cut++) {
        put_bytes(bytes, cut);
        err e = {0};
        CHECK(mat_read_float(path, "HT", &a, &e) < 0);
        CHECK(e.text[0] != '\0' && strchr(e.text, '\n') == NULL);
        mat_array_free(&a);
    }
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= 0xff;
        put_bytes(bytes, n);
        mat_read_float(path, "HT", &a, NULL);
        mat_array_free(&a);
        bytes[i] ^= 0xff;
    }
    unlink(path);
}

static void a_huge_claim_is_refused_before_memory_is_asked(void)
{
    fresh_path();
    static const size_t dims[] = {2, 2};
    mat_array a = make_array(2, dims, false), b;
    mat_t *mat = Mat_CreateVer(path, NULL, MAT_FT_MAT5);
    REQUIRE(mat != NULL);
    matvar_t *v = Mat_VarCreate("HT", MAT_C_SINGLE, MAT_T_SINGLE, 2, a.dims, a.data, 0);
    REQUIRE(v != NULL && Mat_VarWrite(mat, v, MAT_COMPRESSION_NONE) == 0);
    Mat_VarFree(v);
    Mat_Close(mat);
    unsigned char bytes[1024];
    size_t n = file_bytes(bytes, sizeof bytes);
    memcpy(bytes + 160, "\xff\xff\xff\x7f\xff\xff\xff\x7f", 8); /* its two dimensions */
    put_bytes(bytes, n);
    err e = {0};
    CHECK(mat_read_float(path, "HT", &b, &e) < 0);
    CHECK(strstr(e.text, "more elements than") != NULL);
    mat_array_free(&a);
    unlink(path);
}

static void wrong_files_are_named(void)
{
    mat_array a;
    err e = {0};
    CHECK(mat_read_float("/nonexistent/a.mat", "x", &a, &e) == ERR_IO);
    CHECK(mat_read_float("/tmp", "x", &a, &e) == ERR_IO);
    fresh_path();
    put_bytes((const unsigned char *)"not a MATLAB file", 17);
    CHECK(mat_read_float(path, "x", &a, &e) == ERR_FORMAT);
    CHECK(strstr(e.text, "-v7") != NULL);
    unlink(path);
    size_t dims[] = {2, 2};
    mat_array b = make_array(2, dims, false);
    CHECK(mat_write_float("/nonexistent/a.mat", "x", &b, false, &e) == ERR_IO);
    CHECK(mat_write_float(path, "", &b, false, &e) == ERR_INVALID);
    b.count = 5;
    CHECK(mat_write_float(path, "x", &b, false, &e) == ERR_INVALID);
    mat_array_free(&b);
}

static const harness_test tests[] = {
    {"a plain file that a variable does not join, for a full disk, stays",
     a_full_disk_leaves_a_plain_file_that_is_appended_to},
    {"an HDF5 file that a variable does not join, for a full disk, stays",
     a_full_disk_leaves_an_hdf5_file_that_is_appended_to},
    {"a full disk leaves the old file: plain", a_full_disk_leaves_a_plain_file},
    {"a full disk leaves the old file: compressed", a_full_disk_leaves_a_compressed_file},
    {"a full disk leaves the old file: version 7.3", a_full_disk_leaves_an_hdf5_file},
    {"what is written is read back, for every rank and for complex", what_is_written_is_read_back},
    {"every format is read back, with a second variable", every_format_is_read_back},
    {"column-major files of every class and version become row-major",
     column_major_files_become_row_major},
    {"NaN, infinity and doubles beyond a float are refused by place",
     numbers_no_float_holds_are_refused},
    {"a missing variable's message lists those there", a_missing_variable_lists_the_others},
    {"the same array gives the same bytes", the_same_array_gives_the_same_bytes},
    {"a cut or altered file is refused, never a crash", damaged_files_are_refused},
    {"dimensions beyond the file are refused", a_huge_claim_is_refused_before_memory_is_asked},
    {"a wrong path or format is refused with a reason", wrong_files_are_named},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "mat", tests, sizeof tests / sizeof tests[0]);
}
