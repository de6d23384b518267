/* quantize.h: between real values and 8-bit integers, as ONNX defines it:
 *
 *     q = saturate(round(x / scale) + zero)        x = (q - zero) scale
 *
 * with ties to the even integer. Activations are unsigned and asymmetric (0..255, any zero point),
 * weights signed and symmetric (-128..127, zero point 0) with one scale for each output channel. */
#ifndef NN_INT8_QUANTIZE_H
#define NN_INT8_QUANTIZE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* One value, as a float that holds an integer in [least, most]; NaN gives `least`. */
static inline float nn_quantize(float x, float scale, int32_t zero, float least, float most)
{
    float q = rintf(x / scale) + (float)zero;
    if (!(q > least))
        return least;
    return q < most ? q : most;
}

/* The scale and zero point of DynamicQuantizeLinear for values between `least` and `most`. The
 * range always takes in 0, so that padding is exact; all zeros have scale 1. */
static inline void nn_dynamic_scale(float least, float most, float *scale, uint8_t *zero)
{
    least = least < 0 ? least : 0;
    most = most > 0 ? most : 0;
    float step = (most - least) / 255;
    *scale = step > 0 ? step : 1;
    *zero = (uint8_t)nn_quantize(-least, *scale, 0, 0, 255);
}

#endif
