/* Shared by the readers of both versions of .mat files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/mat_internal.h"

enum { TILE = 64 }; /* rows transposed at a time */

size_t mat_number_bytes(mat_number number)
{
    static const size_t bytes[] = {1, 1, 2, 2, 4, 4, 8, 8, sizeof(float), sizeof(double)};
    return bytes[number];
}

/* A name from the file can contain any byte; MATLAB's names are letters, digits and '_'. */
void mat_append_name(char names[MAT_NAMES_MAX], const char *name)
{
    size_t used = strlen(names);
    snprintf(names + used, MAT_NAMES_MAX - used, "%s%s", used ? ", " : "", name);
    for (char *c = names + used; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
            *c = '?';
}

int mat_set_shape(mat_array *out, int rank, const uint64_t *dims, bool is_complex, uint64_t limit,
                  err *e)
{
    uint64_t count = 1;
    if (rank < 2 || rank > MAT_MAX_RANK)
        return err_set(e, ERR_UNSUPPORTED, "it has %d dimensions, not 2 to %d", rank, MAT_MAX_RANK);
    for (int i = 0; i < rank; i++)
        if (dims[i] == 0)
            return err_set(e, ERR_UNSUPPORTED, "it is empty");
    for (int i = 0; i < rank; i++) {
        if (dims[i] > limit / count)
            return err_set(e, ERR_FORMAT, "damaged: it claims more elements than the file holds");
        count *= dims[i];
        out->dims[i] = (size_t)dims[i];
    }
    out->rank = rank;
    out->count = (size_t)count;
    out->is_complex = is_complex;
    return ERR_NONE;
}

int mat_allocate(mat_array *out, err *e)
{
    out->data = calloc(out->count, (out->is_complex ? 2 : 1) * sizeof *out->data);
    return out->data ? ERR_NONE
                     : err_set(e, ERR_NOMEM, "out of memory for %zu elements", out->count);
}

static float element(const void *data, mat_number number, size_t i)
{
    switch (number) {
    case MAT_DOUBLE:
        return (float)((const double *)data)[i];
    case MAT_SINGLE:
        return ((const float *)data)[i];
    case MAT_INT64:
        return (float)((const int64_t *)data)[i];
    case MAT_UINT64:
        return (float)((const uint64_t *)data)[i];
    case MAT_INT32:
        return (float)((const int32_t *)data)[i];
    case MAT_UINT32:
        return (float)((const uint32_t *)data)[i];
    case MAT_INT16:
        return ((const int16_t *)data)[i];
    case MAT_UINT16:
        return ((const uint16_t *)data)[i];
    case MAT_INT8:
        return ((const int8_t *)data)[i];
    default:
        return ((const uint8_t *)data)[i];
    }
}

/* Where column `column` of the first dimension (all other subscripts, in MATLAB's order) starts in
 * row-major order. */
size_t mat_row_major_offset(const mat_array *a, size_t column)
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

/* Tiles of rows keep the scattered side of the transposition within the cache. */
void mat_copy_plane(const void *plane, mat_number number, mat_array *out, int part)
{
    size_t rows = out->dims[0], columns = out->count / rows, step = out->is_complex ? 2 : 1;
    float *to = out->data + part;
    for (size_t r0 = 0; r0 < rows; r0 += TILE) {
        size_t r1 = r0 + TILE < rows ? r0 + TILE : rows;
        for (size_t c = 0; c < columns; c++) {
            size_t at = mat_row_major_offset(out, c);
            for (size_t r = r0; r < r1; r++)
                to[(r * columns + at) * step] = element(plane, number, c * rows + r);
        }
    }
}

void mat_array_free(mat_array *a)
{
    free(a->data);
    *a = (mat_array){0};
}
