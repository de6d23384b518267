/* array.h: reads and writes an array of numbers in any supported file: .mat (5 and 7.3), HDF5,
 * .npy, .npz.
 *
 * The file's first bytes decide its format, not its name. HDF5 that MATLAB did not write is read
 * with its subscripts in the file's order; `variable` may then be a path, "group/name", through
 * hard links. */
#ifndef IO_ARRAY_H
#define IO_ARRAY_H

#include <stdbool.h>

#include "base/error.h"
#include "io/mat.h"

/* Reads `variable`, which a .npy file ignores; io/mat.h, npy.h and npz.h say what is read and
 * refused. On success *out owns its data: mat_array_free(). On failure *out is all zero. */
int array_read_float(const char *path, const char *variable, mat_array *out, err *e);

/* Writes *a as `variable` of a .mat file or, if the path ends in .npy, as a .npy file, which holds
 * one array without a name. `append` as in mat_write_float. ERR_INVALID for appending to a .npy
 * file, and for a path that ends in .npz, .h5, .hdf5 or .csv. */
int array_write_float(const char *path, const char *variable, const mat_array *a, bool append,
                      err *e);

#endif
