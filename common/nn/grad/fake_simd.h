/* fake_simd.h: rounding to 8 bits and back; see nn/grad.h. The same numbers at every level, equal
 * to those of nn/quantize.h, except that NaN stays NaN, so that training notices it. */
#ifndef NN_GRAD_FAKE_SIMD_H
#define NN_GRAD_FAKE_SIMD_H

#include <stdbool.h>

#include "base/simd.h"
#include "nn/quantize.h"

/* nn_range_of. */
SIMD_DECLARE(nn_range, grad_range_run, (const float *x, size_t n));

/* to[i] = nn_dequantize_u8(nn_quantize_u8(x[i], q), q). */
SIMD_DECLARE(void, grad_fake_run, (nn_quantization q, const float *x, float *to, size_t n));

/* The second part of a wide layer's input: rest[i] = x[i] - to[i]; to[i] += the rounded rest. */
SIMD_DECLARE(void, grad_fake_rest_run, (const float *x, const float *to, float *rest, size_t n));
SIMD_DECLARE(void, grad_fake_add_run, (nn_quantization q, const float *rest, float *to, size_t n));

/* As grad_fake_run, for int8 weights with one scale; `to` may be w. */
SIMD_DECLARE(void, grad_fake_weights_run, (float scale, const float *w, float *to, size_t n));

/* to[i] = (or +=) d[i] where x[i] is not clipped, 0 elsewhere. */
SIMD_DECLARE(void, grad_fake_pass_run,
             (nn_quantization q, const float *x, const float *d, float *to, size_t n, bool add));

#endif
