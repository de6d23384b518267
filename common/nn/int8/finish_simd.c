#include "nn/int8/finish_simd.h"

#include "nn/int8/levels.h"
#include "nn/kernels/vector_math.h"

typedef int32_t ivec_unaligned __attribute__((vector_size(VEC_BYTES), aligned(4), may_alias));

/* One row of one channel. */
typedef struct row {
    float scale, bias, alpha;
    const float *scales, *biases; /* NULL, or one for each column */
    const float *addend;
    const int32_t *sums;
    const int32_t *fine; /* NULL, or the second product's */
    float fine_scale, fine_bias;
    int32_t n;
    nn_activation activation;
} row;

/* The computation of the activation. */
typedef enum activation_form {
    STRAIGHT,
    RELU,
    SLOPE, /* a slope between 0 and 1: the larger of x and alpha x */
    OTHER
} activation_form;

/* The output of the values. */
typedef enum goal { FLOATS, RANGE, BYTES, BYTES_WITHIN } goal;

/* One scale and bias for a row and no addend, with one product or two; or the general case. */
typedef enum form { PLAIN, WIDE, ANY } form;

/* Properties of the rows, passed as constants so that the compiler specialises the loops. */
typedef struct way {
    goal to;
    activation_form kind;
    form rows;
} way;

static activation_form activation_form_of(const nn_finish *f)
{
    if (f->activation == NN_ACT_NONE)
        return STRAIGHT;
    if (f->activation == NN_ACT_RELU)
        return RELU;
    return f->activation == NN_ACT_LEAKY_RELU && f->alpha >= 0 && f->alpha <= 1 ? SLOPE : OTHER;
}

VEC_INLINE vec activate(vec v, const row *r, const way w)
{
    switch (w.kind) {
    case STRAIGHT:
        return v;
    case RELU:
        return vec_relu(v);
    case SLOPE:
        return VEC_MAX(v, v * r->alpha);
    case OTHER:
    default:
        return vec_activate(v, r->activation, r->alpha);
    }
}

VEC_INLINE vec fine_value(const row *r, ivec sums)
{
    return __builtin_convertvector(sums, vec) * vec_all(r->fine_scale) + vec_all(r->fine_bias);
}

VEC_INLINE vec value_of(const row *r, ivec sums, int32_t i, const way w)
{
    vec scale = vec_all(r->scale), bias = vec_all(r->bias);
    if (w.rows == ANY && r->scales) {
        scale = vec_load(r->scales + i);
        bias = vec_load(r->biases + i);
    }
    vec v = __builtin_convertvector(sums, vec) * scale + bias;
    if (w.rows == WIDE || (w.rows == ANY && r->fine))
        v += fine_value(r, *(const ivec_unaligned *)(r->fine + i));
    if (w.rows == ANY && r->addend)
        v += vec_load(r->addend + i);
    return activate(v, r, w);
}

VEC_INLINE vec value_at(const row *r, int32_t i, const way w)
{
    return value_of(r, *(const ivec_unaligned *)(r->sums + i), i, w);
}

/* The last lanes of a row, n of them; the others are 0. */
static __attribute__((noinline)) vec value_part(const row *r, int32_t i, way w)
{
    const int32_t left = r->n - i;
    int32_t part[VEC_LANES] = {0};
    memcpy(part, r->sums + i, (size_t)left * sizeof *part);
    vec scale = r->scales ? vec_load_part(r->scales + i, left) : vec_all(r->scale);
    vec bias = r->scales ? vec_load_part(r->biases + i, left) : vec_all(r->bias);
    vec v = __builtin_convertvector(*(const ivec_unaligned *)part, vec) * scale + bias;
    if (r->fine) {
        memcpy(part, r->fine + i, (size_t)left * sizeof *part);
        v += fine_value(r, *(const ivec_unaligned *)part);
    }
    if (r->addend)
        v += vec_load_part(r->addend + i, left);
    float y[VEC_LANES];
    vec_store(y, activate(v, r, w));
    return vec_load_part(y, left);
}

/* The target of a row's values. */
typedef struct sink {
    float *y;       /* or */
    uint8_t *bytes; /* or neither: the range */
    const steps *s; /* of bytes */
    range_vec range;
} sink;

VEC_INLINE void floats_row(const row *r, float *y, const way w)
{
    int32_t i = 0;
    for (; i + VEC_LANES <= r->n; i += VEC_LANES)
        vec_store(y + i, value_at(r, i, w));
    if (i < r->n)
        vec_store_part(y + i, value_part(r, i, w), r->n - i);
}

VEC_INLINE void bytes_row(const row here, const steps s, uint8_t *to, const way w)
{
    const bool within = w.to == BYTES_WITHIN;
    const row *r = &here;
    int32_t i = 0;
    for (; i + 4 * VEC_LANES <= r->n; i += 4 * VEC_LANES) {
        ivec level[4];
        VEC_UNROLL
        for (int k = 0; k < 4; k++)
            level[k] = level_of(value_at(r, i + k * VEC_LANES, w), &s, within);
        store_four(to + i, level);
    }
    for (; i + 2 * VEC_LANES <= r->n; i += 2 * VEC_LANES)
        store_two(to + i, level_of(value_at(r, i, w), &s, within),
                  level_of(value_at(r, i + VEC_LANES, w), &s, within));
    for (; i + VEC_LANES <= r->n; i += VEC_LANES)
        store_levels(to + i, level_of(value_at(r, i, w), &s, within));
    if (i < r->n) {
        uint8_t last[VEC_LANES];
        const row copy = here; /* for a function that is not inlined */
        store_levels(last, level_of(value_part(&copy, i, w), &s, within));
        memcpy(to + i, last, (size_t)(r->n - i));
    }
}

/* If values are monotonic in the sums, the values of each lane's least and largest sums are enough;
 * this holds for floats too, as rounding keeps the order. */
VEC_INLINE int32_t range_by_sums(const row *r, range_vec *range, const way w)
{
    ivec least = *(const ivec_unaligned *)r->sums, most = least;
    int32_t i = VEC_LANES;
    for (; i + VEC_LANES <= r->n; i += VEC_LANES) {
        ivec sums = *(const ivec_unaligned *)(r->sums + i);
        least = LANES_MIN(least, sums);
        most = LANES_MAX(most, sums);
    }
    take_in(range, value_of(r, least, 0, w));
    take_in(range, value_of(r, most, 0, w));
    return i;
}

VEC_INLINE range_vec range_row(const row *r, range_vec range, const way w)
{
    int32_t i = 0;
    if (w.kind != OTHER && w.rows == PLAIN && r->n >= 4 * VEC_LANES)
        i = range_by_sums(r, &range, w);
    for (; i + VEC_LANES <= r->n; i += VEC_LANES)
        take_in(&range, value_at(r, i, w));
    if (i < r->n) {
        const row copy = *r; /* for a function that is not inlined */
        take_in(&range, value_part(&copy, i, w));
    }
    return range;
}

VEC_INLINE void one_row(const row *r, sink *to, const way w)
{
    switch (w.to) {
    case FLOATS:
        floats_row(r, to->y, w);
        to->y += r->n;
        break;
    case RANGE:
        to->range = range_row(r, to->range, w);
        break;
    case BYTES:
    case BYTES_WITHIN:
    default:
        bytes_row(*r, *to->s, to->bytes, w);
        to->bytes += r->n;
        break;
    }
}

VEC_INLINE void all_rows(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums,
                         sink *out, const way w)
{
    const nn_sums_layout l = *layout;
    const float *scale = f->scale, *bias = f->bias;
    sink to = *out;
    row r = {.alpha = f->alpha,
             .addend = f->addend,
             .sums = sums,
             .fine = f->fine,
             .n = l.width,
             .activation = f->activation,
             .scales = f->across ? scale : NULL,
             .biases = f->across ? bias : NULL};
    for (int32_t c = 0; c < l.channels; c++) {
        r.scale = scale[c];
        r.bias = bias ? bias[c] : 0;
        r.fine_scale = f->fine ? f->fine_scale[c] : 0;
        r.fine_bias = f->fine ? f->fine_bias[c] : 0;
        for (int32_t i = 0; i < l.rows; i++) {
            one_row(&r, &to, w);
            r.sums += l.pitch;
            r.fine = r.fine ? r.fine + l.pitch : NULL;
            r.addend = r.addend ? r.addend + l.width : NULL;
        }
    }
    *out = to;
}

/* Planes of two vectors, such as a row of 32 columns at the widest, two channels at a time. */
VEC_INLINE int32_t two_by_two(const nn_finish *f, int32_t channels, const int32_t *sums, sink *out,
                              const way w)
{
    sink to = *out;
    const bool bytes = w.to == BYTES || w.to == BYTES_WITHIN;
    const steps s = bytes ? *to.s : (steps){{0}, {0}, {0}, {0}, {0}};
    row r = {.alpha = f->alpha, .activation = f->activation};
    int32_t c = 0;
    const int32_t *fine = f->fine;
    for (; c + 2 <= channels; c += 2, sums += 4 * VEC_LANES) {
        vec v[4];
        ivec level[4];
        VEC_UNROLL
        for (int k = 0; k < 4; k++) {
            r.scale = f->scale[c + k / 2];
            r.bias = f->bias[c + k / 2];
            if (w.rows == WIDE) {
                r.fine = fine + k * VEC_LANES;
                r.fine_scale = f->fine_scale[c + k / 2];
                r.fine_bias = f->fine_bias[c + k / 2];
            }
            v[k] = value_of(&r, *(const ivec_unaligned *)(sums + k * VEC_LANES), 0, w);
            if (w.to == FLOATS)
                vec_store(to.y + k * VEC_LANES, v[k]);
            else if (w.to == RANGE)
                take_in(&to.range, v[k]);
            else
                level[k] = level_of(v[k], &s, w.to == BYTES_WITHIN);
        }
        if (w.to == FLOATS) {
            to.y += 4 * VEC_LANES;
        } else if (bytes) {
            store_four(to.bytes, level);
            to.bytes += 4 * VEC_LANES;
        }
        fine = w.rows == WIDE ? fine + 4 * VEC_LANES : NULL;
    }
    *out = to;
    return c;
}

/* The rows that two_by_two leaves. */
VEC_INLINE void plain_rows(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums,
                           sink *to, const way w)
{
    nn_finish rest = *f;
    nn_sums_layout l = *layout;
    if (l.rows == 1 && l.width == 2 * VEC_LANES && l.pitch == l.width && f->bias) {
        const int32_t done = two_by_two(f, l.channels, sums, to, w);
        l.channels -= done;
        sums += (int64_t)done * l.pitch;
        rest.scale += done;
        rest.bias += done;
        if (w.rows == WIDE) {
            rest.fine += (int64_t)done * l.pitch;
            rest.fine_scale += done;
            rest.fine_bias += done;
        }
    }
    all_rows(&rest, &l, sums, to, w);
}

/* One loop for each constant way. */
#define WAYS(goal)                                                                                 \
    static void goal##_rows(const nn_finish *f, const nn_sums_layout *l, const int32_t *sums,      \
                            sink *to, activation_form kind, form known)                            \
    {                                                                                              \
        if (known == PLAIN && kind == STRAIGHT)                                                    \
            plain_rows(f, l, sums, to, (way){goal, STRAIGHT, PLAIN});                              \
        else if (known == PLAIN && kind == RELU)                                                   \
            plain_rows(f, l, sums, to, (way){goal, RELU, PLAIN});                                  \
        else if (known == PLAIN && kind == SLOPE)                                                  \
            plain_rows(f, l, sums, to, (way){goal, SLOPE, PLAIN});                                 \
        else if (known == WIDE && kind == STRAIGHT)                                                \
            plain_rows(f, l, sums, to, (way){goal, STRAIGHT, WIDE});                               \
        else if (known == WIDE && kind == SLOPE)                                                   \
            plain_rows(f, l, sums, to, (way){goal, SLOPE, WIDE});                                  \
        else                                                                                       \
            all_rows(f, l, sums, to, (way){goal, kind, ANY});                                      \
    }
WAYS(FLOATS)
WAYS(RANGE)
WAYS(BYTES)
WAYS(BYTES_WITHIN)

static void finish(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums, sink *to,
                   goal what)
{
    static void (*const rows[])(const nn_finish *, const nn_sums_layout *, const int32_t *, sink *,
                                activation_form,
                                form) = {FLOATS_rows, RANGE_rows, BYTES_rows, BYTES_WITHIN_rows};
    nn_sums_layout l = *layout;
    if (l.pitch == l.width && l.rows > 1 && !f->across) { /* one long row */
        l.width = l.pitch = l.rows * l.width;
        l.rows = 1;
    }
    const form known = f->across || f->addend ? ANY : f->fine ? WIDE : PLAIN;
    rows[what](f, &l, sums, to, activation_form_of(f), known);
}

void SIMD(nn_finish_sums)(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums,
                          float *y)
{
    finish(f, layout, sums, &(sink){.y = y}, FLOATS);
}

void SIMD(nn_finish_range)(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums,
                           nn_range *range)
{
    sink to = {.range = {{0}, {0}}};
    finish(f, layout, sums, &to, RANGE);
    give_range(&to.range, range);
}

void SIMD(nn_finish_bytes)(const nn_finish *f, const nn_sums_layout *layout, const int32_t *sums,
                           nn_quantization q, bool within, uint8_t *bytes)
{
    const steps s = steps_of(q);
    sink to = {.bytes = bytes, .s = &s};
    finish(f, layout, sums, &to, within && by_reciprocal(q) ? BYTES_WITHIN : BYTES);
}
