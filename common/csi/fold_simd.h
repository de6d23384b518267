/* fold_simd.h: the inner loops of fold.c, private to it. The same bits at every level. */
#ifndef CSI_FOLD_SIMD_H
#define CSI_FOLD_SIMD_H

#include <complex.h>
#include <stddef.h>

#include "base/simd.h"

enum {
    CSI_FOLD_MIN = 4, /* lengths that these loops handle */
    CSI_FOLD_MAX = 128,
    CSI_FOLD_PAD = 16, /* `work` is [taps][2][width, rounded up to this] */
};

typedef struct csi_fold_shape {
    size_t length;        /* P, a power of two, CSI_FOLD_MIN to CSI_FOLD_MAX */
    size_t folds;         /* Q */
    size_t taps;          /* up to P */
    const float *root;    /* [P][2]: cos and sin of 2 pi i / P */
    const float *twiddle; /* [Q][taps][2]: exp(j 2 pi b (first + r) / (P Q)), scaled */
} csi_fold_shape;

/* taps[r][k] = sum_b twiddle[b][r] sum_a x[a Q + b][k] exp(j 2 pi a r / P) */
typedef void csi_fold_fn(const csi_fold_shape *s, const float complex *x, size_t width, float *work,
                         float complex *taps);

/* Its adjoint: x[a Q + b][k] = sum_r conj(twiddle[b][r]) taps[r][k] exp(-j 2 pi a r / P) */
typedef void csi_unfold_fn(const csi_fold_shape *s, const float complex *taps, size_t width,
                           float *work, float complex *x);

SIMD_DECLARE(void, csi_fold,
             (const csi_fold_shape *s, const float complex *x, size_t width, float *work,
              float complex *taps));
SIMD_DECLARE(void, csi_unfold,
             (const csi_fold_shape *s, const float complex *taps, size_t width, float *work,
              float complex *x));

#endif
