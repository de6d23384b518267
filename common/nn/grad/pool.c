/* The reverse of pools: an average gives each of its inputs an equal part, a maximum gives
 * everything to the largest input (the first of equals, as in the forward run). */
#include <math.h>
#include <string.h>

#include "nn/grad/backward.h"
#include "nn/ops/window.h"

static void begin(grad_step *t)
{
    if (!t->add[0])
        memset(t->d_in[0], 0, t->forward->in[0]->bytes);
}

/* --- windows -----------------------------------------------------------------------------------
 */

/* The taps of one window on the input. */
typedef struct taps {
    int64_t from[3], to[3], start[3];
    int64_t inside, padded; /* taps on the input; on input and pads */
} taps;

static taps find_taps(const nn_window *w, const int64_t *o)
{
    taps p = {.inside = 1, .padded = 1};
    for (int d = 0; d < 3; d++) {
        nn_window_taps(w, d, o[d], &p.from[d], &p.to[d]);
        p.start[d] = o[d] * w->stride[d] - w->pad[d];
        p.inside *= p.to[d] > p.from[d] ? p.to[d] - p.from[d] : 0;
        p.padded *= nn_window_padded_taps(w, d, o[d]);
    }
    return p;
}

static int64_t input_index(const nn_window *w, const taps *p, int64_t a, int64_t b, int64_t c)
{
    int64_t row = (p->start[0] + a * w->dilation[0]) * w->in[1];
    row = (row + p->start[1] + b * w->dilation[1]) * w->in[2];
    return row + p->start[2] + c * w->dilation[2];
}

static void spread(const nn_window *w, const taps *p, float d, float *to)
{
    for (int64_t a = p->from[0]; a < p->to[0]; a++)
        for (int64_t b = p->from[1]; b < p->to[1]; b++)
            for (int64_t c = p->from[2]; c < p->to[2]; c++)
                to[input_index(w, p, a, b, c)] += d;
}

static int64_t find_top(const nn_window *w, const taps *p, const float *x)
{
    int64_t top = -1;
    for (int64_t a = p->from[0]; a < p->to[0]; a++)
        for (int64_t b = p->from[1]; b < p->to[1]; b++)
            for (int64_t c = p->from[2]; c < p->to[2]; c++) {
                int64_t at = input_index(w, p, a, b, c);
                if (top < 0 || x[at] > x[top] || isnan(x[at]))
                    top = at;
            }
    return top;
}

static void reverse_window(const grad_step *t, bool average, const int64_t *o, float d,
                           const float *x, float *to)
{
    const nn_window *w = t->forward->state;
    taps p = find_taps(w, o);
    if (average) {
        bool count_pads = nn_attr_int(t->forward->node, "count_include_pad", 0) != 0;
        int64_t n = count_pads ? p.padded : p.inside;
        if (n)
            spread(w, &p, d / (float)n, to);
        return;
    }
    int64_t top = find_top(w, &p, x);
    if (top >= 0)
        to[top] += d;
}

static void reverse_windows(grad_step *t, bool average)
{
    const nn_window *w = t->forward->state;
    const float *x = t->forward->in[0]->data, *d = t->d_out[0];
    const float *end = d + t->forward->out[0]->count;
    float *to = t->d_in[0];
    size_t plane = (size_t)(w->in[0] * w->in[1] * w->in[2]);
    int64_t o[3];
    begin(t);
    for (; d < end; x += plane, to += plane)
        for (o[0] = 0; o[0] < w->out[0]; o[0]++)
            for (o[1] = 0; o[1] < w->out[1]; o[1]++)
                for (o[2] = 0; o[2] < w->out[2]; o[2]++)
                    reverse_window(t, average, o, *d++, x, to);
}

static void backward_average(grad_step *t)
{
    reverse_windows(t, true);
}

static void backward_max(grad_step *t)
{
    reverse_windows(t, false);
}

/* --- whole planes ------------------------------------------------------------------------------
 */

static void backward_global_average(grad_step *t)
{
    const nn_tensor *x = t->forward->in[0];
    size_t n = (size_t)nn_dims_product(x, 2, x->rank);
    float *to = t->d_in[0];
    for (size_t i = 0; i < t->forward->out[0]->count; i++, to += n) {
        float v = t->d_out[0][i] / (float)n;
        for (size_t k = 0; k < n; k++)
            to[k] = t->add[0] ? to[k] + v : v;
    }
}

static void backward_global_max(grad_step *t)
{
    const nn_tensor *x = t->forward->in[0];
    size_t n = (size_t)nn_dims_product(x, 2, x->rank);
    const float *from = x->data;
    begin(t);
    for (size_t i = 0; i < t->forward->out[0]->count; i++, from += n) {
        size_t top = 0;
        for (size_t k = 1; k < n; k++)
            top = from[k] > from[top] ? k : top;
        t->d_in[0][i * n + top] += t->d_out[0][i];
    }
}

const grad_op grad_ops_pool[] = {
    {.name = "AveragePool", .backward = backward_average},
    {.name = "MaxPool", .backward = backward_max},
    {.name = "GlobalAveragePool", .backward = backward_global_average},
    {.name = "GlobalMaxPool", .backward = backward_global_max},
    {0},
};
