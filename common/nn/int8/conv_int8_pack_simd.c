/* Copies the input into words: first the bytes with padding around them, then, in one pass over
 * each plane, the bytes of a word side by side: 4 of them, or 2 in 16 bits each. */
#include <string.h>

#include "base/vector.h"
#include "nn/int8/conv_int8_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

/* The sources of a word's parts; part k of word i is of[k][i]. */
typedef struct parts {
    const uint8_t *of[4];
} parts;

VEC_INLINE int32_t quad(const parts *from, int64_t i)
{
    uint32_t word = 0;
    for (int k = 3; k >= 0; k--)
        word = word << 8 | from->of[k][i];
    return (int32_t)(word ^ NN_WORD_SHIFT);
}

VEC_INLINE int32_t pair(const parts *from, int64_t i)
{
    return (int32_t)((uint32_t)from->of[1][i] << 16 | from->of[0][i]);
}

/* --- whole vectors ------------------------------------------------------------------------------
 * Unpacking works within each 128 bits. IN_ORDER distributes the 32-bit pieces of a vector of bytes
 * to these, so that the unpacked words are in order. SHIFTED converts to the form of
 * nn/int8/products.h. */

#if defined(__AVX512BW__)
typedef __m512i bytes;
#define LOAD(p) _mm512_loadu_si512(p)
#define STORE(p, v) _mm512_storeu_si512(p, v)
#define IN_ORDER(v)                                                                                \
    _mm512_permutexvar_epi32(                                                                      \
        _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), v)
#define LOW8(a, b) _mm512_unpacklo_epi8(a, b)
#define HIGH8(a, b) _mm512_unpackhi_epi8(a, b)
#define LOW16(a, b) _mm512_unpacklo_epi16(a, b)
#define HIGH16(a, b) _mm512_unpackhi_epi16(a, b)
#define NONE() _mm512_setzero_si512()
#elif defined(__AVX2__)
typedef __m256i bytes;
#define LOAD(p) _mm256_loadu_si256((const __m256i *)(p))
#define STORE(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define IN_ORDER(v) _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7))
#define LOW8(a, b) _mm256_unpacklo_epi8(a, b)
#define HIGH8(a, b) _mm256_unpackhi_epi8(a, b)
#define LOW16(a, b) _mm256_unpacklo_epi16(a, b)
#define HIGH16(a, b) _mm256_unpackhi_epi16(a, b)
#define NONE() _mm256_setzero_si256()
#elif defined(__SSE2__)
typedef __m128i bytes;
#define LOAD(p) _mm_loadu_si128((const __m128i *)(p))
#define STORE(p, v) _mm_storeu_si128((__m128i *)(p), v)
#define IN_ORDER(v) (v)
#define LOW8(a, b) _mm_unpacklo_epi8(a, b)
#define HIGH8(a, b) _mm_unpackhi_epi8(a, b)
#define LOW16(a, b) _mm_unpacklo_epi16(a, b)
#define HIGH16(a, b) _mm_unpackhi_epi16(a, b)
#define NONE() _mm_setzero_si128()
#elif defined(__ARM_NEON)
typedef uint8x16_t bytes;
#define LOAD(p) vld1q_u8(p)
#define STORE(p, v) vst1q_u8((uint8_t *)(p), v)
#define IN_ORDER(v) (v)
#define LOW8(a, b) vzip1q_u8(a, b)
#define HIGH8(a, b) vzip2q_u8(a, b)
#define LOW16(a, b) ((bytes)vzip1q_u16((uint16x8_t)(a), (uint16x8_t)(b)))
#define HIGH16(a, b) ((bytes)vzip2q_u16((uint16x8_t)(a), (uint16x8_t)(b)))
#define NONE() vdupq_n_u8(0)
#define SHIFTED(v) veorq_u8(v, vdupq_n_u8(NN_BYTE_SHIFT))
#endif
#if !defined(SHIFTED)
#define SHIFTED(v) (v)
#endif

#if defined(LOAD)
/* VEC_BYTES words each. */
VEC_INLINE void quads_of(const parts *from, int64_t i, int32_t *to)
{
    bytes part[4];
    VEC_UNROLL
    for (int k = 0; k < 4; k++)
        part[k] = SHIFTED(IN_ORDER(LOAD(from->of[k] + i)));
    const bytes low01 = LOW8(part[0], part[1]), low23 = LOW8(part[2], part[3]);
    const bytes high01 = HIGH8(part[0], part[1]), high23 = HIGH8(part[2], part[3]);
    STORE(to + i, LOW16(low01, low23));
    STORE(to + i + VEC_LANES, HIGH16(low01, low23));
    STORE(to + i + 2 * VEC_LANES, LOW16(high01, high23));
    STORE(to + i + 3 * VEC_LANES, HIGH16(high01, high23));
}

VEC_INLINE void pairs_of(const parts *from, int64_t i, int32_t *to)
{
    const bytes a = IN_ORDER(LOAD(from->of[0] + i)), b = IN_ORDER(LOAD(from->of[1] + i));
    const bytes low = LOW8(a, b), high = HIGH8(a, b);
    STORE(to + i, LOW8(low, NONE()));
    STORE(to + i + VEC_LANES, HIGH8(low, NONE()));
    STORE(to + i + 2 * VEC_LANES, LOW8(high, NONE()));
    STORE(to + i + 3 * VEC_LANES, HIGH8(high, NONE()));
}
#else
VEC_INLINE void quads_of(const parts *from, int64_t i, int32_t *to)
{
    for (int k = 0; k < VEC_BYTES; k++)
        to[i + k] = quad(from, i + k);
}

VEC_INLINE void pairs_of(const parts *from, int64_t i, int32_t *to)
{
    for (int k = 0; k < VEC_BYTES; k++)
        to[i + k] = pair(from, i + k);
}
#endif

/* Packs one plane of words with the words before it, and some beyond, which are overwritten later
 * or unused. */
static void pack_plane(const nn_conv_int8 *conv, const parts *from, int32_t *to)
{
    const parts here = *from; /* a copy, since stores of words can alias *from */
    const int64_t n = conv->plan.lead + conv->plan.plane;
    if (conv->per_word == 4)
        for (int64_t i = 0; i < n; i += VEC_BYTES)
            quads_of(&here, i, to);
    else
        for (int64_t i = 0; i < n; i += VEC_BYTES)
            pairs_of(&here, i, to);
}

/* --- padding ------------------------------------------------------------------------------------
 */

typedef uint8_t some_bytes __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint8_t more_bytes __attribute__((vector_size(32), aligned(1), may_alias));

/* Copies a row, if it is long enough in pieces of which the last overlaps. */
VEC_INLINE void copy_row(const uint8_t *x, int32_t n, uint8_t *to)
{
    int32_t i = 0;
    if (n >= 32) {
        for (; i + 32 < n; i += 32)
            *(more_bytes *)(to + i) = *(const more_bytes *)(x + i);
        *(more_bytes *)(to + n - 32) = *(const more_bytes *)(x + n - 32);
    } else if (n >= 16) {
        *(some_bytes *)to = *(const some_bytes *)x;
        *(some_bytes *)(to + n - 16) = *(const some_bytes *)(x + n - 16);
    } else {
        for (; i < n; i++)
            to[i] = x[i];
    }
}

/* Copies x with the zero point around its rows, in the layout of the words. */
static void pad_bytes(const nn_conv_int8 *conv, const uint8_t *x, uint8_t zero, uint8_t *padded)
{
    const nn_conv *c = &conv->plan;
    const nn_conv_shape *s = &c->shape;
    const int32_t width = s->in_w, pitch = c->row_pitch;
    memset(padded, zero, conv->byte_count);
    uint8_t *plane = padded + c->lead + (int64_t)s->pad_top * pitch;
    for (int32_t channel = 0; channel < conv->channels_in; channel++, plane += c->plane) {
        uint8_t *to = plane;
        for (int32_t row = 0; row < s->in_h; row++, x += width, to += pitch)
            copy_row(x, width, to);
    }
}

/* --- strides ------------------------------------------------------------------------------------
 */

/* Column u of the padded row goes to phase u % stride_w. */
static void pack_strided(const nn_conv_int8 *conv, const uint8_t *x, uint8_t zero, int32_t *packed)
{
    const nn_conv *c = &conv->plan;
    const nn_conv_shape *s = &c->shape;
    const bool quads = conv->per_word == 4;
    const int32_t pad = (int32_t)(quads ? zero * 0x01010101u ^ NN_WORD_SHIFT : zero * 0x00010001u);
    const int64_t plane = (int64_t)s->in_h * s->in_w;
    const int32_t group_in = conv->channels_in / s->groups;
    for (int64_t i = 0; i < c->lead + c->plane * s->channels_in; i++)
        packed[i] = pad;
    for (int32_t word = 0; word < s->channels_in; word++) {
        const int32_t first = word / conv->words * group_in;
        const int32_t inside = word % conv->words * conv->per_word;
        parts from;
        for (int32_t k = 0; k < 4; k++)
            from.of[k] = x + (first + (inside + k < group_in ? inside + k : group_in - 1)) * plane;
        int32_t *to = packed + word * c->plane + (int64_t)s->pad_top * c->row_pitch;
        for (int64_t i = 0; i < plane; i++) {
            const int64_t u = i % s->in_w + s->pad_left, in_phase = u / s->stride_w;
            if (in_phase < c->phase_pitch)
                to[i / s->in_w * c->row_pitch + u % s->stride_w * c->phase_pitch + in_phase] =
                    quads ? quad(&from, i) : pair(&from, i);
        }
    }
}

void SIMD(conv_int8_pack)(const nn_conv_int8 *conv, const uint8_t *x, uint8_t zero, int32_t *packed,
                          uint8_t *padded)
{
    const nn_conv *c = &conv->plan;
    if (c->shape.stride_w > 1) {
        pack_strided(conv, x, zero, packed);
        return;
    }
    pad_bytes(conv, x, zero, padded);
    const int64_t *at = conv->parts_at;
    for (int32_t word = 0; word < c->shape.channels_in; word++, at += 4) {
        const parts from = {{padded + at[0], padded + at[1], padded + at[2], padded + at[3]}};
        pack_plane(conv, &from, packed + word * c->plane);
    }
}
