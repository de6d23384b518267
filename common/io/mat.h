/* mat.h: numeric arrays in MATLAB files (.mat).
 *
 * Reads and writes version 5 (compressed or not) and version 7.3 (HDF5) files.
 * MATLAB stores column-major; these functions convert, so that `data` is row-major: element
 * (i, j) of an [a x b] array is data[i * b + j].
 *
 * libmatio, which writes, and HDF5 are not thread-safe: the functions here hold one mutex, and
 * nothing else in a csilink process may call either library. Files come from outside: a damaged,
 * truncated or forged file is refused with a message. The size that a variable claims is checked
 * against the size of the file before memory is allocated; a compressed variable must unpack to the
 * length that it states, with the right checksum. libhdf5 crashes on some damaged files, so version
 * 7.3 and other HDF5 from outside is opened in a child process (io/apart.h). */
#ifndef IO_MAT_H
#define IO_MAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { MAT_MAX_RANK = 8 };

/* A dense array of floats, row-major. */
typedef struct mat_array {
    int rank; /* 2..8: MATLAB knows no vectors, only [1 x n] and [n x 1] */
    size_t dims[MAT_MAX_RANK];
    size_t count; /* elements, the product of dims; a complex number is one element */
    bool is_complex;
    float *data; /* count floats, or 2 * count as (re, im) pairs; malloc'd */
} mat_array;

/* Reads `variable` of the file at `path`: any real or complex numeric class, converted to float. It
 * also reads HDF5 without MATLAB's header: any dataset of numbers, rank 1..8, subscripts in the
 * file's order; `variable` is a name or a path through groups, "cell/H". Refused: files that are
 * not version 5 or 7.3 (ERR_FORMAT, ERR_IO), damage anywhere in a version 5 file or in the parts
 * read of a version 7.3 file (ERR_FORMAT), a missing variable (ERR_FORMAT; the message lists the
 * existing ones), one that is not numeric or empty (ERR_UNSUPPORTED), or that holds NaN, infinity
 * or a number beyond a float's range (ERR_FORMAT). On success *out owns its data: mat_array_free().
 * On failure *out is all zero. */
int mat_read_float(const char *path, const char *variable, mat_array *out, err *e);

/* Writes *a as `variable`, class single, rank 2..8. `append` adds the variable to a version 5 file,
 * creates the file if it does not exist, and refuses a name that is taken; without it the file is
 * replaced. Either way the file at `path` is the old one or the new one, whole: a new file (to
 * append, a copy) is written beside it, then synced and renamed (io/file.h). The same arrays give
 * the same bytes. ERR_IO, ERR_INVALID for a shape or name that the format cannot hold (2 GB per
 * variable), ERR_NOMEM. */
int mat_write_float(const char *path, const char *variable, const mat_array *a, bool append,
                    err *e);

typedef enum mat_format {
    MAT_COMPRESSED, /* version 5, what mat_write_float writes */
    MAT_PLAIN,      /* version 5, not compressed: noise hardly compresses, and takes long */
    MAT_HDF5,       /* version 7.3, not compressed, variables of any size */
} mat_format;

/* The most elements that csilink writes into a version 5 variable. */
#define MAT_V5_ELEMENTS_MAX ((size_t)1 << 28)

/* As mat_write_float, in the given format; appending keeps the file's version. HDF5 decides the
 * bytes of a version 7.3 file. Writing needs as much memory again as `a`. */
int mat_write_float_as(const char *path, const char *variable, const mat_array *a,
                       mat_format format, bool append, err *e);

/* Frees the data and zeroes *a. A zeroed array is fine. */
void mat_array_free(mat_array *a);

#endif
