/* The reverse of elementwise operators: d_in = d_out f'(x). */
#include <math.h>
#include <string.h>

#include "nn/grad/backward.h"
#include "nn/kernels/elementwise_gradient.h"
#include "nn/ops/ops.h"

/* to = (or +=) d f'(x), where y = f(x); a and b are the operator's attributes. */
typedef void (*reverse)(const float *from, const float *image, const float *d, float *to, size_t n,
                        bool add, float a, float b);

#define SLOPE(name, expression)                                                                    \
    static void name(const float *from, const float *image, const float *d, float *to, size_t n,   \
                     bool add, float a, float b)                                                   \
    {                                                                                              \
        (void)a;                                                                                   \
        (void)b;                                                                                   \
        for (size_t i = 0; i < n; i++) {                                                           \
            float x = from[i], y = image[i];                                                       \
            (void)x;                                                                               \
            (void)y;                                                                               \
            float v = d[i] * (expression);                                                         \
            to[i] = add ? to[i] + v : v;                                                           \
        }                                                                                          \
    }

static float hard_swish(float x)
{
    return x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5f;
}

/* d/dx x tanh(log(1 + e^x)) */
static float mish(float x)
{
    float t = tanhf(x > 20 ? x : log1pf(expf(x)));
    return t + x * (1 - t * t) / (1 + expf(-x));
}

/* d/dx x Phi(x) = Phi(x) + x phi(x), Phi the normal distribution and phi its density. */
static float gelu(float x)
{
    return 0.5f * (1 + erff(x * 0.70710678f)) + x * 0.39894228f * expf(-x * x / 2);
}

/* d/dx x (1 + tanh(u)) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3) */
static float gelu_tanh(float x)
{
    float t = tanhf(0.79788456f * (x + 0.044715f * x * x * x));
    float slope = 0.79788456f * (1 + 3 * 0.044715f * x * x);
    return 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * slope;
}

SLOPE(slope_hard_sigmoid, y > 0 && y < 1 ? a : 0)
SLOPE(slope_hard_swish, hard_swish(x))
SLOPE(slope_elu, x < 0 ? y + a : 1)
SLOPE(slope_selu, x > 0 ? b : y + a * b)
SLOPE(slope_celu, x < 0 ? y / a + 1 : 1)
SLOPE(slope_softplus, x > 20 ? 1 : 1 / (1 + expf(-x)))
SLOPE(slope_softsign, 1 / ((1 + fabsf(x)) * (1 + fabsf(x))))
SLOPE(slope_thresholded, x > a ? 1 : 0)
SLOPE(slope_exp, y)
SLOPE(slope_log, 1 / x)
SLOPE(slope_sqrt, 0.5f / y)
SLOPE(slope_abs, (float)((x > 0) - (x < 0)))
SLOPE(slope_reciprocal, -y *y)
SLOPE(slope_erf, 1.1283791670955126f * expf(-x * x)) /* 2 / sqrt(pi) */
SLOPE(slope_sin, cosf(x))
SLOPE(slope_cos, -sinf(x))
SLOPE(slope_tan, 1 + y * y)
SLOPE(slope_asin, 1 / sqrtf(1 - x * x))
SLOPE(slope_acos, -1 / sqrtf(1 - x * x))
SLOPE(slope_atan, 1 / (1 + x * x))
SLOPE(slope_sinh, coshf(x))
SLOPE(slope_cosh, sinhf(x))
SLOPE(slope_asinh, 1 / sqrtf(x * x + 1))
SLOPE(slope_acosh, 1 / sqrtf(x * x - 1))
SLOPE(slope_atanh, 1 / (1 - x * x))
SLOPE(slope_mish, mish(x))
SLOPE(slope_gelu, gelu(x))
SLOPE(slope_gelu_tanh, gelu_tanh(x))
SLOPE(slope_shrink, fabsf(x) > a ? 1 : 0)

static const struct {
    const char *name;
    reverse run;
    const char *a, *b;
    float a_otherwise, b_otherwise;
} slopes[] = {
    {"HardSigmoid", slope_hard_sigmoid, "alpha", NULL, 0.2f, 0},
    {"HardSwish", slope_hard_swish, NULL, NULL, 0, 0},
    {"Elu", slope_elu, "alpha", NULL, 1, 0},
    {"Selu", slope_selu, "alpha", "gamma", 1.67326319217681884765625f, 1.05070102214813232421875f},
    {"Celu", slope_celu, "alpha", NULL, 1, 0},
    {"Softplus", slope_softplus, NULL, NULL, 0, 0},
    {"Softsign", slope_softsign, NULL, NULL, 0, 0},
    {"ThresholdedRelu", slope_thresholded, "alpha", NULL, 1, 0},
    {"Exp", slope_exp, NULL, NULL, 0, 0},
    {"Log", slope_log, NULL, NULL, 0, 0},
    {"Sqrt", slope_sqrt, NULL, NULL, 0, 0},
    {"Abs", slope_abs, NULL, NULL, 0, 0},
    {"Reciprocal", slope_reciprocal, NULL, NULL, 0, 0},
    {"Erf", slope_erf, NULL, NULL, 0, 0},
    {"Sin", slope_sin, NULL, NULL, 0, 0},
    {"Cos", slope_cos, NULL, NULL, 0, 0},
    {"Tan", slope_tan, NULL, NULL, 0, 0},
    {"Asin", slope_asin, NULL, NULL, 0, 0},
    {"Acos", slope_acos, NULL, NULL, 0, 0},
    {"Atan", slope_atan, NULL, NULL, 0, 0},
    {"Sinh", slope_sinh, NULL, NULL, 0, 0},
    {"Cosh", slope_cosh, NULL, NULL, 0, 0},
    {"Asinh", slope_asinh, NULL, NULL, 0, 0},
    {"Acosh", slope_acosh, NULL, NULL, 0, 0},
    {"Atanh", slope_atanh, NULL, NULL, 0, 0},
    {"Mish", slope_mish, NULL, NULL, 0, 0},
    {"Gelu", slope_gelu, NULL, NULL, 0, 0},
    {"Shrink", slope_shrink, "lambd", NULL, 0.5f, 0},
};

typedef struct map_state {
    reverse run;
    float a, b;
} map_state;

static int prepare_map(grad_step *t, err *e)
{
    map_state *m = grad_new_state(t, sizeof *m, e);
    if (!m)
        return ERR_NOMEM;
    size_t i = 0;
    while (strcmp(slopes[i].name, t->op->name) != 0)
        i++;
    const nn_node *node = t->forward->node;
    m->run = slopes[i].run;
    if (m->run == slope_gelu && strcmp(nn_attr_string(node, "approximate", "none"), "tanh") == 0)
        m->run = slope_gelu_tanh;
    m->a = slopes[i].a ? nn_attr_float(node, slopes[i].a, slopes[i].a_otherwise) : 0;
    m->b = slopes[i].b ? nn_attr_float(node, slopes[i].b, slopes[i].b_otherwise) : 0;
    return 0;
}

static void backward_map(grad_step *t)
{
    const map_state *m = t->state;
    m->run(t->forward->in[0]->data, t->forward->out[0]->data, t->d_out[0], t->d_in[0],
           t->forward->out[0]->count, t->add[0], m->a, m->b);
}

/* --- operators with a kernel -------------------------------------------------------------------
 */

static void activate(grad_step *t, nn_activation activation, float alpha)
{
    nn_activate_gradient(activation, alpha, t->forward->in[0]->data, t->forward->out[0]->data,
                         t->d_out[0], t->d_in[0], t->forward->out[0]->count, t->add[0]);
}

static void backward_relu(grad_step *t)
{
    activate(t, NN_ACT_RELU, 0);
}

static void backward_leaky_relu(grad_step *t)
{
    activate(t, NN_ACT_LEAKY_RELU, nn_attr_float(t->forward->node, "alpha", 0.01f));
}

static void backward_sigmoid(grad_step *t)
{
    activate(t, NN_ACT_SIGMOID, 0);
}

static void backward_tanh(grad_step *t)
{
    activate(t, NN_ACT_TANH, 0);
}

static void backward_neg(grad_step *t)
{
    nn_scale_to(-1, t->d_out[0], t->d_in[0], t->forward->out[0]->count, t->add[0]);
}

/* Step functions have slope 0 wherever they have a derivative. */
static void backward_flat(grad_step *t)
{
    if (!t->add[0])
        memset(t->d_in[0], 0, t->forward->in[0]->bytes);
}

/* The sign of a weight is straight-through, as in XNOR-Net: a binary matrix computes with the
 * signs, and its weights learn as if they were the signs, until they are beyond 1. */
static void backward_sign(grad_step *t)
{
    const float *x = t->forward->in[0]->data, *d = t->d_out[0];
    float *to = t->d_in[0];
    if (!t->weight[0]) {
        backward_flat(t);
        return;
    }
    for (size_t i = 0; i < t->forward->in[0]->count; i++) {
        float v = fabsf(x[i]) <= 1 ? d[i] : 0;
        to[i] = t->add[0] ? to[i] + v : v;
    }
}

/* --- Clip --------------------------------------------------------------------------------------
 */

static int prepare_clip(grad_step *t, err *e)
{
    for (int k = 1; k < t->forward->n_in; k++)
        if (t->d_in[k])
            return err_set(e, ERR_UNSUPPORTED,
                           "a bound (input %d) depends on a weight or on the input; csilink "
                           "differentiates constant bounds",
                           k);
    return 0;
}

/* Inside the bounds, both included, the slope is 1. */
static void backward_clip(grad_step *t)
{
    const nn_step *step = t->forward;
    const nn_tensor *low = nn_in(step, 1), *high = nn_in(step, 2);
    float least = low ? *(const float *)low->data : nn_attr_float(step->node, "min", -INFINITY);
    float most = high ? *(const float *)high->data : nn_attr_float(step->node, "max", INFINITY);
    const float *x = step->in[0]->data, *d = t->d_out[0];
    float *to = t->d_in[0];
    for (size_t i = 0; i < step->out[0]->count; i++) {
        float v = x[i] < least || x[i] > most ? 0 : d[i];
        to[i] = t->add[0] ? to[i] + v : v;
    }
}

#define MAP(op)                                                                                    \
    {                                                                                              \
        .name = op, .prepare = prepare_map, .backward = backward_map                               \
    }
#define FLAT(op)                                                                                   \
    {                                                                                              \
        .name = op, .backward = backward_flat                                                      \
    }

const grad_op grad_ops_unary[] = {
    {.name = "Relu", .backward = backward_relu},
    {.name = "LeakyRelu", .backward = backward_leaky_relu},
    {.name = "Sigmoid", .backward = backward_sigmoid},
    {.name = "Tanh", .backward = backward_tanh},
    {.name = "Neg", .backward = backward_neg},
    MAP("HardSigmoid"),
    MAP("HardSwish"),
    MAP("Elu"),
    MAP("Selu"),
    MAP("Celu"),
    MAP("Softplus"),
    MAP("Softsign"),
    MAP("ThresholdedRelu"),
    MAP("Exp"),
    MAP("Log"),
    MAP("Sqrt"),
    MAP("Abs"),
    MAP("Reciprocal"),
    MAP("Erf"),
    MAP("Sin"),
    MAP("Cos"),
    MAP("Tan"),
    MAP("Asin"),
    MAP("Acos"),
    MAP("Atan"),
    MAP("Sinh"),
    MAP("Cosh"),
    MAP("Asinh"),
    MAP("Acosh"),
    MAP("Atanh"),
    MAP("Mish"),
    MAP("Gelu"),
    MAP("Shrink"),
    FLAT("Floor"),
    FLAT("Ceil"),
    FLAT("Round"),
    {.name = "Sign", .backward = backward_sign},
    {.name = "Clip", .prepare = prepare_clip, .backward = backward_clip},
    {0},
};
