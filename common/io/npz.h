/* npz.h: arrays in NumPy's .npz files: a zip archive of .npy files, stored or deflated.
 *
 *     numpy.savez("a.npz", a=a, tau=tau);  numpy.savez_compressed(...) */
#ifndef IO_NPZ_H
#define IO_NPZ_H

#include "base/error.h"
#include "io/mat.h"

/* Reads the array saved as `variable`; the kinds of numbers that npy.h reads. The file comes from
 * outside: every offset and length is checked against the file's size before it is used, an entry
 * unpacks to at most 1032 times its packed size (deflate's limit), and its checksum must match.
 * ERR_IO, ERR_FORMAT for a file that is not .npz, a damaged one or a missing variable (the message
 * lists the existing ones), ERR_UNSUPPORTED for encryption and other compression methods, and the
 * errors of npy_read_float. On failure *out is all zero. */
int npz_read_float(const char *path, const char *variable, mat_array *out, err *e);

#endif
