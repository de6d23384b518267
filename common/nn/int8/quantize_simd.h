/* quantize_simd.h: the levels of finish.h's functions on rows: ranges, floats to bytes and back. */
#ifndef NN_INT8_QUANTIZE_SIMD_H
#define NN_INT8_QUANTIZE_SIMD_H

#include <stddef.h>
#include <stdint.h>

#include "base/simd.h"
#include "nn/quantize.h"

SIMD_DECLARE(void, nn_range_row, (const float *, size_t, nn_range *));
SIMD_DECLARE(void, nn_quantize_row, (const float *, nn_quantization, uint8_t *, size_t));
SIMD_DECLARE(void, nn_dequantize_row, (const uint8_t *, nn_quantization, float *, size_t));
SIMD_DECLARE(void, nn_quantize_within, (const float *, nn_quantization, uint8_t *, size_t));

#endif
