#include "nn/int8/quantize_simd.h"

#include "nn/int8/levels.h"

void SIMD(nn_range_row)(const float *x, size_t n, nn_range *range)
{
    range_vec a = {{0}, {0}}, b = a;
    size_t i = 0;
    for (; i + 2 * VEC_LANES <= n; i += 2 * VEC_LANES) {
        take_in(&a, vec_load(x + i));
        take_in(&b, vec_load(x + i + VEC_LANES));
    }
    for (; i < n; i += VEC_LANES) {
        size_t left = n - i < VEC_LANES ? n - i : VEC_LANES;
        take_in(&a, vec_load_part(x + i, (int32_t)left));
    }
    a.low = VEC_MIN(a.low, b.low);
    a.high = VEC_MAX(a.high, b.high);
    give_range(&a, range);
}

/* Takes the quantization by value, since stores of bytes can alias any memory. */
VEC_INLINE void quantize_row(const float *x, const steps s, uint8_t *y, size_t n, const bool within)
{
    size_t i = 0;
    for (; i + 4 * VEC_LANES <= n; i += 4 * VEC_LANES) {
        ivec level[4];
        VEC_UNROLL
        for (int k = 0; k < 4; k++)
            level[k] = level_of(vec_load(x + i + (size_t)k * VEC_LANES), &s, within);
        store_four(y + i, level);
    }
    for (; i < n; i += VEC_LANES) {
        uint8_t last[VEC_LANES];
        const size_t left = n - i < VEC_LANES ? n - i : VEC_LANES;
        store_levels(last, level_of(vec_load_part(x + i, (int32_t)left), &s, within));
        memcpy(y + i, last, left);
    }
}

void SIMD(nn_quantize_row)(const float *x, nn_quantization q, uint8_t *y, size_t n)
{
    quantize_row(x, steps_of(q), y, n, false);
}

void SIMD(nn_quantize_within)(const float *x, nn_quantization q, uint8_t *y, size_t n)
{
    if (by_reciprocal(q))
        quantize_row(x, steps_of(q), y, n, true);
    else
        quantize_row(x, steps_of(q), y, n, false);
}

void SIMD(nn_dequantize_row)(const uint8_t *restrict x, nn_quantization q, float *restrict y,
                             size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = nn_dequantize_u8(x[i], q);
}
