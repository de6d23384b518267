/* gradient_tools.h: gradients against central differences.
 *
 * loss = sum_i r_i y_i with fixed random r, summed in double. Its difference quotient at step h
 * errs by the curvature, about h^2, and by the rounding of the float forward run, about eps max|y|
 * sqrt(count) / h: with h = 2^-6 (exact in binary) both are below 1e-3 of a gradient of order 1 for
 * the functions tested. A step of 2^-11 decides where that one straddles a kink: its rounding is
 * about 1e-3. A wrong gradient agrees with neither. */
#ifndef TESTS_GRADIENT_TOOLS_H
#define TESTS_GRADIENT_TOOLS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "harness.h"
#include "nn/grad.h"

static const double gradient_tolerance =
    4e-3; /* of the gradient's largest value, plus the same absolutely */

static inline float *gradient_floats(size_t n, double sigma, double offset, uint32_t stream)
{
    float *values = malloc((n + 1) * sizeof *values);
    REQUIRE(values != NULL);
    rng r = rng_at(11, RNG_TEST, 1, stream);
    rng_normal_fill(&r, values, n, (float)sigma);
    for (size_t i = 0; i < n; i++)
        values[i] += (float)offset;
    return values;
}

static inline double gradient_loss(grad_net *net, const float *r)
{
    err e = {0};
    double loss = 0;
    const nn_tensor *y = grad_net_output(net);
    grad_net_refresh(net);
    if (grad_net_forward(net, &e)) {
        printf("    %s\n", e.text);
        return NAN;
    }
    for (size_t i = 0; i < y->count; i++)
        loss += (double)r[i] * (double)((const float *)y->data)[i];
    return loss;
}

static inline double difference_quotient(grad_net *net, const float *r, float *value, float h)
{
    float kept = *value;
    *value = kept + h;
    double up = gradient_loss(net, r), step = (double)*value;
    *value = kept - h;
    double down = gradient_loss(net, r);
    step -= (double)*value;
    *value = kept;
    return (up - down) / step;
}

/* Largest error of `gradient` against differences of the loss in values[0..n). */
static inline double gradient_error(grad_net *net, const float *r, float *values,
                                    const float *gradient, size_t n)
{
    double worst = 0, largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)gradient[i]));
    for (size_t i = 0; i < n; i++) {
        double error = INFINITY;
        for (float h = 0x1p-6f; h >= 0x1p-11f && !(error < gradient_tolerance * (1 + largest));
             h /= 32)
            error = fabs(difference_quotient(net, r, &values[i], h) - (double)gradient[i]);
        worst = error > worst || isnan(error) ? error : worst;
    }
    return worst / (1 + largest);
}

/* The gradients of the input, from N(offset, sigma^2), and of every weight but `leave_out` (NULL:
 * none). */
static inline void check_differences(const char *what, const grad_weights *w, grad_net *net,
                                     double sigma, double offset, const char *leave_out)
{
    nn_tensor *x = grad_net_input(net, 0);
    const nn_tensor *y = grad_net_output(net);
    float *start = gradient_floats(x->count, sigma, offset, 0);
    float *r = gradient_floats(y->count, 1, 0, 1);
    memcpy(x->data, start, x->bytes);
    gradient_loss(net, r);
    memcpy(grad_net_output_gradient(net), r, y->bytes);
    grad_net_backward(net);
    float *d_x = malloc(x->bytes), *d_w = malloc((w->count + 1) * sizeof *d_w);
    REQUIRE(d_x && d_w);
    memcpy(d_x, grad_net_input_gradient(net), x->bytes);
    memcpy(d_w, grad_net_gradients(net), w->count * sizeof *d_w);
    double worst = gradient_error(net, r, x->data, d_x, x->count);
    for (int i = 0; i < w->n_entries; i++) {
        const grad_entry *entry = &w->entries[i];
        bool skipped = leave_out && strcmp(entry->name, leave_out) == 0;
        if (entry->kind == GRAD_STATISTIC || skipped)
            continue;
        double error =
            gradient_error(net, r, w->values + entry->offset, d_w + entry->offset, entry->count);
        worst = error > worst || isnan(error) ? error : worst;
    }
    if (!(worst < gradient_tolerance))
        printf("    %s: %g\n", what, worst);
    CHECK(worst < gradient_tolerance);
    free(start);
    free(r);
    free(d_x);
    free(d_w);
}

#endif
