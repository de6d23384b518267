/* Observes the layers' inputs, sample by sample, and chooses their ranges. */
#include <math.h>
#include <string.h>

#include "nn/quant/internal.h"

static const double outside = 1e-4;        /* the share at each end outside the percentile */
static const double first_width = 0x1p-20; /* of a bin */

/* Twice the width: bins 2i and 2i + 1, counted from 0 in the middle, become one. */
static void widen(quant_histogram *h)
{
    double merged[QUANT_BINS] = {0};
    const int middle = QUANT_BINS / 2;
    for (int i = 0; i < QUANT_BINS; i++)
        merged[middle + (i < middle ? -((middle - i + 1) / 2) : (i - middle) / 2)] += h->count[i];
    memcpy(h->count, merged, sizeof merged);
    h->width *= 2;
}

void quant_histogram_add(quant_histogram *h, const float *x, size_t n)
{
    const double middle = QUANT_BINS / 2.0;
    h->width = h->width > 0 ? h->width : first_width;
    for (size_t i = 0; i < n; i++) {
        double value = (double)x[i];
        if (!isfinite(value))
            continue;
        while (!(fabs(value) < h->width * middle))
            widen(h);
        h->count[(int)(floor(value / h->width) + middle)]++;
    }
}

static double centre(const quant_histogram *h, int bin)
{
    return (bin - QUANT_BINS / 2.0 + 0.5) * h->width;
}

/* The range without the tails of `outside`, never beyond the observed one. */
static nn_range percentile(const quant_histogram *h, nn_range seen)
{
    double total = 0, below = 0, above = 0;
    int low = 0, high = QUANT_BINS - 1;
    for (int i = 0; i < QUANT_BINS; i++)
        total += h->count[i];
    while (low < QUANT_BINS - 1 && below + h->count[low] <= total * outside)
        below += h->count[low++];
    while (high > 0 && above + h->count[high] <= total * outside)
        above += h->count[high--];
    nn_range r = {(float)(centre(h, low) - h->width / 2), (float)(centre(h, high) + h->width / 2)};
    r.low = nn_clamp(r.low, seen.low, 0);
    r.high = nn_clamp(r.high, 0, seen.high);
    return r;
}

static double squared_error(const quant_histogram *h, nn_range range)
{
    nn_quantization q = nn_quantization_of(range);
    double sum = 0;
    for (int i = 0; i < QUANT_BINS; i++) {
        if (h->count[i] == 0)
            continue;
        float x = (float)centre(h, i);
        double error = (double)x - (double)nn_dequantize_u8(nn_quantize_u8(x, q), q);
        sum += h->count[i] * error * error;
    }
    return sum;
}

/* Shrinks both ends together, then each separately: the least error over a grid of 1 %. */
static nn_range least_error(const quant_histogram *h, nn_range seen)
{
    static const float moves[3][2] = {{1, 1}, {1, 0}, {0, 1}};
    nn_range best = seen;
    double least = squared_error(h, seen);
    for (int move = 0; move < 3; move++) {
        nn_range from = best;
        for (int percent = 99; percent >= 30; percent--) {
            float part = (float)percent / 100;
            nn_range r = {moves[move][0] > 0 ? from.low * part : from.low,
                          moves[move][1] > 0 ? from.high * part : from.high};
            double error = squared_error(h, r);
            if (error < least) {
                least = error;
                best = r;
            }
        }
    }
    return best;
}

nn_range quant_choose_range(quant_rule rule, const quant_histogram *h, nn_range seen)
{
    if (rule == QUANT_MINMAX || !h || !(h->width > 0))
        return seen;
    return rule == QUANT_PERCENTILE ? percentile(h, seen) : least_error(h, seen);
}

int quant_observe(quantizer *q, const float *const *inputs, err *e)
{
    for (int i = 0; i < q->model->n_inputs; i++) {
        nn_tensor *t = nn_session_input(q->session, i);
        memcpy(t->data, inputs[i], t->bytes);
    }
    int rc = nn_session_run(q->session, e);
    if (rc)
        return rc;
    for (int i = 0; i < q->inputs; i++) {
        quant_input *in = &q->input[i];
        const nn_tensor *t = &q->session->slots[in->value].t;
        in->seen = nn_range_join(in->seen, nn_range_of(t->data, t->count));
        if (in->histogram)
            quant_histogram_add(in->histogram, t->data, t->count);
    }
    for (int i = 0; i < q->layers; i++)
        if (q->layer[i].input)
            q->layer[i].info.seen = q->layer[i].input->seen;
    q->observed++;
    return 0;
}
