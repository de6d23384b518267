/* Reads .npy files. It converts numbers of any kind to float block by block, so that a file of
 * doubles is never in memory as a whole. */
#include "io/npy.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "io/mat_internal.h"
#include "io/npy_stream.h"

enum { HEADER_MAX = 4096, PREFIX = 10, BLOCK = 4096 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little-endian files are copied as is");

/* The numbers' format from the dictionary. A complex number is two of them. */
typedef struct npy_form {
    char kind;    /* NumPy's f, i, u or b */
    size_t bytes; /* of one real number */
    bool swapped, fortran;
} npy_form;

/* --- the header --------------------------------------------------------------------------------
 */

/* Reads the header's dictionary as text, and the number of bytes before the numbers. */
static bool read_header(const npy_stream *s, char text[HEADER_MAX], uint64_t *used)
{
    unsigned char head[12];
    if (!s->take(s->from, head, PREFIX) || memcmp(head, "\x93NUMPY", 6) != 0)
        return false;
    size_t length = head[8] | (size_t)head[9] << 8;
    *used = PREFIX;
    if (head[6] >= 2) { /* versions 2 and 3 store the header's length in four bytes */
        if (!s->take(s->from, head + PREFIX, 2))
            return false;
        length |= (size_t)head[10] << 16 | (size_t)head[11] << 24;
        *used += 2;
    }
    if (head[6] < 1 || head[6] > 3 || length >= HEADER_MAX || !s->take(s->from, text, length))
        return false;
    *used += length;
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

/* Reads "(10, 2048)" into out's shape; false unless it is a tuple of positive integers. */
static bool read_shape(const char *text, mat_array *out)
{
    if (*text++ != '(')
        return false;
    out->count = 1;
    for (text += strspn(text, " "); *text >= '0' && *text <= '9'; text += strspn(text, ", ")) {
        uint64_t n;
        const char *end = text_whole_at(text, &n);
        if (!end || out->rank == MAT_MAX_RANK || n == 0 ||
            n > SIZE_MAX / (4 * sizeof(double)) / out->count)
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

/* "'<c8'": order, kind and size of a number. */
static bool read_type(const char *text, npy_form *form, bool *is_complex)
{
    static const char *const known[] = {"f2", "f4", "f8", "c8", "c16", "i1", "i2",
                                        "i4", "i8", "u1", "u2", "u4",  "u8", "b1"};
    if (*text != '\'' || !strchr("<>|=", text[1]) || !text[1])
        return false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t n = strlen(known[i]);
        if (strncmp(text + 2, known[i], n) != 0 || text[2 + n] != '\'')
            continue;
        *is_complex = known[i][0] == 'c';
        form->kind = *is_complex ? 'f' : known[i][0];
        form->bytes = (size_t)strtoul(known[i] + 1, NULL, 10) / (*is_complex ? 2 : 1);
        form->swapped = text[1] == '>';
        return true;
    }
    return false;
}

static int parse_header(const char *text, npy_form *form, mat_array *out, err *e)
{
    const char *order = value_of(text, "'fortran_order'");
    form->fortran = strncmp(order, "True", 4) == 0;
    if (!read_type(value_of(text, "'descr'"), form, &out->is_complex) ||
        (!form->fortran && strncmp(order, "False", 5) != 0))
        return err_set(e, ERR_UNSUPPORTED,
                       "must hold floats, complex or whole numbers of 1 to 16 bytes each: "
                       "numpy.asarray(x, 'complex64') or 'float32'");
    if (!read_shape(value_of(text, "'shape'"), out))
        return err_set(e, ERR_FORMAT, "has no shape of 1 to %d whole numbers", MAT_MAX_RANK);
    return ERR_NONE;
}

/* --- numbers -----------------------------------------------------------------------------------
 */

/* IEEE 754 binary16: 1 sign, 5 exponent, 10 mantissa bits. */
static float half_float(uint16_t h)
{
    unsigned exponent = h >> 10 & 31, mantissa = h & 1023;
    float magnitude = exponent == 31  ? (mantissa ? NAN : INFINITY)
                      : exponent == 0 ? ldexpf((float)mantissa, -24)
                                      : ldexpf((float)(mantissa | 1024), (int)exponent - 25);
    return h & 0x8000 ? -magnitude : magnitude;
}

static void swap_bytes(unsigned char *numbers, size_t count, size_t bytes)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < bytes / 2; j++) {
            unsigned char *at = numbers + i * bytes, kept = at[j];
            at[j] = at[bytes - 1 - j];
            at[bytes - 1 - j] = kept;
        }
}

#define CONVERT(type, how)                                                                         \
    for (size_t i = 0; i < count; i++) {                                                           \
        type x;                                                                                    \
        memcpy(&x, from + i * sizeof x, sizeof x);                                                 \
        to[i] = how(x);                                                                            \
    }                                                                                              \
    break

static void convert(const npy_form *form, const unsigned char *from, size_t count, float *to)
{
    switch (form->kind << 4 | (int)form->bytes) {
    case 'f' << 4 | 2:
        CONVERT(uint16_t, half_float);
    case 'f' << 4 | 4:
        CONVERT(float, (float));
    case 'f' << 4 | 8:
        CONVERT(double, (float));
    case 'i' << 4 | 1:
        CONVERT(int8_t, (float));
    case 'i' << 4 | 2:
        CONVERT(int16_t, (float));
    case 'i' << 4 | 4:
        CONVERT(int32_t, (float));
    case 'i' << 4 | 8:
        CONVERT(int64_t, (float));
    case 'u' << 4 | 2:
        CONVERT(uint16_t, (float));
    case 'u' << 4 | 4:
        CONVERT(uint32_t, (float));
    case 'u' << 4 | 8:
        CONVERT(uint64_t, (float));
    default: /* u1 and b1 */
        CONVERT(uint8_t, (float));
    }
}

/* Reads all numbers, in the file's order. */
static int take_numbers(const npy_stream *s, const npy_form *form, size_t count, float *to, err *e)
{
    unsigned char block[BLOCK * sizeof(double)];
    for (size_t done = 0; done < count; done += BLOCK) {
        size_t n = count - done < BLOCK ? count - done : BLOCK;
        if (!s->take(s->from, block, n * form->bytes))
            return err_set(e, ERR_FORMAT, "is damaged or cut short");
        if (form->swapped)
            swap_bytes(block, n, form->bytes);
        convert(form, block, n, to + done);
        for (size_t i = done; i < done + n; i++)
            if (!isfinite(to[i]))
                return err_set(e, ERR_FORMAT,
                               "has NaN, infinity or a number beyond a float's range at element "
                               "%zu",
                               i);
    }
    return ERR_NONE;
}

/* Converts Fortran order, first subscript fastest, to C order. */
static int to_row_major(mat_array *a, err *e)
{
    size_t step = a->is_complex ? 2 : 1, rows = a->dims[0];
    float *from = a->data, *to = malloc(a->count * step * sizeof *to);
    if (!to)
        return err_set(e, ERR_NOMEM, "needs more memory for %zu elements", a->count);
    for (size_t c = 0; c < a->count / rows; c++) {
        size_t at = mat_row_major_offset(a, c);
        for (size_t r = 0; r < rows; r++)
            memcpy(to + (r * (a->count / rows) + at) * step, from + (c * rows + r) * step,
                   step * sizeof *to);
    }
    a->data = to;
    free(from);
    return ERR_NONE;
}

int npy_stream_read(const npy_stream *s, mat_array *out, err *e)
{
    char text[HEADER_MAX];
    npy_form form = {0};
    uint64_t used = 0;
    if (!read_header(s, text, &used))
        return err_set(e, ERR_FORMAT, "is not a .npy file (numpy.save writes them)");
    int rc = parse_header(text, &form, out, e);
    if (rc)
        return rc;
    size_t numbers = out->count * (out->is_complex ? 2 : 1);
    /* Check the claimed size before allocating memory. */
    if (s->bytes < used || s->bytes - used != (uint64_t)numbers * form.bytes)
        return err_set(e, ERR_FORMAT,
                       "is cut short or damaged: %zu numbers of %zu bytes were expected", numbers,
                       form.bytes);
    out->data = malloc(numbers * sizeof *out->data);
    if (!out->data)
        return err_set(e, ERR_NOMEM, "needs more memory for %zu elements", out->count);
    rc = take_numbers(s, &form, numbers, out->data, e);
    return rc || !form.fortran ? rc : to_row_major(out, e);
}

/* --- a file ------------------------------------------------------------------------------------
 */

static bool take_of_file(void *from, void *to, size_t n)
{
    return fread(to, 1, n, from) == n;
}

static int read_file(FILE *f, mat_array *out, err *e)
{
    struct stat st;
    if (fstat(fileno(f), &st) != 0 || st.st_size < 0)
        return err_set(e, ERR_IO, "cannot be read");
    npy_stream s = {.take = take_of_file, .from = f, .bytes = (uint64_t)st.st_size};
    return npy_stream_read(&s, out, e);
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

bool npy_is_complex(const char *path)
{
    char text[HEADER_MAX];
    npy_form form = {0};
    uint64_t used;
    bool is_complex = false;
    FILE *f = fopen(path, "rb");
    npy_stream s = {.take = take_of_file, .from = f};
    bool is = f && read_header(&s, text, &used) &&
              read_type(value_of(text, "'descr'"), &form, &is_complex) && is_complex;
    if (f)
        fclose(f);
    return is;
}
