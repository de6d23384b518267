/* The reverse of Gemm and MatMul: two more products each, on kernels/gemm.h. */
#include <string.h>

#include "nn/grad/backward.h"
#include "nn/kernels/gemm.h"
#include "nn/ops/product.h"

/* c = alpha op(a) op(b), so d_op(a) = alpha d_c op(b)^T; if a is stored transposed, the transposed
 * equation. Sets d_a to that plus beta d_a. */
static void to_left(const nn_product *p, const float *d_c, const float *b, float beta, float *d_a)
{
    if (p->a_transposed)
        nn_gemm(p->b_transposed, true, p->k, p->m, p->n, p->alpha, b, d_c, beta, d_a);
    else
        nn_gemm(false, !p->b_transposed, p->m, p->k, p->n, p->alpha, d_c, b, beta, d_a);
}

/* d_op(b) = alpha op(a)^T d_c. */
static void to_right(const nn_product *p, const float *d_c, const float *a, float beta, float *d_b)
{
    if (p->b_transposed)
        nn_gemm(true, p->a_transposed, p->n, p->k, p->m, p->alpha, d_c, a, beta, d_b);
    else
        nn_gemm(!p->a_transposed, false, p->k, p->n, p->m, p->alpha, a, d_c, beta, d_b);
}

/* The gradient of input k of a product whose inputs begin at in[0] and in[1]. */
static void to_input(const nn_product *p, int k, const float *d_c, const float *const in[2],
                     float beta, float *d_in)
{
    if (k == p->a)
        to_left(p, d_c, in[p->b], beta, d_in);
    else
        to_right(p, d_c, in[p->a], beta, d_in);
}

static void clear_unless_added(const grad_step *step, int k)
{
    if (!step->add[k])
        memset(step->d_in[k], 0, step->forward->in[k]->bytes);
}

/* --- Gemm --------------------------------------------------------------------------------------
 */

typedef struct gemm_state {
    nn_product p;
    float beta;
    int64_t c_strides[2]; /* of C over the output */
} gemm_state;

static int prepare_gemm(grad_step *step, err *e)
{
    const nn_step *f = step->forward;
    gemm_state *g = grad_new_state(step, sizeof *g, e);
    if (!g)
        return ERR_NOMEM;
    g->beta = nn_attr_float(f->node, "beta", 1);
    if (nn_in(f, 2))
        nn_broadcast_strides(f->in[2], 2, f->out[0]->dims, g->c_strides);
    return nn_gemm_read(f, &g->p, e);
}

static void to_constant(const grad_step *step, const gemm_state *g, const float *d_y)
{
    float *d_c = step->d_in[2];
    const int64_t *strides = g->c_strides;
    clear_unless_added(step, 2);
    for (int64_t i = 0; i < g->p.m; i++)
        for (int64_t j = 0; j < g->p.n; j++)
            d_c[i * strides[0] + j * strides[1]] += g->beta * *d_y++;
}

static void backward_gemm(grad_step *step)
{
    const gemm_state *g = step->state;
    const nn_step *f = step->forward;
    const float *const in[2] = {f->in[0]->data, f->in[1]->data};
    for (int k = 0; k < 2; k++)
        if (step->d_in[k])
            to_input(&g->p, k, step->d_out[0], in, step->add[k] ? 1.0f : 0.0f, step->d_in[k]);
    if (f->n_in > 2 && step->d_in[2])
        to_constant(step, g, step->d_out[0]);
}

/* --- MatMul ------------------------------------------------------------------------------------
 */

static int prepare_matmul(grad_step *step, err *e)
{
    nn_matmul *m = grad_new_state(step, sizeof *m, e);
    return m ? nn_matmul_read(step->forward, m, e) : ERR_NOMEM;
}

/* The products of one row of batches for one input. */
typedef struct matmul_run {
    const grad_step *step;
    int input;
    float beta;
} matmul_run;

static int matmul_row(void *context, int64_t n, const int64_t *at)
{
    const matmul_run *r = context;
    const nn_matmul *m = r->step->state;
    const nn_step *f = r->step->forward;
    const int last = m->batches.rank - 1;
    for (int64_t i = 0; i < n; i++) {
        int64_t begin[3];
        for (int k = 0; k < 3; k++)
            begin[k] = at[k] + i * m->batches.strides[k][last];
        const float *const in[2] = {(const float *)f->in[0]->data + begin[1],
                                    (const float *)f->in[1]->data + begin[2]};
        to_input(&m->p, r->input, r->step->d_out[0] + begin[0], in, r->beta,
                 r->step->d_in[r->input] + begin[1 + r->input]);
    }
    return 0;
}

/* Whether a matrix of input k contributes to several of the output, or none. */
static bool accumulates(const nn_matmul *m, int k)
{
    for (int d = 0; d < m->batches.rank; d++)
        if (m->batches.dims[d] != 1 && (m->batches.strides[1 + k][d] == 0 || !m->batches.dims[d]))
            return true;
    return false;
}

static void backward_matmul(grad_step *step)
{
    const nn_matmul *m = step->state;
    for (int k = 0; k < 2; k++) {
        if (!step->d_in[k])
            continue;
        matmul_run r = {step, k, step->add[k] ? 1.0f : 0.0f};
        if (accumulates(m, k)) {
            clear_unless_added(step, k);
            r.beta = 1;
        }
        nn_strided_rows(&m->batches, matmul_row, &r);
    }
}

const grad_op grad_ops_gemm[] = {
    {.name = "Gemm", .prepare = prepare_gemm, .backward = backward_gemm},
    {.name = "MatMul", .prepare = prepare_matmul, .backward = backward_matmul},
    {0},
};
