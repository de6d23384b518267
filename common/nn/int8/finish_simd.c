#include "nn/int8/finish.h"

#include "nn/kernels/vector_math.h"

typedef int32_t ivec_unaligned __attribute__((vector_size(VEC_BYTES), aligned(4), may_alias));
typedef uint8_t bvec __attribute__((vector_size(VEC_LANES)));
typedef uint8_t bvec_unaligned __attribute__((vector_size(VEC_LANES), aligned(1), may_alias));

/* The range in lanes; 0 is always in it. */
typedef struct range_vec {
    vec least, most;
} range_vec;

VEC_INLINE void take_in(range_vec *r, vec y)
{
    r->least = vec_select(y < r->least, y, r->least);
    r->most = vec_select(y > r->most, y, r->most);
}

static void give_range(const range_vec *r, nn_range *range)
{
    for (int i = 0; i < VEC_LANES; i++) {
        range->least = r->least[i] < range->least ? r->least[i] : range->least;
        range->most = r->most[i] > range->most ? r->most[i] : range->most;
    }
}

VEC_INLINE vec finish(const nn_finish *f, ivec sums)
{
    return __builtin_convertvector(sums, vec) * f->scale + f->bias;
}

static __attribute__((noinline)) void finish_tail(const nn_finish *f, const int32_t *sums, float *y,
                                                  size_t n, range_vec *r)
{
    int32_t part[VEC_LANES] = {0};
    memcpy(part, sums, n * sizeof *part);
    vec v = finish(f, *(const ivec_unaligned *)part);
    if (f->addend)
        v += vec_load_part(f->addend, (int32_t)n);
    v = vec_activate(v, f->activation, f->alpha);
    vec_store_part(y, v, (int32_t)n);
    take_in(r, vec_load_part(y, (int32_t)n));
}

/* With a constant for the activation, so that its choice is made once for a row. */
VEC_INLINE void finish_loop(const nn_finish *f, const int32_t *sums, float *y, size_t n,
                            nn_range *range, const nn_activation activation)
{
    range_vec r = {{0}, {0}};
    size_t i = 0;
    for (; i + VEC_LANES <= n; i += VEC_LANES) {
        vec v = finish(f, *(const ivec_unaligned *)(sums + i));
        if (f->addend)
            v += vec_load(f->addend + i);
        v = vec_activate(v, activation, f->alpha);
        vec_store(y + i, v);
        take_in(&r, v);
    }
    if (i < n) {
        nn_finish rest = *f;
        rest.addend = f->addend ? f->addend + i : NULL;
        finish_tail(&rest, sums + i, y + i, n - i, &r);
    }
    if (range)
        give_range(&r, range);
}

void SIMD(nn_finish_row)(const nn_finish *f, const int32_t *sums, float *y, size_t n,
                         nn_range *range)
{
    if (f->activation == NN_ACT_NONE)
        finish_loop(f, sums, y, n, range, NN_ACT_NONE);
    else if (f->activation == NN_ACT_RELU)
        finish_loop(f, sums, y, n, range, NN_ACT_RELU);
    else if (f->activation == NN_ACT_LEAKY_RELU)
        finish_loop(f, sums, y, n, range, NN_ACT_LEAKY_RELU);
    else
        finish_loop(f, sums, y, n, range, f->activation);
}

void SIMD(nn_range_of)(const float *x, size_t n, nn_range *range)
{
    range_vec r = {{0}, {0}};
    size_t i = 0;
    for (; i + VEC_LANES <= n; i += VEC_LANES)
        take_in(&r, vec_load(x + i));
    if (i < n)
        take_in(&r, vec_load_part(x + i, (int32_t)(n - i)));
    give_range(&r, range);
}

/* Clamped first, so that adding 1.5 * 2^23 rounds to an integer (ties to even) and leaves it in the
 * lowest bits. A NaN fails the first comparison. */
VEC_INLINE bvec quantize(vec x, vec scale, vec low, vec high, ivec zero)
{
    const float round_shift = 12582912.0f;
    vec q = x / scale;
    q = vec_select(q > low, q, low);
    q = vec_select(q < high, q, high);
    ivec level = (ivec)(q + round_shift) - (ivec)vec_all(round_shift) + zero;
    return __builtin_convertvector(level, bvec);
}

void SIMD(nn_quantize_row)(const float *x, float scale, uint8_t zero, uint8_t *y, size_t n)
{
    const vec step = vec_all(scale), low = vec_all(-(float)zero), high = vec_all(255.0f - zero);
    const ivec shift = (ivec){0} + zero;
    size_t i = 0;
    for (; i + VEC_LANES <= n; i += VEC_LANES)
        *(bvec_unaligned *)(y + i) = quantize(vec_load(x + i), step, low, high, shift);
    if (i < n) {
        bvec_unaligned last =
            quantize(vec_load_part(x + i, (int32_t)(n - i)), step, low, high, shift);
        memcpy(y + i, &last, n - i);
    }
}
