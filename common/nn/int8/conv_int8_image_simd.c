/* Convolutions of images whose rows have 32 columns, as the field's have, with few input and two
 * output channels: what the first layers are. A vector of 64 bytes holds a row of two channels, and
 * one permutation of bytes (AVX-512 VBMI) makes words of it, the padding included:
 *
 *   row kernels     nothing is packed; the words are made in registers
 *   column kernels  a word is two channels in two rows; they are packed without a copy of x
 */
#include "base/vector.h"
#include "nn/int8/conv_int8_internal.h"
#include "nn/int8/lanes.h"

#if defined(__AVX512F__)

#define TARGET __attribute__((target("avx512vbmi,avx512vnni")))

enum { COLUMNS = CONV_INT8_COLUMNS, ROWS = 4 };

/* The rows of two channels, side by side. */
TARGET VEC_INLINE __m512i row_of(const uint8_t *x, int64_t plane)
{
    const __m256i first = _mm256_loadu_si256((const __m256i *)x);
    const __m256i second = _mm256_loadu_si256((const __m256i *)(x + plane));
    return _mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1);
}

/* --- row kernels --------------------------------------------------------------------------------
 */

/* What stays the same over an image. */
typedef struct image {
    const conv_int8_pick *picks; /* [taps][2] */
    const int32_t *weights;      /* [pairs][taps][2] */
    int32_t taps;
    int64_t in_plane, out_plane;
    int64_t second[4]; /* from the first channel of each pair to the second */
    __m512i zero;
    ivec start[2], low[2], high[2];
} image;

/* One half of the columns of `rows` rows. */
TARGET VEC_INLINE void half_rows(image *m, const __m512i *x, int32_t *sums, int half,
                                 const int pairs, const int rows)
{
    __m512i sum[2 * ROWS];
    VEC_UNROLL
    for (int i = 0; i < 2 * rows; i++)
        sum[i] = (__m512i)m->start[i / rows];
    const conv_int8_pick *pick = m->picks + half;
    for (int32_t t = 0; t < m->taps; t++, pick += 2) {
        const __m512i from = _mm512_loadu_si512(pick->from);
        VEC_UNROLL
        for (int p = 0; p < pairs; p++) {
            const int32_t *w = m->weights + 2 * (p * m->taps + t);
            VEC_UNROLL
            for (int r = 0; r < rows; r++) {
                const __m512i word =
                    _mm512_mask_permutexvar_epi8(m->zero, pick->inside, from, x[p * rows + r]);
                sum[r] = _mm512_dpbusd_epi32(sum[r], word, _mm512_set1_epi32(w[0]));
                sum[rows + r] = _mm512_dpbusd_epi32(sum[rows + r], word, _mm512_set1_epi32(w[1]));
            }
        }
    }
    VEC_UNROLL
    for (int i = 0; i < 2 * rows; i++) {
        const int o = i / rows;
        _mm512_storeu_si512(sums + o * m->out_plane + i % rows * COLUMNS + half * VEC_LANES,
                            sum[i]);
        m->low[o] = LANES_MIN(m->low[o], (ivec)sum[i]);
        m->high[o] = LANES_MAX(m->high[o], (ivec)sum[i]);
    }
}

TARGET VEC_INLINE void some_rows(image *m, const uint8_t *x, int32_t *sums, const int pairs,
                                 const int rows)
{
    __m512i in[4 * ROWS];
    VEC_UNROLL
    for (int i = 0; i < pairs * rows; i++)
        in[i] = row_of(x + i / rows * 2 * m->in_plane + i % rows * COLUMNS, m->second[i / rows]);
    half_rows(m, in, sums, 0, pairs, rows);
    half_rows(m, in, sums, 1, pairs, rows);
}

TARGET VEC_INLINE void all_rows(image *shared, const uint8_t *x, int32_t *sums, int32_t rows,
                                const int pairs)
{
    image m = *shared; /* a copy of its own stays in registers */
    int32_t r = 0;
    for (; r + ROWS <= rows; r += ROWS)
        some_rows(&m, x + (int64_t)r * COLUMNS, sums + (int64_t)r * COLUMNS, pairs, ROWS);
    for (; r < rows; r++)
        some_rows(&m, x + (int64_t)r * COLUMNS, sums + (int64_t)r * COLUMNS, pairs, 1);
    *shared = m;
}

TARGET void SIMD(conv_int8_image)(const nn_conv_int8 *conv, const uint8_t *x, uint8_t zero,
                                  const int32_t *offset, int32_t *sums, int32_t *extremes)
{
    const int32_t rows = conv->plan.shape.out_h, pairs = conv->words;
    image m = {.picks = conv->picks,
               .weights = conv->weights,
               .taps = conv->plan.taps / pairs,
               .in_plane = (int64_t)rows * COLUMNS,
               .out_plane = (int64_t)rows * COLUMNS,
               .zero = _mm512_set1_epi8((char)zero)};
    for (int p = 0; p < pairs; p++) /* a second channel that does not exist has weights of 0 */
        m.second[p] = 2 * p + 1 < conv->channels_in ? m.in_plane : 0;
    for (int o = 0; o < 2; o++) {
        m.start[o] = (ivec){0} + offset[o];
        m.low[o] = (ivec){0} + INT32_MAX;
        m.high[o] = (ivec){0} + INT32_MIN;
    }
    switch (pairs) {
    case 1:
        all_rows(&m, x, sums, rows, 1);
        break;
    case 2:
        all_rows(&m, x, sums, rows, 2);
        break;
    case 3:
        all_rows(&m, x, sums, rows, 3);
        break;
    default:
        all_rows(&m, x, sums, rows, 4);
        break;
    }
    for (int i = 0; extremes && i < 4; i++)
        _mm512_storeu_si512(extremes + i * VEC_LANES,
                            (__m512i)(i % 2 ? m.high[i / 2] : m.low[i / 2]));
}

/* --- column kernels -----------------------------------------------------------------------------
 */

/* Byte k of word i of a half: channel k % 2 of column i, in the first or the second row. */
TARGET static __m512i word_order(int half)
{
    uint8_t from[64];
    for (int i = 0; i < 64; i++)
        from[i] = (uint8_t)(i / 2 % 2 * 64 + i % 2 * COLUMNS + half * VEC_LANES + i / 4);
    return _mm512_loadu_si512(from);
}

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

#else

/* Levels without such permutations have nothing here; the file is not empty for them either. */
typedef int conv_int8_image_none;

#endif
