/* array.h: an array of numbers out of whatever file holds it: .mat (5 and 7.3), HDF5, .npy, .npz.
 *
 * The file's first bytes say what it is, not its name. HDF5 that MATLAB did not write is read as it
 * lies, subscripts in the file's order; `variable` may then be a path, "group/name", through hard
 * links. */
#ifndef IO_ARRAY_H
#define IO_ARRAY_H

#include <stdbool.h>

#include "base/error.h"
#include "io/mat.h"

/* Reads `variable`, which a .npy file does not need; see io/mat.h, npy.h and npz.h for what is read
 * and refused. On success *out owns its data: mat_array_free(). On failure *out is all zero. */
int array_read_float(const char *path, const char *variable, mat_array *out, err *e);

/* Writes *a as `variable` of a .mat file or, by the path's name, as a .npy file, which holds one
 * array and has no names for them. `append` as mat_write_float. ERR_INVALID for appending to a .npy
 * file, and for a path that ends in .npz, .h5, .hdf5 or .csv. */
int array_write_float(const char *path, const char *variable, const mat_array *a, bool append,
                      err *e);

#endif
