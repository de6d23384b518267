/* npy_stream.h: a .npy array from wherever its bytes come: a file, or an entry of a .npz file. */
#ifndef IO_NPY_STREAM_H
#define IO_NPY_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "io/mat.h"

typedef struct npy_stream {
    /* The next n bytes into `to`; false where there are fewer. */
    bool (*take)(void *from, void *to, size_t n);
    void *from;
    uint64_t bytes; /* what there is in all: the array must be that long, to the byte */
} npy_stream;

/* As npy_read_float; messages begin behind the file's name: "is not a .npy file". */
int npy_stream_read(const npy_stream *s, mat_array *out, err *e);

#endif
