/* The reverse of reductions: every input gets its output's gradient times the derivative. */
#include <math.h>
#include <string.h>

#include "nn/grad/backward.h"
#include "nn/ops/ops.h"
#include "nn/ops/strided.h"

typedef enum reduction { SUM, MEAN, EXTREME, PRODUCT, L1, L2, SQUARES, LOG_SUM } reduction;

static const struct {
    const char *name;
    reduction which;
} reductions[] = {
    {"ReduceSum", SUM},     {"ReduceMean", MEAN},         {"ReduceMax", EXTREME},
    {"ReduceMin", EXTREME}, {"ReduceProd", PRODUCT},      {"ReduceL1", L1},
    {"ReduceL2", L2},       {"ReduceSumSquare", SQUARES}, {"ReduceLogSum", LOG_SUM},
};

typedef struct reduce_state {
    reduction which;
    nn_strided loops; /* 0: input, 1: output */
    float each;       /* 1 / inputs of one output */
} reduce_state;

static int prepare_reduce(grad_step *t, err *e)
{
    const nn_tensor *x = t->forward->in[0], *y = t->forward->out[0];
    reduce_state *s = grad_new_state(t, sizeof *s, e);
    bool reduced[NN_MAX_RANK];
    if (!s)
        return ERR_NOMEM;
    int rc = nn_reduced_axes(t->forward, reduced, e);
    if (rc)
        return rc;
    size_t i = 0;
    while (strcmp(reductions[i].name, t->op->name) != 0)
        i++;
    s->which = reductions[i].which;
    s->each = (float)((double)y->count / (double)x->count);
    s->loops = (nn_strided){.rank = x->rank, .operands = 2};
    memcpy(s->loops.dims, x->dims, sizeof s->loops.dims);
    nn_broadcast_strides(x, x->rank, x->dims, s->loops.strides[0]);
    int64_t stride = 1;
    for (int d = x->rank - 1; d >= 0; d--) {
        s->loops.strides[1][d] = reduced[d] ? 0 : stride;
        stride *= reduced[d] ? 1 : x->dims[d];
    }
    nn_strided_collapse(&s->loops);
    if (s->which == EXTREME || s->which == PRODUCT)
        t->scratch_bytes = y->count * (sizeof(double) + sizeof(float));
    return 0;
}

/* Per output, the data for the derivative of an extreme or of a product. */
typedef struct tally {
    double *product; /* of the nonzero inputs */
    float *count;    /* of zeros, or of inputs equal to the extreme */
} tally;

typedef struct reduce_run {
    grad_step *t;
    const reduce_state *s;
    tally tally;
} reduce_run;

static int tally_row(void *context, int64_t n, const int64_t *at)
{
    const reduce_run *r = context;
    int64_t x_step = r->s->loops.strides[0][r->s->loops.rank - 1];
    int64_t y_step = r->s->loops.strides[1][r->s->loops.rank - 1];
    const float *x = (const float *)r->t->forward->in[0]->data + at[0];
    const float *y = r->t->forward->out[0]->data;
    for (int64_t i = 0; i < n; i++) {
        int64_t k = at[1] + i * y_step;
        float v = x[i * x_step];
        if (r->s->which == EXTREME)
            r->tally.count[k] += v == y[k];
        else if (v == 0)
            r->tally.count[k]++;
        else
            r->tally.product[k] *= (double)v;
    }
    return 0;
}

/* Equal extremes share the gradient; a product's derivative is the product of the others. */
static float slope(const reduce_run *r, float x, int64_t k)
{
    float y = ((const float *)r->t->forward->out[0]->data)[k];
    switch (r->s->which) {
    case SUM:
        return 1;
    case MEAN:
        return r->s->each;
    case EXTREME:
        return x == y ? 1 / r->tally.count[k] : 0;
    case PRODUCT:
        return r->tally.count[k] > (float)(x == 0)
                   ? 0
                   : (float)(r->tally.product[k] / (x == 0 ? 1 : (double)x));
    case L1:
        return (float)((x > 0) - (x < 0));
    case L2:
        return y > 0 ? x / y : 0;
    case SQUARES:
        return 2 * x;
    case LOG_SUM:
        return expf(-y);
    }
    return 0;
}

static int reverse_row(void *context, int64_t n, const int64_t *at)
{
    const reduce_run *r = context;
    int64_t x_step = r->s->loops.strides[0][r->s->loops.rank - 1];
    int64_t y_step = r->s->loops.strides[1][r->s->loops.rank - 1];
    const float *x = (const float *)r->t->forward->in[0]->data + at[0], *d = r->t->d_out[0];
    float *to = r->t->d_in[0] + at[0];
    bool add = r->t->add[0];
    for (int64_t i = 0; i < n; i++) {
        int64_t k = at[1] + i * y_step;
        float v = d[k] * slope(r, x[i * x_step], k);
        to[i * x_step] = add ? to[i * x_step] + v : v;
    }
    return 0;
}

static void backward_reduce(grad_step *t)
{
    const reduce_state *s = t->state;
    reduce_run r = {.t = t, .s = s};
    size_t outputs = t->forward->out[0]->count;
    if (s->which == EXTREME || s->which == PRODUCT) {
        r.tally.product = t->scratch;
        r.tally.count = (float *)(void *)(r.tally.product + outputs);
        memset(r.tally.count, 0, outputs * sizeof *r.tally.count);
        for (size_t i = 0; i < outputs; i++)
            r.tally.product[i] = 1;
        nn_strided_rows(&s->loops, tally_row, &r);
    }
    nn_strided_rows(&s->loops, reverse_row, &r);
}

#define REDUCE(op)                                                                                 \
    {                                                                                              \
        .name = op, .prepare = prepare_reduce, .backward = backward_reduce                         \
    }

const grad_op grad_ops_reduce[] = {
    REDUCE("ReduceSum"),    REDUCE("ReduceMean"),
    REDUCE("ReduceMax"),    REDUCE("ReduceMin"),
    REDUCE("ReduceProd"),   REDUCE("ReduceL1"),
    REDUCE("ReduceL2"),     REDUCE("ReduceSumSquare"),
    REDUCE("ReduceLogSum"), {0},
};
