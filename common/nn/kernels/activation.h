/* activation.h: elementary functions over n floats, vectorised for the machine's instruction set
 * level. y may equal x; otherwise the two must not overlap. NaN gives NaN. */
#ifndef NN_KERNELS_ACTIVATION_H
#define NN_KERNELS_ACTIVATION_H

#include <stdint.h>

#include "nn/kernels/conv.h"

/* y[i] = activation(x[i]). Sigmoid and tanh are within 5e-7 of the exact value. */
void nn_activate(nn_activation activation, float alpha, int64_t n, const float *x, float *y);

/* exp within 3e-7 relative; 0 below -87.3, infinity above 88.3. */
void nn_exp(int64_t n, const float *x, float *y);

/* erf within 5e-7 absolute. */
void nn_erf(int64_t n, const float *x, float *y);

#endif
