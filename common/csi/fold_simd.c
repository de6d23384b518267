#include "csi/fold_simd.h"

#include <stdbool.h>

#include "base/vector.h"

/* VEC_LANES columns at a time, real parts in one vector and imaginary parts in the other: then a
 * complex product needs no shuffling, and a product with j only swaps names. Loading puts lanes
 * into an order that costs one shuffle within 128 bits; storing undoes it with the same shuffle. */
typedef struct cvec {
    vec re, im;
} cvec;

VEC_INLINE cvec part(vec low, vec high)
{
#if VEC_LANES == 16
    return (cvec){__builtin_shufflevector(low, high, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12,
                                          14, 28, 30),
                  __builtin_shufflevector(low, high, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13,
                                          15, 29, 31)};
#elif VEC_LANES == 8
    return (cvec){__builtin_shufflevector(low, high, 0, 2, 8, 10, 4, 6, 12, 14),
                  __builtin_shufflevector(low, high, 1, 3, 9, 11, 5, 7, 13, 15)};
#else
    return (cvec){__builtin_shufflevector(low, high, 0, 2, 4, 6),
                  __builtin_shufflevector(low, high, 1, 3, 5, 7)};
#endif
}

VEC_INLINE vec join_low(cvec v)
{
#if VEC_LANES == 16
    return __builtin_shufflevector(v.re, v.im, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13,
                                   29);
#elif VEC_LANES == 8
    return __builtin_shufflevector(v.re, v.im, 0, 8, 1, 9, 4, 12, 5, 13);
#else
    return __builtin_shufflevector(v.re, v.im, 0, 4, 1, 5);
#endif
}

VEC_INLINE vec join_high(cvec v)
{
#if VEC_LANES == 16
    return __builtin_shufflevector(v.re, v.im, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30,
                                   15, 31);
#elif VEC_LANES == 8
    return __builtin_shufflevector(v.re, v.im, 2, 10, 3, 11, 6, 14, 7, 15);
#else
    return __builtin_shufflevector(v.re, v.im, 2, 6, 3, 7);
#endif
}

/* Loads `floats` floats, up to 2 VEC_LANES. */
VEC_INLINE cvec load(const float *x, size_t floats)
{
    if (floats >= (size_t)2 * VEC_LANES)
        return part(vec_load(x), vec_load(x + VEC_LANES));
    if (floats <= VEC_LANES)
        return part(vec_load_part(x, (int32_t)floats), vec_all(0));
    return part(vec_load(x), vec_load_part(x + VEC_LANES, (int32_t)floats - VEC_LANES));
}

VEC_INLINE void store(float *x, cvec v, size_t floats)
{
    if (floats >= (size_t)2 * VEC_LANES) {
        vec_store(x, join_low(v));
        vec_store(x + VEC_LANES, join_high(v));
    } else if (floats <= VEC_LANES) {
        vec_store_part(x, join_low(v), (int32_t)floats);
    } else {
        vec_store(x, join_low(v));
        vec_store_part(x + VEC_LANES, join_high(v), (int32_t)floats - VEC_LANES);
    }
}

VEC_INLINE cvec load_split(const float *x)
{
    return (cvec){vec_load(x), vec_load(x + VEC_LANES)};
}

VEC_INLINE void store_split(float *x, cvec v)
{
    vec_store(x, v.re);
    vec_store(x + VEC_LANES, v.im);
}

VEC_INLINE cvec add(cvec a, cvec b)
{
    return (cvec){a.re + b.re, a.im + b.im};
}

VEC_INLINE cvec subtract(cvec a, cvec b)
{
    return (cvec){a.re - b.re, a.im - b.im};
}

VEC_INLINE cvec times_j(cvec a)
{
    return (cvec){-a.im, a.re};
}

VEC_INLINE cvec times(cvec a, const float *w)
{
    return (cvec){a.re * w[0] - a.im * w[1], a.re * w[1] + a.im * w[0]};
}

VEC_INLINE cvec times_conjugate(cvec a, const float *w)
{
    return (cvec){a.re * w[0] + a.im * w[1], a.im * w[0] - a.re * w[1]};
}

VEC_INLINE cvec swap_parts(cvec a)
{
    return (cvec){a.im, a.re};
}

/* out[0], [stride], [2 stride], [3 stride] = the DFT of a, b, c, d, each multiplied by its power of
 * root[step]; step 0 multiplies nothing. */
VEC_INLINE void butterfly(cvec a, cvec b, cvec c, cvec d, const float *root, size_t step,
                          size_t stride, cvec *out)
{
    cvec even = add(a, c), odd = subtract(a, c), sum = add(b, d), rotated = times_j(subtract(b, d));
    out[0] = add(even, sum);
    if (step == 0) {
        out[stride] = add(odd, rotated);
        out[2 * stride] = subtract(even, sum);
        out[3 * stride] = subtract(odd, rotated);
    } else {
        out[stride] = times(add(odd, rotated), root + 2 * step);
        out[2 * stride] = times(subtract(even, sum), root + 4 * step);
        out[3 * stride] = times(subtract(odd, rotated), root + 6 * step);
    }
}

/* The radix 4 stages of a DFT with exp(+j ...) of `length` entries (Stockham), from the second on;
 * returns the buffer that holds the result, in natural order. If `length` is not a power of 4, the
 * sums and differences of its halves are still to do. */
VEC_INLINE cvec *transform(size_t length, const float *root, cvec *x, cvec *y)
{
    size_t apart = length / 4;
    for (size_t stride = 4; 4 * stride <= length; stride *= 4) {
        for (size_t p = 0; p < apart / stride; p++)
            for (size_t q = 0; q < stride; q++) {
                const cvec *in = x + stride * p + q;
                butterfly(in[0], in[apart], in[2 * apart], in[3 * apart], root, p * stride, stride,
                          y + 4 * stride * p + q);
            }
        cvec *other = x;
        x = y;
        y = other;
    }
    return x;
}

VEC_INLINE bool has_halves(size_t length)
{
    return (__builtin_ctzll(length) & 1) != 0;
}

/* --- folding -----------------------------------------------------------------------------------
 */

VEC_INLINE cvec *transform_column(const csi_fold_shape *s, size_t length, const float *from,
                                  size_t apart, size_t floats, cvec *one, cvec *two)
{
    size_t quarter = length / 4 * apart;
    for (size_t p = 0; p < length / 4; p++, from += apart)
        butterfly(load(from, floats), load(from + quarter, floats),
                  load(from + 2 * quarter, floats), load(from + 3 * quarter, floats), s->root, p, 1,
                  one + 4 * p);
    return transform(length, s->root, one, two);
}

VEC_INLINE void accumulate(float *sum, cvec v, const float *w)
{
    store_split(sum, add(load_split(sum), times(v, w)));
}

VEC_INLINE void add_column(size_t taps, size_t length, const cvec *found, const float *w,
                           float *sum)
{
    size_t step = 2 * VEC_LANES, half = has_halves(length) ? length / 2 : taps;
    size_t low = taps < half ? taps : half;
    for (size_t r = 0; r < taps - low; r++) {
        accumulate(sum + step * r, add(found[r], found[r + half]), w + 2 * r);
        accumulate(sum + step * (r + half), subtract(found[r], found[r + half]),
                   w + 2 * (r + half));
    }
    for (size_t r = taps - low; r < low; r++)
        accumulate(sum + step * r, has_halves(length) ? add(found[r], found[r + half]) : found[r],
                   w + 2 * r);
}

VEC_INLINE void fold(const csi_fold_shape *s, size_t length, size_t taps, const float *from,
                     size_t width, float *work)
{
    size_t lanes = VEC_LANES, row = 2 * width, apart = s->folds * row,
           whole = row - row % (2 * lanes);
    cvec one[CSI_FOLD_MAX], two[CSI_FOLD_MAX];
    for (size_t b = 0; b < s->folds; b++, from += row) {
        const float *w = s->twiddle + 2 * taps * b;
        float *sum = work;
        for (size_t k = 0; k < whole; k += 2 * lanes, sum += 2 * lanes * taps)
            add_column(taps, length,
                       transform_column(s, length, from + k, apart, 2 * lanes, one, two), w, sum);
        if (whole < row)
            add_column(taps, length,
                       transform_column(s, length, from + whole, apart, row - whole, one, two), w,
                       sum);
    }
}

/* The usual sizes have calls of their own, so that the compiler can specialise them. */
void SIMD(csi_fold)(const csi_fold_shape *s, const float complex *x, size_t width, float *work,
                    float complex *taps)
{
    float *to = (float *)taps;
    size_t lanes = VEC_LANES, row = 2 * width;
    memset(work, 0, (width + lanes - 1) / lanes * s->taps * 2 * lanes * sizeof *work);
    if (s->length == 32 && s->taps == 32)
        fold(s, 32, 32, (const float *)x, width, work);
    else
        fold(s, s->length, s->taps, (const float *)x, width, work);
    for (size_t k = 0; k < row; k += 2 * lanes)
        for (size_t r = 0; r < s->taps; r++, work += 2 * lanes)
            store(to + r * row + k, load_split(work), row - k);
}

/* --- unfolding ---------------------------------------------------------------------------------
 *
 * The transform with exp(-j ...) swaps real and imaginary parts before and after that with exp(+j
 * ...). */

VEC_INLINE cvec untwiddled(size_t taps, const float *split, const float *w, size_t r)
{
    size_t lanes = VEC_LANES;
    if (r >= taps)
        return (cvec){vec_all(0), vec_all(0)};
    return swap_parts(times_conjugate(load_split(split + 2 * lanes * r), w + 2 * r));
}

VEC_INLINE void put_column(const csi_fold_shape *s, size_t length, size_t taps, const float *split,
                           const float *w, size_t floats, size_t apart, float *to)
{
    cvec one[CSI_FOLD_MAX], two[CSI_FOLD_MAX];
    size_t quarter = length / 4, half = length / 2;
    for (size_t p = 0; p < quarter; p++)
        butterfly(untwiddled(taps, split, w, p), untwiddled(taps, split, w, p + quarter),
                  untwiddled(taps, split, w, p + 2 * quarter),
                  untwiddled(taps, split, w, p + 3 * quarter), s->root, p, 1, one + 4 * p);
    const cvec *found = transform(length, s->root, one, two);
    if (!has_halves(length)) {
        for (size_t a = 0; a < length; a++)
            store(to + a * apart, swap_parts(found[a]), floats);
        return;
    }
    for (size_t a = 0; a < half; a++) {
        store(to + a * apart, swap_parts(add(found[a], found[a + half])), floats);
        store(to + (a + half) * apart, swap_parts(subtract(found[a], found[a + half])), floats);
    }
}

VEC_INLINE void unfold(const csi_fold_shape *s, size_t length, size_t taps, const float *work,
                       size_t width, float *to)
{
    size_t lanes = VEC_LANES, row = 2 * width, apart = s->folds * row,
           whole = row - row % (2 * lanes);
    for (size_t b = 0; b < s->folds; b++, to += row) {
        const float *w = s->twiddle + 2 * taps * b, *split = work;
        for (size_t k = 0; k < whole; k += 2 * lanes, split += 2 * lanes * taps)
            put_column(s, length, taps, split, w, 2 * lanes, apart, to + k);
        if (whole < row)
            put_column(s, length, taps, split, w, row - whole, apart, to + whole);
    }
}

void SIMD(csi_unfold)(const csi_fold_shape *s, const float complex *taps, size_t width, float *work,
                      float complex *x)
{
    const float *from = (const float *)taps;
    float *split = work;
    size_t lanes = VEC_LANES, row = 2 * width;
    for (size_t k = 0; k < row; k += 2 * lanes)
        for (size_t r = 0; r < s->taps; r++, split += 2 * lanes)
            store_split(split, load(from + r * row + k, row - k));
    if (s->length == 32 && s->taps == 32)
        unfold(s, 32, 32, work, width, (float *)x);
    else
        unfold(s, s->length, s->taps, work, width, (float *)x);
}
