/* Gemm and MatMul, on the products of kernels/gemm.h. */
#include <string.h>

#include "nn/kernels/elementwise.h"
#include "nn/kernels/gemm.h"
#include "nn/ops/ops.h"
#include "nn/ops/strided.h"

/* c[m][n] = alpha op(a) op(b) + beta c */
typedef struct product {
    int64_t m, n, k;
    bool a_transposed, b_transposed;
    float alpha;
} product;

static void multiply(const product *p, const float *a, const float *b, float beta, float *c)
{
    nn_gemm(p->a_transposed, p->b_transposed, p->m, p->n, p->k, p->alpha, a, b, beta, c);
}

/* The library behind nn_gemm counts in int. */
static int set_product(product *p, int64_t m, int64_t n, int64_t k, err *e)
{
    if (m > INT32_MAX || n > INT32_MAX || k > INT32_MAX)
        return err_set(e, ERR_UNSUPPORTED, "a matrix has a dimension beyond 2^31");
    *p = (product){.m = m, .n = n, .k = k, .alpha = 1};
    return 0;
}

static int64_t count_macs(const nn_tensor *out, int64_t depth)
{
    int64_t macs;
    return __builtin_mul_overflow((int64_t)out->count, depth, &macs) ? INT64_MAX : macs;
}

static int need_floats(const nn_step *step, err *e)
{
    for (int k = 0; k < step->n_in; k++) {
        int rc = nn_need_dtype(step, k, NN_FLOAT, e);
        if (rc)
            return rc;
    }
    return 0;
}

static int refuse_shapes(const nn_step *step, err *e)
{
    nn_dims_text a, b;
    return err_set(e, ERR_FORMAT, "shapes %s and %s cannot be multiplied",
                   nn_dims_print(&a, step->in[0]->rank, step->in[0]->dims),
                   nn_dims_print(&b, step->in[1]->rank, step->in[1]->dims));
}

/* --- Gemm: alpha A B + beta C ------------------------------------------------------------------
 */

typedef struct gemm_state {
    product p;
    float beta;
    nn_strided spread; /* C over the output */
} gemm_state;

static int infer_gemm(nn_step *step, err *e)
{
    int rc = need_floats(step, e);
    for (int k = 0; !rc && k < 2; k++)
        rc = nn_need_rank(step, k, 2, 2, e);
    if (rc)
        return rc;
    bool ta = nn_attr_int(step->node, "transA", 0), tb = nn_attr_int(step->node, "transB", 0);
    const int64_t *a = step->in[0]->dims, *b = step->in[1]->dims;
    int64_t dims[2] = {a[ta ? 1 : 0], b[tb ? 0 : 1]}, depth = a[ta ? 0 : 1];
    if (depth != b[tb ? 1 : 0])
        return refuse_shapes(step, e);
    rc = nn_tensor_shape(step->out[0], NN_FLOAT, 2, dims, e);
    if (rc)
        return rc;
    step->macs = count_macs(step->out[0], depth);
    const nn_tensor *c = nn_in(step, 2);
    int64_t all[NN_MAX_RANK];
    int rank = 2;
    rc = c ? nn_broadcast(step->out[0], c, all, &rank, e) : 0;
    if (!rc && c && (rank != 2 || all[0] != dims[0] || all[1] != dims[1]))
        return err_set(e, ERR_FORMAT, "input 2 does not broadcast to the product's shape");
    return rc;
}

static int prepare_gemm(nn_step *step, err *e)
{
    gemm_state *g = nn_new_state(step, sizeof *g, e);
    if (!g)
        return ERR_NOMEM;
    const nn_tensor *out = step->out[0], *c = nn_in(step, 2);
    bool ta = nn_attr_int(step->node, "transA", 0), tb = nn_attr_int(step->node, "transB", 0);
    int rc = set_product(&g->p, out->dims[0], out->dims[1], step->in[0]->dims[ta ? 0 : 1], e);
    g->p.a_transposed = ta;
    g->p.b_transposed = tb;
    g->p.alpha = nn_attr_float(step->node, "alpha", 1);
    g->beta = c ? nn_attr_float(step->node, "beta", 1) : 0;
    if (c) {
        g->spread = (nn_strided){.rank = 2, .operands = 2, .dims = {out->dims[0], out->dims[1]}};
        nn_broadcast_strides(out, 2, out->dims, g->spread.strides[0]);
        nn_broadcast_strides(c, 2, out->dims, g->spread.strides[1]);
        nn_strided_collapse(&g->spread);
    }
    return rc;
}

static int run_gemm(const nn_step *step, err *e)
{
    (void)e;
    const gemm_state *g = step->state;
    nn_tensor *out = step->out[0];
    if (g->beta != 0.0f)
        nn_strided_copy(&g->spread, out->data, step->in[2]->data, sizeof(float));
    multiply(&g->p, step->in[0]->data, step->in[1]->data, g->beta, out->data);
    if (step->activation != NN_ACT_NONE)
        nn_activate(step->activation, step->alpha, out->data, out->data, out->count);
    return 0;
}

/* --- MatMul: numpy's, with batches that broadcast ----------------------------------------------
 */

typedef struct matmul_state {
    product p;
    nn_strided batches; /* which matrix of a and b makes which of the output */
} matmul_state;

/* Both operands as at least two-dimensional, and the broadcast batch dimensions. */
typedef struct matmul_shape {
    nn_tensor a, b, batch_a, batch_b;
    int64_t dims[NN_MAX_RANK + 2];
    int batch_rank;
} matmul_shape;

static void widen(nn_tensor *t, bool left)
{
    if (t->rank != 1)
        return;
    t->dims[1] = left ? t->dims[0] : 1;
    t->dims[0] = left ? 1 : t->dims[0];
    t->rank = 2;
}

static int read_matmul(const nn_step *step, matmul_shape *s, err *e)
{
    s->a = *step->in[0];
    s->b = *step->in[1];
    if (s->a.rank == 0 || s->b.rank == 0)
        return refuse_shapes(step, e);
    widen(&s->a, true);
    widen(&s->b, false);
    s->batch_a = s->a;
    s->batch_b = s->b;
    s->batch_a.rank -= 2;
    s->batch_b.rank -= 2;
    if (s->a.dims[s->a.rank - 1] != s->b.dims[s->b.rank - 2])
        return refuse_shapes(step, e);
    return nn_broadcast(&s->batch_a, &s->batch_b, s->dims, &s->batch_rank, e);
}

static int infer_matmul(nn_step *step, err *e)
{
    matmul_shape s;
    int rc = need_floats(step, e);
    if (!rc)
        rc = read_matmul(step, &s, e);
    if (rc)
        return rc;
    int rank = s.batch_rank;
    if (step->in[0]->rank > 1)
        s.dims[rank++] = s.a.dims[s.a.rank - 2];
    if (step->in[1]->rank > 1)
        s.dims[rank++] = s.b.dims[s.b.rank - 1];
    rc = nn_tensor_shape(step->out[0], NN_FLOAT, rank, s.dims, e);
    step->macs = rc ? 0 : count_macs(step->out[0], s.a.dims[s.a.rank - 1]);
    return rc;
}

/* Strides of the batch dimensions, in elements. */
static void batch_strides(const nn_tensor *t, const matmul_shape *s, int64_t matrix, int64_t *out)
{
    nn_broadcast_strides(t, s->batch_rank, s->dims, out);
    for (int i = 0; i < s->batch_rank; i++)
        out[i] *= matrix;
}

static int prepare_matmul(nn_step *step, err *e)
{
    matmul_state *m = nn_new_state(step, sizeof *m, e);
    matmul_shape s;
    if (!m)
        return ERR_NOMEM;
    int rc = read_matmul(step, &s, e);
    if (rc)
        return rc;
    int64_t rows = s.a.dims[s.a.rank - 2], depth = s.a.dims[s.a.rank - 1];
    int64_t columns = s.b.dims[s.b.rank - 1];
    nn_tensor batch_out = {.rank = s.batch_rank};
    memcpy(batch_out.dims, s.dims, sizeof batch_out.dims);
    m->batches = (nn_strided){.rank = s.batch_rank, .operands = 3};
    memcpy(m->batches.dims, s.dims, sizeof m->batches.dims);
    batch_strides(&batch_out, &s, rows * columns, m->batches.strides[0]);
    batch_strides(&s.batch_a, &s, rows * depth, m->batches.strides[1]);
    batch_strides(&s.batch_b, &s, depth * columns, m->batches.strides[2]);
    nn_strided_collapse(&m->batches);
    /* A stack of matrices times one matrix is one tall product. */
    const nn_strided *b = &m->batches;
    if (b->rank == 1 && b->strides[2][0] == 0 && b->strides[1][0] == rows * depth) {
        rows *= b->dims[0];
        m->batches.dims[0] = 1;
    }
    return set_product(&m->p, rows, columns, depth, e);
}

static int matmul_row(void *context, int64_t n, const int64_t *at)
{
    const nn_step *step = context;
    const matmul_state *m = step->state;
    int last = m->batches.rank - 1;
    for (int64_t i = 0; i < n; i++)
        multiply(&m->p, (const float *)step->in[0]->data + at[1] + i * m->batches.strides[1][last],
                 (const float *)step->in[1]->data + at[2] + i * m->batches.strides[2][last], 0,
                 (float *)step->out[0]->data + at[0] + i * m->batches.strides[0][last]);
    return 0;
}

static int run_matmul(const nn_step *step, err *e)
{
    (void)e;
    const matmul_state *m = step->state;
    nn_tensor *out = step->out[0];
    nn_step copy = *step;
    nn_strided_rows(&m->batches, matmul_row, &copy);
    if (step->activation != NN_ACT_NONE)
        nn_activate(step->activation, step->alpha, out->data, out->data, out->count);
    return 0;
}

const nn_op nn_ops_gemm[] = {
    NN_OP("Gemm", 2, 3, 1, 1, "alpha:f beta:f transA:i transB:i", .infer = infer_gemm,
          .prepare = prepare_gemm, .run = run_gemm, .flags = NN_OP_ACTIVATES),
    NN_OP("MatMul", 2, 2, 1, 1, "", .infer = infer_matmul, .prepare = prepare_matmul,
          .run = run_matmul, .flags = NN_OP_ACTIVATES),
    {0},
};
