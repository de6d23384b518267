#include "nn/kernels/elementwise_gradient.h"

#include <stdint.h>

#include "base/vector.h"

enum { BLOCK = 4096 }; /* neighbours that are summed in single precision */

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
        EACH(d[i] * (x[i] < 0 ? alpha : 1));
        break;
    case NN_ACT_SIGMOID:
        EACH(d[i] * (y[i] * (1 - y[i])));
        break;
    case NN_ACT_TANH:
        EACH(d[i] * (1 - y[i] * y[i]));
        break;
    }
}

/* --- vectors with a rest of the row ------------------------------------------------------------
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

/* Lanes behind the row are 0; what they would compute (0 / 0) is masked out. */
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
    case NN_GRADIENT_GREATER:
        return vec_select((a > b) | (a != a), d, zero);
    case NN_GRADIENT_NOT_LESS:
        return vec_select(a < b, zero, d);
    case NN_GRADIENT_LESS:
        return vec_select((a < b) | (a != a), d, zero);
    case NN_GRADIENT_NOT_GREATER:
        return vec_select(a > b, zero, d);
    case NN_GRADIENT_PRELU:
        return vec_select(a < 0.0f, d * b, d);
    case NN_GRADIENT_PRELU_SLOPE:
        return vec_select(a < 0.0f, d * a, zero);
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

/* Sums of u and of u v over one row, where v = x - shift; u is v itself where there is no d. */
VEC_INLINE void row_sums(const float *d, const float *x, size_t n, float shift, double *sum,
                         double *products)
{
    for (size_t from = 0; from < n; from += BLOCK) {
        size_t end = n - from < BLOCK ? n : from + BLOCK, i = from;
        vec s = {0}, p = {0};
        for (; i + VEC_LANES <= end; i += VEC_LANES) {
            vec v = vec_load(x + i) - shift;
            vec u = d ? vec_load(d + i) : v;
            s += u;
            p += u * v;
        }
        if (i < end) {
            vec v = keep_some(load_some(x + i, end - i) - shift, end - i);
            vec u = d ? load_some(d + i, end - i) : v;
            s += u;
            p += u * v;
        }
        *sum += lanes_sum(s);
        *products += lanes_sum(p);
    }
}

void SIMD(nn_channel_moments)(const float *x, size_t batch, size_t channels, size_t plane,
                              const float *shift, double *sum, double *squares)
{
    for (size_t n = 0; n < batch; n++)
        for (size_t c = 0; c < channels; c++, x += plane)
            row_sums(NULL, x, plane, shift[c], &sum[c], &squares[c]);
}

void SIMD(nn_channel_products)(const float *d, const float *x, size_t batch, size_t channels,
                               size_t plane, const float *shift, double *sum, double *products)
{
    for (size_t n = 0; n < batch; n++)
        for (size_t c = 0; c < channels; c++, x += plane, d += plane)
            row_sums(d, x, plane, shift[c], &sum[c], &products[c]);
}

void SIMD(nn_channel_scale)(const float *x, size_t batch, size_t channels, size_t plane,
                            const float *scale, const float *shift, const float *offset, float *y)
{
    for (size_t n = 0; n < batch; n++)
        for (size_t c = 0; c < channels; c++, x += plane, y += plane)
            for (size_t i = 0; i < plane; i++)
                y[i] = scale[c] * (x[i] - shift[c]) + offset[c];
}

void SIMD(nn_channel_gradient)(const float *d, const float *x, size_t batch, size_t channels,
                               size_t plane, const float *scale, const float *slope,
                               const float *shift, const float *offset, float *d_x, bool add)
{
    for (size_t row = 0; row < batch * channels; row++, d += plane, x += plane, d_x += plane) {
        size_t c = row % channels, n = plane;
        float a = scale[c], b = slope[c], m = shift[c], o = offset[c], *to = d_x;
        EACH(a * d[i] + b * (x[i] - m) + o);
    }
}
