#include "io/mat.h"

#include <fcntl.h>
#include <hdf5.h>
#include <limits.h>
#include <math.h>
#include <matio.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"

enum {
    MAT_HEADER_BYTES = 128,
    NAMES_MAX = 256, /* bytes of a message that list variables */
    TILE = 64,       /* rows that are transposed at a time */
};

/* zlib cannot shrink by more than this, so a file of n bytes holds at most this many times n. */
static const uint64_t DEFLATE_MAX_RATIO = 1032;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void discard_message(int level, char *message)
{
    (void)level;
    (void)message;
}

/* Both libraries would write their own lines to standard error; the caller gets one of ours.
 * libhdf5 would also flush, at the program's end, a file that a full disk kept it from closing, and
 * crash; every file is closed here, so there is nothing else for it to do then. */
static void silence_libraries(void)
{
    H5dont_atexit(); /* counts only before libhdf5's first call; fails harmlessly later */
    Mat_LogInitFunc(NULL, discard_message);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* --- reading -----------------------------------------------------------------------------------
 */

/* What a file's first 128 bytes say. */
typedef struct signature {
    bool hdf5; /* version 7.3 */
    bool swapped;
} signature;

static bool read_signature(FILE *f, signature *s)
{
    unsigned char head[MAT_HEADER_BYTES];
    if (fread(head, 1, sizeof head, f) != sizeof head)
        return false;
    s->swapped = head[126] == 'M';
    unsigned version = s->swapped ? head[124] : head[125];
    unsigned minor = s->swapped ? head[125] : head[124];
    s->hdf5 = version == 2;
    return memcmp(head + 126, s->swapped ? "MI" : "IM", 2) == 0 && minor == 0 &&
           (version == 1 || version == 2);
}

/* Does every element of a version 5 file lie within it? libmatio takes the missing end of a cut
 * one for zeros. */
static bool elements_are_whole(FILE *f, bool swapped, uint64_t file_bytes)
{
    enum { MATRIX = 14, COMPRESSED = 15 };
    uint64_t at = MAT_HEADER_BYTES;
    uint32_t tag[2];
    while (at < file_bytes) {
        if (fseeko(f, (off_t)at, SEEK_SET) != 0 || fread(tag, sizeof tag, 1, f) != 1)
            return false;
        uint32_t type = swapped ? __builtin_bswap32(tag[0]) : tag[0];
        uint32_t bytes = swapped ? __builtin_bswap32(tag[1]) : tag[1];
        at += sizeof tag;
        if ((type != MATRIX && type != COMPRESSED) || bytes > file_bytes - at)
            return false;
        at += bytes;
    }
    return true;
}

/* libmatio takes whatever is not version 5 or 7.3 for a version 4 file, which has no signature;
 * so the signature is looked at first. */
static int check_stream(FILE *f, const char *path, uint64_t *file_bytes, err *e)
{
    struct stat st;
    if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(e, ERR_IO, "'%s' is not a regular file", path);
    *file_bytes = (uint64_t)st.st_size;
    signature s;
    if (!read_signature(f, &s))
        return err_set(e, ERR_FORMAT,
                       "'%s' is not a MATLAB file of version 5 or 7.3 (save it with -v7 or -v7.3)",
                       path);
    if (!s.hdf5 && !elements_are_whole(f, s.swapped, *file_bytes))
        return err_set(e, ERR_FORMAT, "'%s' is cut short or damaged", path);
    return ERR_NONE;
}

static int check_file(const char *path, uint64_t *file_bytes, err *e)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_set(e, ERR_IO, "cannot open '%s': %m", path);
    int code = check_stream(f, path, file_bytes, e);
    fclose(f);
    return code;
}

/* A name comes from the file and may hold anything; MATLAB's own are letters, digits, '_'. */
static void append_name(char names[NAMES_MAX], const char *name)
{
    size_t used = strlen(names);
    snprintf(names + used, NAMES_MAX - used, "%s%s", used ? ", " : "", name);
    for (char *c = names + used; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
            *c = '?';
}

/* The variable's header; NULL with a message when it is not there. */
static matvar_t *find_variable(mat_t *mat, const char *path, const char *variable, err *e)
{
    char names[NAMES_MAX] = "";
    matvar_t *v;
    while ((v = Mat_VarReadNextInfo(mat))) {
        if (v->name && strcmp(v->name, variable) == 0)
            return v;
        append_name(names, v->name ? v->name : "?");
        Mat_VarFree(v);
    }
    err_set(e, ERR_FORMAT, "'%s' has no variable '%s'; it has %s", path, variable,
            *names ? names : "none that can be read");
    return NULL;
}

static size_t class_bytes(enum matio_classes class)
{
    switch (class) {
    case MAT_C_DOUBLE:
    case MAT_C_INT64:
    case MAT_C_UINT64:
        return 8;
    case MAT_C_SINGLE:
    case MAT_C_INT32:
    case MAT_C_UINT32:
        return 4;
    case MAT_C_INT16:
    case MAT_C_UINT16:
        return 2;
    case MAT_C_INT8:
    case MAT_C_UINT8:
        return 1;
    default:
        return 0; /* cells, structures, text and the like */
    }
}

/* Fills out's shape from a header, refusing what cannot be a sound numeric array of this file. */
static int check_shape(const matvar_t *v, uint64_t file_bytes, mat_array *out, err *e)
{
    size_t bytes = class_bytes(v->class_type);
    if (bytes == 0)
        return err_set(e, ERR_UNSUPPORTED, "it is not a numeric array");
    if (v->rank < 2 || v->rank > MAT_MAX_RANK || !v->dims)
        return err_set(e, ERR_UNSUPPORTED, "it has %d dimensions, not 2 to %d", v->rank,
                       MAT_MAX_RANK);
    uint64_t limit = file_bytes * DEFLATE_MAX_RATIO / (bytes * (v->isComplex ? 2 : 1));
    uint64_t count = 1;
    for (int i = 0; i < v->rank; i++) {
        if (v->dims[i] == 0)
            return err_set(e, ERR_UNSUPPORTED, "it is empty");
        if (v->dims[i] > limit / count)
            return err_set(e, ERR_FORMAT, "it claims more elements than a file of %llu bytes holds",
                           (unsigned long long)file_bytes);
        count *= v->dims[i];
        out->dims[i] = v->dims[i];
    }
    out->rank = v->rank;
    out->count = (size_t)count;
    out->is_complex = v->isComplex != 0;
    return ERR_NONE;
}

static float element(const void *data, enum matio_classes class, size_t i)
{
    switch (class) {
    case MAT_C_DOUBLE:
        return (float)((const double *)data)[i];
    case MAT_C_SINGLE:
        return ((const float *)data)[i];
    case MAT_C_INT64:
        return (float)((const int64_t *)data)[i];
    case MAT_C_UINT64:
        return (float)((const uint64_t *)data)[i];
    case MAT_C_INT32:
        return (float)((const int32_t *)data)[i];
    case MAT_C_UINT32:
        return (float)((const uint32_t *)data)[i];
    case MAT_C_INT16:
        return ((const int16_t *)data)[i];
    case MAT_C_UINT16:
        return ((const uint16_t *)data)[i];
    case MAT_C_INT8:
        return ((const int8_t *)data)[i];
    default:
        return ((const uint8_t *)data)[i];
    }
}

/* Where column `column` of the first dimension (all other subscripts, in MATLAB's order) starts in
 * row-major order. */
static size_t row_major_offset(const mat_array *a, size_t column)
{
    size_t offset[MAT_MAX_RANK] = {0}, at = 0;
    for (int i = 1; i < a->rank; i++) {
        offset[i] = column % a->dims[i];
        column /= a->dims[i];
    }
    for (int i = 1; i < a->rank; i++)
        at = at * a->dims[i] + offset[i];
    return at;
}

/* One plane (real or imaginary part), column-major, into every `step`-th float of out->data. Tiles
 * of rows keep the scattered side of the transposition within the cache. */
static void copy_plane(const void *plane, enum matio_classes class, const mat_array *out, float *to,
                       size_t step)
{
    size_t rows = out->dims[0], columns = out->count / rows;
    for (size_t r0 = 0; r0 < rows; r0 += TILE) {
        size_t r1 = r0 + TILE < rows ? r0 + TILE : rows;
        for (size_t c = 0; c < columns; c++) {
            size_t at = row_major_offset(out, c);
            for (size_t r = r0; r < r1; r++)
                to[(r * columns + at) * step] = element(plane, class, c * rows + r);
        }
    }
}

static int copy_out(const matvar_t *v, mat_array *out, err *e)
{
    const void *re = v->data, *im = NULL;
    if (out->is_complex && v->data) {
        const mat_complex_split_t *split = v->data;
        re = split->Re;
        im = split->Im;
    }
    if (!re || (out->is_complex && !im) || v->nbytes < out->count * class_bytes(v->class_type))
        return err_set(e, ERR_FORMAT, "its data are damaged or incomplete");
    size_t step = out->is_complex ? 2 : 1;
    out->data = calloc(out->count * step, sizeof *out->data);
    if (!out->data)
        return err_set(e, ERR_NOMEM, "out of memory for %zu elements", out->count);
    copy_plane(re, v->class_type, out, out->data, step);
    if (im)
        copy_plane(im, v->class_type, out, out->data + 1, step);
    for (size_t i = 0; i < out->count * step; i++)
        if (!isfinite(out->data[i]))
            return err_set(e, ERR_FORMAT,
                           "element %zu (row-major) is NaN, infinite or beyond a float's range",
                           i / step);
    return ERR_NONE;
}

static int read_found(mat_t *mat, matvar_t *v, uint64_t file_bytes, mat_array *out, err *e)
{
    int code = check_shape(v, file_bytes, out, e);
    if (code)
        return code;
    enum matio_classes class = v->class_type;
    if (Mat_VarReadDataAll(mat, v) != 0 || v->class_type != class)
        return err_set(e, ERR_FORMAT, "its data are damaged or incomplete");
    return copy_out(v, out, e);
}

static int read_locked(const char *path, const char *variable, mat_array *out, err *e)
{
    uint64_t file_bytes = 0;
    int code = check_file(path, &file_bytes, e);
    if (code)
        return code;
    mat_t *mat = Mat_Open(path, MAT_ACC_RDONLY);
    if (!mat)
        return err_set(e, ERR_FORMAT, "'%s' is a damaged MATLAB file", path);
    matvar_t *v = find_variable(mat, path, variable, e);
    code = ERR_FORMAT;
    if (v) {
        code = read_found(mat, v, file_bytes, out, e);
        if (code)
            err_prefix(e, "'%s', variable '%s'", path, variable);
        Mat_VarFree(v);
    }
    Mat_Close(mat);
    return code;
}

int mat_read_float(const char *path, const char *variable, mat_array *out, err *e)
{
    *out = (mat_array){0};
    pthread_mutex_lock(&lock);
    silence_libraries();
    int code = read_locked(path, variable, out, e);
    pthread_mutex_unlock(&lock);
    if (code)
        mat_array_free(out);
    return code;
}

/* --- writing -----------------------------------------------------------------------------------
 */

static int check_writable(const char *variable, const mat_array *a, mat_format format, err *e)
{
    size_t length = strlen(variable);
    if (length == 0 || length > 63)
        return err_set(e, ERR_INVALID, "a MATLAB variable's name has 1 to 63 characters, not %zu",
                       length);
    if (a->rank < 2 || a->rank > MAT_MAX_RANK)
        return err_set(e, ERR_INVALID, "an array of %d dimensions, not 2 to %d", a->rank,
                       MAT_MAX_RANK);
    const size_t limit = format == MAT_HDF5 ? SIZE_MAX / 16 : MAT_V5_ELEMENTS_MAX;
    size_t count = 1;
    for (int i = 0; i < a->rank; i++) {
        if (a->dims[i] == 0 || a->dims[i] > limit / count)
            return err_set(e, ERR_INVALID,
                           "a variable holds 1 to %zu elements, in version 5 1 to %zu",
                           SIZE_MAX / 16, MAT_V5_ELEMENTS_MAX);
        count *= a->dims[i];
    }
    if (count != a->count)
        return err_set(e, ERR_INVALID, "the dimensions make %zu elements, not %zu", count,
                       a->count);
    return ERR_NONE;
}

/* Every `step`-th float of `from`, row-major, as a column-major plane; in tiles, as copy_plane. */
static void fill_plane(const mat_array *a, const float *from, size_t step, float *plane)
{
    size_t rows = a->dims[0], columns = a->count / rows;
    for (size_t r0 = 0; r0 < rows; r0 += TILE) {
        size_t r1 = r0 + TILE < rows ? r0 + TILE : rows;
        for (size_t c = 0; c < columns; c++) {
            size_t at = row_major_offset(a, c);
            for (size_t r = r0; r < r1; r++)
                plane[c * rows + r] = from[(r * columns + at) * step];
        }
    }
}

static int write_variable(mat_t *mat, const char *variable, const mat_array *a, mat_format format,
                          err *e)
{
    size_t step = a->is_complex ? 2 : 1;
    float *planes = malloc(a->count * step * sizeof *planes);
    if (!planes)
        return err_set(e, ERR_NOMEM, "out of memory for %zu elements", a->count);
    for (size_t i = 0; i < step; i++)
        fill_plane(a, a->data + i, step, planes + i * a->count);
    mat_complex_split_t split = {planes, planes + a->count};
    size_t dims[MAT_MAX_RANK];
    memcpy(dims, a->dims, sizeof dims);
    matvar_t *v = Mat_VarCreate(variable, MAT_C_SINGLE, MAT_T_SINGLE, a->rank, dims,
                                a->is_complex ? (void *)&split : planes,
                                MAT_F_DONT_COPY_DATA | (a->is_complex ? MAT_F_COMPLEX : 0));
    bool zlib = format == MAT_COMPRESSED;
    bool written =
        v && Mat_VarWrite(mat, v, zlib ? MAT_COMPRESSION_ZLIB : MAT_COMPRESSION_NONE) == 0;
    Mat_VarFree(v);
    free(planes);
    return written ? ERR_NONE : err_set(e, ERR_IO, "writing variable '%s' failed", variable);
}

/* A header of our own: libmatio's names the time, which would make every file differ. */
static mat_t *create_file(const char *path, mat_format format)
{
    if (format == MAT_HDF5)
        return Mat_CreateVer(path, "MATLAB 7.3 MAT-file, written by csilink", MAT_FT_MAT73);
    return Mat_CreateVer(path, "MATLAB 5.0 MAT-file, written by csilink", MAT_FT_MAT5);
}

static bool unpacks(const char *file, const char *variable, size_t bytes)
{
    mat_t *mat = Mat_Open(file, MAT_ACC_RDONLY);
    matvar_t *v = mat ? Mat_VarReadInfo(mat, variable) : NULL;
    bool whole = v && Mat_VarReadDataAll(mat, v) == 0 && v->data && v->nbytes >= bytes;
    Mat_VarFree(v);
    if (mat)
        Mat_Close(mat);
    return whole;
}

/* libmatio does not report what it could not write of a version 5 file, and makes the lengths in it
 * fit: a full disk leaves a file that looks whole and holds less. So it is looked at: the data must
 * have found room, and compressed ones must unpack again. libhdf5 does report. */
static int check_written(const char *file, const char *variable, const mat_array *a,
                         mat_format format, uint64_t bytes_before, err *e)
{
    uint64_t bytes = 0, data = format == MAT_COMPRESSED ? 1 : a->count * sizeof(float);
    if (a->is_complex && format != MAT_COMPRESSED)
        data *= 2;
    bool whole = check_file(file, &bytes, NULL) == ERR_NONE && bytes >= bytes_before + data;
    if (whole && format == MAT_COMPRESSED)
        whole = unpacks(file, variable, a->count * sizeof(float));
    return whole ? ERR_NONE
                 : err_set(e, ERR_IO, "writing '%s' failed: it is cut short; is the disk full?",
                           file);
}

/* Writes the variable behind the file's first `bytes_before` bytes, and closes it. */
static int finish_file(mat_t *mat, const char *file, const char *variable, const mat_array *a,
                       mat_format format, uint64_t bytes_before, err *e)
{
    bool hdf5 = Mat_GetVersion(mat) == MAT_FT_MAT73;
    int code = write_variable(mat, variable, a, format, e);
    if (Mat_Close(mat) != 0 && !code)
        code = err_set(e, ERR_IO, "writing '%s' failed", file);
    return code || hdf5 ? code : check_written(file, variable, a, format, bytes_before, e);
}

/* The file's bytes under another name, for a variable to join them there. */
static int copy_file(const char *from, const char *to, uint64_t bytes, err *e)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    uint64_t done = 0;
    ssize_t n = in < 0 || out < 0 ? -1 : 1;
    while (n > 0 && done < bytes)
        if ((n = sendfile(out, in, NULL, bytes - done)) > 0)
            done += (uint64_t)n;
    int code = done == bytes && n >= 0
                   ? ERR_NONE
                   : err_set(e, ERR_IO, "'%s' cannot be copied to take another variable: %m", from);
    if (in >= 0)
        close(in);
    if (out >= 0 && close(out) != 0 && !code)
        code = err_set(e, ERR_IO, "'%s' cannot be written: %m", to);
    return code;
}

/* A new file with the variable. */
static int write_alone(const char *file, const char *variable, const mat_array *a,
                       mat_format format, err *e)
{
    mat_t *mat = create_file(file, format);
    return mat ? finish_file(mat, file, variable, a, format, MAT_HEADER_BYTES, e)
               : err_set(e, ERR_IO, "cannot create '%s'", file);
}

/* A copy of the file at `path`, which has the variable, too. */
static int write_behind(const char *path, const char *file, const char *variable,
                        const mat_array *a, mat_format format, err *e)
{
    uint64_t file_bytes = 0;
    int code = check_file(path, &file_bytes, e);
    if (code || (code = copy_file(path, file, file_bytes, e)))
        return code;
    mat_t *mat = Mat_Open(file, MAT_ACC_RDWR);
    if (!mat)
        return err_set(e, ERR_IO, "cannot open '%s' for writing", path);
    matvar_t *taken = Mat_VarReadInfo(mat, variable);
    if (!taken)
        return finish_file(mat, file, variable, a, format, file_bytes, e);
    Mat_VarFree(taken);
    Mat_Close(mat);
    return err_set(e, ERR_INVALID, "'%s' has a variable '%s' already", path, variable);
}

/* Beside `path`, which the libraries never touch: what they leave of a file on a full disk is not
 * what it was. */
static int write_file(const char *path, const char *variable, const mat_array *a, mat_format format,
                      bool append, err *e)
{
    char beside[PATH_MAX];
    int code = file_beside(path, beside, sizeof beside, e);
    if (code)
        return code;
    code = append ? write_behind(path, beside, variable, a, format, e)
                  : write_alone(beside, variable, a, format, e);
    if (!code)
        return file_put_in_place(beside, path, e);
    unlink(beside);
    return code;
}

int mat_write_float_as(const char *path, const char *variable, const mat_array *a,
                       mat_format format, bool append, err *e)
{
    int code = check_writable(variable, a, format, e);
    if (code)
        return code;
    pthread_mutex_lock(&lock);
    silence_libraries();
    code = write_file(path, variable, a, format, append && access(path, F_OK) == 0, e);
    pthread_mutex_unlock(&lock);
    return code;
}

int mat_write_float(const char *path, const char *variable, const mat_array *a, bool append, err *e)
{
    return mat_write_float_as(path, variable, a, MAT_COMPRESSED, append, e);
}

void mat_array_free(mat_array *a)
{
    free(a->data);
    *a = (mat_array){0};
}
