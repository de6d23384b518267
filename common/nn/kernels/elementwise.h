/* elementwise.h: loops over dense float arrays, compiled for each instruction set level. Arrays
 * need no alignment; y may be x (or a, or b), and must not overlap them otherwise. */
#ifndef NN_KERNELS_ELEMENTWISE_H
#define NN_KERNELS_ELEMENTWISE_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/kernels/elementwise_simd.h"

/* y = activation(x). Sigmoid and tanh are within 3e-7 of the exact value. */
void nn_activate(nn_activation activation, float alpha, const float *x, float *y, size_t n);

/* y = e^x, within a relative error of 3e-7; 0 below -87.3, infinite above 88.7. */
void nn_exp(const float *x, float *y, size_t n);

/* y[i] = a[i * a_step] op b[i * b_step]; each step 0 or 1. */
void nn_arithmetic_row(nn_arithmetic op, const float *a, int a_step, const float *b, int b_step,
                       float *y, size_t n);

/* y = scale * x + shift. */
void nn_scale_shift(float scale, float shift, const float *x, float *y, size_t n);

#endif
