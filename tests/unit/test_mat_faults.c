/* Damaged and forged .mat files of both versions: each is refused with a line, whatever of it is
 * wrong, and nothing is read as data that the file does not hold. */
#include "harness.h"
#include "io/mat.h"
#include "io/mat_internal.h"

#include <hdf5.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

static char path[64];

static void fresh_path(void)
{
    static int number;
    snprintf(path, sizeof path, "/tmp/csilink-test-faults-%ld-%d.mat", (long)getpid(), number++);
}

static void write_bytes(const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    REQUIRE(f != NULL);
    CHECK(fwrite(bytes, 1, n, f) == n);
    fclose(f);
}

/* Reads HT of the file at `path` in this process. */
static int read_here(size_t bytes, mat_array *a, err *e)
{
    mat_file file = {.path = path, .bytes = bytes, .hdf5 = true};
    bool found = false;
    char names[MAT_NAMES_MAX] = "";
    *a = (mat_array){0};
    int rc = mat73_read(&file, "HT", a, &found, names, e);
    if (!rc && !found)
        rc = err_set(e, ERR_FORMAT, "no HT");
    if (rc)
        mat_array_free(a);
    return rc;
}

/* Version 7.3 is read in a child process. Read here, the file ends in the same code. */
static void check_same_here(int code)
{
    char head[128] = "";
    mat_array a;
    err e = {0};
    FILE *f = fopen(path, "rb");
    REQUIRE(f != NULL && fread(head, 1, sizeof head, f) <= sizeof head);
    REQUIRE(fseek(f, 0, SEEK_END) == 0);
    size_t bytes = (size_t)ftell(f);
    fclose(f);
    if (head[125] != 2)
        return;
    CHECK(read_here(bytes, &a, &e) == code);
    mat_array_free(&a);
}

/* Where the file is fine, the array must be `want`; else `why` must be part of the message. */
static void check_refused(int code, const char *why)
{
    mat_array a;
    err e = {0};
    CHECK(mat_read_float(path, "HT", &a, &e) == code);
    CHECK(a.data == NULL && strchr(e.text, '\n') == NULL);
    if (!strstr(e.text, why))
        fprintf(stderr, "'%s' lacks '%s'\n", e.text, why);
    CHECK(strstr(e.text, why) != NULL);
    check_same_here(code);
    unlink(path);
}

static void check_read(size_t rows, size_t columns)
{
    mat_array a;
    err e = {0};
    if (mat_read_float(path, "HT", &a, &e) != ERR_NONE)
        fprintf(stderr, "%s\n", e.text);
    REQUIRE(a.data != NULL);
    CHECK(a.rank == 2 && a.dims[0] == rows && a.dims[1] == columns);
    bool same = true;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++)
            same &= a.data[r * columns + c] == (float)(c * rows + r);
    CHECK(same);
    mat_array_free(&a);
    check_same_here(ERR_NONE);
    unlink(path);
}

/* --- version 5 ---------------------------------------------------------------------------------
 */

enum { ROWS = 3, COLUMNS = 50, NUMBERS = ROWS * COLUMNS, ROOM = 1 << 16 };

/* A file of one variable HT, column-major numbers 0, 1, ..., and what may be wrong with it. */
typedef struct forgery {
    uint32_t name_bytes;        /* stated; 0: right */
    uint32_t dims[2];           /* stated; 0: right */
    uint32_t data_bytes;        /* stated; 0: right */
    int32_t matrix_bytes_more;  /* the matrix states that many more than it has */
    int32_t element_bytes_more; /* the element, in the file */
    size_t cut;                 /* bytes missing at the end of the stream; its element is as long */
    size_t behind;              /* bytes behind the stream, within its element */
    bool wrong_sum;
} forgery;

static uint8_t *append_tag(uint8_t *at, uint32_t type, uint32_t bytes)
{
    memcpy(at, &type, 4);
    memcpy(at + 4, &bytes, 4);
    return at + 8;
}

/* The matrix with its tag; returns how long it is. */
static size_t make_matrix(uint8_t *matrix, const forgery *f)
{
    const uint32_t flags[2] = {7, 0};
    uint32_t dims[2] = {f->dims[0] ? f->dims[0] : ROWS, f->dims[1] ? f->dims[1] : COLUMNS};
    uint8_t *at = append_tag(matrix + 8, 6, 8);
    memcpy(at, flags, 8);
    at = append_tag(at + 8, 5, 8);
    memcpy(at, dims, 8);
    at = append_tag(at + 8, 1, f->name_bytes ? f->name_bytes : 2);
    memcpy(at, "HT\0\0\0\0\0\0", 8);
    at = append_tag(at + 8, 7, f->data_bytes ? f->data_bytes : NUMBERS * sizeof(float));
    for (int i = 0; i < NUMBERS; i++) {
        float x = (float)i;
        memcpy(at, &x, sizeof x);
        at += sizeof x;
    }
    size_t bytes = (size_t)(at - matrix);
    append_tag(matrix, 14, (uint32_t)((int32_t)bytes - 8 + f->matrix_bytes_more));
    return bytes;
}

static size_t start_file(uint8_t *file)
{
    memset(file, ' ', 124);
    memcpy(file + 124, "\0\1IM", 4);
    return 128;
}

static void forge_packed(const forgery *f)
{
    static uint8_t matrix[ROOM], file[ROOM];
    memset(file, 0, sizeof file);
    size_t bytes = make_matrix(matrix, f), at = start_file(file);
    uLongf packed = ROOM / 2;
    REQUIRE(compress2(file + at + 8, &packed, matrix, bytes, 6) == Z_OK);
    if (f->wrong_sum)
        file[at + 8 + packed - 1] ^= 1;
    size_t element = packed - f->cut + f->behind;
    append_tag(file + at, 15, (uint32_t)((int32_t)element + f->element_bytes_more));
    fresh_path();
    write_bytes(file, at + 8 + element);
}

static void forge_plain(const forgery *f)
{
    static uint8_t file[ROOM];
    size_t at = start_file(file);
    at += make_matrix(file + at, f);
    fresh_path();
    write_bytes(file, at);
}

static void the_unforged_file_is_read(void)
{
    forge_packed(&(forgery){0});
    check_read(ROWS, COLUMNS);
    forge_plain(&(forgery){0});
    check_read(ROWS, COLUMNS);
}

static void every_cut_of_a_stream_is_refused(void)
{
    for (size_t cut = 1; cut < 250; cut++) {
        forge_packed(&(forgery){.cut = cut});
        check_refused(ERR_FORMAT, "damaged or cut short");
    }
}

static void a_wrong_checksum_is_refused(void)
{
    forge_packed(&(forgery){.wrong_sum = true});
    check_refused(ERR_FORMAT, "damaged or cut short");
}

static void a_wrong_length_is_refused(void)
{
    static const forgery wrong[] = {
        {.matrix_bytes_more = 8},
        {.matrix_bytes_more = -8},
        {.matrix_bytes_more = 1 << 30},
        {.element_bytes_more = 1},
        {.element_bytes_more = -1},
        {.element_bytes_more = 1 << 30},
        {.behind = 1},
        {.behind = 8},
        {.data_bytes = 4 * NUMBERS - 4},
        {.data_bytes = UINT32_MAX},
        {.dims = {ROWS, 49}},
        {.dims = {ROWS, 51}},
        {.dims = {ROWS, 1 << 30}},
        {.dims = {1 << 30, 1 << 30}},
        {.name_bytes = UINT32_MAX},
        {.name_bytes = 0x7fffffff},
        {.name_bytes = 300},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        forge_packed(&wrong[i]);
        check_refused(ERR_FORMAT, "damaged");
        if (wrong[i].element_bytes_more || wrong[i].behind)
            continue; /* of a stream only */
        forge_plain(&wrong[i]);
        check_refused(ERR_FORMAT, "damaged");
    }
}

/* A damaged variable is found although another is asked for. */
static void damage_elsewhere_is_refused(void)
{
    static uint8_t file[2 * ROOM];
    forge_packed(&(forgery){0});
    FILE *f = fopen(path, "rb");
    REQUIRE(f != NULL);
    size_t n = fread(file, 1, ROOM, f);
    fclose(f);
    memcpy(file + n, file + 128, n - 128);
    write_bytes(file, 2 * n - 128);
    file[2 * n - 129] ^= 1; /* of the second's checksum */
    write_bytes(file, 2 * n - 128);
    check_refused(ERR_FORMAT, "damaged or cut short");
}

/* Zeros pack best: a stream of 256 KiB holds a name of 256 MiB. */
static void a_bomb_needs_no_memory(void)
{
    static uint8_t zeros[1 << 20], file[1 << 20];
    struct rusage before, after;
    z_stream z = {0};
    memset(file, 0, sizeof file);
    size_t at = start_file(file);
    z.next_out = file + at + 8;
    z.avail_out = (uInt)(sizeof file - at - 8);
    REQUIRE(deflateInit(&z, 9) == Z_OK);
    uint8_t head[48];
    const uint32_t flags[2] = {7, 0}, dims[2] = {1, 1};
    uint32_t bytes = 256u << 20;
    uint8_t *h = append_tag(append_tag(head, 14, bytes + 40), 6, 8);
    memcpy(h, flags, 8);
    h = append_tag(h + 8, 5, 8);
    memcpy(h, dims, 8);
    append_tag(h + 8, 1, bytes);
    z.next_in = head;
    z.avail_in = sizeof head;
    REQUIRE(deflate(&z, Z_NO_FLUSH) == Z_OK);
    for (uint32_t done = 0; done < bytes; done += sizeof zeros) {
        z.next_in = zeros;
        z.avail_in = sizeof zeros;
        REQUIRE(deflate(&z, Z_NO_FLUSH) == Z_OK);
    }
    REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
    size_t packed = z.total_out;
    deflateEnd(&z);
    append_tag(file + at, 15, (uint32_t)packed);
    fresh_path();
    write_bytes(file, at + 8 + packed);
    REQUIRE(getrusage(RUSAGE_SELF, &before) == 0);
    check_refused(ERR_FORMAT, "name has 268435456 bytes");
    REQUIRE(getrusage(RUSAGE_SELF, &after) == 0);
    CHECK(after.ru_maxrss - before.ru_maxrss < 64 << 10); /* KiB */
}

/* --- version 7.3 -------------------------------------------------------------------------------
 */

/* A dataset HT of 0, 1, ... as MATLAB lays it out, in a file whose MATLAB header is `close_file`'s.
 */
typedef struct hdf5_file {
    hid_t file, dataset;
} hdf5_file;

static hdf5_file open_hdf5(hid_t create)
{
    float x[NUMBERS];
    for (int i = 0; i < NUMBERS; i++)
        x[i] = (float)i;
    fresh_path();
    hid_t plist = H5Pcreate(H5P_FILE_CREATE);
    REQUIRE(H5Pset_userblock(plist, 512) >= 0);
    hdf5_file f = {.file = H5Fcreate(path, H5F_ACC_TRUNC, plist, H5P_DEFAULT)};
    H5Pclose(plist);
    const hsize_t dims[] = {COLUMNS, ROWS};
    hid_t space = H5Screate_simple(2, dims, NULL);
    f.dataset = H5Dcreate2(f.file, "HT", H5T_IEEE_F32LE, space, H5P_DEFAULT, create, H5P_DEFAULT);
    REQUIRE(f.dataset >= 0);
    REQUIRE(H5Dwrite(f.dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, x) >= 0);
    H5Sclose(space);
    return f;
}

static void close_hdf5(hdf5_file *f)
{
    uint8_t head[128];
    H5Dclose(f->dataset);
    REQUIRE(H5Fclose(f->file) >= 0);
    memset(head, ' ', 124);
    memcpy(head + 124, "\0\2IM", 4);
    FILE *file = fopen(path, "r+b");
    REQUIRE(file != NULL);
    CHECK(fwrite(head, 1, sizeof head, file) == sizeof head);
    fclose(file);
}

/* An attribute of `count` texts of `bytes` bytes each. */
static void add_text(hid_t object, const char *name, const char *text, size_t bytes, hsize_t count)
{
    char *data = calloc(count, bytes);
    REQUIRE(data != NULL);
    memcpy(data, text, strlen(text));
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, bytes);
    hid_t space = count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, NULL);
    hid_t a = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    REQUIRE(a >= 0 && H5Awrite(a, type, data) >= 0);
    H5Aclose(a);
    H5Sclose(space);
    H5Tclose(type);
    free(data);
}

static void add_numbers(hid_t object, const char *name, hid_t type, hsize_t count)
{
    uint64_t data[8192] = {0};
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t a = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    REQUIRE(a >= 0 && H5Awrite(a, type, data) >= 0);
    H5Aclose(a);
    H5Sclose(space);
}

/* As MATLAB writes it, without room for a NUL, and as h5py and hdf5storage do. */
static void a_class_is_read_with_and_without_its_end(void)
{
    for (size_t bytes = 6; bytes <= 32; bytes++) {
        hdf5_file f = open_hdf5(H5P_DEFAULT);
        add_text(f.dataset, "MATLAB_class", "single", bytes, 1);
        close_hdf5(&f);
        check_read(ROWS, COLUMNS);
    }
    hdf5_file f = open_hdf5(H5P_DEFAULT);
    hsize_t one = 1;
    add_text(f.dataset, "MATLAB_class", "double", 6, one);
    add_numbers(f.dataset, "MATLAB_empty", H5T_STD_U8LE, 1);
    close_hdf5(&f);
    check_read(ROWS, COLUMNS);
}

static void forged_attributes_are_refused(void)
{
    static const size_t sizes[] = {33, 64, 4000, 60000};
    for (int i = 0; i < 4; i++) {
        hdf5_file f = open_hdf5(H5P_DEFAULT);
        add_text(f.dataset, "MATLAB_class", "single", sizes[i], 1);
        close_hdf5(&f);
        check_refused(ERR_FORMAT, "MATLAB_class");
    }
    for (hsize_t count = 2; count < 1000; count *= 8) {
        hdf5_file f = open_hdf5(H5P_DEFAULT);
        add_text(f.dataset, "MATLAB_class", "single", 6, count);
        close_hdf5(&f);
        check_refused(ERR_FORMAT, "MATLAB_class");
        f = open_hdf5(H5P_DEFAULT);
        add_text(f.dataset, "MATLAB_class", "single", 6, 1);
        add_numbers(f.dataset, "MATLAB_empty", H5T_NATIVE_UINT64, count);
        close_hdf5(&f);
        check_refused(ERR_FORMAT, "MATLAB_empty");
    }
    hdf5_file f = open_hdf5(H5P_DEFAULT);
    add_numbers(f.dataset, "MATLAB_class", H5T_NATIVE_UINT64, 1);
    close_hdf5(&f);
    check_refused(ERR_FORMAT, "MATLAB_class");
    f = open_hdf5(H5P_DEFAULT);
    close_hdf5(&f);
    check_refused(ERR_UNSUPPORTED, "MATLAB_class");
    f = open_hdf5(H5P_DEFAULT);
    add_text(f.dataset, "MATLAB_class", "cell", 4, 1);
    close_hdf5(&f);
    check_refused(ERR_UNSUPPORTED, "not a numeric array");
}

/* Attributes that nobody needs are not read, whatever their size. */
static void other_attributes_do_not_matter(void)
{
    hdf5_file f = open_hdf5(H5P_DEFAULT);
    add_text(f.dataset, "MATLAB_class", "single", 6, 1);
    add_numbers(f.dataset, "MATLAB_sparse", H5T_NATIVE_UINT64, 4000);
    add_numbers(f.dataset, "MATLAB_int_decode", H5T_NATIVE_UINT64, 4000);
    add_text(f.dataset, "MATLAB_fields", "x", 4000, 2);
    close_hdf5(&f);
    check_read(ROWS, COLUMNS);
}

static void a_sparse_array_is_refused(void)
{
    hdf5_file f = open_hdf5(H5P_DEFAULT);
    REQUIRE(H5Ldelete(f.file, "HT", H5P_DEFAULT) >= 0);
    hid_t group = H5Gcreate2(f.file, "HT", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    add_text(group, "MATLAB_class", "double", 4000, 1);
    add_numbers(group, "MATLAB_sparse", H5T_NATIVE_UINT64, 4000);
    H5Gclose(group);
    close_hdf5(&f);
    check_refused(ERR_UNSUPPORTED, "not a numeric array");
}

/* Nothing outside of the file is opened, though it is there and could be read. */
static void a_way_out_of_the_file_is_refused(void)
{
    hdf5_file f = open_hdf5(H5P_DEFAULT);
    add_text(f.dataset, "MATLAB_class", "single", 6, 1);
    REQUIRE(H5Lmove(f.file, "HT", f.file, "other", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    REQUIRE(H5Lcreate_soft("/other", f.file, "HT", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    close_hdf5(&f);
    check_refused(ERR_UNSUPPORTED, "not a numeric array");
    f = open_hdf5(H5P_DEFAULT);
    REQUIRE(H5Ldelete(f.file, "HT", H5P_DEFAULT) >= 0);
    REQUIRE(H5Lcreate_external(path, "/HT", f.file, "HT", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    close_hdf5(&f);
    check_refused(ERR_UNSUPPORTED, "not a numeric array");
    char outside[80];
    fresh_path();
    snprintf(outside, sizeof outside, "%s.data", path);
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    REQUIRE(H5Pset_external(plist, outside, 0, NUMBERS * sizeof(float)) >= 0);
    f = open_hdf5(plist);
    add_text(f.dataset, "MATLAB_class", "single", 6, 1);
    close_hdf5(&f);
    H5Pclose(plist);
    check_refused(ERR_UNSUPPORTED, "another file");
    unlink(outside);
}

/* A dataset whose chunks were never written claims what it likes. */
static void a_claim_beyond_the_file_is_refused(void)
{
    static const hsize_t dims[] = {1 << 20, 1 << 20}, chunk[] = {64, 64};
    hdf5_file f = open_hdf5(H5P_DEFAULT);
    REQUIRE(H5Ldelete(f.file, "HT", H5P_DEFAULT) >= 0);
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(2, dims, NULL);
    H5Pset_chunk(plist, 2, chunk);
    hid_t huge = H5Dcreate2(f.file, "HT", H5T_IEEE_F32LE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    REQUIRE(huge >= 0);
    add_text(huge, "MATLAB_class", "single", 6, 1);
    H5Dclose(huge);
    H5Sclose(space);
    H5Pclose(plist);
    close_hdf5(&f);
    check_refused(ERR_FORMAT, "more elements than");
}

static void a_packed_dataset_is_read_and_its_cuts_refused(void)
{
    static const hsize_t chunk[] = {COLUMNS, ROWS};
    static uint8_t bytes[ROOM];
    hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(plist, 2, chunk);
    H5Pset_deflate(plist, 6);
    hdf5_file f = open_hdf5(plist);
    add_text(f.dataset, "MATLAB_class", "single", 6, 1);
    close_hdf5(&f);
    H5Pclose(plist);
    FILE *file = fopen(path, "rb");
    REQUIRE(file != NULL);
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    check_read(ROWS, COLUMNS);
    for (size_t cut = 1; cut < n; cut += cut < 64 ? 1 : 61) {
        fresh_path();
        write_bytes(bytes, n - cut);
        check_refused(ERR_FORMAT, "");
    }
}

/* gcc's name for a sanitizer that replaces the allocator, and clang's. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { FORKS_STEP = 8, DEATHS_MAX = SANITIZED ? 4 : 0 };

/* Changes every `step`-th byte of the file at `path`, one at a time; each ends in an array or in a
 * line. Returns how many child processes died. */
static int change_bytes(size_t step, bool here)
{
    static uint8_t bytes[ROOM];
    int deaths = 0;
    FILE *file = fopen(path, "rb");
    REQUIRE(file != NULL);
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t i = 0; i < n; i += step) {
        mat_array a;
        err e = {0};
        bytes[i] ^= 0xff;
        write_bytes(bytes, n);
        int rc = here ? read_here(n, &a, &e) : mat_read_float(path, "HT", &a, &e);
        CHECK((rc == ERR_NONE) == (a.data != NULL) && (rc == ERR_NONE) == (*e.text == '\0'));
        deaths += strstr(e.text, "libhdf5 failed") != NULL;
        mat_array_free(&a);
        bytes[i] ^= 0xff;
    }
    unlink(path);
    return deaths;
}

static void every_changed_byte_of_version_5_ends_in_a_line(void)
{
    forge_packed(&(forgery){0});
    CHECK(change_bytes(1, false) == 0);
}

/* libhdf5 1.10.8 itself reads freed memory in H5O__attr_exists for a few of the bytes. The
 * sanitizers' allocators let that crash, and glibc's does not. Only the child may die of it, which
 * costs some 10 ms a file, hence the step. */
static void changed_bytes_of_version_73_end_in_a_line(void)
{
    hdf5_file f = open_hdf5(H5P_DEFAULT);
    add_text(f.dataset, "MATLAB_class", "single", 6, 1);
    close_hdf5(&f);
    CHECK(change_bytes(FORKS_STEP, false) <= DEATHS_MAX);
#if !SANITIZED
    f = open_hdf5(H5P_DEFAULT);
    add_text(f.dataset, "MATLAB_class", "single", 6, 1);
    close_hdf5(&f);
    CHECK(change_bytes(1, true) == 0);
#endif
}

static const harness_test tests[] = {
    {"the file that the others are forged from is read", the_unforged_file_is_read},
    {"a compressed variable that is cut anywhere is refused", every_cut_of_a_stream_is_refused},
    {"a wrong checksum is refused", a_wrong_checksum_is_refused},
    {"every wrong length is refused", a_wrong_length_is_refused},
    {"damage in a variable that nobody asked for is refused", damage_elsewhere_is_refused},
    {"a name of 256 MiB of zeros takes no memory", a_bomb_needs_no_memory},
    {"MATLAB_class is read with and without its NUL", a_class_is_read_with_and_without_its_end},
    {"attributes of another type, shape or size are refused", forged_attributes_are_refused},
    {"attributes that are not needed are not read", other_attributes_do_not_matter},
    {"a sparse array is refused", a_sparse_array_is_refused},
    {"links and data outside the file are refused", a_way_out_of_the_file_is_refused},
    {"a dataset larger than its file is refused", a_claim_beyond_the_file_is_refused},
    {"a packed dataset is read, and a cut one refused",
     a_packed_dataset_is_read_and_its_cuts_refused},
    {"every changed byte of version 5 ends in an array or a line",
     every_changed_byte_of_version_5_ends_in_a_line},
    {"changed bytes of version 7.3 end in an array or a line",
     changed_bytes_of_version_73_end_in_a_line},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "mat_faults", tests, sizeof tests / sizeof tests[0]);
}
