/* npy.h: arrays of numbers in NumPy's .npy files (format versions 1 to 3), on little-endian
 * machines.
 *
 *     x = numpy.load("data.npy");  numpy.save("data.npy", x) */
#ifndef IO_NPY_H
#define IO_NPY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "io/mat.h"

/* Whether the path ends in ".npy". */
bool npy_is_named(const char *path);

/* Whether the file's header declares complex numbers; false also if it is not a .npy file. */
bool npy_is_complex(const char *path);

/* Reads a file of rank 1..8 (rank 1 becomes [1 x n]) of float16, 32 or 64, complex64 or 128,
 * integers of 8 to 64 bits or bool, of either byte order, in C or Fortran order; *out is always
 * row-major. The file's size must match the header to the byte. ERR_IO, ERR_FORMAT for a file that
 * is not .npy, a truncated one, NaN, infinity or a number beyond a float's range, ERR_UNSUPPORTED
 * for other types, ERR_NOMEM. On failure *out is all zero. */
int npy_read_float(const char *path, mat_array *out, err *e);

/* Writes *a, float32 or complex64, rank 2..8. The file appears whole (io/file.h). ERR_IO,
 * ERR_INVALID for another rank, ERR_NOMEM. */
int npy_write_float(const char *path, const mat_array *a, err *e);

/* Writes rows [count x columns] block by block, so that a file can be larger than memory. The
 * caller gives the number of rows at the start. The file appears, whole, at npy_writer_close
 * (io/file.h). */
typedef struct npy_writer npy_writer;

npy_writer *npy_writer_open(const char *path, size_t rows, size_t columns, err *e);

/* The same for an array of rank 2..8 (else ERR_INVALID) whose rows are dims[1..]; a complex number
 * is two floats of a row. */
npy_writer *npy_writer_open_array(const char *path, int rank, const size_t *dims, bool is_complex,
                                  err *e);
int npy_writer_add(npy_writer *w, const float *rows, size_t count, err *e);

/* Renames the file into place and frees the writer; ERR_IO when it could not be written, ERR_STATE
 * when rows are missing: then the old file stays. */
int npy_writer_close(npy_writer *w, err *e);

/* Gives up and keeps the old file. NULL allowed. */
void npy_writer_drop(npy_writer *w);

#endif
