/* Operators that map each element alone. */
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
MAP(map_log, logf(x))
MAP(map_sqrt, sqrtf(x))
MAP(map_abs, fabsf(x))
MAP(map_neg, -x)
MAP(map_reciprocal, 1 / x)
MAP(map_erf, erff(x))
MAP(map_sin, sinf(x))
MAP(map_cos, cosf(x))
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

/* Indexed by nn_op.variant. */
static const struct {
    map run;
    const char *a, *b; /* attributes */
    float a_otherwise, b_otherwise;
} maps[] = {
    {map_relu, 0, 0, 0, 0},
    {map_leaky_relu, "alpha", 0, 0.01f, 0},
    {map_sigmoid, 0, 0, 0, 0},
    {map_tanh, 0, 0, 0, 0},
    {map_hard_sigmoid, "alpha", "beta", 0.2f, 0.5f},
    {map_hard_swish, 0, 0, 0, 0},
    {map_elu, "alpha", 0, 1, 0},
    {map_selu, "alpha", "gamma", 1.67326319217681884765625f, 1.05070102214813232421875f},
    {map_celu, "alpha", 0, 1, 0},
    {map_softplus, 0, 0, 0, 0},
    {map_softsign, 0, 0, 0, 0},
    {map_thresholded, "alpha", 0, 1, 0},
    {map_exp, 0, 0, 0, 0},
    {map_log, 0, 0, 0, 0},
    {map_sqrt, 0, 0, 0, 0},
    {map_abs, 0, 0, 0, 0},
    {map_neg, 0, 0, 0, 0},
    {map_reciprocal, 0, 0, 0, 0},
    {map_erf, 0, 0, 0, 0},
    {map_sin, 0, 0, 0, 0},
    {map_cos, 0, 0, 0, 0},
    {map_floor, 0, 0, 0, 0},
    {map_ceil, 0, 0, 0, 0},
    {map_round, 0, 0, 0, 0},
    {map_sign, 0, 0, 0, 0},
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

static int run_map(const nn_step *step, err *e)
{
    (void)e;
    const map_state *m = step->state;
    m->run(step->in[0]->data, step->out[0]->data, step->out[0]->count, m->a, m->b);
    return 0;
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

const nn_op nn_ops_unary[] = {
    UNARY("Relu", "", 0),
    UNARY("LeakyRelu", "alpha:f", 1),
    UNARY("Sigmoid", "", 2),
    UNARY("Tanh", "", 3),
    UNARY("HardSigmoid", "alpha:f beta:f", 4),
    UNARY("HardSwish", "", 5),
    UNARY("Elu", "alpha:f", 6),
    UNARY("Selu", "alpha:f gamma:f", 7),
    UNARY("Celu", "alpha:f", 8),
    UNARY("Softplus", "", 9),
    UNARY("Softsign", "", 10),
    UNARY("ThresholdedRelu", "alpha:f", 11),
    UNARY("Exp", "", 12),
    UNARY("Log", "", 13),
    UNARY("Sqrt", "", 14),
    UNARY("Abs", "", 15),
    UNARY("Neg", "", 16),
    UNARY("Reciprocal", "", 17),
    UNARY("Erf", "", 18),
    UNARY("Sin", "", 19),
    UNARY("Cos", "", 20),
    UNARY("Floor", "", 21),
    UNARY("Ceil", "", 22),
    UNARY("Round", "", 23),
    UNARY("Sign", "", 24),
    NN_OP("Clip", 1, 3, 1, 1, "min:f max:f", .infer = infer_clip, .run = run_clip),
    NN_OP("Not", 1, 1, 1, 1, "", .infer = infer_not, .run = run_not),
    {0},
};
