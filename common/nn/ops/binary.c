/* Operators on two (or a list of) tensors with numpy broadcasting. */
#include <math.h>
#include <string.h>

#include "nn/kernels/elementwise.h"
#include "nn/ops/binary_rows.h"
#include "nn/ops/ops.h"
#include "nn/ops/strided.h"

/* Selected by the variant of a table entry. */
typedef struct binary_kind {
    nn_binary op;
    bool to_bool; /* a comparison */
} binary_kind;

enum {
    ADD,
    SUB,
    MUL,
    DIV,
    POW,
    PRELU,
    EQUAL,
    LESS,
    LESS_EQUAL,
    GREATER,
    GREATER_EQUAL,
    AND,
    OR,
    XOR,
    MAX,
    MIN,
    SUM,
    MEAN
};

static const binary_kind kinds[] = {
    [ADD] = {.op = NN_BIN_ADD},
    [SUB] = {.op = NN_BIN_SUB},
    [MUL] = {.op = NN_BIN_MUL},
    [DIV] = {.op = NN_BIN_DIV},
    [POW] = {.op = NN_BIN_POW},
    [PRELU] = {.op = NN_BIN_PRELU},
    [EQUAL] = {.op = NN_BIN_EQUAL, .to_bool = true},
    [LESS] = {.op = NN_BIN_LESS, .to_bool = true},
    [LESS_EQUAL] = {.op = NN_BIN_LESS_EQUAL, .to_bool = true},
    [GREATER] = {.op = NN_BIN_GREATER, .to_bool = true},
    [GREATER_EQUAL] = {.op = NN_BIN_GREATER_EQUAL, .to_bool = true},
    [AND] = {.op = NN_BIN_AND, .to_bool = true},
    [OR] = {.op = NN_BIN_OR, .to_bool = true},
    [XOR] = {.op = NN_BIN_XOR, .to_bool = true},
    [MAX] = {.op = NN_BIN_MAX},
    [MIN] = {.op = NN_BIN_MIN},
    [SUM] = {.op = NN_BIN_ADD},
    [MEAN] = {.op = NN_BIN_ADD},
};

/* Operand 0 is the output, 1 and 2 are the inputs. */
typedef struct pair_plan {
    nn_strided loops;
    nn_binary_row row;
} pair_plan;

typedef struct binary_state {
    nn_strided first; /* variadic: broadcasts input 0 to the output */
    pair_plan plans[];
} binary_state;

static int infer_binary(nn_step *step, err *e)
{
    const binary_kind *kind = &kinds[step->op->variant];
    nn_dtype dtype = step->in[0]->dtype;
    nn_tensor all = *step->in[0];
    for (int k = 1; k < step->n_in; k++) {
        int64_t dims[NN_MAX_RANK];
        int rank = 0;
        if (step->in[k]->dtype != dtype && kind->op != NN_BIN_POW)
            return err_set(e, ERR_FORMAT, "input %d is of type %s and input 0 of type %s", k,
                           nn_dtype_name(step->in[k]->dtype), nn_dtype_name(dtype));
        int rc = nn_broadcast(&all, step->in[k], dims, &rank, e);
        if (!rc)
            rc = nn_tensor_shape(&all, dtype, rank, dims, e);
        if (rc)
            return rc;
    }
    if (!nn_binary_find(kind->op, dtype, step->n_in > 1 ? step->in[1]->dtype : dtype))
        return err_set(e, ERR_UNSUPPORTED, "csilink's operator does not take type %s",
                       nn_dtype_name(dtype));
    if (kind->op == NN_BIN_PRELU && !nn_same_dims(&all, step->in[0]))
        return err_set(e, ERR_FORMAT, "its slopes do not broadcast to its input's shape");
    return nn_tensor_like(step->out[0], kind->to_bool ? NN_BOOL : dtype, &all, e);
}

static void plan_loops(nn_strided *s, const nn_step *step, const nn_tensor *a, const nn_tensor *b)
{
    const nn_tensor *out = step->out[0];
    *s = (nn_strided){.rank = out->rank, .operands = b ? 3 : 2};
    memcpy(s->dims, out->dims, sizeof s->dims);
    nn_broadcast_strides(out, out->rank, out->dims, s->strides[0]);
    nn_broadcast_strides(a, out->rank, out->dims, s->strides[1]);
    if (b)
        nn_broadcast_strides(b, out->rank, out->dims, s->strides[2]);
    nn_strided_collapse(s);
}

static int prepare_binary(nn_step *step, err *e)
{
    int pairs = step->n_in > 1 ? step->n_in - 1 : 0;
    binary_state *b = nn_new_state(step, sizeof *b + (size_t)pairs * sizeof b->plans[0], e);
    if (!b)
        return ERR_NOMEM;
    const binary_kind *kind = &kinds[step->op->variant];
    plan_loops(&b->first, step, step->in[0], NULL);
    for (int p = 0; p < pairs; p++) {
        pair_plan *plan = &b->plans[p];
        plan_loops(&plan->loops, step, p ? step->out[0] : step->in[0], step->in[p + 1]);
        plan->row = nn_binary_find(kind->op, step->in[0]->dtype, step->in[p + 1]->dtype);
    }
    return 0;
}

/* One running pair: rows of all three arrays. */
typedef struct pair_run {
    const pair_plan *plan;
    char *out;
    const char *a, *b;
    size_t out_size, a_size, b_size;
    int out_step, a_step, b_step;
} pair_run;

static int run_row(void *context, int64_t n, const int64_t *at)
{
    const pair_run *r = context;
    return r->plan->row(r->a + at[1] * (int64_t)r->a_size, r->a_step,
                        r->b + at[2] * (int64_t)r->b_size, r->b_step,
                        r->out + at[0] * (int64_t)r->out_size, (size_t)n);
}

static int run_pair(const pair_plan *plan, const nn_tensor *a, const nn_tensor *b, nn_tensor *out,
                    err *e)
{
    int last = plan->loops.rank - 1;
    pair_run r = {.plan = plan,
                  .out = out->data,
                  .a = a->data,
                  .b = b->data,
                  .out_size = nn_dtype_size(out->dtype),
                  .a_size = nn_dtype_size(a->dtype),
                  .b_size = nn_dtype_size(b->dtype),
                  .a_step = plan->loops.strides[1][last] != 0,
                  .b_step = plan->loops.strides[2][last] != 0};
    if (nn_strided_rows(&plan->loops, run_row, &r))
        return err_set(e, ERR_INVALID, "an integer is divided by zero");
    return 0;
}

static int run_binary(const nn_step *step, err *e)
{
    const binary_state *b = step->state;
    nn_tensor *out = step->out[0];
    int rc = run_pair(&b->plans[0], step->in[0], step->in[1], out, e);
    if (!rc && step->activation != NN_ACT_NONE)
        nn_activate(step->activation, step->alpha, out->data, out->data, out->count);
    return rc;
}

static int run_variadic(const nn_step *step, err *e)
{
    const binary_state *b = step->state;
    nn_tensor *out = step->out[0];
    int rc = 0;
    if (step->n_in == 1)
        nn_strided_copy(&b->first, out->data, step->in[0]->data, nn_dtype_size(out->dtype));
    for (int p = 0; !rc && p + 1 < step->n_in; p++)
        rc = run_pair(&b->plans[p], p ? out : step->in[0], step->in[p + 1], out, e);
    if (!rc && step->op->variant == MEAN)
        nn_scale_shift(1 / (float)step->n_in, 0, out->data, out->data, out->count);
    return rc;
}

/* --- Where -------------------------------------------------------------------------------------
 */

static int infer_where(nn_step *step, err *e)
{
    int64_t dims[NN_MAX_RANK];
    int rank = 0;
    nn_tensor both = {0};
    if (step->in[0]->dtype != NN_BOOL || step->in[1]->dtype != step->in[2]->dtype)
        return err_set(e, ERR_FORMAT,
                       "its inputs are %s, %s, %s; they must be bool and twice the "
                       "same type",
                       nn_dtype_name(step->in[0]->dtype), nn_dtype_name(step->in[1]->dtype),
                       nn_dtype_name(step->in[2]->dtype));
    int rc = nn_broadcast(step->in[1], step->in[2], dims, &rank, e);
    if (!rc)
        rc = nn_tensor_shape(&both, step->in[1]->dtype, rank, dims, e);
    if (!rc)
        rc = nn_broadcast(&both, step->in[0], dims, &rank, e);
    return rc ? rc : nn_tensor_shape(step->out[0], step->in[1]->dtype, rank, dims, e);
}

static int prepare_where(nn_step *step, err *e)
{
    nn_strided *s = nn_new_state(step, sizeof *s, e);
    if (!s)
        return ERR_NOMEM;
    const nn_tensor *out = step->out[0];
    *s = (nn_strided){.rank = out->rank, .operands = 4};
    memcpy(s->dims, out->dims, sizeof s->dims);
    nn_broadcast_strides(out, out->rank, out->dims, s->strides[0]);
    for (int k = 0; k < 3; k++)
        nn_broadcast_strides(step->in[k], out->rank, out->dims, s->strides[k + 1]);
    nn_strided_collapse(s);
    return 0;
}

static int where_row(void *context, int64_t n, const int64_t *at)
{
    const nn_step *step = context;
    const nn_strided *s = step->state;
    int last = s->rank - 1;
    size_t size = nn_dtype_size(step->out[0]->dtype);
    const uint8_t *choice = (const uint8_t *)step->in[0]->data + at[1];
    for (int64_t i = 0; i < n; i++) {
        int k = choice[i * s->strides[1][last]] ? 1 : 2;
        int64_t from = at[k + 1] + i * s->strides[k + 1][last];
        memcpy((char *)step->out[0]->data + (size_t)(at[0] + i * s->strides[0][last]) * size,
               (const char *)step->in[k]->data + (size_t)from * size, size);
    }
    return 0;
}

static int run_where(const nn_step *step, err *e)
{
    (void)e;
    nn_step copy = *step;
    return nn_strided_rows(step->state, where_row, &copy);
}

#define BINARY(op, which, ...)                                                                     \
    NN_OP(op, 2, 2, 1, 1, "", .infer = infer_binary, .prepare = prepare_binary, .run = run_binary, \
          .variant = which, __VA_ARGS__)
#define VARIADIC(op, which)                                                                        \
    NN_OP(op, 1, NN_MANY, 1, 1, "", .infer = infer_binary, .prepare = prepare_binary,              \
          .run = run_variadic, .variant = which)

const nn_op nn_ops_binary[] = {
    BINARY("Add", ADD, .flags = NN_OP_ACTIVATES),
    BINARY("Sub", SUB, .flags = NN_OP_ACTIVATES),
    BINARY("Mul", MUL, .flags = NN_OP_ACTIVATES),
    BINARY("Div", DIV, .flags = NN_OP_ACTIVATES),
    BINARY("Pow", POW, .flags = 0),
    BINARY("PRelu", PRELU, .flags = 0),
    BINARY("Equal", EQUAL, .flags = 0),
    BINARY("Less", LESS, .flags = 0),
    BINARY("LessOrEqual", LESS_EQUAL, .flags = 0),
    BINARY("Greater", GREATER, .flags = 0),
    BINARY("GreaterOrEqual", GREATER_EQUAL, .flags = 0),
    BINARY("And", AND, .flags = 0),
    BINARY("Or", OR, .flags = 0),
    BINARY("Xor", XOR, .flags = 0),
    VARIADIC("Max", MAX),
    VARIADIC("Min", MIN),
    VARIADIC("Sum", SUM),
    VARIADIC("Mean", MEAN),
    NN_OP("Where", 3, 3, 1, 1, "", .infer = infer_where, .prepare = prepare_where,
          .run = run_where),
    {0},
};
