/* The copy of the input into words: the bytes of 4 channels, or 2 channels in 16 bits each, side by
 * side. SSE2, which every x86-64 has, is wide enough: it is a small part of a convolution's time.
 */
#include <string.h>

#include "nn/int8/conv_int8_internal.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* The rows of the channels of one word. Channels that do not exist repeat the last one that does:
 * their weights are 0. */
typedef struct rows {
    const uint8_t *of[4];
} rows;

static int32_t quad(const rows *from, int32_t i)
{
    uint32_t word = 0;
    for (int k = 3; k >= 0; k--)
        word = word << 8 | from->of[k][i];
    return (int32_t)word;
}

static int32_t pair(const rows *from, int32_t i)
{
    return (int32_t)((uint32_t)from->of[1][i] << 16 | from->of[0][i]);
}

static void pack_quads(const rows *from, int32_t n, int32_t *to)
{
    int32_t i = 0;
#if defined(__SSE2__)
    for (; i + 16 <= n; i += 16) {
        __m128i row[4];
        for (int k = 0; k < 4; k++)
            row[k] = _mm_loadu_si128((const __m128i *)(from->of[k] + i));
        __m128i low01 = _mm_unpacklo_epi8(row[0], row[1]);
        __m128i low23 = _mm_unpacklo_epi8(row[2], row[3]);
        __m128i high01 = _mm_unpackhi_epi8(row[0], row[1]);
        __m128i high23 = _mm_unpackhi_epi8(row[2], row[3]);
        __m128i *out = (__m128i *)(to + i);
        _mm_storeu_si128(out, _mm_unpacklo_epi16(low01, low23));
        _mm_storeu_si128(out + 1, _mm_unpackhi_epi16(low01, low23));
        _mm_storeu_si128(out + 2, _mm_unpacklo_epi16(high01, high23));
        _mm_storeu_si128(out + 3, _mm_unpackhi_epi16(high01, high23));
    }
#endif
    for (; i < n; i++)
        to[i] = quad(from, i);
}

static void pack_pairs(const rows *from, int32_t n, int32_t *to)
{
    int32_t i = 0;
#if defined(__SSE2__)
    const __m128i none = _mm_setzero_si128();
    for (; i + 16 <= n; i += 16) {
        __m128i a = _mm_loadu_si128((const __m128i *)(from->of[0] + i));
        __m128i b = _mm_loadu_si128((const __m128i *)(from->of[1] + i));
        __m128i low = _mm_unpacklo_epi8(a, b), high = _mm_unpackhi_epi8(a, b);
        __m128i *out = (__m128i *)(to + i);
        _mm_storeu_si128(out, _mm_unpacklo_epi8(low, none));
        _mm_storeu_si128(out + 1, _mm_unpackhi_epi8(low, none));
        _mm_storeu_si128(out + 2, _mm_unpacklo_epi8(high, none));
        _mm_storeu_si128(out + 3, _mm_unpackhi_epi8(high, none));
    }
#endif
    for (; i < n; i++)
        to[i] = pair(from, i);
}

/* Column u of the padded row goes to phase u % stride_w. */
static void pack_strided(const nn_conv_int8 *conv, const rows *from, int32_t *to)
{
    const nn_conv *c = &conv->plan;
    for (int32_t column = 0; column < c->shape.in_w; column++) {
        int64_t u = (int64_t)column + c->shape.pad_left, in_phase = u / c->shape.stride_w;
        if (in_phase < c->phase_pitch)
            to[u % c->shape.stride_w * c->phase_pitch + in_phase] =
                conv->per_word == 4 ? quad(from, column) : pair(from, column);
    }
}

static void pack_row(const nn_conv_int8 *conv, const rows *from, int32_t *to)
{
    if (conv->plan.shape.stride_w > 1)
        pack_strided(conv, from, to);
    else if (conv->per_word == 4)
        pack_quads(from, conv->plan.shape.in_w, to + conv->plan.lead);
    else
        pack_pairs(from, conv->plan.shape.in_w, to + conv->plan.lead);
}

static int32_t *fill(int32_t *to, int64_t n, int32_t value)
{
    for (int64_t i = 0; i < n; i++)
        to[i] = value;
    return to + n;
}

/* Everything but the rows that are copied; with a stride, which spreads a row, everything. */
static void fill_pads(const nn_conv_int8 *conv, int32_t pad, int32_t *to)
{
    const nn_conv *c = &conv->plan;
    const nn_conv_shape *s = &c->shape;
    const int32_t *end = to + conv->pack_bytes / sizeof *to;
    if (s->stride_w > 1) {
        fill(to, end - to, pad);
        return;
    }
    to = fill(to, c->lead, pad);
    for (int32_t word = 0; word < s->channels_in; word++) {
        int32_t *next = to + c->plane;
        to = fill(to, (int64_t)s->pad_top * c->row_pitch, pad) + s->in_w;
        for (int32_t row = 1; row < s->in_h; row++, to += s->in_w)
            to = fill(to, c->row_pitch - s->in_w, pad);
        to = fill(to, next - to, pad);
    }
    fill(to, end - to, pad);
}

void conv_int8_pack(const nn_conv_int8 *conv, const uint8_t *x, uint8_t zero, int32_t *packed)
{
    const nn_conv *c = &conv->plan;
    const nn_conv_shape *s = &c->shape;
    const int64_t plane = (int64_t)s->in_h * s->in_w;
    const int32_t group_in = conv->channels_in / s->groups, words = conv->words;
    const int32_t pad = (int32_t)(zero * (conv->per_word == 4 ? 0x01010101u : 0x00010001u));
    fill_pads(conv, pad, packed);
    for (int32_t word = 0; word < s->channels_in; word++) {
        const int32_t first = word / words * group_in, inside = word % words * conv->per_word;
        rows from;
        for (int32_t k = 0; k < 4; k++) {
            int32_t channel = inside + k < group_in ? inside + k : group_in - 1;
            from.of[k] = x + (first + channel) * plane;
        }
        int32_t *to = packed + word * c->plane + (int64_t)s->pad_top * c->row_pitch;
        for (int32_t row = 0; row < s->in_h; row++, to += c->row_pitch) {
            pack_row(conv, &from, to);
            for (int k = 0; k < 4; k++)
                from.of[k] += s->in_w;
        }
    }
}
