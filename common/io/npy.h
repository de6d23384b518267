/* npy.h: arrays of floats in NumPy's .npy files (format versions 1 to 3), little-endian float32 in
 * C order, on little-endian machines.
 *
 *     x = numpy.load("data.npy");  numpy.save("data.npy", x.astype("float32")) */
#ifndef IO_NPY_H
#define IO_NPY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "io/mat.h"

/* Does the path end in ".npy"? */
bool npy_is_named(const char *path);

/* Reads a file of rank 1..8 (rank 1 becomes [1 x n]). What the header claims must be what the file
 * holds, to the byte. ERR_IO, ERR_FORMAT for no such file, a cut one, NaN or infinity,
 * ERR_UNSUPPORTED for other types and orders, ERR_NOMEM. On failure *out is all zero. */
int npy_read_float(const char *path, mat_array *out, err *e);

/* Writes rows [count x columns] one block after the other, so that a file may be larger than
 * memory. The caller gives the number of rows at the start. The file appears, whole, when it is
 * closed (io/file.h). */
typedef struct npy_writer npy_writer;

npy_writer *npy_writer_open(const char *path, size_t rows, size_t columns, err *e);
int npy_writer_add(npy_writer *w, const float *rows, size_t count, err *e);

/* Puts the file into place and frees the writer; ERR_IO when it could not be written, ERR_STATE
 * when rows are missing: then what was there before stays. */
int npy_writer_close(npy_writer *w, err *e);

/* Gives up: what was there before stays. NULL allowed. */
void npy_writer_drop(npy_writer *w);

#endif
