/* quantize.h: quantization of floats to 8 bits as in ONNX. The operators, the converter and
 * training all use these scales and roundings, so that they get the same integers.
 *
 * An activation is uint8, asymmetric:  q = saturate(round(x / S) + Z),  x ~ S (q - Z)
 * A weight is int8, symmetric, with a scale for each output channel:
 *                                      q = round(w / s),  s = max|w| / 127,  w ~ s q
 *
 * Rounding is to nearest, ties to even. Ranges of activations include 0, so that 0 (padding) is
 * exactly Z; inside the range |x - S (q - Z)| <= S / 2. All arithmetic is in float, one operation
 * after the other, as in the operators' definitions. */
#ifndef NN_QUANTIZE_H
#define NN_QUANTIZE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum { NN_WEIGHT_MAX = 127, NN_ACTIVATION_MAX = 255 };

/* The quantization of one tensor of activations. scale > 0. */
typedef struct nn_quantization {
    float scale;
    uint8_t zero;
} nn_quantization;

typedef struct nn_range {
    float low, high;
} nn_range;

/* Ties to even, in the default rounding mode, which csilink never changes. */
static inline float nn_round(float x)
{
    return rintf(x);
}

static inline float nn_clamp(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

/* DynamicQuantizeLinear's S and Z for values in [low, high], widened to include 0. A range of only
 * 0, or so small that 1/255 of it is 0, gets S = 1, Z = 0. */
static inline nn_quantization nn_quantization_of(nn_range range)
{
    float low = range.low < 0 ? range.low : 0, high = range.high > 0 ? range.high : 0;
    float scale = (high - low) / (float)NN_ACTIVATION_MAX;
    if (!(scale > 0))
        return (nn_quantization){.scale = 1};
    float zero = nn_round(nn_clamp(0 - low / scale, 0, NN_ACTIVATION_MAX));
    return (nn_quantization){.scale = scale, .zero = (uint8_t)zero};
}

/* Quantizes one value; NaN becomes 0. */
static inline uint8_t nn_quantize_u8(float x, nn_quantization q)
{
    float level = nn_round(x / q.scale) + (float)q.zero;
    return level > 0 ? (uint8_t)(level < NN_ACTIVATION_MAX ? level : NN_ACTIVATION_MAX) : 0;
}

static inline float nn_dequantize_u8(uint8_t level, nn_quantization q)
{
    return (float)((int32_t)level - (int32_t)q.zero) * q.scale;
}

/* Quantizes one weight of a channel with this scale; never -128, so that a weight can be negated.
 */
static inline int8_t nn_quantize_s8(float w, float scale)
{
    return (int8_t)nn_clamp(nn_round(w / scale), -NN_WEIGHT_MAX, NN_WEIGHT_MAX);
}

/* The range of n values and 0: {0, 0} for none. Ignores NaN. */
nn_range nn_range_of(const float *x, size_t n);
nn_range nn_range_join(nn_range a, nn_range b);

/* The scale max|w| / 127 of n weights `stride` apart; 1 if that is 0. */
float nn_weight_scale(const float *w, size_t n, size_t stride);

/* The scale of weights stored as only +1 and -1: mean |w|, which minimises sum (w - s sign w)^2; 1
 * if that is 0. The sign of 0 is +1. */
float nn_binary_scale(const float *w, size_t n, size_t stride);

/* A tensor of weights, channel by channel. Element i of channel c is w[c * channel_step + i *
 * stride]: a convolution's [channels][each] has channel_step = each, stride = 1; a matrix
 * [each][channels] has channel_step = 1, stride = channels. */
typedef struct nn_weights {
    size_t channels, each, channel_step, stride;
} nn_weights;

/* q in w's order, scale[channels]. */
void nn_quantize_weights(const nn_weights *shape, const float *w, int8_t *q, float *scale);
void nn_binarize_weights(const nn_weights *shape, const float *w, int8_t *q, float *scale);

#endif
