#include "csi/mix.h"

#include "base/vector.h"

/* c x = re(c) x + im(c) (j x), where j x swaps the parts of x and negates one. So the parts of c
 * multiply whole vectors of interleaved numbers, and one swap after summing is enough. */

/* x + j y. */
VEC_INLINE vec join(vec x, vec y)
{
#if VEC_LANES == 16
    return x + __builtin_shufflevector(y, -y, 17, 0, 19, 2, 21, 4, 23, 6, 25, 8, 27, 10, 29, 12, 31,
                                       14);
#elif VEC_LANES == 8
    return x + __builtin_shufflevector(y, -y, 9, 0, 11, 2, 13, 4, 15, 6);
#else
    return x + __builtin_shufflevector(y, -y, 5, 0, 7, 2);
#endif
}

/* Sums `vectors` (a constant, at most 4) registers. */
VEC_INLINE void mix_block(const float *c, const float *rows, size_t count, size_t stride,
                          int vectors, float *out)
{
    vec re[4] = {0}, im[4] = {0};
    for (size_t i = 0; i < count; i++, rows += stride) {
        VEC_UNROLL
        for (int v = 0; v < vectors; v++) {
            vec x = vec_load(rows + v * VEC_LANES);
            re[v] += c[2 * i] * x;
            im[v] += c[2 * i + 1] * x;
        }
    }
    VEC_UNROLL
    for (int v = 0; v < vectors; v++)
        vec_store(out + v * VEC_LANES, join(re[v], im[v]));
}

/* The same for one complex number. */
VEC_INLINE void mix_one(const float *c, const float *rows, size_t count, size_t stride, float *out)
{
    float re_re = 0, re_im = 0, im_re = 0, im_im = 0;
    for (size_t i = 0; i < count; i++, rows += stride) {
        re_re += c[2 * i] * rows[0];
        re_im += c[2 * i] * rows[1];
        im_re += c[2 * i + 1] * rows[0];
        im_im += c[2 * i + 1] * rows[1];
    }
    out[0] = re_re - im_im;
    out[1] = re_im + im_re;
}

void SIMD(csi_mix)(const float complex *c, const float complex *rows, size_t count, size_t width,
                   float complex *out)
{
    const float *from = (const float *)rows, *parts = (const float *)c;
    float *to = (float *)out;
    size_t floats = 2 * width, at = 0;
    for (; at + 4 * VEC_LANES <= floats; at += 4 * VEC_LANES)
        mix_block(parts, from + at, count, floats, 4, to + at);
    for (; at + VEC_LANES <= floats; at += VEC_LANES)
        mix_block(parts, from + at, count, floats, 1, to + at);
    for (; at < floats; at += 2)
        mix_one(parts, from + at, count, floats, to + at);
}

void SIMD(csi_spread)(const float complex *c, size_t count, const float complex *row, size_t width,
                      float complex *out)
{
    const float *from = (const float *)row, *parts = (const float *)c;
    float *to = (float *)out;
    size_t floats = 2 * width, whole = floats - floats % VEC_LANES;
    for (size_t i = 0; i < count; i++, to += floats) {
        float re = parts[2 * i], im = parts[2 * i + 1];
        for (size_t at = 0; at < whole; at += VEC_LANES) {
            vec x = vec_load(from + at);
            vec_store(to + at, join(re * x, im * x));
        }
        for (size_t at = whole; at < floats; at += 2) {
            to[at] = re * from[at] - im * from[at + 1];
            to[at + 1] = re * from[at + 1] + im * from[at];
        }
    }
}
