/* paths_simd.h: the inner loops of paths.c, private to it. Phases are in cycles, split in two:
 * `high` is a multiple of 2^-11 within [-1/2, 1/2], so that up to 4096 times `high` is exact in a
 * float, and `low` is the rest. Widths are multiples of PATHS_PAD. The same bits at every level. */
#ifndef FADING_PATHS_SIMD_H
#define FADING_PATHS_SIMD_H

#include <stddef.h>

#include "base/simd.h"

enum { PATHS_PAD = 32 };

/* re + j im = exp(-j 2 pi times (high + low)), elementwise. */
typedef void paths_phasors_fn(const float *high, const float *low, size_t count, float times,
                              float *re, float *im);

/* re + j im += (gain[0] + j gain[1]) exp(-j 2 pi k (high + low)), k < width. */
typedef void paths_steer_fn(float high, float low, const float gain[2], size_t width, float *re,
                            float *im);

/* out = a b, elementwise complex. */
typedef void paths_multiply_fn(const float *a_re, const float *a_im, const float *b_re,
                               const float *b_im, size_t count, float *re, float *im);

/* With rows re + j im [count][width] and cosine + j sine [count], adds to sum[4][width]: the sums
 * over rows of cosine re, cosine im, sine re, sine im. */
typedef void paths_sum_fn(const float *cosine, const float *sine, const float *re, const float *im,
                          size_t count, size_t width, float *sum);

/* The real part of a Dirichlet kernel of n points for a path at `nearest` + fraction, |fraction| <=
 * 1/2 and not 0, nearest an integer within [-n/2, n/2]:
 * out[i] = sin(pi fraction) / sin(pi (first + i - nearest - fraction) / n), i < width. */
typedef void paths_dirichlet_fn(float nearest, float fraction, float first, float n, size_t width,
                                float *out);

/* sum_re + j sum_im [rows][width] += sum over paths of (a_re + j a_im)[path][row] b[path][width];
 * rows, too, is a multiple of PATHS_PAD. */
typedef void paths_outer_fn(const float *a_re, const float *a_im, const float *b, size_t paths,
                            size_t rows, size_t width, float *sum_re, float *sum_im);

SIMD_DECLARE(void, paths_phasors,
             (const float *high, const float *low, size_t count, float times, float *re,
              float *im));
SIMD_DECLARE(void, paths_steer,
             (float high, float low, const float gain[2], size_t width, float *re, float *im));
SIMD_DECLARE(void, paths_multiply,
             (const float *a_re, const float *a_im, const float *b_re, const float *b_im,
              size_t count, float *re, float *im));
SIMD_DECLARE(void, paths_sum,
             (const float *cosine, const float *sine, const float *re, const float *im,
              size_t count, size_t width, float *sum));
SIMD_DECLARE(void, paths_dirichlet,
             (float nearest, float fraction, float first, float n, size_t width, float *out));
SIMD_DECLARE(void, paths_outer,
             (const float *a_re, const float *a_im, const float *b, size_t paths, size_t rows,
              size_t width, float *sum_re, float *sum_im));

#endif
