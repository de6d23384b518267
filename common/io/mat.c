/* Writes .mat files with libmatio, and reads them back with csilink's readers. */
#include <fcntl.h>
#include <limits.h>
#include <matio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/apart.h"
#include "io/file.h"
#include "io/mat_internal.h"
#include "io/mat_library.h"

enum { MAT_HEADER_BYTES = 128, TILE = 64 };

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

/* Copies every `step`-th float of `from`, row-major, to a column-major plane, in tiles as
 * mat_copy_plane does. */
static void fill_plane(const mat_array *a, const float *from, size_t step, float *plane)
{
    size_t rows = a->dims[0], columns = a->count / rows;
    for (size_t r0 = 0; r0 < rows; r0 += TILE) {
        size_t r1 = r0 + TILE < rows ? r0 + TILE : rows;
        for (size_t c = 0; c < columns; c++) {
            size_t at = mat_row_major_offset(a, c);
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

/* A header of our own: libmatio's header contains the time, so that no two files would be equal. */
static mat_t *create_file(const char *path, mat_format format)
{
    if (format == MAT_HDF5)
        return Mat_CreateVer(path, "MATLAB 7.3 MAT-file, written by csilink", MAT_FT_MAT73);
    return Mat_CreateVer(path, "MATLAB 5.0 MAT-file, written by csilink", MAT_FT_MAT5);
}

/* Whether the file reads back as the array. */
static bool reads_back(const char *path, const char *variable, const mat_array *a)
{
    mat_array b = {0};
    mat_file file;
    bool found;
    bool same = mat_find(path, variable, &b, &file, &found, NULL) == ERR_NONE &&
                b.count == a->count && b.is_complex == a->is_complex &&
                memcmp(b.data, a->data, a->count * (a->is_complex ? 2 : 1) * sizeof(float)) == 0;
    mat_array_free(&b);
    return same;
}

/* libmatio does not report failed writes to a version 5 file, and adjusts the lengths in it: on a
 * full disk the file looks whole and holds less. So check that the file is long enough for the
 * data, and that compressed data read back the same. libhdf5 reports its failures. */
static int check_written(const char *file, const char *variable, const mat_array *a,
                         mat_format format, uint64_t bytes_before, err *e)
{
    uint64_t data = format == MAT_COMPRESSED ? 1 : a->count * sizeof(float);
    if (a->is_complex && format != MAT_COMPRESSED)
        data *= 2;
    mat_file written;
    bool found, whole = mat_find(file, variable, NULL, &written, &found, NULL) == ERR_NONE &&
                        found && written.bytes >= bytes_before + data;
    if (whole && format == MAT_COMPRESSED)
        whole = reads_back(file, variable, a);
    return whole ? ERR_NONE
                 : err_set(e, ERR_IO,
                           "writing '%s' failed: the file is incomplete; is the disk "
                           "full?",
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

/* Copies the file to another name, to append a variable to it there. */
static int copy_file(const char *from, const char *to, uint64_t bytes, err *e)
{
    struct stat file;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    uint64_t done = 0;
    ssize_t n = in < 0 || out < 0 ? -1 : 1;
    if (n > 0 && (fstat(in, &file) != 0 || fchmod(out, file.st_mode & 0777) != 0))
        n = -1;
    while (n > 0 && done < bytes)
        if ((n = sendfile(out, in, NULL, bytes - done)) > 0)
            done += (uint64_t)n;
    int code = done == bytes && n >= 0
                   ? ERR_NONE
                   : err_set(e, ERR_IO, "'%s' cannot be copied to add a variable: %m", from);
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

typedef struct addition {
    const char *path, *file; /* the user's name of it, and the copy that is written */
    const char *variable;
    const mat_array *a;
    mat_format format;
    uint64_t bytes_before;
} addition;

static int add_variable(void *user, err *e)
{
    const addition *add = user;
    mat_t *mat = Mat_Open(add->file, MAT_ACC_RDWR);
    if (!mat)
        return err_set(e, ERR_IO, "cannot open '%s' for writing", add->path);
    return finish_file(mat, add->file, add->variable, add->a, add->format, add->bytes_before, e);
}

/* libmatio reads the whole directory of a version 7.3 file with libhdf5, which may be damaged where
 * mat_find did not look: in a child process. */
static int add_apart(addition *add, err *e)
{
    static const apart_job job = {.work = add_variable};
    err why = {0};
    int code = apart_call(&job, add, &why);
    if (code == ERR_STATE)
        return err_set(e, ERR_FORMAT,
                       "'%s' is probably damaged: libhdf5 failed while it added '%s': %s",
                       add->path, add->variable, why.text);
    return code ? err_set(e, (err_code)code, "%s", why.text) : ERR_NONE;
}

/* Writes a copy of the file at `path` with the variable added. */
static int write_behind(const char *path, const char *file, const char *variable,
                        const mat_array *a, mat_format format, err *e)
{
    mat_file found;
    bool taken;
    int code = mat_find(path, variable, NULL, &found, &taken, e);
    if (code)
        return code;
    if (taken)
        return err_set(e, ERR_INVALID, "'%s' already has a variable '%s'", path, variable);
    if ((code = copy_file(path, file, found.bytes, e)))
        return code;
    addition add = {path, file, variable, a, format, found.bytes};
    return found.hdf5 ? add_apart(&add, e) : add_variable(&add, e);
}

/* Writes beside `path`, which the libraries never touch: on a full disk they would damage it. */
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
    mat_library_lock();
    code = write_file(path, variable, a, format, append && access(path, F_OK) == 0, e);
    mat_library_unlock();
    return code;
}

int mat_write_float(const char *path, const char *variable, const mat_array *a, bool append, err *e)
{
    return mat_write_float_as(path, variable, a, MAT_COMPRESSED, append, e);
}
