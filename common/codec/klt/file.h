/* file.h: a file of principal components (.klt), as `csilink model klt` writes it. Private to klt.
 *
 * Little-endian, without gaps; v = vectors, n = 2 nt ni:
 *
 *     bytes       what
 *     8           "CSI-KLT\n"
 *     4           version, 1
 *     4 4         nt, ni: 1 .. 256 each, n at most 8192
 *     4           form: 1 real, 2 complex
 *     4           v, 1 .. n / form
 *     4           number of training samples; 2^32 - 1 for that many or more
 *     32          scenario: printable ASCII, padded with zeros; may be empty
 *     4 v         variance of a value of component i, float32: positive, never rising with i
 *     4 v         step[i], float32, in (0, 1]
 *     2 v n       q[i][j], int16: entry j of component i is step[i] q[i][j]
 *     8           FNV-1a hash of all bytes before it (base/hash.h)
 *
 * The entries of a component are in the order of h[nt][ni], real part, imaginary part. Form real: a
 * component is a vector of n reals and gives one value. Form complex: a component is a vector u of
 * nt ni complex numbers and gives two values of the same variance, the real and the imaginary part
 * of u^H h.
 *
 * At CR 4, indoors, 16 bits per entry cost 0.0002 dB of -30.9 dB; 12 would cost 0.05 dB, 8 4.4
 * dB. */
#ifndef CODEC_KLT_FILE_H
#define CODEC_KLT_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    KLT_SIDE_MAX = 256,   /* of nt and ni */
    KLT_REALS_MAX = 8192, /* of n */
    KLT_SCENARIO_MAX = 32,
};

typedef enum klt_form { KLT_REAL = 1, KLT_COMPLEX = 2 } klt_form;

typedef struct klt_components {
    uint32_t nt, ni, vectors, samples;
    klt_form form;
    char scenario[KLT_SCENARIO_MAX];
    float *variance; /* [vectors] */
    float *vector;   /* [vectors][2 nt ni] */
    uint64_t hash;   /* of the file, as klt_file_read found it */
} klt_components;

/* Allocates variance and vector, zeroed, for the sizes in c. Call klt_components_free also after a
 * failure, and on a zeroed c. */
int klt_components_allocate(klt_components *c, err *e);
void klt_components_free(klt_components *c);

/* The largest file that the sizes allow. */
#define KLT_FILE_BYTES_MAX (72 + (size_t)KLT_REALS_MAX * (8 + 2 * (size_t)KLT_REALS_MAX))

/* Reads the bytes of an untrusted file: ERR_FORMAT names what is wrong, before any allocation by a
 * size that the file does not have. Free with klt_components_free, which is not needed after a
 * failure. */
int klt_file_read(const void *file, size_t size, klt_components *c, err *e);

/* The *size bytes of a file into *file (malloc'ed; the caller frees it). Entries are rounded to 16
 * bits of a step, which is no smaller than FLT_MIN. ERR_INVALID for an entry beyond 32768. */
int klt_file_write(const klt_components *c, void **file, size_t *size, err *e);

#endif
