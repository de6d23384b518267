/* conv_gradient_internal.h: shared by the sources of the weights' gradient and its tests.
 *
 * It uses the forward kernel's layout (conv_internal.h): a padded input, an offset for each weight
 * of a filter, a spot for each vector of the output plane. With these,
 *
 *     d_w[o][t] = sum over samples and spots of d_y[o][spot.out ..] . padded[spot.in + offsets[t]
 * ..]
 *
 * so a tile of (output channels x weights) sums runs in registers over one table of terms, the
 * spots of several samples, and is summed across the vector's lanes once at its end. */
#ifndef NN_KERNELS_CONV_GRADIENT_INTERNAL_H
#define NN_KERNELS_CONV_GRADIENT_INTERNAL_H

#include <stdbool.h>

#include "nn/kernels/conv_internal.h"

typedef struct nn_conv_gradient nn_conv_gradient;

/* One vector of d_y and the matching vector of the padded input at offset 0, in floats from the
 * start of a run of samples. */
typedef struct conv_term {
    int64_t in, out;
} conv_term;

struct nn_conv_gradient {
    nn_conv *conv;        /* only the layout; its weights are zero */
    int64_t samples;      /* covered by one table of terms */
    int32_t terms_each;   /* of a sample */
    conv_term *terms;     /* [samples * terms_each] */
    int64_t padded_pitch; /* floats between padded samples */
    int64_t out_pitch;    /* floats between channels of d_y in the terms */
    bool copies_out;      /* d_y's rows end inside a vector: copies them, zero-padded */
    int32_t lanes;
    void (*weights)(const struct nn_conv_gradient *g, const conv_term *terms, int64_t count,
                    const float *padded, const float *d_y, float *d_w);
    void (*bias)(const struct nn_conv_gradient *g, const conv_term *terms, int64_t count,
                 const float *d_y, float *d_bias);
};

/* As nn_conv_gradient_create, at a given level. */
nn_conv_gradient *nn_conv_gradient_create_at(cpu_isa level, const nn_conv_shape *shape, err *e);

SIMD_DECLARE(void, conv_gradient_weights,
             (const struct nn_conv_gradient *g, const conv_term *terms, int64_t count,
              const float *padded, const float *d_y, float *d_w));

SIMD_DECLARE(void, conv_gradient_bias,
             (const struct nn_conv_gradient *g, const conv_term *terms, int64_t count,
              const float *d_y, float *d_bias));

#endif
