/* half.h: the 16-bit floating point formats of weights, and back. Internal to nn.
 *
 * float16 is IEEE 754 binary16; bfloat16 is the upper half of a float. Both convert to float
 * exactly; a float goes to the nearest value, ties to even, and beyond the largest to infinity. */
#ifndef NN_HALF_H
#define NN_HALF_H

#include <stdint.h>
#include <string.h>

static inline float nn_float_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint32_t nn_bits_of_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float nn_from_bfloat16(uint16_t half)
{
    return nn_float_of_bits((uint32_t)half << 16);
}

static inline float nn_from_float16(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16, rest = half & 0x7fffu;
    if (rest >= 0x7c00u) /* infinity or NaN */
        return nn_float_of_bits(sign | 0x7f800000u | (rest & 0x3ffu) << 13);
    if (rest >= 0x400u)
        return nn_float_of_bits(sign | ((rest << 13) + (112u << 23)));
    float small = (float)rest * 0x1p-24f; /* subnormal: a multiple of the least one */
    return sign ? -small : small;
}

/* The nearest float that float16 holds. */
static inline float nn_round_float16(float x)
{
    float size = x < 0 ? -x : x;
    if (!(size < 65520.0f)) /* half way to the next number, which does not exist */
        return x != x ? x : x < 0 ? -nn_float_of_bits(0x7f800000u) : nn_float_of_bits(0x7f800000u);
    if (size < 0x1p-14f) { /* subnormal: floats next to 0.5 are 2^-24 apart, too */
        float rounded = (size + 0.5f) - 0.5f;
        return nn_float_of_bits(nn_bits_of_float(rounded) | (nn_bits_of_float(x) & 0x80000000u));
    }
    uint32_t bits = nn_bits_of_float(x);
    return nn_float_of_bits((bits + 0xfffu + ((bits >> 13) & 1u)) & ~0x1fffu);
}

/* The same as its 16 bits. */
static inline uint16_t nn_to_float16(float x)
{
    float rounded = nn_round_float16(x);
    uint32_t bits = nn_bits_of_float(rounded), sign = bits >> 16 & 0x8000u,
             size = bits & 0x7fffffffu;
    if (size >= 0x7f800000u) /* infinity or NaN */
        return (uint16_t)(sign | 0x7c00u | (size > 0x7f800000u ? 0x200u : 0));
    if (size >= 113u << 23)
        return (uint16_t)(sign | (size - (112u << 23)) >> 13);
    float small = rounded < 0 ? -rounded : rounded; /* subnormal: a multiple of 2^-24 */
    return (uint16_t)(sign | (uint32_t)(small * 0x1p24f));
}

static inline float nn_round_bfloat16(float x)
{
    uint32_t bits = nn_bits_of_float(x);
    if (x != x)
        return x;
    return nn_float_of_bits((bits + 0x7fffu + ((bits >> 16) & 1u)) & ~0xffffu);
}

#endif
