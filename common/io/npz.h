/* npz.h: arrays in NumPy's .npz files: a zip archive of .npy files, stored or deflated.
 *
 *     numpy.savez("a.npz", a=a, tau=tau);  numpy.savez_compressed(...) */
#ifndef IO_NPZ_H
#define IO_NPZ_H

#include "base/error.h"
#include "io/mat.h"

/* Reads the array saved as `variable`; the kinds of numbers that npy.h reads. The file comes from
 * outside: every offset and length is held against the file's size before it is used, an entry may
 * unpack to 1032 times its packed size at most (what deflate can do), and its checksum must agree.
 * ERR_IO, ERR_FORMAT for no such file, a damaged one or a variable that is not there (the message
 * lists those that are), ERR_UNSUPPORTED for encryption and other methods of packing, and what
 * npy_read_float fails with. On failure *out is all zero. */
int npz_read_float(const char *path, const char *variable, mat_array *out, err *e);

#endif
