/* finish_simd.h: the levels of finish.h's functions on sums, and their types. */
#ifndef NN_INT8_FINISH_SIMD_H
#define NN_INT8_FINISH_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/simd.h"
#include "nn/kernels/activation.h"
#include "nn/quantize.h"

/* The layout of a kernel's sums: [channels][rows][pitch], with `width` valid values in each row. */
typedef struct nn_sums_layout {
    int32_t channels, rows, width, pitch;
} nn_sums_layout;

typedef struct nn_finish {
    const float *scale;  /* [channels]; [width] where `across` */
    const float *bias;   /* the same, or NULL: zeros */
    const float *addend; /* as y, or NULL */
    const int32_t *fine; /* NULL, or the sums of a second product, in the same layout, */
    const float *fine_scale, *fine_bias; /* and their scales, [channels]; not with `across` */
    nn_activation activation;
    float alpha;
    bool across; /* scales and biases vary along the row: a matrix product; bias is not NULL */
} nn_finish;

SIMD_DECLARE(void, nn_finish_sums,
             (const nn_finish *, const nn_sums_layout *, const int32_t *, float *));
SIMD_DECLARE(void, nn_finish_range,
             (const nn_finish *, const nn_sums_layout *, const int32_t *, nn_range *));
SIMD_DECLARE(void, nn_finish_bytes,
             (const nn_finish *, const nn_sums_layout *, const int32_t *, nn_quantization, bool,
              uint8_t *));

#endif
