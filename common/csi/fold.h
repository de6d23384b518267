/* fold.h: the delay half of the angle-delay transform, pruned to the first `taps` of Nc delays:
 *
 *     taps[r][k] = 1 / sqrt(Nc) sum_n x[n][k] exp(j 2 pi n r / Nc),  r < taps
 *
 * With P the smallest divisor of Nc that is at least `taps`, Q = Nc / P, n = a Q + b and r < P,
 *
 *     sum_n x[n] w^{nr} = sum_b w^{br} sum_a x[a Q + b] exp(j 2 pi a r / P),  w = exp(j 2 pi / Nc):
 *
 * Q transforms of length P for each column, then Q products for each kept tap. The inverse is the
 * adjoint. At 1024 subcarriers and 32 taps this is a fifth of the work of full transforms. */
#ifndef CSI_FOLD_H
#define CSI_FOLD_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef struct csi_fold csi_fold;

/* For rows of `width` columns. One object per thread: it owns workspace. NULL when memory ran out.
 * Free with csi_fold_free (NULL allowed). */
csi_fold *csi_fold_create(uint32_t nc, uint32_t taps, uint32_t width, err *e);

/* P for this many taps. */
uint32_t csi_fold_length(uint32_t nc, uint32_t taps);

/* The same for the taps first .. first + taps - 1, `first` a multiple of P below nc: with a r in
 * the inner exponent taken modulo P, only the factors w^{br} differ. */
csi_fold *csi_fold_create_at(uint32_t nc, uint32_t first, uint32_t taps, uint32_t width, err *e);
void csi_fold_free(csi_fold *f);

/* x[nc][width] -> taps[taps][width]. */
void csi_fold_forward(csi_fold *f, const float complex *x, float complex *taps);

/* taps[taps][width], zero-filled to Nc taps -> x[nc][width]. */
void csi_fold_inverse(csi_fold *f, const float complex *taps, float complex *x);

#endif
