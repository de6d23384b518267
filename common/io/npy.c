#include "io/npy.h"
#include "base/text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/file.h"

enum { HEADER_MAX = 4096, ALIGNMENT = 64, PREFIX = 10 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are copied as they lie");

bool npy_is_named(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".npy") == 0;
}

/* --- reading -----------------------------------------------------------------------------------
 */

/* The header's dictionary as text; false for what is no .npy file. */
static bool read_header(FILE *f, char text[HEADER_MAX])
{
    unsigned char head[12];
    if (fread(head, 1, PREFIX, f) != PREFIX || memcmp(head, "\x93NUMPY", 6) != 0)
        return false;
    size_t length = head[8] | (size_t)head[9] << 8;
    if (head[6] >= 2) { /* versions 2 and 3 count the header in four bytes */
        if (fread(head + PREFIX, 1, 2, f) != 2)
            return false;
        length |= (size_t)head[10] << 16 | (size_t)head[11] << 24;
    }
    if (head[6] < 1 || head[6] > 3 || length >= HEADER_MAX || fread(text, 1, length, f) != length)
        return false;
    text[length] = '\0';
    return strlen(text) == length;
}

/* What follows "'key':" in the dictionary, or "". */
static const char *value_of(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    if (!at)
        return "";
    at += strlen(key);
    return at + strspn(at, ": ");
}

/* "(10, 2048)" into out's shape; false when it is no tuple of whole numbers from 1. */
static bool read_shape(const char *text, mat_array *out)
{
    if (*text++ != '(')
        return false;
    out->count = 1;
    for (text += strspn(text, " "); *text >= '0' && *text <= '9'; text += strspn(text, ", ")) {
        uint64_t n;
        const char *end = text_whole_at(text, &n);
        if (!end || out->rank == MAT_MAX_RANK || n == 0 ||
            n > SIZE_MAX / sizeof(float) / out->count)
            return false;
        out->dims[out->rank++] = (size_t)n;
        out->count *= (size_t)n;
        text = end;
    }
    if (out->rank == 1) {
        out->dims[1] = out->dims[0];
        out->dims[0] = 1;
        out->rank = 2;
    }
    return out->rank >= 2 && *text == ')';
}

static int read_data(FILE *f, mat_array *out, err *e)
{
    struct stat st;
    off_t at = ftello(f);
    if (fstat(fileno(f), &st) != 0 || at < 0 || st.st_size < at ||
        (uint64_t)(st.st_size - at) != (uint64_t)out->count * sizeof(float))
        return err_set(e, ERR_FORMAT, "is cut short or damaged: %zu float32 values were expected",
                       out->count);
    out->data = malloc(out->count * sizeof *out->data);
    if (!out->data)
        return err_set(e, ERR_NOMEM, "out of memory for %zu elements", out->count);
    if (fread(out->data, sizeof *out->data, out->count, f) != out->count)
        return err_set(e, ERR_IO, "cannot be read");
    for (size_t i = 0; i < out->count; i++)
        if (!isfinite(out->data[i]))
            return err_set(e, ERR_FORMAT, "has NaN or infinity at element %zu", i);
    return ERR_NONE;
}

static int read_file(FILE *f, mat_array *out, err *e)
{
    char text[HEADER_MAX];
    if (!read_header(f, text))
        return err_set(e, ERR_FORMAT, "is not a .npy file (numpy.save writes them)");
    const char *type = value_of(text, "'descr'"), *fortran = value_of(text, "'fortran_order'");
    if (strncmp(type, "'<f4'", 5) != 0 || strncmp(fortran, "False", 5) != 0)
        return err_set(e, ERR_UNSUPPORTED,
                       "must hold float32 in C order: numpy.ascontiguousarray(x, 'float32')");
    if (!read_shape(value_of(text, "'shape'"), out))
        return err_set(e, ERR_FORMAT, "has no shape of 1 to %d whole numbers", MAT_MAX_RANK);
    return read_data(f, out, e);
}

int npy_read_float(const char *path, mat_array *out, err *e)
{
    *out = (mat_array){0};
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_set(e, ERR_IO, "cannot open '%s': %m", path);
    err why = {0};
    int code = read_file(f, out, &why);
    fclose(f);
    if (code == ERR_NONE)
        return ERR_NONE;
    mat_array_free(out);
    return err_set(e, (err_code)code, "'%s' %s", path, why.text);
}

/* --- writing -----------------------------------------------------------------------------------
 */

struct npy_writer {
    file_writer *file;
    size_t columns, missing; /* rows still to come */
};

static bool write_header(FILE *f, size_t rows, size_t columns)
{
    char text[4 * ALIGNMENT];
    int n =
        snprintf(text, sizeof text,
                 "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }", rows, columns);
    size_t length = (size_t)n, end = (PREFIX + length) / ALIGNMENT * ALIGNMENT + ALIGNMENT - PREFIX;
    memset(text + length, ' ', end - length);
    text[end - 1] = '\n';
    unsigned char head[PREFIX] = "\x93NUMPY\x01";
    head[8] = (unsigned char)end;
    head[9] = (unsigned char)(end >> 8);
    return fwrite(head, 1, PREFIX, f) == PREFIX && fwrite(text, 1, end, f) == end;
}

npy_writer *npy_writer_open(const char *path, size_t rows, size_t columns, err *e)
{
    npy_writer *w = calloc(1, sizeof *w);
    if (!w) {
        err_set(e, ERR_NOMEM, "out of memory for '%s'", path);
        return NULL;
    }
    *w = (npy_writer){.file = file_writer_open(path, e), .columns = columns, .missing = rows};
    if (w->file && write_header(file_writer_stream(w->file), rows, columns))
        return w;
    if (w->file)
        err_set(e, ERR_IO, "cannot write '%s': %m", path);
    npy_writer_drop(w);
    return NULL;
}

int npy_writer_add(npy_writer *w, const float *rows, size_t count, err *e)
{
    if (count > w->missing)
        return err_set(e, ERR_STATE, "%zu rows more than were announced", count - w->missing);
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
        rc = err_set(e, ERR_STATE, "%zu rows were announced and not written", missing);
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
