/* mix.h: complex linear combinations of rows: the inner loops of the delay transform and of sums of
 * paths.
 *
 * The loops round products and sums separately (no fused multiply-add) and add rows in order, so
 * the result is the same, bit for bit, at every instruction set level. */
#ifndef CSI_MIX_H
#define CSI_MIX_H

#include <complex.h>
#include <stddef.h>

#include "base/simd.h"

/* out[width] = sum_{i < count} c[i] rows[i][width]. */
typedef void csi_mix_fn(const float complex *c, const float complex *rows, size_t count,
                        size_t width, float complex *out);

/* out[i][width] = c[i] row[width], i < count. */
typedef void csi_spread_fn(const float complex *c, size_t count, const float complex *row,
                           size_t width, float complex *out);

/* The fastest version of each that this machine supports. */
csi_mix_fn *csi_mix_choose(void);
csi_spread_fn *csi_spread_choose(void);

SIMD_DECLARE(void, csi_mix,
             (const float complex *c, const float complex *rows, size_t count, size_t width,
              float complex *out));
SIMD_DECLARE(void, csi_spread,
             (const float complex *c, size_t count, const float complex *row, size_t width,
              float complex *out));

#endif
