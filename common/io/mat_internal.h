/* mat_internal.h: shared by the readers of both versions of .mat files. The caller holds the lock
 * of mat_library.h, since libhdf5 is not thread-safe.
 *
 * libmatio does not read files here: it fills the missing end of damaged data with zeros and
 * believes the lengths that a file states. */
#ifndef IO_MAT_INTERNAL_H
#define IO_MAT_INTERNAL_H

#include <stdint.h>
#include <stdio.h>

#include "io/mat.h"

enum { MAT_NAMES_MAX = 256 }; /* bytes of the list of variables in a message */

/* deflate's largest ratio: a file of n bytes unpacks to at most this many times n. */
#define MAT_DEFLATE_MAX_RATIO ((uint64_t)1032)

/* Kinds of numbers as they lie in memory. */
typedef enum mat_number {
    MAT_INT8,
    MAT_UINT8,
    MAT_INT16,
    MAT_UINT16,
    MAT_INT32,
    MAT_UINT32,
    MAT_INT64,
    MAT_UINT64,
    MAT_SINGLE,
    MAT_DOUBLE,
} mat_number;

size_t mat_number_bytes(mat_number number);

/* The contents of a file's first 128 bytes, and its length. */
typedef struct mat_file {
    const char *path;
    uint64_t bytes;
    bool hdf5;  /* version 7.3 */
    bool plain; /* HDF5 that MATLAB did not write: no classes, subscripts in the file's order */
    bool swapped;
} mat_file;

/* "HT, dt": the names seen so far, printable. */
void mat_append_name(char names[MAT_NAMES_MAX], const char *name);

/* Fills out's shape; refuses an empty one and more than `limit` elements. */
int mat_set_shape(mat_array *out, int rank, const uint64_t *dims, bool is_complex, uint64_t limit,
                  err *e);

/* Allocates out->data; ERR_NOMEM. */
int mat_allocate(mat_array *out, err *e);

/* Copies one plane (part 0: real, 1: imaginary) of column-major numbers into out->data. */
void mat_copy_plane(const void *plane, mat_number number, mat_array *out, int part);

/* Where column `column` of the first dimension (all other subscripts, in MATLAB's order) starts in
 * row-major order. */
size_t mat_row_major_offset(const mat_array *a, size_t column);

/* Opens the file and looks for the variable, as the two below. With `out`, a missing variable is
 * ERR_FORMAT; without, only *found reports it. */
int mat_find(const char *path, const char *variable, mat_array *out, mat_file *file, bool *found,
             err *e);

/* Reads the variable of that name with its data; with `out` NULL it only sets *found. `names` lists
 * the other variables. ERR_FORMAT for a damaged file, whether or not the damage is in that
 * variable. */
int mat5_read(FILE *f, const mat_file *file, const char *variable, mat_array *out, bool *found,
              char names[MAT_NAMES_MAX], err *e);
int mat73_read(const mat_file *file, const char *variable, mat_array *out, bool *found,
               char names[MAT_NAMES_MAX], err *e);

/* mat73_read in a child process: a file on which libhdf5 crashes is ERR_FORMAT. */
int mat73_read_apart(const mat_file *file, const char *variable, mat_array *out, bool *found,
                     char names[MAT_NAMES_MAX], err *e);

#endif
