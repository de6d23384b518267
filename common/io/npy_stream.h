/* npy_stream.h: a .npy array from a stream of bytes: a file, or an entry of a .npz file. */
#ifndef IO_NPY_STREAM_H
#define IO_NPY_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "io/mat.h"

typedef struct npy_stream {
    /* Reads the next n bytes into `to`; false if there are fewer. */
    bool (*take)(void *from, void *to, size_t n);
    void *from;
    uint64_t bytes; /* length of the stream, which the array must match to the byte */
} npy_stream;

/* As npy_read_float; messages omit the file's name: "is not a .npy file". */
int npy_stream_read(const npy_stream *s, mat_array *out, err *e);

#endif
