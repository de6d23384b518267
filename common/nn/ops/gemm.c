/* Gemm and MatMul, on the products of kernels/gemm.h. */
#include <string.h>

#include "nn/kernels/elementwise.h"
#include "nn/kernels/gemm.h"
#include "nn/ops/product.h"

static void multiply(const nn_product *p, const float *a, const float *b, float beta, float *c)
{
    nn_gemm(p->a_transposed, p->b_transposed, p->m, p->n, p->k, p->alpha, a, b, beta, c);
}

/* The library behind nn_gemm counts in int. */
static int set_product(nn_product *p, int64_t m, int64_t n, int64_t k, err *e)
{
    if (m > INT32_MAX || n > INT32_MAX || k > INT32_MAX)
        return err_set(e, ERR_UNSUPPORTED, "a matrix has a dimension beyond 2^31");
    *p = (nn_product){.m = m, .n = n, .k = k, .alpha = 1, .a = 0, .b = 1};
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
    nn_product p;
    float beta;
    nn_strided spread; /* broadcasts C to the output */
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

int nn_gemm_read(const nn_step *step, nn_product *p, err *e)
{
    const nn_tensor *out = step->out[0];
    bool ta = nn_attr_int(step->node, "transA", 0), tb = nn_attr_int(step->node, "transB", 0);
    int rc = set_product(p, out->dims[0], out->dims[1], step->in[0]->dims[ta ? 0 : 1], e);
    p->a_transposed = ta;
    p->b_transposed = tb;
    p->alpha = nn_attr_float(step->node, "alpha", 1);
    return rc;
}

static int prepare_gemm(nn_step *step, err *e)
{
    gemm_state *g = nn_new_state(step, sizeof *g, e);
    if (!g)
        return ERR_NOMEM;
    const nn_tensor *out = step->out[0], *c = nn_in(step, 2);
    int rc = nn_gemm_read(step, &g->p, e);
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

int nn_matmul_infer(nn_step *step, nn_dtype dtype, err *e)
{
    matmul_shape s;
    int rc = read_matmul(step, &s, e);
    if (rc)
        return rc;
    int rank = s.batch_rank;
    if (step->in[0]->rank > 1)
        s.dims[rank++] = s.a.dims[s.a.rank - 2];
    if (step->in[1]->rank > 1)
        s.dims[rank++] = s.b.dims[s.b.rank - 1];
    rc = nn_tensor_shape(step->out[0], dtype, rank, s.dims, e);
    step->macs = rc ? 0 : count_macs(step->out[0], s.a.dims[s.a.rank - 1]);
    return rc;
}

static int infer_matmul(nn_step *step, err *e)
{
    int rc = need_floats(step, e);
    return rc ? rc : nn_matmul_infer(step, NN_FLOAT, e);
}

/* Strides of the batch dimensions, in elements. */
static void batch_strides(const nn_tensor *t, const matmul_shape *s, int64_t matrix, int64_t *out)
{
    nn_broadcast_strides(t, s->batch_rank, s->dims, out);
    for (int i = 0; i < s->batch_rank; i++)
        out[i] *= matrix;
}

/* Several matrices times one: their rows are consecutive, as are the output's. */
static void join_rows(nn_matmul *m)
{
    const nn_strided *b = &m->batches;
    const int64_t most = INT32_MAX;
    nn_product *p = &m->p;
    if (b->rank != 1 || b->dims[0] > most / (p->m > p->n ? p->m + 1 : p->n + 1))
        return;
    if (b->strides[2][0] == 0 && b->strides[1][0] == p->m * p->k) {
        p->m *= b->dims[0];
    } else if (p->n == 1 && b->strides[1][0] == 0 && b->strides[2][0] == p->k) {
        /* One matrix times several columns: the columns are the rows of the transposed product. */
        *p = (nn_product){.m = b->dims[0], .n = p->m, .k = p->k, .alpha = 1, .a = 1, .b = 0};
        p->b_transposed = true;
    } else {
        return;
    }
    m->batches.dims[0] = 1;
}

int nn_matmul_read(const nn_step *step, nn_matmul *m, err *e)
{
    matmul_shape s;
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
    rc = set_product(&m->p, rows, columns, depth, e);
    if (!rc)
        join_rows(m);
    return rc;
}

static int prepare_matmul(nn_step *step, err *e)
{
    nn_matmul *m = nn_new_state(step, sizeof *m, e);
    return m ? nn_matmul_read(step, m, e) : ERR_NOMEM;
}

static int matmul_row(void *context, int64_t n, const int64_t *at)
{
    const nn_step *step = context;
    const nn_matmul *m = step->state;
    const int last = m->batches.rank - 1;
    const float *in[2] = {step->in[0]->data, step->in[1]->data};
    float *out = (float *)step->out[0]->data + at[0];
    for (int64_t i = 0; i < n; i++) {
        const float *of[2];
        for (int k = 0; k < 2; k++)
            of[k] = in[k] + at[1 + k] + i * m->batches.strides[1 + k][last];
        multiply(&m->p, of[m->p.a], of[m->p.b], 0, out + i * m->batches.strides[0][last]);
    }
    return 0;
}

static int run_matmul(const nn_step *step, err *e)
{
    (void)e;
    const nn_matmul *m = step->state;
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
