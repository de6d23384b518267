/* file.h: a file of codebooks (.vq), as `csilink model vq` writes it. Private to vq.
 *
 * Little-endian, without gaps; n = nt ni complex entries, M = components, G = group, S = stages,
 * b = index bits:
 *
 *     bytes       what
 *     8           "CSI-VQ1\n"
 *     4           version, 1
 *     4 4         nt, ni: 1 .. 256 each, n at most 4096
 *     4 4         M, 1 .. 512, at most n; G, 1 .. 8, which divides M
 *     4 4         S, 1 .. 1024; b, 1 .. 10
 *     4           number of training samples; 2^32 - 1 for that many or more
 *     32          scenario: printable ASCII, padded with zeros; may be empty
 *     4 M         step of component i, float32, in (0, 1]
 *     4 M n       q[i][j], two int16: entry j of component i is step (q_re + j q_im)
 *     2 S         group that stage s refines, 0 .. M / G - 1
 *     4 S         step of stage s, float32, in (0, 1]
 *     2 S 2^b 2G  q[s][c][k], int16: part k of code vector c is step q
 *     8           FNV-1a hash of all bytes before it (base/hash.h) */
#ifndef CODEC_VQ_FILE_H
#define CODEC_VQ_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    VQ_SIDE_MAX = 256,
    VQ_ENTRIES_MAX = 4096,
    VQ_COMPONENTS_MAX = 512,
    VQ_GROUP_MAX = 8,
    VQ_STAGES_MAX = 1024,
    VQ_INDEX_BITS_MAX = 10,
    VQ_SCENARIO_MAX = 32,
    VQ_FILE_BYTES_MAX = 64 << 20, /* for reading; the sizes above allow somewhat less */
};

typedef struct vq_codebooks {
    uint32_t nt, ni, components, group, stages, index_bits, samples;
    char scenario[VQ_SCENARIO_MAX];
    float *component; /* [components][2 nt ni]: real part, imaginary part of each entry */
    uint16_t *target; /* [stages] group that the stage refines */
    float *code;      /* [stages][2^index_bits][2 group] */
    uint64_t hash;    /* of the file, as vq_file_read found it */
} vq_codebooks;

/* Allocates the arrays, zeroed, for the sizes in c. Call vq_codebooks_free also after a failure,
 * and on a zeroed c. */
int vq_codebooks_allocate(vq_codebooks *c, err *e);
void vq_codebooks_free(vq_codebooks *c);

/* Floats of one stage's codebook: 2^index_bits 2 group. */
static inline size_t vq_stage_floats(const vq_codebooks *c)
{
    return ((size_t)1 << c->index_bits) * 2 * c->group;
}

/* Reads the bytes of an untrusted file: ERR_FORMAT names what is wrong, before any allocation by a
 * size that the file does not have. Free with vq_codebooks_free, which is not needed after a
 * failure. */
int vq_file_read(const void *file, size_t size, vq_codebooks *c, err *e);

/* The *size bytes of a file into *file (malloc'ed; the caller frees it), entries rounded to 16
 * bits. ERR_INVALID for an entry beyond 32768 or not finite. */
int vq_file_write(const vq_codebooks *c, void **file, size_t *size, err *e);

#endif
