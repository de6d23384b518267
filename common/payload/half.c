/* IEEE 754 binary16: 1 sign, 5 exponent (bias 15) and 10 fraction bits. */
#include <string.h>

#include "payload/codeword.h"

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Shifts right by `shift` bits, rounding to the nearest, ties to even. */
static uint32_t round_right(uint32_t x, unsigned shift)
{
    uint32_t kept = x >> shift, lost = x & ((1u << shift) - 1), half = 1u << (shift - 1);
    return kept + (lost > half || (lost == half && (kept & 1)));
}

uint16_t csi_half_from_float(float value)
{
    uint32_t bits = bits_of(value), sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00u);
    if (magnitude >= 0x47800000u) /* 65536 and more */
        return (uint16_t)(sign | 0x7c00u);
    unsigned exponent = magnitude >> 23;
    if (exponent >= 113) /* normal: a carry from rounding correctly increments the exponent */
        return (uint16_t)(sign | round_right(magnitude - (112u << 23), 13));
    if (exponent < 102) /* below half of the smallest subnormal, 2^-24 */
        return (uint16_t)sign;
    return (uint16_t)(sign | round_right((magnitude & 0x7fffffu) | 0x800000u, 126 - exponent));
}

float csi_float_from_half(uint16_t half)
{
    uint32_t sign = (half & 0x8000u) << 16, exponent = half >> 10 & 31u, fraction = half & 0x3ffu;
    if (exponent == 31)
        return from_bits(sign | 0x7f800000u | fraction << 13);
    if (exponent > 0)
        return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
    float magnitude = (float)fraction * 0x1p-24f;
    return from_bits(sign | bits_of(magnitude));
}
