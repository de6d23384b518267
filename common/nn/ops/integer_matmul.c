/* MatMulInteger and QLinearMatMul: products of 8-bit integers with 32-bit sums, in plain loops. */
#include "nn/ops/integer.h"
#include "nn/ops/product.h"

/* Input numbers of the operands of the two operators; -1: none. */
typedef struct operands {
    int a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero;
} operands;

static const operands layouts[] = {
    {.a_scale = -1, .a_zero = 2, .b = 1, .b_scale = -1, .b_zero = 3, -1, -1},
    {.a_scale = 1, .a_zero = 2, .b = 3, .b_scale = 4, .b_zero = 5, 6, 7},
};

/* The same step with only the two matrices as inputs, as in a MatMul. */
static nn_step as_matmul(const nn_step *step, nn_tensor **pair)
{
    nn_step plain = *step;
    pair[0] = step->in[0];
    pair[1] = step->in[layouts[step->op->variant].b];
    plain.in = pair;
    plain.n_in = 2;
    return plain;
}

/* Rows of the first matrix and columns of the second: the allowed lengths of their zero point
 * lists. */
static int64_t rows_of(const nn_tensor *a)
{
    return a->rank > 1 ? a->dims[a->rank - 2] : 1;
}

static int64_t columns_of(const nn_tensor *b)
{
    return b->rank > 1 ? b->dims[b->rank - 1] : 1;
}

static int check_operands(const nn_step *step, const operands *at, err *e)
{
    const nn_tensor *a = step->in[0], *b = step->in[at->b];
    int64_t rows = rows_of(a), columns = columns_of(b);
    int rc = nn_need_byte(step, 0, e);
    if (!rc)
        rc = nn_need_byte(step, at->b, e);
    if (!rc)
        rc = nn_need_zero(step, at->a_zero, a->dtype, rows, e);
    if (!rc)
        rc = nn_need_zero(step, at->b_zero, b->dtype, columns, e);
    if (rc || at->y_zero < 0)
        return rc;
    rc = nn_need_scale(step, at->a_scale, rows, e);
    if (!rc)
        rc = nn_need_scale(step, at->b_scale, columns, e);
    if (!rc)
        rc = nn_need_scale(step, at->y_scale, 1, e);
    if (!rc)
        rc = nn_need_byte(step, at->y_zero, e);
    return rc ? rc : nn_need_list(step, at->y_zero, 1, e);
}

static int infer_matmul(nn_step *step, err *e)
{
    const operands *at = &layouts[step->op->variant];
    nn_tensor *pair[2];
    int rc = check_operands(step, at, e);
    if (rc)
        return rc;
    nn_step plain = as_matmul(step, pair);
    rc = nn_matmul_infer(&plain, at->y_zero < 0 ? NN_INT32 : step->in[at->y_zero]->dtype, e);
    step->macs = plain.macs;
    return rc;
}

static int prepare_matmul(nn_step *step, err *e)
{
    nn_tensor *pair[2];
    nn_matmul *m = nn_new_state(step, sizeof *m, e);
    nn_step plain = as_matmul(step, pair);
    return m ? nn_matmul_read(&plain, m, e) : ERR_NOMEM;
}

/* One element of the output and its operands: the matrices in the product's order, the indices of
 * input 0's row and input 1's column. */
typedef struct entry {
    const nn_tensor *a, *b;
    int64_t a_at, a_step, b_at, b_step, depth, out;
    size_t row, column;
} entry;

static void run_entry(const nn_step *step, const entry *y)
{
    const operands *at = &layouts[step->op->variant];
    int32_t first_zero = nn_zero_at(nn_in(step, at->a_zero), y->row);
    int32_t second_zero = nn_zero_at(nn_in(step, at->b_zero), y->column);
    bool swapped = y->a != step->in[0];
    int32_t a_zero = swapped ? second_zero : first_zero;
    int32_t b_zero = swapped ? first_zero : second_zero;
    int64_t sum = 0;
    for (int64_t k = 0; k < y->depth; k++)
        sum += (int64_t)(nn_integer_at(y->a, (size_t)(y->a_at + k * y->a_step)) - a_zero) *
               (nn_integer_at(y->b, (size_t)(y->b_at + k * y->b_step)) - b_zero);
    if (at->y_zero < 0) {
        ((int32_t *)step->out[0]->data)[y->out] = (int32_t)sum;
        return;
    }
    float scale = nn_scale_at(step->in[at->a_scale], y->row) *
                  nn_scale_at(step->in[at->b_scale], y->column) /
                  nn_scale_at(step->in[at->y_scale], 0);
    int32_t zero = nn_zero_at(step->in[at->y_zero], 0);
    float value = (float)sum * scale;
    if (step->out[0]->dtype == NN_UINT8)
        ((uint8_t *)step->out[0]->data)[y->out] = (uint8_t)nn_quantize(value, 1, zero, 0, 255);
    else
        ((int8_t *)step->out[0]->data)[y->out] = (int8_t)nn_quantize(value, 1, zero, -128, 127);
}

/* One product of the batch; at[] has the offsets of output, input 0 and input 1. */
static void run_product(const nn_step *step, const int64_t *at)
{
    const nn_matmul *m = step->state;
    const nn_product *p = &m->p;
    const nn_tensor *in[2] = {step->in[0], step->in[layouts[step->op->variant].b]};
    for (int64_t i = 0; i < p->m; i++)
        for (int64_t j = 0; j < p->n; j++) {
            entry y = {.a = in[p->a],
                       .b = in[p->b],
                       .a_at = at[1 + p->a] + (p->a_transposed ? i : i * p->k),
                       .a_step = p->a_transposed ? p->m : 1,
                       .b_at = at[1 + p->b] + (p->b_transposed ? j * p->k : j),
                       .b_step = p->b_transposed ? 1 : p->n,
                       .depth = p->k,
                       .out = at[0] + i * p->n + j,
                       .row = (size_t)(p->a == 0 ? i : j),
                       .column = (size_t)(p->a == 0 ? j : i)};
            run_entry(step, &y);
        }
}

static int product_row(void *context, int64_t n, const int64_t *at)
{
    const nn_step *step = context;
    const nn_strided *batches = &((const nn_matmul *)step->state)->batches;
    for (int64_t i = 0; i < n; i++) {
        int64_t begin[3];
        for (int k = 0; k < 3; k++)
            begin[k] = at[k] + i * batches->strides[k][batches->rank - 1];
        run_product(step, begin);
    }
    return 0;
}

static int run_matmul(const nn_step *step, err *e)
{
    (void)e;
    nn_step copy = *step;
    return nn_strided_rows(&((const nn_matmul *)step->state)->batches, product_row, &copy);
}

const nn_op nn_ops_integer_matmul[] = {
    NN_OP("MatMulInteger", 2, 4, 1, 1, "", .infer = infer_matmul, .prepare = prepare_matmul,
          .run = run_matmul, .variant = 0),
    NN_OP("QLinearMatMul", 8, 8, 1, 1, "", .infer = infer_matmul, .prepare = prepare_matmul,
          .run = run_matmul, .variant = 1),
    {0},
};
