#include "nn/kernels/elementwise_gradient_simd.h"

#include <stdint.h>

#include "base/vector.h"

enum { BLOCK = 4096 }; /* neighbours summed in single precision */

#define EACH(value)                                                                                \
    do {                                                                                           \
        if (add)                                                                                   \
            for (size_t i = 0; i < n; i++)                                                         \
                to[i] += (value);                                                                  \
        else                                                                                       \
            for (size_t i = 0; i < n; i++)                                                         \
                to[i] = (value);                                                                   \
    } while (0)

void SIMD(nn_scale_to)(float scale, const float *from, float *to, size_t n, bool add)
{
    if (!add && scale == 1 && n)
        memcpy(to, from, n * sizeof *to);
    else if (scale == 1)
        EACH(from[i]);
    else
        EACH(scale * from[i]);
}

void SIMD(nn_activate_gradient)(nn_activation activation, float alpha, const float *x,
                                const float *y, const float *d, float *to, size_t n, bool add)
{
    switch (activation) {
    case NN_ACT_NONE:
        EACH(d[i]);
        break;
    case NN_ACT_RELU:
        EACH(x[i] > 0 ? d[i] : 0);
        break;
    case NN_ACT_LEAKY_RELU:
        EACH(d[i] * (x[i] > 0 ? 1 : alpha));
        break;
    case NN_ACT_SIGMOID:
        EACH(d[i] * (y[i] * (1 - y[i])));
        break;
    case NN_ACT_TANH:
        EACH(d[i] * (1 - y[i] * y[i]));
        break;
    }
}

/* --- vectors at the end of a row ---------------------------------------------------------------
 */

VEC_INLINE vec load_some(const float *p, size_t left)
{
    return left >= VEC_LANES ? vec_load(p) : vec_load_part(p, (int32_t)left);
}

VEC_INLINE void store_some(float *p, vec v, size_t left)
{
    if (left >= VEC_LANES)
        vec_store(p, v);
    else
        vec_store_part(p, v, (int32_t)left);
}

VEC_INLINE double lanes_sum(vec v)
{
    float lanes[VEC_LANES];
    vec_store(lanes, v);
    for (int half = VEC_LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            lanes[i] += lanes[i + half];
    return (double)lanes[0];
}

/* Lanes behind the row are 0; their results (0 / 0) are masked out. */
VEC_INLINE vec keep_some(vec v, size_t left)
{
    float lanes[VEC_LANES] = {0};
    if (left >= VEC_LANES)
        return v;
    vec_store_part(lanes, v, (int32_t)left);
    return vec_load(lanes);
}

VEC_INLINE vec pair_gradient(nn_pair_gradient which, vec d, vec a, vec b)
{
    const vec zero = {0};
    switch (which) {
    case NN_GRADIENT_PLUS:
        return d;
    case NN_GRADIENT_MINUS:
        return -d;
    case NN_GRADIENT_TIMES:
        return d * b;
    case NN_GRADIENT_OVER:
        return d / b;
    case NN_GRADIENT_DENOMINATOR:
        return -(d / b) * (a / b);
    case NN_GRADIENT_GREATER: /* NOLINTNEXTLINE(misc-redundant-expression): a != a is NaN */
        return vec_select((a > b) | (a != a), d, zero);
    case NN_GRADIENT_NOT_LESS:
        return vec_select(a < b, zero, d);
    case NN_GRADIENT_LESS: /* NOLINTNEXTLINE(misc-redundant-expression): a != a is NaN */
        return vec_select((a < b) | (a != a), d, zero);
    case NN_GRADIENT_NOT_GREATER:
        return vec_select(a > b, zero, d);
    case NN_GRADIENT_PRELU:
        return vec_select(a > 0.0f, d, d * b);
    case NN_GRADIENT_PRELU_SLOPE:
        return vec_select(a > 0.0f, zero, d * a);
    }
    return zero;
}

typedef struct pair_row {
    const float *d, *a, *b;
    int a_step, b_step;
} pair_row;

VEC_INLINE vec pair_at(nn_pair_gradient which, const pair_row *r, size_t i, size_t left)
{
    vec d = load_some(r->d + i, left);
    vec a = r->a_step ? load_some(r->a + i, left) : vec_all(r->a[0]);
    vec b = r->b_step ? load_some(r->b + i, left) : vec_all(r->b[0]);
    return pair_gradient(which, d, a, b);
}

VEC_INLINE double pair_sum(nn_pair_gradient which, const pair_row *r, size_t n)
{
    double total = 0;
    for (size_t from = 0; from < n; from += BLOCK) {
        size_t end = n - from < BLOCK ? n : from + BLOCK, i = from;
        vec sum = {0};
        for (; i + VEC_LANES <= end; i += VEC_LANES)
            sum += pair_at(which, r, i, VEC_LANES);
        if (i < end)
            sum += keep_some(pair_at(which, r, i, end - i), end - i);
        total += lanes_sum(sum);
    }
    return total;
}

VEC_INLINE void pair_store(nn_pair_gradient which, const pair_row *r, float *to, size_t n, bool add)
{
    size_t i = 0;
    for (; i + VEC_LANES <= n; i += VEC_LANES) {
        vec v = pair_at(which, r, i, VEC_LANES);
        vec_store(to + i, add ? vec_load(to + i) + v : v);
    }
    if (i < n) {
        vec v = pair_at(which, r, i, n - i);
        store_some(to + i, add ? load_some(to + i, n - i) + v : v, n - i);
    }
}

#define PAIR(which)                                                                                \
    case which:                                                                                    \
        if (sum)                                                                                   \
            to[0] += (float)pair_sum(which, &r, n);                                                \
        else if (add)                                                                              \
            pair_store(which, &r, to, n, true);                                                    \
        else                                                                                       \
            pair_store(which, &r, to, n, false);                                                   \
        break

void SIMD(nn_pair_gradient_row)(nn_pair_gradient which, const float *d, const float *a, int a_step,
                                const float *b, int b_step, float *to, size_t n, bool add, bool sum)
{
    pair_row r = {d, a, b, a_step, b_step};
    switch (which) {
        PAIR(NN_GRADIENT_PLUS);
        PAIR(NN_GRADIENT_MINUS);
        PAIR(NN_GRADIENT_TIMES);
        PAIR(NN_GRADIENT_OVER);
        PAIR(NN_GRADIENT_DENOMINATOR);
        PAIR(NN_GRADIENT_GREATER);
        PAIR(NN_GRADIENT_NOT_LESS);
        PAIR(NN_GRADIENT_LESS);
        PAIR(NN_GRADIENT_NOT_GREATER);
        PAIR(NN_GRADIENT_PRELU);
        PAIR(NN_GRADIENT_PRELU_SLOPE);
    }
}

/* --- channels ----------------------------------------------------------------------------------
 */

/* One channel's plane of one sample. */
typedef struct plane_row {
    const float *d, *x, *image; /* d NULL: moments; image NULL: no activation */
    float center, slope;
} plane_row;

VEC_INLINE vec gradient_at(const plane_row *r, size_t i, size_t left)
{
    vec d = load_some(r->d + i, left);
    return r->image ? vec_select(load_some(r->image + i, left) > 0.0f, d, d * r->slope) : d;
}

/* Sums of u and of u v, where v = x - center, and u is d or, without one, v itself. */
VEC_INLINE void row_sums(const plane_row *r, size_t n, double *sum, double *products)
{
    for (size_t from = 0; from < n; from += BLOCK) {
        size_t end = n - from < BLOCK ? n : from + BLOCK, i = from;
        vec s = {0}, p = {0};
        for (; i + VEC_LANES <= end; i += VEC_LANES) {
            vec v = vec_load(r->x + i) - r->center;
            vec u = r->d ? gradient_at(r, i, VEC_LANES) : v;
            s += u;
            p += u * v;
        }
        if (i < end) {
            vec v = keep_some(load_some(r->x + i, end - i) - r->center, end - i);
            vec u = r->d ? gradient_at(r, i, end - i) : v;
            s += u;
            p += u * v;
        }
        *sum += lanes_sum(s);
        *products += lanes_sum(p);
    }
}

void SIMD(nn_channel_moments)(const nn_channels *c, const float *x, double *sum, double *squares)
{
    for (size_t n = 0; n < c->batch; n++)
        for (size_t k = 0; k < c->channels; k++, x += c->plane) {
            plane_row r = {NULL, x, NULL, c->center[k], 1};
            row_sums(&r, c->plane, &sum[k], &squares[k]);
        }
}

void SIMD(nn_channel_scale)(const nn_channels *c, const float *x, const float *scale,
                            const float *offset, float *y)
{
    float slope = c->slope;
    for (size_t n = 0; n < c->batch; n++)
        for (size_t k = 0; k < c->channels; k++, x += c->plane, y += c->plane) {
            float factor = scale[k], center = c->center[k], shift = offset[k];
            for (size_t i = 0; i < c->plane; i++) {
                float v = factor * (x[i] - center) + shift;
                y[i] = v > 0 ? v : slope * v;
            }
        }
}

void SIMD(nn_channel_products)(const nn_channels *c, const float *d, const float *x, double *sum,
                               double *products)
{
    size_t at = 0;
    for (size_t n = 0; n < c->batch; n++)
        for (size_t k = 0; k < c->channels; k++, at += c->plane) {
            plane_row r = {d + at, x + at, NULL, c->center[k], c->slope};
            if (c->slope != 1)
                r.image = c->image + at;
            row_sums(&r, c->plane, &sum[k], &products[k]);
        }
}

VEC_INLINE void row_gradient(const plane_row *r, size_t n, float scale, float tilt, float offset,
                             float *to, bool add)
{
    for (size_t i = 0; i < n; i += VEC_LANES) {
        size_t left = n - i;
        vec v = scale * gradient_at(r, i, left) + tilt * (load_some(r->x + i, left) - r->center);
        v += offset;
        store_some(to + i, add ? load_some(to + i, left) + v : v, left);
    }
}

void SIMD(nn_channel_gradient)(const nn_channels *c, const float *d, const float *x,
                               const float *scale, const float *tilt, const float *offset,
                               float *d_x, bool add)
{
    size_t at = 0;
    for (size_t n = 0; n < c->batch; n++)
        for (size_t k = 0; k < c->channels; k++, at += c->plane) {
            plane_row r = {d + at, x + at, NULL, c->center[k], c->slope};
            if (c->slope != 1)
                r.image = c->image + at;
            row_gradient(&r, c->plane, scale[k], tilt[k], offset[k], d_x + at, add);
        }
}
