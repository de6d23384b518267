/* Elementwise operators. */
#include <math.h>
#include <string.h>

#include "nn/kernels/elementwise.h"
#include "nn/ops/ops.h"

/* Parameters are the operator's attributes in the table's order; most have none or one. */
typedef void (*map)(const float *x, float *y, size_t n, float a, float b);

#define MAP(name, expression)                                                                      \
    static void name(const float *from, float *to, size_t n, float a, float b)                     \
    {                                                                                              \
        (void)a;                                                                                   \
        (void)b;                                                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            float x = from[i];                                                                     \
            to[i] = (expression);                                                                  \
        }                                                                                          \
    }

static float unit_clamp(float x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

MAP(map_hard_sigmoid, unit_clamp(a *x + b))
MAP(map_hard_swish, x *unit_clamp(x *(1 / 6.0f) + 0.5f))
MAP(map_elu, x < 0 ? a * expm1f(x) : x)
MAP(map_selu, b *(x > 0 ? x : a * expm1f(x)))
MAP(map_celu, x < 0 ? a * expm1f(x / a) : x)
MAP(map_softplus, x > 20 ? x : log1pf(expf(x)))
MAP(map_softsign, x / (1 + fabsf(x)))
MAP(map_thresholded, x > a ? x : 0)
MAP(map_mish, x *tanhf(x > 20 ? x : log1pf(expf(x))))
MAP(map_gelu, 0.5f * x * (1 + erff(x * (float)M_SQRT1_2)))
MAP(map_gelu_tanh, 0.5f * x * (1 + tanhf(0.7978845608f * (x + 0.044715f * x * x * x))))
MAP(map_shrink, x<-a ? x + b : x> a ? x - b : 0)
MAP(map_log, logf(x))
MAP(map_sqrt, sqrtf(x))
MAP(map_abs, fabsf(x))
MAP(map_neg, -x)
MAP(map_reciprocal, 1 / x)
MAP(map_erf, erff(x))
MAP(map_sin, sinf(x))
MAP(map_cos, cosf(x))
MAP(map_tan, tanf(x))
MAP(map_asin, asinf(x))
MAP(map_acos, acosf(x))
MAP(map_atan, atanf(x))
MAP(map_sinh, sinhf(x))
MAP(map_cosh, coshf(x))
MAP(map_asinh, asinhf(x))
MAP(map_acosh, acoshf(x))
MAP(map_atanh, atanhf(x))
MAP(map_floor, floorf(x))
MAP(map_ceil, ceilf(x))
MAP(map_round, rintf(x))
MAP(map_sign, (float)((x > 0) - (x < 0)))

static void map_relu(const float *x, float *y, size_t n, float a, float b)
{
    (void)a;
    (void)b;
    nn_activate(NN_ACT_RELU, 0, x, y, n);
}

static void map_leaky_relu(const float *x, float *y, size_t n, float a, float b)
{
    (void)b;
    nn_activate(NN_ACT_LEAKY_RELU, a, x, y, n);
}

static void map_sigmoid(const float *x, float *y, size_t n, float a, float b)
{
    (void)a;
    (void)b;
    nn_activate(NN_ACT_SIGMOID, 0, x, y, n);
}

static void map_tanh(const float *x, float *y, size_t n, float a, float b)
{
    (void)a;
    (void)b;
    nn_activate(NN_ACT_TANH, 0, x, y, n);
}

static void map_exp(const float *x, float *y, size_t n, float a, float b)
{
    (void)a;
    (void)b;
    nn_exp(x, y, n);
}

/* nn_op.variant of each operator. */
enum {
    RELU,
    LEAKY_RELU,
    SIGMOID,
    TANH,
    HARD_SIGMOID,
    HARD_SWISH,
    ELU,
    SELU,
    CELU,
    SOFTPLUS,
    SOFTSIGN,
    THRESHOLDED_RELU,
    MISH,
    GELU,
    SHRINK,
    EXP,
    LOG,
    SQRT,
    ABS,
    NEG,
    RECIPROCAL,
    ERF,
    SIN,
    COS,
    TAN,
    ASIN,
    ACOS,
    ATAN,
    SINH,
    COSH,
    ASINH,
    ACOSH,
    ATANH,
    FLOOR,
    CEIL,
    ROUND,
    SIGN
};

static const struct {
    map run;
    const char *a, *b; /* attributes */
    float a_otherwise, b_otherwise;
} maps[] = {
    [RELU] = {.run = map_relu},
    [LEAKY_RELU] = {.run = map_leaky_relu, .a = "alpha", .a_otherwise = 0.01f},
    [SIGMOID] = {.run = map_sigmoid},
    [TANH] = {.run = map_tanh},
    [HARD_SIGMOID] = {.run = map_hard_sigmoid,
                      .a = "alpha",
                      .a_otherwise = 0.2f,
                      .b = "beta",
                      .b_otherwise = 0.5f},
    [HARD_SWISH] = {.run = map_hard_swish},
    [ELU] = {.run = map_elu, .a = "alpha", .a_otherwise = 1},
    [SELU] = {.run = map_selu,
              .a = "alpha",
              .a_otherwise = 1.67326319217681884765625f,
              .b = "gamma",
              .b_otherwise = 1.05070102214813232421875f},
    [CELU] = {.run = map_celu, .a = "alpha", .a_otherwise = 1},
    [SOFTPLUS] = {.run = map_softplus},
    [SOFTSIGN] = {.run = map_softsign},
    [THRESHOLDED_RELU] = {.run = map_thresholded, .a = "alpha", .a_otherwise = 1},
    [MISH] = {.run = map_mish},
    [GELU] = {.run = map_gelu},
    [SHRINK] = {.run = map_shrink, .a = "lambd", .a_otherwise = 0.5f, .b = "bias"},
    [EXP] = {.run = map_exp},
    [LOG] = {.run = map_log},
    [SQRT] = {.run = map_sqrt},
    [ABS] = {.run = map_abs},
    [NEG] = {.run = map_neg},
    [RECIPROCAL] = {.run = map_reciprocal},
    [ERF] = {.run = map_erf},
    [SIN] = {.run = map_sin},
    [COS] = {.run = map_cos},
    [TAN] = {.run = map_tan},
    [ASIN] = {.run = map_asin},
    [ACOS] = {.run = map_acos},
    [ATAN] = {.run = map_atan},
    [SINH] = {.run = map_sinh},
    [COSH] = {.run = map_cosh},
    [ASINH] = {.run = map_asinh},
    [ACOSH] = {.run = map_acosh},
    [ATANH] = {.run = map_atanh},
    [FLOOR] = {.run = map_floor},
    [CEIL] = {.run = map_ceil},
    [ROUND] = {.run = map_round},
    [SIGN] = {.run = map_sign},
};

typedef struct map_state {
    map run;
    float a, b;
} map_state;

static int prepare_map(nn_step *step, err *e)
{
    map_state *m = nn_new_state(step, sizeof *m, e);
    if (!m)
        return ERR_NOMEM;
    int v = step->op->variant;
    m->run = maps[v].run;
    m->a = maps[v].a ? nn_attr_float(step->node, maps[v].a, maps[v].a_otherwise) : 0;
    m->b = maps[v].b ? nn_attr_float(step->node, maps[v].b, maps[v].b_otherwise) : 0;
    return 0;
}

/* Neg and Abs also serve shape arithmetic. The least integer stays unchanged, as in numpy. */
static int infer_signed(nn_step *step, err *e)
{
    nn_dtype dtype = step->in[0]->dtype;
    if (dtype != NN_INT64 && dtype != NN_INT32)
        return nn_infer_same_float(step, e);
    return nn_infer_same(step, e);
}

static int run_integer(const nn_step *step)
{
    bool always = step->op->variant == NEG;
    for (size_t i = 0; i < step->out[0]->count; i++) {
        if (step->in[0]->dtype == NN_INT64) {
            int64_t x = ((const int64_t *)step->in[0]->data)[i];
            ((int64_t *)step->out[0]->data)[i] = always || x < 0 ? (int64_t)(0 - (uint64_t)x) : x;
        } else {
            int32_t x = ((const int32_t *)step->in[0]->data)[i];
            ((int32_t *)step->out[0]->data)[i] = always || x < 0 ? (int32_t)(0 - (uint32_t)x) : x;
        }
    }
    return 0;
}

static int run_map(const nn_step *step, err *e)
{
    (void)e;
    const map_state *m = step->state;
    if (step->in[0]->dtype != NN_FLOAT)
        return run_integer(step);
    m->run(step->in[0]->data, step->out[0]->data, step->out[0]->count, m->a, m->b);
    return 0;
}

/* --- Gelu: exact, or by tanh -------------------------------------------------------------------
 */

static int infer_gelu(nn_step *step, err *e)
{
    const char *how = nn_attr_string(step->node, "approximate", "none");
    if (strcmp(how, "none") != 0 && strcmp(how, "tanh") != 0)
        return err_set(e, ERR_FORMAT, "its approximate is '%.40s'; it must be none or tanh", how);
    return nn_infer_same_float(step, e);
}

static int prepare_gelu(nn_step *step, err *e)
{
    int rc = prepare_map(step, e);
    map_state *m = step->state;
    if (!rc && strcmp(nn_attr_string(step->node, "approximate", "none"), "tanh") == 0)
        m->run = map_gelu_tanh;
    return rc;
}

/* --- Clip: bounds are attributes to opset 10, inputs from 11 on --------------------------------
 */

static int infer_clip(nn_step *step, err *e)
{
    for (int k = 1; k < 3; k++) {
        const nn_tensor *bound = nn_in(step, k);
        if (bound && bound->count != 1)
            return err_set(e, ERR_FORMAT, "input %d has %zu values; a bound is one", k,
                           bound->count);
        int rc = nn_need_dtype(step, k, step->in[0]->dtype, e);
        if (rc)
            return rc;
    }
    nn_dtype dtype = step->in[0]->dtype;
    if (dtype != NN_FLOAT && dtype != NN_INT8)
        return nn_need_dtype(step, 0, NN_FLOAT, e);
    return nn_infer_same(step, e);
}

static int clip_int8(const nn_step *step)
{
    const nn_tensor *low = nn_in(step, 1), *high = nn_in(step, 2);
    int8_t least = low ? *(const int8_t *)low->data : INT8_MIN;
    int8_t most = high ? *(const int8_t *)high->data : INT8_MAX;
    const int8_t *x = step->in[0]->data;
    int8_t *y = step->out[0]->data;
    for (size_t i = 0; i < step->out[0]->count; i++) {
        int8_t raised = x[i] < least ? least : x[i];
        y[i] = raised > most ? most : raised;
    }
    return 0;
}

static int run_clip(const nn_step *step, err *e)
{
    (void)e;
    if (step->in[0]->dtype == NN_INT8)
        return clip_int8(step);
    const nn_tensor *low = nn_in(step, 1), *high = nn_in(step, 2);
    float least = low ? *(const float *)low->data : nn_attr_float(step->node, "min", -INFINITY);
    float most = high ? *(const float *)high->data : nn_attr_float(step->node, "max", INFINITY);
    const float *x = step->in[0]->data;
    float *y = step->out[0]->data;
    for (size_t i = 0; i < step->out[0]->count; i++) {
        float raised = x[i] < least ? least : x[i];
        y[i] = raised > most ? most : raised;
    }
    return 0;
}

/* --- Not ---------------------------------------------------------------------------------------
 */

static int infer_not(nn_step *step, err *e)
{
    int rc = nn_need_dtype(step, 0, NN_BOOL, e);
    return rc ? rc : nn_infer_same(step, e);
}

static int run_not(const nn_step *step, err *e)
{
    (void)e;
    const uint8_t *x = step->in[0]->data;
    uint8_t *y = step->out[0]->data;
    for (size_t i = 0; i < step->out[0]->count; i++)
        y[i] = !x[i];
    return 0;
}

#define UNARY(op, list, which)                                                                     \
    NN_OP(op, 1, 1, 1, 1, list, .infer = nn_infer_same_float, .prepare = prepare_map,              \
          .run = run_map, .variant = which)

#define SIGNED(op, which)                                                                          \
    NN_OP(op, 1, 1, 1, 1, "", .infer = infer_signed, .prepare = prepare_map, .run = run_map,       \
          .variant = which)

const nn_op nn_ops_unary[] = {
    UNARY("Relu", "", RELU),
    UNARY("LeakyRelu", "alpha:f", LEAKY_RELU),
    UNARY("Sigmoid", "", SIGMOID),
    UNARY("Tanh", "", TANH),
    UNARY("HardSigmoid", "alpha:f beta:f", HARD_SIGMOID),
    UNARY("HardSwish", "", HARD_SWISH),
    UNARY("Elu", "alpha:f", ELU),
    UNARY("Selu", "alpha:f gamma:f", SELU),
    UNARY("Celu", "alpha:f", CELU),
    UNARY("Softplus", "", SOFTPLUS),
    UNARY("Softsign", "", SOFTSIGN),
    UNARY("ThresholdedRelu", "alpha:f", THRESHOLDED_RELU),
    UNARY("Mish", "", MISH),
    NN_OP("Gelu", 1, 1, 1, 1, "approximate:s", .infer = infer_gelu, .prepare = prepare_gelu,
          .run = run_map, .variant = GELU),
    UNARY("Shrink", "bias:f lambd:f", SHRINK),
    UNARY("Exp", "", EXP),
    UNARY("Log", "", LOG),
    UNARY("Sqrt", "", SQRT),
    SIGNED("Abs", ABS),
    SIGNED("Neg", NEG),
    UNARY("Reciprocal", "", RECIPROCAL),
    UNARY("Erf", "", ERF),
    UNARY("Sin", "", SIN),
    UNARY("Cos", "", COS),
    UNARY("Tan", "", TAN),
    UNARY("Asin", "", ASIN),
    UNARY("Acos", "", ACOS),
    UNARY("Atan", "", ATAN),
    UNARY("Sinh", "", SINH),
    UNARY("Cosh", "", COSH),
    UNARY("Asinh", "", ASINH),
    UNARY("Acosh", "", ACOSH),
    UNARY("Atanh", "", ATANH),
    UNARY("Floor", "", FLOOR),
    UNARY("Ceil", "", CEIL),
    UNARY("Round", "", ROUND),
    UNARY("Sign", "", SIGN),
    NN_OP("Clip", 1, 3, 1, 1, "min:f max:f", .infer = infer_clip, .run = run_clip),
    NN_OP("Not", 1, 1, 1, 1, "", .infer = infer_not, .run = run_not),
    {0},
};
