/* Cast between the types that csilink handles. Floats become integers by rounding towards zero;
 * values out of range become the nearest integer in range, and NaN the least. */
#include <math.h>
#include <string.h>

#include "nn/half.h"
#include "nn/ops/ops.h"

/* float16 and bfloat16 are stored as rounded floats. */
enum { ONNX_FLOAT16 = 10, ONNX_BFLOAT16 = 16 };

/* Converts ONNX's number of a data type from the attribute. */
static bool dtype_of(int64_t onnx, nn_dtype *out)
{
    static const struct {
        int64_t onnx;
        nn_dtype ours;
    } pairs[] = {{1, NN_FLOAT},
                 {2, NN_UINT8},
                 {3, NN_INT8},
                 {6, NN_INT32},
                 {7, NN_INT64},
                 {9, NN_BOOL},
                 {11, NN_DOUBLE},
                 {ONNX_FLOAT16, NN_FLOAT},
                 {ONNX_BFLOAT16, NN_FLOAT}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (pairs[i].onnx == onnx) {
            *out = pairs[i].ours;
            return true;
        }
    return false;
}

static int infer_cast(nn_step *step, err *e)
{
    nn_dtype to;
    int64_t wanted = nn_attr_int(step->node, "to", 0);
    if (!dtype_of(wanted, &to))
        return err_set(e, ERR_UNSUPPORTED,
                       "it casts to data type %lld, which csilink does not handle",
                       (long long)wanted);
    return nn_tensor_like(step->out[0], to, step->in[0], e);
}

static int64_t integer_of(double x, int64_t least, int64_t most)
{
    if (!(x > (double)least))
        return least;
    return x >= (double)most ? most : (int64_t)x;
}

static bool is_real(nn_dtype dtype)
{
    return dtype == NN_FLOAT || dtype == NN_DOUBLE;
}

static double real_at(const nn_tensor *t, size_t i)
{
    return t->dtype == NN_FLOAT ? (double)((const float *)t->data)[i]
                                : ((const double *)t->data)[i];
}

static int64_t integer_at(const nn_tensor *t, size_t i)
{
    switch (t->dtype) {
    case NN_INT64:
        return ((const int64_t *)t->data)[i];
    case NN_INT32:
        return ((const int32_t *)t->data)[i];
    case NN_INT8:
        return ((const int8_t *)t->data)[i];
    default:
        return ((const uint8_t *)t->data)[i];
    }
}

/* Between integer types values wrap around, as in numpy. */
static void store_integer(nn_tensor *t, size_t i, int64_t value)
{
    switch (t->dtype) {
    case NN_INT64:
        ((int64_t *)t->data)[i] = value;
        break;
    case NN_INT32:
        ((int32_t *)t->data)[i] = (int32_t)value;
        break;
    case NN_BOOL:
        ((uint8_t *)t->data)[i] = value != 0;
        break;
    default:
        ((uint8_t *)t->data)[i] = (uint8_t)value;
    }
}

static void store_real(nn_tensor *t, size_t i, double value)
{
    static const int64_t least[] = {[NN_INT64] = INT64_MIN,
                                    [NN_INT32] = INT32_MIN,
                                    [NN_UINT8] = 0,
                                    [NN_INT8] = INT8_MIN,
                                    [NN_DOUBLE] = 0};
    static const int64_t most[] = {[NN_INT64] = INT64_MAX,
                                   [NN_INT32] = INT32_MAX,
                                   [NN_UINT8] = UINT8_MAX,
                                   [NN_INT8] = INT8_MAX,
                                   [NN_DOUBLE] = 0};
    if (t->dtype == NN_FLOAT)
        ((float *)t->data)[i] = (float)value;
    else if (t->dtype == NN_DOUBLE)
        ((double *)t->data)[i] = value;
    else if (t->dtype == NN_BOOL)
        ((uint8_t *)t->data)[i] = value != 0;
    else
        store_integer(t, i, integer_of(value, least[t->dtype], most[t->dtype]));
}

/* Rounds to 16 bits; a double is rounded twice, which does not matter for a weight or an
 * activation. */
static void round_to(int64_t to, nn_tensor *y)
{
    float *v = y->data;
    for (size_t i = 0; i < y->count && to == ONNX_FLOAT16; i++)
        v[i] = nn_round_float16(v[i]);
    for (size_t i = 0; i < y->count && to == ONNX_BFLOAT16; i++)
        v[i] = nn_round_bfloat16(v[i]);
}

static int run_cast(const nn_step *step, err *e)
{
    (void)e;
    const nn_tensor *x = step->in[0];
    nn_tensor *y = step->out[0];
    if (x->dtype == y->dtype) {
        if (x->bytes)
            memcpy(y->data, x->data, x->bytes);
        round_to(nn_attr_int(step->node, "to", 0), y);
        return 0;
    }
    for (size_t i = 0; i < x->count; i++) {
        if (is_real(x->dtype))
            store_real(y, i, real_at(x, i));
        else if (is_real(y->dtype))
            store_real(y, i, (double)integer_at(x, i));
        else
            store_integer(y, i, integer_at(x, i));
    }
    round_to(nn_attr_int(step->node, "to", 0), y);
    return 0;
}

static bool view_cast(const nn_step *step, int k, size_t *offset)
{
    int64_t to = nn_attr_int(step->node, "to", 0);
    *offset = 0;
    return k == 0 && step->in[0]->dtype == step->out[0]->dtype && to != ONNX_FLOAT16 &&
           to != ONNX_BFLOAT16;
}

const nn_op nn_ops_cast[] = {
    NN_OP("Cast", 1, 1, 1, 1, "saturate:i to:i", .infer = infer_cast, .run = run_cast,
          .view = view_cast),
    {0},
};
