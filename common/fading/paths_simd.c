#include "fading/paths_simd.h"

#include "base/vector.h"

/* Block sizes of the sums that fit into the level's registers. */
#if VEC_LANES == 16
enum { OUTER_ROWS = 4 };
#else
enum { OUTER_ROWS = 2 };
#endif

/* Rounds to the nearest integer, |v| < 2^22: the sum has no bits left for a fraction. */
VEC_INLINE vec vec_round(vec v)
{
    const float shift = 0x1.8p23f;
    return (v + shift) - shift;
}

/* sin(pi v), |v| <= 1/2: Taylor's series, whose next term is below 1e-9; relative error 2e-7. */
VEC_INLINE vec sine_pi(vec v)
{
    vec x = v * v;
    vec y = x * 4.6630280e-4f - 7.3704309e-3f;
    y = y * x + 8.2145887e-2f;
    y = y * x - 5.9926453e-1f;
    y = y * x + 2.5501640f;
    y = y * x - 5.1677128f;
    y = y * x + 3.1415927f;
    return v * y;
}

/* cos(pi v), likewise. */
VEC_INLINE vec cosine_pi(vec v)
{
    vec x = v * v;
    vec y = x * -1.0463810e-4f + 1.9295743e-3f;
    y = y * x - 2.5806891e-2f;
    y = y * x + 2.3533063e-1f;
    y = y * x - 1.3352628f;
    y = y * x + 4.0587121f;
    y = y * x - 4.9348022f;
    return y * x + 1.0f;
}

/* exp(-j 2 pi times (high + low)) with both halves reduced before they lose digits. */
VEC_INLINE void phasor(vec times, vec high, vec low, vec *re, vec *im)
{
    vec cycles = times * high;
    cycles = (cycles - vec_round(cycles)) + times * low;
    cycles -= vec_round(cycles);
    vec sine = sine_pi(cycles);
    *re = 1.0f - 2.0f * sine * sine;
    *im = -2.0f * sine * cosine_pi(cycles);
}

VEC_INLINE vec count_up(void)
{
    float index[VEC_LANES];
    for (int i = 0; i < VEC_LANES; i++)
        index[i] = (float)i;
    return vec_load(index);
}

void SIMD(paths_phasors)(const float *high, const float *low, size_t count, float times, float *re,
                         float *im)
{
    for (size_t i = 0; i < count; i += VEC_LANES) {
        vec c, s;
        phasor(vec_all(times), vec_load(high + i), vec_load(low + i), &c, &s);
        vec_store(re + i, c);
        vec_store(im + i, s);
    }
}

void SIMD(paths_steer)(float high, float low, const float gain[2], size_t width, float *re,
                       float *im)
{
    vec k = count_up();
    for (size_t i = 0; i < width; i += VEC_LANES, k += (float)VEC_LANES) {
        vec c, s;
        phasor(k, vec_all(high), vec_all(low), &c, &s);
        vec_store(re + i, vec_load(re + i) + (gain[0] * c - gain[1] * s));
        vec_store(im + i, vec_load(im + i) + (gain[0] * s + gain[1] * c));
    }
}

void SIMD(paths_multiply)(const float *a_re, const float *a_im, const float *b_re,
                          const float *b_im, size_t count, float *re, float *im)
{
    for (size_t i = 0; i < count; i += VEC_LANES) {
        vec ar = vec_load(a_re + i), ai = vec_load(a_im + i);
        vec br = vec_load(b_re + i), bi = vec_load(b_im + i);
        vec_store(re + i, ar * br - ai * bi);
        vec_store(im + i, ar * bi + ai * br);
    }
}

/* Sums two registers' width. */
VEC_INLINE void sum_block(const float *cosine, const float *sine, const float *re, const float *im,
                          size_t count, size_t width, float *sum)
{
    vec acc[4][2];
    VEC_UNROLL
    for (int v = 0; v < 8; v++)
        acc[v / 2][v % 2] = vec_load(sum + (size_t)(v / 2) * width + (size_t)(v % 2) * VEC_LANES);
    for (size_t i = 0; i < count; i++, re += width, im += width) {
        VEC_UNROLL
        for (int v = 0; v < 2; v++) {
            vec x = vec_load(re + v * VEC_LANES), y = vec_load(im + v * VEC_LANES);
            acc[0][v] += cosine[i] * x;
            acc[1][v] += cosine[i] * y;
            acc[2][v] += sine[i] * x;
            acc[3][v] += sine[i] * y;
        }
    }
    VEC_UNROLL
    for (int v = 0; v < 8; v++)
        vec_store(sum + (size_t)(v / 2) * width + (size_t)(v % 2) * VEC_LANES, acc[v / 2][v % 2]);
}

void SIMD(paths_sum)(const float *cosine, const float *sine, const float *re, const float *im,
                     size_t count, size_t width, float *sum)
{
    for (size_t at = 0; at < width; at += (size_t)2 * VEC_LANES)
        sum_block(cosine, sine, re + at, im + at, count, width, sum + at);
}

/* The distance is reduced modulo n to [-n/2, n/2] while it is an integer and so exact; each period
 * changes the sign of the sine below, and `wraps` is -1, 0 or 1. */
void SIMD(paths_dirichlet)(float nearest, float fraction, float first, float n, size_t width,
                           float *out)
{
    vec distance = count_up() + (first - nearest);
    float above[VEC_LANES], inverse = 1 / n;
    vec_store(above, sine_pi(vec_all(fraction)));
    for (size_t i = 0; i < width; i += VEC_LANES, distance += (float)VEC_LANES) {
        vec wraps = vec_round(distance * inverse);
        vec x = (distance - wraps * n) - fraction;
        vec y = above[0] / sine_pi(x * inverse);
        vec_store(out + i, y - 2.0f * wraps * wraps * y);
    }
}

/* OUTER_ROWS rows, two registers wide. */
VEC_INLINE void outer_block(const float *a_re, const float *a_im, const float *b, size_t paths,
                            size_t rows, size_t width, float *sum_re, float *sum_im)
{
    vec re[OUTER_ROWS][2], im[OUTER_ROWS][2];
    VEC_UNROLL
    for (int v = 0; v < 2 * OUTER_ROWS; v++) {
        size_t at = (size_t)(v / 2) * width + (size_t)(v % 2) * VEC_LANES;
        re[v / 2][v % 2] = vec_load(sum_re + at);
        im[v / 2][v % 2] = vec_load(sum_im + at);
    }
    for (size_t l = 0; l < paths; l++, a_re += rows, a_im += rows, b += width) {
        vec b0 = vec_load(b), b1 = vec_load(b + VEC_LANES);
        VEC_UNROLL
        for (int i = 0; i < OUTER_ROWS; i++) {
            re[i][0] += a_re[i] * b0;
            re[i][1] += a_re[i] * b1;
            im[i][0] += a_im[i] * b0;
            im[i][1] += a_im[i] * b1;
        }
    }
    VEC_UNROLL
    for (int v = 0; v < 2 * OUTER_ROWS; v++) {
        size_t at = (size_t)(v / 2) * width + (size_t)(v % 2) * VEC_LANES;
        vec_store(sum_re + at, re[v / 2][v % 2]);
        vec_store(sum_im + at, im[v / 2][v % 2]);
    }
}

void SIMD(paths_outer)(const float *a_re, const float *a_im, const float *b, size_t paths,
                       size_t rows, size_t width, float *sum_re, float *sum_im)
{
    for (size_t row = 0; row < rows; row += OUTER_ROWS)
        for (size_t at = 0; at < width; at += (size_t)2 * VEC_LANES)
            outer_block(a_re + row, a_im + row, b + at, paths, rows, width,
                        sum_re + row * width + at, sum_im + row * width + at);
}
