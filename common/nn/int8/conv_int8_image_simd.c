/* Convolutions of images with rows of 32 columns, the field's usual size. A vector of 64 bytes
 * holds a row of two channels, and one permutation of bytes (AVX-512 VBMI) makes words of it, with
 * zeros outside:
 *
 *   row kernels     of few channels to two: nothing is packed; the words are made in registers
 *   column kernels  of few channels: a word is two of them in two rows
 *   the others      a word is four channels
 *
 * The last two pack their words without a copy of x.
 */
#include <string.h>

#include "base/vector.h"
#include "nn/int8/conv_int8_internal.h"

#if defined(__AVX512F__)

#include <immintrin.h>

#define TARGET __attribute__((target("avx512vbmi,avx512vnni")))

enum { COLUMNS = CONV_INT8_COLUMNS, ROWS = 4 };

/* The rows of two channels, side by side. */
TARGET VEC_INLINE __m512i row_of(const uint8_t *x, int64_t plane)
{
    const __m256i first = _mm256_loadu_si256((const __m256i *)x);
    const __m256i second = _mm256_loadu_si256((const __m256i *)(x + plane));
    return _mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1);
}

/* Byte k of word i of a half: column i of row k of four, which are in two vectors. */
TARGET VEC_INLINE __m512i word_order(int half)
{
    const uvec lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return (__m512i)(lane * 0x01010101u + (0x60402000u + (uint32_t)half * 0x10101010u));
}

/* --- row kernels --------------------------------------------------------------------------------
 */

/* Constant over an image. */
typedef struct image {
    const conv_int8_pick *picks; /* [taps][2] */
    const int32_t *weights;      /* [pairs][taps][2] */
    int32_t taps;
    int64_t in_plane, out_plane;
    int64_t second[4]; /* from the first channel of each pair to the second */
    _Alignas(VEC_BYTES) int32_t start[2 * COLUMNS];
    int32_t extremes[4 * VEC_LANES];
} image;

TARGET VEC_INLINE ivec dot(ivec sum, __m512i word, int32_t weights)
{
    return (ivec)_mm512_dpbusd_epi32((__m512i)sum, word, _mm512_set1_epi32(weights));
}

/* One half of the columns of `rows` rows. */
TARGET VEC_INLINE void half_rows(image *m, const uint8_t *from, int32_t *to, const int half,
                                 const int pairs, const int rows)
{
    __m512i x[4 * ROWS];
    ivec sum[2 * ROWS]; /* with this type, the compiler keeps them in registers */
    VEC_UNROLL
    for (int i = 0; i < pairs * rows; i++)
        x[i] = row_of(from + i / rows * 2 * m->in_plane + i % rows * COLUMNS, m->second[i / rows]);
    VEC_UNROLL
    for (int i = 0; i < 2 * rows; i++)
        sum[i] = *(const ivec *)(m->start + i / rows * COLUMNS + half * VEC_LANES);
    const conv_int8_pick *pick = m->picks + half;
    const int32_t *w = m->weights, taps = m->taps;
    for (int32_t t = 0; t < taps; t++, pick += 2, w += 2) {
        const __m512i order = _mm512_loadu_si512(pick->from);
        const __mmask64 inside = pick->inside;
        VEC_UNROLL
        for (int i = 0; i < pairs * rows; i++) {
            const int32_t *both = w + (int64_t)(i / rows) * 2 * taps;
            const int r = i % rows;
            const __m512i word = _mm512_maskz_permutexvar_epi8(inside, order, x[i]);
            sum[r] = dot(sum[r], word, both[0]);
            sum[rows + r] = dot(sum[rows + r], word, both[1]);
        }
    }
    VEC_UNROLL
    for (int o = 0; o < 2; o++) {
        int32_t *extremes = m->extremes + 2 * o * VEC_LANES;
        __m512i low = _mm512_loadu_si512(extremes), high = _mm512_loadu_si512(extremes + VEC_LANES);
        VEC_UNROLL
        for (int r = 0; r < rows; r++) {
            const __m512i s = (__m512i)sum[o * rows + r];
            _mm512_storeu_si512(to + o * m->out_plane + r * COLUMNS + half * VEC_LANES, s);
            low = _mm512_min_epi32(low, s);
            high = _mm512_max_epi32(high, s);
        }
        _mm512_storeu_si512(extremes, low);
        _mm512_storeu_si512(extremes + VEC_LANES, high);
    }
}

/* Separate functions: inlined into one, the compiler copies its registers back and forth. */
typedef void some_rows(image *m, const uint8_t *from, int32_t *to);

#define SOME_ROWS(pairs, rows)                                                                     \
    TARGET static __attribute__((noinline)) void rows_##pairs##x##rows(                            \
        image *m, const uint8_t *from, int32_t *to)                                                \
    {                                                                                              \
        half_rows(m, from, to, 0, pairs, rows);                                                    \
        half_rows(m, from, to, 1, pairs, rows);                                                    \
    }
SOME_ROWS(1, 1)
SOME_ROWS(2, 1)
SOME_ROWS(3, 1)
SOME_ROWS(4, 1)
SOME_ROWS(1, 4)
SOME_ROWS(2, 4)
SOME_ROWS(3, 4)
SOME_ROWS(4, 4)

TARGET void SIMD(conv_int8_image)(const nn_conv_int8 *conv, const uint8_t *x, uint8_t zero,
                                  const int32_t *offset, int32_t *sums, int32_t *extremes)
{
    static some_rows *const one[] = {rows_1x1, rows_2x1, rows_3x1, rows_4x1};
    static some_rows *const four[] = {rows_1x4, rows_2x4, rows_3x4, rows_4x4};
    const int32_t rows = conv->plan.shape.out_h, pairs = conv->words;
    const int64_t plane = (int64_t)rows * COLUMNS;
    image m; /* set in parts: zeroing it first would cost more than a row */
    m.picks = conv->picks;
    m.weights = conv->weights;
    m.taps = conv->plan.taps / pairs;
    m.in_plane = m.out_plane = plane;
    for (int i = 0; i < 2 * COLUMNS; i++) /* zeros, since the offset assumes padding everywhere */
        m.start[i] = offset[i / COLUMNS] + zero * conv->outside[i];
    for (int p = 0; p < pairs; p++) /* a missing second channel has weights of 0 */
        m.second[p] = 2 * p + 1 < conv->channels_in ? plane : 0;
    for (int i = 0; i < 4 * VEC_LANES; i++)
        m.extremes[i] = i / VEC_LANES % 2 ? INT32_MIN : INT32_MAX;
    int32_t r = 0;
    for (; r + ROWS <= rows; r += ROWS)
        four[pairs - 1](&m, x + (int64_t)r * COLUMNS, sums + (int64_t)r * COLUMNS);
    for (; r < rows; r++)
        one[pairs - 1](&m, x + (int64_t)r * COLUMNS, sums + (int64_t)r * COLUMNS);
    if (extremes)
        memcpy(extremes, m.extremes, sizeof m.extremes);
}

/* --- column kernels -----------------------------------------------------------------------------
 */

TARGET void SIMD(conv_int8_pack_columns)(const nn_conv_int8 *conv, const uint8_t *x, uint8_t zero,
                                         int32_t *packed, uint8_t *padded)
{
    (void)padded;
    const nn_conv *c = &conv->plan;
    const __m512i left = word_order(0), right = word_order(1), pad = _mm512_set1_epi8((char)zero);
    const int64_t plane = c->shape.in_w, in_rows = plane / COLUMNS;
    const int64_t before = c->lead / COLUMNS, rows = (c->lead + c->plane) / COLUMNS;
    const int64_t step = conv->fold_step / COLUMNS;
    for (int32_t word = 0; word < conv->words; word++, x += 2 * plane, packed += c->plane) {
        const int64_t second = 2 * word + 1 < conv->channels_in ? plane : 0;
        for (int64_t r = 0; r < rows; r++) {
            const int64_t a = r - before, b = a + step;
            const __m512i in_a = a >= 0 && a < in_rows ? row_of(x + a * COLUMNS, second) : pad;
            const __m512i in_b = b >= 0 && b < in_rows ? row_of(x + b * COLUMNS, second) : pad;
            int32_t *to = packed + r * COLUMNS;
            _mm512_storeu_si512(to, _mm512_permutex2var_epi8(in_a, left, in_b));
            _mm512_storeu_si512(to + VEC_LANES, _mm512_permutex2var_epi8(in_a, right, in_b));
        }
    }
}

/* --- any kernel that stays within a row ---------------------------------------------------------
 */

TARGET static int32_t *fill_words(int32_t *to, int64_t n, __m512i pad)
{
    for (int64_t i = 0; i < n; i += VEC_LANES) /* whole vectors: CONV_ALIGN */
        _mm512_storeu_si512(to + i, pad);
    return to + n;
}

TARGET void SIMD(conv_int8_pack_rows)(const nn_conv_int8 *conv, const uint8_t *x, uint8_t zero,
                                      int32_t *packed, uint8_t *padded)
{
    (void)padded;
    const nn_conv *c = &conv->plan;
    const __m512i left = word_order(0), right = word_order(1);
    const __m512i pad = _mm512_set1_epi8((char)zero);
    const int64_t rows = c->shape.in_h, plane = rows * COLUMNS, between = c->row_pitch - COLUMNS;
    int32_t *to = fill_words(packed, c->lead, pad);
    for (int32_t word = 0; word < conv->words; word++) {
        const uint8_t *of[4];
        for (int32_t k = 0; k < 4; k++) { /* weights of missing channels are 0 */
            const int32_t channel = 4 * word + k;
            of[k] = x + plane * (channel < conv->channels_in ? channel : conv->channels_in - 1);
        }
        for (int64_t r = 0; r < plane; r += COLUMNS) {
            const __m512i first = row_of(of[0] + r, of[1] - of[0]);
            const __m512i second = row_of(of[2] + r, of[3] - of[2]);
            _mm512_storeu_si512(to, _mm512_permutex2var_epi8(first, left, second));
            _mm512_storeu_si512(to + VEC_LANES, _mm512_permutex2var_epi8(first, right, second));
            to = fill_words(to + COLUMNS, between, pad);
        }
    }
    fill_words(to, VEC_LANES, pad);
}

#else

/* Levels without such permutations have nothing here; the typedef keeps the file from being empty.
 */
typedef int conv_int8_image_none;

#endif
