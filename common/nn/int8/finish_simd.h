/* finish_simd.h: the levels of finish.h's work on sums, and the types that they take. */
#ifndef NN_INT8_FINISH_SIMD_H
#define NN_INT8_FINISH_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/simd.h"
#include "nn/kernels/activation.h"
#include "nn/quantize.h"

/* Sums as a kernel leaves them: [channels][rows][pitch], `width` of each row's values being real.
 */
typedef struct nn_sums_layout {
    int32_t channels, rows, width, pitch;
} nn_sums_layout;

typedef struct nn_finish {
    const float *scale;  /* [channels]; [width] where `across` */
    const float *bias;   /* the same, or NULL: zeros */
    const float *addend; /* as y, or NULL */
    const int32_t *fine; /* NULL, or the sums of a second product, laid out as the first's, */
    const float *fine_scale, *fine_bias; /* and theirs, [channels]; not where `across` */
    nn_activation activation;
    float alpha;
    bool across; /* scales and biases go along the row: a matrix product; bias is not NULL */
} nn_finish;

SIMD_DECLARE(void, nn_finish_sums,
             (const nn_finish *, const nn_sums_layout *, const int32_t *, float *));
SIMD_DECLARE(void, nn_finish_range,
             (const nn_finish *, const nn_sums_layout *, const int32_t *, nn_range *));
SIMD_DECLARE(void, nn_finish_bytes,
             (const nn_finish *, const nn_sums_layout *, const int32_t *, nn_quantization, bool,
              uint8_t *));

#endif
