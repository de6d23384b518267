/* fake_simd.h: 8-bit rounding there and back; see nn/grad.h. The same numbers at every level,
 * equal to those of nn/quantize.h, except that what is no number stays so, for training to notice.
 */
#ifndef NN_GRAD_FAKE_SIMD_H
#define NN_GRAD_FAKE_SIMD_H

#include <stdbool.h>

#include "base/simd.h"
#include "nn/quantize.h"

/* nn_range_of. */
SIMD_DECLARE(nn_range, grad_range_run, (const float *x, size_t n));

/* to[i] = nn_dequantize_u8(nn_quantize_u8(x[i], q), q). */
SIMD_DECLARE(void, grad_fake_run, (nn_quantization q, const float *x, float *to, size_t n));

/* The second part of a wide layer's input: rest[i] = x[i] - to[i]; then to[i] += the rounded rest.
 */
SIMD_DECLARE(void, grad_fake_rest_run, (const float *x, const float *to, float *rest, size_t n));
SIMD_DECLARE(void, grad_fake_add_run, (nn_quantization q, const float *rest, float *to, size_t n));

/* The same as the first for int8 weights with one scale; `to` may be w. */
SIMD_DECLARE(void, grad_fake_weights_run, (float scale, const float *w, float *to, size_t n));

/* to[i] = (or +=) d[i] where x[i] is not cut off, 0 elsewhere. */
SIMD_DECLARE(void, grad_fake_pass_run,
             (nn_quantization q, const float *x, const float *d, float *to, size_t n, bool add));

#endif
