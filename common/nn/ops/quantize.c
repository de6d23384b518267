/* Converts between floats and 8-bit integers: QuantizeLinear, DequantizeLinear,
 * DynamicQuantizeLinear. */
#include <inttypes.h>

#include "nn/int8/finish.h"
#include "nn/ops/integer.h"

int nn_need_byte(const nn_step *step, int k, err *e)
{
    const nn_tensor *t = nn_in(step, k);
    if (t && !nn_is_byte(t))
        return err_set(e, ERR_FORMAT, "input %d is of type %s; it must be uint8 or int8", k,
                       nn_dtype_name(t->dtype));
    return 0;
}

int nn_need_list(const nn_step *step, int k, int64_t count, err *e)
{
    const nn_tensor *t = nn_in(step, k);
    if (t && t->count != 1 && (t->rank != 1 || t->dims[0] != count))
        return err_set(e, ERR_FORMAT, "input %d has %zu values; it must have 1 or %" PRId64, k,
                       t->count, count);
    return 0;
}

int nn_need_scale(const nn_step *step, int k, int64_t count, err *e)
{
    int rc = nn_need_dtype(step, k, NN_FLOAT, e);
    return rc ? rc : nn_need_list(step, k, count, e);
}

int nn_need_zero(const nn_step *step, int k, nn_dtype dtype, int64_t count, err *e)
{
    const nn_tensor *t = nn_in(step, k);
    if (t && t->dtype != dtype)
        return err_set(e, ERR_FORMAT, "the zero point, input %d, is of type %s instead of %s", k,
                       nn_dtype_name(t->dtype), nn_dtype_name(dtype));
    return nn_need_list(step, k, count, e);
}

/* --- QuantizeLinear and DequantizeLinear --------------------------------------------------------
 */

/* The tensor as [outer][along][inner], with `along` the axis of the scales; one long row for a
 * single scale. */
typedef struct linear_plan {
    int64_t outer, along, inner;
} linear_plan;

static int read_plan(const nn_step *step, linear_plan *p, err *e)
{
    const nn_tensor *x = step->in[0], *scale = step->in[1];
    int axis = 0;
    *p = (linear_plan){.outer = 1, .along = 1, .inner = (int64_t)x->count};
    if (scale->count == 1)
        return 0;
    int rc = nn_need_axis(nn_attr_int(step->node, "axis", 1), x->rank, &axis, e);
    if (rc)
        return rc;
    *p = (linear_plan){.outer = nn_dims_product(x, 0, axis),
                       .along = x->dims[axis],
                       .inner = nn_dims_product(x, axis + 1, x->rank)};
    return 0;
}

static int infer_linear(nn_step *step, nn_dtype integers, nn_dtype out, err *e)
{
    linear_plan p;
    int rc = read_plan(step, &p, e);
    if (!rc)
        rc = nn_need_scale(step, 1, p.along, e);
    if (!rc)
        rc = nn_need_zero(step, 2, integers, p.along, e);
    const nn_tensor *zero = nn_in(step, 2);
    if (!rc && zero && zero->count != step->in[1]->count)
        return err_set(e, ERR_FORMAT, "%zu scales and %zu zero points; there must be as many",
                       step->in[1]->count, zero->count);
    return rc ? rc : nn_tensor_like(step->out[0], out, step->in[0], e);
}

static int infer_quantize(nn_step *step, err *e)
{
    const nn_tensor *zero = nn_in(step, 2);
    nn_dtype out = zero ? zero->dtype : NN_UINT8;
    if (step->in[0]->dtype != NN_INT32) {
        int rc = nn_need_dtype(step, 0, NN_FLOAT, e);
        if (rc)
            return rc;
    }
    int rc = nn_need_byte(step, 2, e);
    return rc ? rc : infer_linear(step, out, out, e);
}

static int infer_dequantize(nn_step *step, err *e)
{
    nn_dtype in = step->in[0]->dtype;
    if (in != NN_INT32) {
        int rc = nn_need_byte(step, 0, e);
        if (rc)
            return rc;
    }
    return infer_linear(step, in, NN_FLOAT, e);
}

static int prepare_linear(nn_step *step, err *e)
{
    linear_plan *p = nn_new_state(step, sizeof *p, e);
    return p ? read_plan(step, p, e) : ERR_NOMEM;
}

static void quantize_row(const nn_step *step, size_t from, size_t n, float scale, int32_t zero)
{
    const nn_tensor *x = step->in[0];
    nn_tensor *y = step->out[0];
    if (x->dtype == NN_FLOAT && y->dtype == NN_UINT8) {
        const nn_quantization q = {scale, (uint8_t)zero};
        nn_quantize_row((const float *)x->data + from, q, (uint8_t *)y->data + from, n);
        return;
    }
    for (size_t i = from; i < from + n; i++) {
        float value = x->dtype == NN_FLOAT ? ((const float *)x->data)[i]
                                           : (float)((const int32_t *)x->data)[i];
        if (y->dtype == NN_UINT8)
            ((uint8_t *)y->data)[i] = (uint8_t)nn_quantize(value, scale, zero, 0, 255);
        else
            ((int8_t *)y->data)[i] = (int8_t)nn_quantize(value, scale, zero, -128, 127);
    }
}

static void dequantize_row(const nn_step *step, size_t from, size_t n, float scale, int32_t zero)
{
    float *y = step->out[0]->data;
    if (step->in[0]->dtype == NN_UINT8) {
        const nn_quantization q = {scale, (uint8_t)zero};
        nn_dequantize_row((const uint8_t *)step->in[0]->data + from, q, y + from, n);
        return;
    }
    for (size_t i = from; i < from + n; i++) {
        int64_t level = (int64_t)nn_integer_at(step->in[0], i) - zero;
        y[i] = (float)level * scale;
    }
}

typedef void linear_row(const nn_step *step, size_t from, size_t n, float scale, int32_t zero);

static int run_rows(const nn_step *step, linear_row *row)
{
    const linear_plan *p = step->state;
    size_t at = 0, inner = (size_t)p->inner;
    for (int64_t o = 0; o < p->outer; o++)
        for (size_t a = 0; a < (size_t)p->along; a++, at += inner)
            row(step, at, inner, nn_scale_at(step->in[1], a), nn_zero_at(nn_in(step, 2), a));
    return 0;
}

static int run_quantize(const nn_step *step, err *e)
{
    (void)e;
    return run_rows(step, quantize_row);
}

static int run_dequantize(const nn_step *step, err *e)
{
    (void)e;
    return run_rows(step, dequantize_row);
}

/* --- DynamicQuantizeLinear ----------------------------------------------------------------------
 */

static int infer_dynamic(nn_step *step, err *e)
{
    int rc = nn_need_dtype(step, 0, NN_FLOAT, e);
    if (!rc)
        rc = nn_tensor_like(step->out[0], NN_UINT8, step->in[0], e);
    if (!rc)
        rc = nn_tensor_shape(step->out[1], NN_FLOAT, 0, NULL, e);
    return rc ? rc : nn_tensor_shape(step->out[2], NN_UINT8, 0, NULL, e);
}

static int run_dynamic(const nn_step *step, err *e)
{
    (void)e;
    const nn_tensor *x = step->in[0];
    nn_range range = {0, 0};
    nn_range_row(x->data, x->count, &range);
    const nn_quantization q = nn_quantization_of(range);
    *(float *)step->out[1]->data = q.scale;
    *(uint8_t *)step->out[2]->data = q.zero;
    nn_quantize_within(x->data, q, step->out[0]->data, x->count);
    return 0;
}

const nn_op nn_ops_quantize[] = {
    NN_OP("QuantizeLinear", 2, 3, 1, 1, "axis:i", .infer = infer_quantize,
          .prepare = prepare_linear, .run = run_quantize),
    NN_OP("DequantizeLinear", 2, 3, 1, 1, "axis:i", .infer = infer_dequantize,
          .prepare = prepare_linear, .run = run_dequantize),
    NN_OP("DynamicQuantizeLinear", 1, 1, 3, 3, "", .infer = infer_dynamic, .run = run_dynamic),
    {0},
};
