#include "nn/int8/finish.h"

#include "nn/kernels/vector_math.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef int32_t ivec_unaligned __attribute__((vector_size(VEC_BYTES), aligned(4), may_alias));

/* The lesser and the larger; where a is NaN, b. */
#if defined(__AVX512F__)
#define VEC_MIN(a, b) ((vec)_mm512_min_ps((__m512)(a), (__m512)(b)))
#define VEC_MAX(a, b) ((vec)_mm512_max_ps((__m512)(a), (__m512)(b)))
#elif defined(__AVX2__)
#define VEC_MIN(a, b) ((vec)_mm256_min_ps((__m256)(a), (__m256)(b)))
#define VEC_MAX(a, b) ((vec)_mm256_max_ps((__m256)(a), (__m256)(b)))
#elif defined(__SSE2__)
#define VEC_MIN(a, b) ((vec)_mm_min_ps((__m128)(a), (__m128)(b)))
#define VEC_MAX(a, b) ((vec)_mm_max_ps((__m128)(a), (__m128)(b)))
#else
#define VEC_MIN(a, b) vec_select((a) < (b), (a), (b))
#define VEC_MAX(a, b) vec_select((a) > (b), (a), (b))
#endif

/* The range in lanes; 0 is always in it. */
typedef struct range_vec {
    vec low, high;
} range_vec;

VEC_INLINE void take_in(range_vec *r, vec y)
{
    r->low = VEC_MIN(y, r->low);
    r->high = VEC_MAX(y, r->high);
}

static void give_range(const range_vec *r, nn_range *range)
{
    float low[VEC_LANES], high[VEC_LANES];
    vec_store(low, r->low);
    vec_store(high, r->high);
    for (int i = 0; i < VEC_LANES; i++) {
        range->low = low[i] < range->low ? low[i] : range->low;
        range->high = high[i] > range->high ? high[i] : range->high;
    }
}

/* One row of one channel. */
typedef struct row {
    float scale, bias, alpha;
    const float *scales, *biases; /* NULL, or one for each column */
    const float *addend;
    const int32_t *sums;
    float *y;
    int32_t n;
} row;

/* How the activation is computed. */
typedef enum bend {
    STRAIGHT,
    RELU,
    SLOPE, /* a slope between 0 and 1: the larger of x and alpha x */
    OTHER
} bend;

VEC_INLINE vec activate(vec v, const bend kind, nn_activation activation, float alpha)
{
    switch (kind) {
    case STRAIGHT:
        return v;
    case RELU:
        return vec_relu(v);
    case SLOPE:
        return VEC_MAX(v, v * alpha);
    default:
        return vec_activate(v, activation, alpha);
    }
}

VEC_INLINE vec rescale(ivec sums, vec scale, vec bias)
{
    return __builtin_convertvector(sums, vec) * scale + bias;
}

/* The last lanes of a row. */
static __attribute__((noinline)) void finish_tail(const row *r, int32_t i, nn_activation activation,
                                                  range_vec *range)
{
    const int32_t left = r->n - i;
    int32_t part[VEC_LANES] = {0};
    memcpy(part, r->sums + i, (size_t)left * sizeof *part);
    vec scale = r->scales ? vec_load_part(r->scales + i, left) : vec_all(r->scale);
    vec bias = r->scales ? vec_load_part(r->biases + i, left) : vec_all(r->bias);
    vec v = rescale(*(const ivec_unaligned *)part, scale, bias);
    if (r->addend)
        v += vec_load_part(r->addend + i, left);
    vec_store_part(r->y + i, vec_activate(v, activation, r->alpha), left);
    take_in(range, vec_load_part(r->y + i, left));
}

VEC_INLINE void finish_vec(const row *r, int32_t i, vec scale, vec bias, const bend kind,
                           nn_activation activation, range_vec *range)
{
    if (r->scales) {
        scale = vec_load(r->scales + i);
        bias = vec_load(r->biases + i);
    }
    vec v = rescale(*(const ivec_unaligned *)(r->sums + i), scale, bias);
    if (r->addend)
        v += vec_load(r->addend + i);
    v = activate(v, kind, activation, r->alpha);
    vec_store(r->y + i, v);
    take_in(range, v);
}

/* Two ranges in turn, so that no vector waits for the one before it; copies, so that they stay in
 * registers. */
VEC_INLINE void finish_row(const row *r, const bend kind, nn_activation activation,
                           range_vec *range)
{
    const row here = *r;
    const vec scale = vec_all(r->scale), bias = vec_all(r->bias);
    range_vec even = range[0], odd = range[1];
    int32_t i = 0;
    for (; i + 2 * VEC_LANES <= here.n; i += 2 * VEC_LANES) {
        finish_vec(&here, i, scale, bias, kind, activation, &even);
        finish_vec(&here, i + VEC_LANES, scale, bias, kind, activation, &odd);
    }
    for (; i + VEC_LANES <= here.n; i += VEC_LANES)
        finish_vec(&here, i, scale, bias, kind, activation, &even);
    range[0] = even;
    range[1] = odd;
    if (i < here.n)
        finish_tail(r, i, activation, range);
}

/* With a constant for the activation, so that it is chosen once. */
VEC_INLINE void finish_all(const nn_finish *f, const nn_sums_layout *l, const int32_t *sums,
                           float *y, nn_range *range, const bend kind)
{
    range_vec lanes[2] = {0};
    row r = {.alpha = f->alpha, .addend = f->addend, .sums = sums, .y = y, .n = l->width};
    if (f->across) {
        r.scales = f->scale;
        r.biases = f->bias;
    }
    for (int32_t c = 0; c < l->channels; c++) {
        r.scale = f->scale[c];
        r.bias = f->bias ? f->bias[c] : 0;
        for (int32_t i = 0; i < l->rows; i++) {
            finish_row(&r, kind, f->activation, lanes);
            r.sums += l->pitch;
            r.y += l->width;
            if (r.addend)
                r.addend += l->width;
        }
    }
    if (range) {
        give_range(&lanes[0], range);
        give_range(&lanes[1], range);
    }
}

void SIMD(nn_finish_sums)(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums,
                          float *y, nn_range *range)
{
    nn_sums_layout l = *layout;
    if (l.pitch == l.width && l.rows > 1 && !f->across) { /* one long row */
        l.width = l.pitch = l.rows * l.width;
        l.rows = 1;
    }
    if (f->activation == NN_ACT_NONE)
        finish_all(f, &l, sums, y, range, STRAIGHT);
    else if (f->activation == NN_ACT_RELU)
        finish_all(f, &l, sums, y, range, RELU);
    else if (f->activation == NN_ACT_LEAKY_RELU && f->alpha >= 0 && f->alpha <= 1)
        finish_all(f, &l, sums, y, range, SLOPE);
    else
        finish_all(f, &l, sums, y, range, OTHER);
}

void SIMD(nn_range_row)(const float *x, size_t n, nn_range *range)
{
    range_vec a = {{0}, {0}}, b = a, c = a, d = a;
    size_t i = 0;
    for (; i + 4 * VEC_LANES <= n; i += 4 * VEC_LANES) {
        take_in(&a, vec_load(x + i));
        take_in(&b, vec_load(x + i + VEC_LANES));
        take_in(&c, vec_load(x + i + 2 * VEC_LANES));
        take_in(&d, vec_load(x + i + 3 * VEC_LANES));
    }
    for (; i < n; i += VEC_LANES) {
        size_t left = n - i < VEC_LANES ? n - i : VEC_LANES;
        take_in(&a, vec_load_part(x + i, (int32_t)left));
    }
    a.low = VEC_MIN(VEC_MIN(a.low, b.low), VEC_MIN(c.low, d.low));
    a.high = VEC_MAX(VEC_MAX(a.high, b.high), VEC_MAX(c.high, d.high));
    give_range(&a, range);
}

/* Levels 0..255 as bytes. */
VEC_INLINE void store_levels(uint8_t *to, ivec level)
{
#if defined(__AVX512F__)
    _mm_storeu_si128((__m128i *)to, _mm512_cvtepi32_epi8((__m512i)level));
#elif defined(__AVX2__)
    __m128i low = _mm256_castsi256_si128((__m256i)level);
    __m128i words = _mm_packs_epi32(low, _mm256_extracti128_si256((__m256i)level, 1));
    _mm_storel_epi64((__m128i *)to, _mm_packus_epi16(words, words));
#else
    for (int i = 0; i < VEC_LANES; i++)
        to[i] = (uint8_t)level[i];
#endif
}

/* Clamped first, so that adding 1.5 * 2^23 rounds to an integer (ties to even) and leaves it in the
 * lowest bits. */
VEC_INLINE ivec quantize(vec x, vec scale, vec low, vec high, ivec zero)
{
    const float round_shift = 12582912.0f;
    vec level = VEC_MIN(VEC_MAX(x / scale, low), high);
    return (ivec)(level + round_shift) - (ivec)vec_all(round_shift) + zero;
}

void SIMD(nn_quantize_row)(const float *x, nn_quantization q, uint8_t *y, size_t n)
{
    const vec scale = vec_all(q.scale), low = vec_all(-(float)q.zero), high = low + 255.0f;
    const ivec zero = (ivec){0} + q.zero;
    size_t i = 0;
    for (; i + VEC_LANES <= n; i += VEC_LANES)
        store_levels(y + i, quantize(vec_load(x + i), scale, low, high, zero));
    if (i < n) {
        uint8_t last[VEC_LANES];
        store_levels(last,
                     quantize(vec_load_part(x + i, (int32_t)(n - i)), scale, low, high, zero));
        memcpy(y + i, last, n - i);
    }
}

/* x / scale by the reciprocal: the residual, exact in a multiply-add, leaves the quotient's own
 * rounding. Nothing overflows, since |x| <= 256 scale. */
#if defined(__AVX512F__)
VEC_INLINE vec divide(vec x, vec scale, vec inverse)
{
    __m512 q = _mm512_mul_ps((__m512)x, (__m512)inverse);
    __m512 rest = _mm512_fnmadd_ps(q, (__m512)scale, (__m512)x);
    return (vec)_mm512_fmadd_ps(rest, (__m512)inverse, q);
}

/* Four vectors at once, as packing saturates pairs of them to 16 and then to 8 bits, each 128 bits
 * on their own: the permutation puts the parts in order. The conversion rounds to even; NaN becomes
 * the least integer, and so 0. */
VEC_INLINE void store_within(uint8_t *to, const float *x, vec scale, vec inverse, __m512i zero)
{
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i level[4];
    VEC_UNROLL
    for (int k = 0; k < 4; k++) {
        vec q = divide(vec_load(x + k * VEC_LANES), scale, inverse);
        level[k] = _mm512_add_epi32(_mm512_cvtps_epi32((__m512)q), zero);
    }
    __m512i low = _mm512_packs_epi32(level[0], level[1]);
    __m512i high = _mm512_packs_epi32(level[2], level[3]);
    __m512i bytes = _mm512_packus_epi16(low, high);
    _mm512_storeu_si512(to, _mm512_permutexvar_epi32(order, bytes));
}

void SIMD(nn_quantize_within)(const float *x, nn_quantization q, uint8_t *y, size_t n)
{
    const float inverse = 1 / q.scale;
    size_t i = 0;
    if (q.scale > 1e-30f && q.scale < 1e30f)
        for (; i + 4 * VEC_LANES <= n; i += 4 * VEC_LANES)
            store_within(y + i, x + i, vec_all(q.scale), vec_all(inverse),
                         _mm512_set1_epi32(q.zero));
    SIMD(nn_quantize_row)(x + i, q, y + i, n - i);
}
#else
void SIMD(nn_quantize_within)(const float *x, nn_quantization q, uint8_t *y, size_t n)
{
    SIMD(nn_quantize_row)(x, q, y, n);
}
#endif
