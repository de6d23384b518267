/* integer.h: shared by the operators on 8-bit integers. There is one scale and zero point for the
 * whole tensor, or one for each index along an axis. */
#ifndef NN_OPS_INTEGER_H
#define NN_OPS_INTEGER_H

#include "nn/ops/ops.h"
#include "nn/quantize.h"

static inline bool nn_is_byte(const nn_tensor *t)
{
    return t->dtype == NN_UINT8 || t->dtype == NN_INT8;
}

/* Element i of a tensor of uint8, int8 or int32. */
static inline int32_t nn_integer_at(const nn_tensor *t, size_t i)
{
    if (t->dtype == NN_UINT8)
        return ((const uint8_t *)t->data)[i];
    return t->dtype == NN_INT8 ? ((const int8_t *)t->data)[i] : ((const int32_t *)t->data)[i];
}

/* Element i of a list, where a single value applies to all; an absent zero point is 0. */
static inline int32_t nn_zero_at(const nn_tensor *t, size_t i)
{
    return t ? nn_integer_at(t, t->count == 1 ? 0 : i % t->count) : 0;
}

static inline float nn_scale_at(const nn_tensor *t, size_t i)
{
    return ((const float *)t->data)[t->count == 1 ? 0 : i % t->count];
}

/* saturate(round(x / scale) + zero) as a float that holds an integer in [least, most]; NaN gives
 * `least`. */
static inline float nn_quantize(float x, float scale, int32_t zero, float least, float most)
{
    float level = nn_round(x / scale) + (float)zero;
    if (!(level > least))
        return least;
    return level < most ? level : most;
}

/* Refuses input k unless it is uint8 or int8. */
int nn_need_byte(const nn_step *step, int k, err *e);

/* Refuses input k, if present, unless it has 1 value, or `count` in one dimension. */
int nn_need_list(const nn_step *step, int k, int64_t count, err *e);

/* Checks a scale at input k and the zero point of operand `of` behind it. */
int nn_need_scale(const nn_step *step, int k, int64_t count, err *e);
int nn_need_zero(const nn_step *step, int k, nn_dtype dtype, int64_t count, err *e);

#endif
