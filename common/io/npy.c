/* Writing .npy files. */
#include "io/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/file.h"

enum { ALIGNMENT = 64, PREFIX = 10 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are copied as they lie");

bool npy_is_named(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".npy") == 0;
}

struct npy_writer {
    file_writer *file;
    size_t columns, missing; /* rows still to come */
};

static bool write_header(FILE *f, int rank, const size_t *dims, bool is_complex)
{
    char text[8 * ALIGNMENT];
    size_t length =
        (size_t)snprintf(text, sizeof text, "{'descr': '<%s', 'fortran_order': False, 'shape': (",
                         is_complex ? "c8" : "f4");
    for (int i = 0; i < rank; i++) /* at most 22 characters each, so it fits */
        length +=
            (size_t)snprintf(text + length, sizeof text - length, "%s%zu", i ? ", " : "", dims[i]);
    length += (size_t)snprintf(text + length, sizeof text - length, "), }");
    size_t end = (PREFIX + length) / ALIGNMENT * ALIGNMENT + ALIGNMENT - PREFIX;
    memset(text + length, ' ', end - length);
    text[end - 1] = '\n';
    unsigned char head[PREFIX] = "\x93NUMPY\x01";
    head[8] = (unsigned char)end;
    head[9] = (unsigned char)(end >> 8);
    return fwrite(head, 1, PREFIX, f) == PREFIX && fwrite(text, 1, end, f) == end;
}

npy_writer *npy_writer_open_array(const char *path, int rank, const size_t *dims, bool is_complex,
                                  err *e)
{
    if (rank < 2 || rank > MAT_MAX_RANK) {
        err_set(e, ERR_INVALID, "an array of %d dimensions, not 2 to %d", rank, MAT_MAX_RANK);
        return NULL;
    }
    npy_writer *w = calloc(1, sizeof *w);
    if (!w) {
        err_set(e, ERR_NOMEM, "out of memory for '%s'", path);
        return NULL;
    }
    size_t columns = is_complex ? 2 : 1;
    for (int i = 1; i < rank; i++)
        columns *= dims[i];
    *w = (npy_writer){.file = file_writer_open(path, e), .columns = columns, .missing = dims[0]};
    if (w->file && write_header(file_writer_stream(w->file), rank, dims, is_complex))
        return w;
    if (w->file)
        err_set(e, ERR_IO, "cannot write '%s': %m", path);
    npy_writer_drop(w);
    return NULL;
}

npy_writer *npy_writer_open(const char *path, size_t rows, size_t columns, err *e)
{
    const size_t dims[] = {rows, columns};
    return npy_writer_open_array(path, 2, dims, false, e);
}

int npy_writer_add(npy_writer *w, const float *rows, size_t count, err *e)
{
    if (count > w->missing)
        return err_set(e, ERR_STATE, "%zu more rows than announced", count - w->missing);
    if (fwrite(rows, w->columns * sizeof *rows, count, file_writer_stream(w->file)) != count)
        return err_set(e, ERR_IO, "writing failed: %m");
    w->missing -= count;
    return ERR_NONE;
}

int npy_writer_close(npy_writer *w, err *e)
{
    size_t missing = w->missing;
    int rc = ERR_NONE;
    if (missing) {
        file_writer_drop(w->file);
        rc = err_set(e, ERR_STATE, "%zu rows of those announced were not written", missing);
    } else {
        rc = file_writer_close(w->file, e);
    }
    free(w);
    return rc;
}

void npy_writer_drop(npy_writer *w)
{
    if (!w)
        return;
    file_writer_drop(w->file);
    free(w);
}

int npy_write_float(const char *path, const mat_array *a, err *e)
{
    npy_writer *w = npy_writer_open_array(path, a->rank, a->dims, a->is_complex, e);
    if (!w)
        return ERR_IO;
    int rc = npy_writer_add(w, a->data, a->dims[0], e);
    if (!rc)
        return npy_writer_close(w, e);
    npy_writer_drop(w);
    return rc;
}
