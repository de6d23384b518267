/* The reverse of operators with broadcasting: each input's gradient is summed over the axes along
 * which it was repeated. nn_strided gives rows of equal steps, so equal shapes are one row, a
 * vector over channels is a row for each channel, and a scalar is one sum. */
#include <math.h>
#include <string.h>

#include "nn/grad/backward.h"
#include "nn/kernels/elementwise_gradient.h"
#include "nn/ops/ops.h"
#include "nn/ops/strided.h"

/* A loop over the output's shape: d_out, both operands, the target. */
enum { D, A, B, TO };

typedef struct pair_loop {
    nn_strided loops;
    bool sums; /* several outputs add to one element of the target */
    bool fold; /* and they are neighbours */
} pair_loop;

static void plan_loop(pair_loop *p, const nn_tensor *out, const nn_tensor *a, const nn_tensor *b,
                      const nn_tensor *to)
{
    const nn_tensor *of[] = {[D] = out, [A] = a, [B] = b, [TO] = to};
    p->loops = (nn_strided){.rank = out->rank, .operands = 4};
    memcpy(p->loops.dims, out->dims, sizeof p->loops.dims);
    for (int k = 0; k < 4; k++)
        nn_broadcast_strides(of[k], out->rank, out->dims, p->loops.strides[k]);
    nn_strided_collapse(&p->loops);
    p->sums = to->count < out->count;
    p->fold = p->sums && p->loops.strides[TO][p->loops.rank - 1] == 0;
}

/* One running loop. */
typedef struct pair_run {
    const pair_loop *plan;
    nn_pair_gradient which;
    const float *d, *a, *b;
    float *to;
    int a_step, b_step;
    bool add;
} pair_run;

static int run_row(void *context, int64_t n, const int64_t *at)
{
    const pair_run *r = context;
    nn_pair_gradient_row(r->which, r->d + at[D], r->a + at[A], r->a_step, r->b + at[B], r->b_step,
                         r->to + at[TO], (size_t)n, r->add, r->plan->fold);
    return 0;
}

/* Zeroes the target of a sum, unless the sum adds to it. */
static bool begin(const grad_step *t, int k, bool sums)
{
    if (sums && !t->add[k])
        memset(t->d_in[k], 0, t->forward->in[k]->bytes);
    return sums || t->add[k];
}

static void run_loop(grad_step *t, int k, const pair_loop *p, nn_pair_gradient which,
                     const float *a, const float *b)
{
    int last = p->loops.rank - 1;
    pair_run r = {.plan = p,
                  .which = which,
                  .d = t->d_out[0],
                  .a = a,
                  .b = b,
                  .to = t->d_in[k],
                  .a_step = p->loops.strides[A][last] != 0,
                  .b_step = p->loops.strides[B][last] != 0,
                  .add = begin(t, k, p->sums)};
    nn_strided_rows(&p->loops, run_row, &r);
}

/* --- Add, Sub, Mul, Div, PRelu -----------------------------------------------------------------
 */

static const struct {
    const char *name;
    nn_pair_gradient by[2]; /* input 0, input 1 */
    bool swapped;           /* for input 0, b is the factor */
} pairs[] = {
    {"Add", {NN_GRADIENT_PLUS, NN_GRADIENT_PLUS}, false},
    {"Sub", {NN_GRADIENT_PLUS, NN_GRADIENT_MINUS}, false},
    {"Mul", {NN_GRADIENT_TIMES, NN_GRADIENT_TIMES}, true},
    {"Div", {NN_GRADIENT_OVER, NN_GRADIENT_DENOMINATOR}, false},
    {"PRelu", {NN_GRADIENT_PRELU, NN_GRADIENT_PRELU_SLOPE}, false},
};

typedef struct pair_state {
    nn_pair_gradient which[2];
    bool exchange; /* for input 1, input 0 is the factor */
    pair_loop loops[2];
} pair_state;

static int prepare_pair(grad_step *t, err *e)
{
    pair_state *p = grad_new_state(t, sizeof *p, e);
    const nn_step *step = t->forward;
    if (!p)
        return ERR_NOMEM;
    size_t i = 0;
    while (strcmp(pairs[i].name, t->op->name) != 0)
        i++;
    memcpy(p->which, pairs[i].by, sizeof p->which);
    p->exchange = pairs[i].swapped;
    for (int k = 0; k < 2; k++) {
        bool swap = k == 1 && p->exchange;
        plan_loop(&p->loops[k], step->out[0], step->in[swap], step->in[!swap], step->in[k]);
    }
    return 0;
}

static void backward_pair(grad_step *t)
{
    const pair_state *p = t->state;
    for (int k = 0; k < 2; k++) {
        bool swap = k == 1 && p->exchange;
        if (t->d_in[k])
            run_loop(t, k, &p->loops[k], p->which[k], t->forward->in[swap]->data,
                     t->forward->in[!swap]->data);
    }
}

/* --- Pow ---------------------------------------------------------------------------------------
 */

static int prepare_pow(grad_step *t, err *e)
{
    pair_loop *p = nn_pool_array(t->pool, 2, sizeof *p);
    const nn_step *step = t->forward;
    t->state = p;
    if (!p)
        return err_set(e, ERR_NOMEM, "no memory for its reverse");
    if (step->in[1]->dtype != NN_FLOAT)
        return err_set(e, ERR_UNSUPPORTED,
                       "its exponent is of type %s; csilink differentiates powers with a float one",
                       nn_dtype_name(step->in[1]->dtype));
    for (int k = 0; k < 2; k++)
        plan_loop(&p[k], step->out[0], step->in[0], step->in[1], step->in[k]);
    return 0;
}

/* d x^p / dx = p x^(p - 1), 0 for p = 0; d x^p / dp = x^p ln x, 0 for x <= 0, where x^p has no
 * derivative by p (as in PyTorch at x = 0). */
static float power_slope(int k, float x, float p)
{
    if (k == 1)
        return x > 0 ? powf(x, p) * logf(x) : 0;
    return p == 2 ? 2 * x : p == 0 ? 0 : p * powf(x, p - 1);
}

typedef struct element_run {
    grad_step *t;
    const pair_loop *plan;
    int k;
    bool add;
} element_run;

static int power_row(void *context, int64_t n, const int64_t *at)
{
    const element_run *r = context;
    int last = r->plan->loops.rank - 1;
    const int64_t(*strides)[NN_MAX_RANK] = r->plan->loops.strides;
    const float *x = r->t->forward->in[0]->data, *p = r->t->forward->in[1]->data;
    for (int64_t i = 0; i < n; i++) {
        float slope =
            power_slope(r->k, x[at[A] + i * strides[A][last]], p[at[B] + i * strides[B][last]]);
        float v = slope * r->t->d_out[0][at[D] + i * strides[D][last]];
        float *to = &r->t->d_in[r->k][at[TO] + i * strides[TO][last]];
        *to = r->add ? *to + v : v;
    }
    return 0;
}

static void backward_pow(grad_step *t)
{
    const pair_loop *p = t->state;
    for (int k = 0; k < 2; k++) {
        if (!t->d_in[k])
            continue;
        element_run r = {.t = t, .plan = &p[k], .k = k, .add = begin(t, k, p[k].sums)};
        nn_strided_rows(&p[k].loops, power_row, &r);
    }
}

/* --- Sum, Mean ---------------------------------------------------------------------------------
 */

static int prepare_sum(grad_step *t, err *e)
{
    const nn_step *step = t->forward;
    pair_loop *p = nn_pool_array(t->pool, (size_t)step->n_in, sizeof *p);
    t->state = p;
    if (!p)
        return err_set(e, ERR_NOMEM, "no memory for its reverse");
    for (int k = 0; k < step->n_in; k++)
        plan_loop(&p[k], step->out[0], step->out[0], step->out[0], step->in[k]);
    t->scratch_bytes = strcmp(t->op->name, "Mean") == 0 ? step->out[0]->bytes : 0;
    return 0;
}

static void backward_sum(grad_step *t)
{
    const pair_loop *p = t->state;
    for (int k = 0; k < t->forward->n_in; k++)
        if (t->d_in[k])
            run_loop(t, k, &p[k], NN_GRADIENT_PLUS, t->d_out[0], t->d_out[0]);
}

static void backward_mean(grad_step *t)
{
    grad_step scaled = *t;
    const float *d = t->scratch;
    scaled.d_out = &d;
    nn_scale_to(1 / (float)t->forward->n_in, t->d_out[0], t->scratch, t->forward->out[0]->count,
                false);
    backward_sum(&scaled);
}

/* --- Max, Min ----------------------------------------------------------------------------------
 */

/* For two inputs: a tie goes to input 0 (the first of equals, as in a reduction). */
static int prepare_extreme(grad_step *t, err *e)
{
    const nn_step *step = t->forward;
    if (step->n_in > 2)
        return err_set(e, ERR_UNSUPPORTED,
                       "it has %d inputs; csilink differentiates it for one or two", step->n_in);
    pair_loop *p = nn_pool_array(t->pool, 2, sizeof *p);
    t->state = p;
    if (!p)
        return err_set(e, ERR_NOMEM, "no memory for its reverse");
    for (int k = 0; k < step->n_in; k++)
        plan_loop(&p[k], step->out[0], step->in[k], step->in[step->n_in > 1 ? !k : 0], step->in[k]);
    return 0;
}

static void backward_extreme(grad_step *t, nn_pair_gradient first, nn_pair_gradient second)
{
    const pair_loop *p = t->state;
    const nn_step *step = t->forward;
    for (int k = 0; k < step->n_in; k++)
        if (t->d_in[k])
            run_loop(t, k, &p[k], k ? second : first, step->in[k]->data,
                     step->in[step->n_in > 1 ? !k : 0]->data);
}

static void backward_max(grad_step *t)
{
    backward_extreme(t, NN_GRADIENT_NOT_LESS, NN_GRADIENT_GREATER);
}

static void backward_min(grad_step *t)
{
    backward_extreme(t, NN_GRADIENT_NOT_GREATER, NN_GRADIENT_LESS);
}

/* --- Where -------------------------------------------------------------------------------------
 */

static int prepare_where(grad_step *t, err *e)
{
    const nn_step *step = t->forward;
    pair_loop *p = nn_pool_array(t->pool, 3, sizeof *p);
    t->state = p;
    if (!p)
        return err_set(e, ERR_NOMEM, "no memory for its reverse");
    for (int k = 1; k < 3; k++)
        plan_loop(&p[k], step->out[0], step->in[0], step->in[0], step->in[k]);
    return 0;
}

static int where_row(void *context, int64_t n, const int64_t *at)
{
    const element_run *r = context;
    int last = r->plan->loops.rank - 1;
    const int64_t(*strides)[NN_MAX_RANK] = r->plan->loops.strides;
    const uint8_t *choice = r->t->forward->in[0]->data;
    for (int64_t i = 0; i < n; i++) {
        bool first = choice[at[A] + i * strides[A][last]] != 0;
        float v = first == (r->k == 1) ? r->t->d_out[0][at[D] + i * strides[D][last]] : 0;
        float *to = &r->t->d_in[r->k][at[TO] + i * strides[TO][last]];
        *to = r->add ? *to + v : v;
    }
    return 0;
}

static void backward_where(grad_step *t)
{
    const pair_loop *p = t->state;
    for (int k = 1; k < 3; k++) {
        if (!t->d_in[k])
            continue;
        element_run r = {.t = t, .plan = &p[k], .k = k, .add = begin(t, k, p[k].sums)};
        nn_strided_rows(&p[k].loops, where_row, &r);
    }
}

#define PAIR(op)                                                                                   \
    {                                                                                              \
        .name = op, .prepare = prepare_pair, .backward = backward_pair                             \
    }

const grad_op grad_ops_binary[] = {
    PAIR("Add"),
    PAIR("Sub"),
    PAIR("Mul"),
    PAIR("Div"),
    PAIR("PRelu"),
    {.name = "Pow", .prepare = prepare_pow, .backward = backward_pow},
    {.name = "Sum", .prepare = prepare_sum, .backward = backward_sum},
    {.name = "Mean", .prepare = prepare_sum, .backward = backward_mean},
    {.name = "Max", .prepare = prepare_extreme, .backward = backward_max},
    {.name = "Min", .prepare = prepare_extreme, .backward = backward_min},
    {.name = "Where", .prepare = prepare_where, .backward = backward_where},
    {0},
};
