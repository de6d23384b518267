/* file.h: mean and covariance of a codec's codewords (.denoiser), as `csilink model denoiser`
 * writes it. Private to denoiser.
 *
 * Little-endian, without gaps; N = values:
 *
 *     bytes       what
 *     8           "CSI-DEN\n"
 *     4           version, 1
 *     4           N, 1 .. 2048
 *     4           number of training samples; 2^32 - 1 for that many or more
 *     8           the codec's identity (codec_info.identity)
 *     96          the codec's name: printable ASCII without blanks, padded with zeros
 *     4 N         mean m, float32
 *     4 N         eigenvalues l_i, float32: positive, never rising with i
 *     4 N         step[i], float32, in (0, 1]
 *     2 N N       q[i][j], int16: entry j of eigenvector u_i is step[i] q[i][j]; each u_i is of
 *                 norm 1 within 1 %
 *     8           FNV-1a hash of all bytes before it (base/hash.h)
 *
 * The codewords have mean power 1 (codec/denoiser.h): the squares of m and the l_i add up to N. */
#ifndef CODEC_DENOISER_FILE_H
#define CODEC_DENOISER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "codec/codec.h"

enum { DENOISER_VALUES_MAX = 2048 };

typedef struct denoiser_moments {
    uint32_t values, samples;
    uint64_t identity;
    char codec[CODEC_NAME_MAX];
    float *mean;     /* [values] */
    float *variance; /* [values], eigenvalues */
    float *vector;   /* [values][values], one eigenvector per row */
} denoiser_moments;

/* Allocates the three arrays, zeroed, for the number of values in m. Call denoiser_moments_free
 * also after a failure, and on a zeroed m. */
int denoiser_moments_allocate(denoiser_moments *m, err *e);
void denoiser_moments_free(denoiser_moments *m);

/* The largest file. */
#define DENOISER_FILE_BYTES_MAX                                                                    \
    (132 + (size_t)DENOISER_VALUES_MAX * (12 + 2 * (size_t)DENOISER_VALUES_MAX))

/* Whether the bytes begin like such a file. */
bool denoiser_file_begins(const void *file, size_t size);

/* Reads the bytes of an untrusted file: ERR_FORMAT names what is wrong, before any allocation by a
 * size that the file does not have. Free with denoiser_moments_free, which is not needed after a
 * failure. */
int denoiser_file_read(const void *file, size_t size, denoiser_moments *m, err *e);

/* The *size bytes of a file into *file (malloc'ed; the caller frees it). ERR_NOMEM. */
int denoiser_file_write(const denoiser_moments *m, void **file, size_t *size, err *e);

#endif
