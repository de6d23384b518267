/* Einsum: products of several tensors, summed over the labels that the output lacks, with "..." for
 * axes that broadcast.
 *
 * Two tensors become a batch of matrix products if both have every summed label, from copies in the
 * order [batch][rows][depth] and [batch][depth][columns]; everything else is summed term by term.
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "nn/kernels/gemm.h"
#include "nn/ops/ops.h"
#include "nn/ops/strided.h"

enum { OPERANDS_MAX = 8, LABELS_MAX = 26 * 2 + NN_MAX_RANK, SPREAD = 26 * 2, TEXT_MAX = 256 };

/* A label is a letter, or an axis under "...", counted from the right. */
typedef struct einsum {
    int operands, labels, kept; /* labels in use; the first `kept` are the output's */
    int64_t dims[LABELS_MAX];
    int64_t strides[OPERANDS_MAX][LABELS_MAX]; /* 0: the operand lacks the label, or repeats */
    bool has[OPERANDS_MAX][LABELS_MAX];
    /* As matrix products: */
    bool products;
    int64_t batches, rows, columns, depth;
    nn_strided left, right, result; /* copies; of `result` operand 0 is the output */
    size_t right_at, result_at;     /* in scratch, in elements */
} einsum;

/* During reading: everything by the label's number. */
typedef struct reading {
    int64_t dims[LABELS_MAX], strides[OPERANDS_MAX][LABELS_MAX];
    bool has[OPERANDS_MAX][LABELS_MAX];
    int seen[LABELS_MAX]; /* how often */
    int spread;           /* the most axes of a "..." */
    bool dots;
} reading;

static int label_of(char c)
{
    return islower((unsigned char)c) ? c - 'a' + 26 : c - 'A';
}

static int take_axis(reading *r, int k, int label, int64_t dim, int64_t stride, err *e)
{
    int64_t *known = &r->dims[label];
    if (*known != dim && *known > 1 && dim != 1) {
        if (label >= SPREAD)
            return err_set(e, ERR_FORMAT, "axes under '...' have sizes %" PRId64 " and %" PRId64,
                           *known, dim);
        return err_set(e, ERR_FORMAT, "label '%c' has sizes %" PRId64 " and %" PRId64,
                       label < 26 ? 'A' + label : 'a' + label - 26, *known, dim);
    }
    *known = *known < 0 || *known == 1 ? dim : *known;
    r->has[k][label] = true;
    r->strides[k][label] +=
        dim == 1 ? 0 : stride; /* a repeated label in an operand: its diagonal */
    r->seen[label]++;
    return 0;
}

/* Reads one term of the equation, "bij" or "b...j", for operand k. */
static int read_term(reading *r, int k, const char *term, size_t length, const nn_tensor *t, err *e)
{
    int letters = 0, axis = 0, rc = 0;
    bool dots = false;
    int64_t stride[NN_MAX_RANK];
    for (size_t i = 0; i < length; i++)
        letters += term[i] != '.';
    nn_broadcast_strides(t, t->rank, t->dims, stride);
    for (size_t i = 0; !rc && i < length; i++) {
        if (term[i] == '.') {
            int under = t->rank - letters;
            if (dots || length - i < 3 || memcmp(term + i, "...", 3) != 0 || under < 0)
                return err_set(e, ERR_FORMAT, "term %d of its equation does not fit rank %d", k,
                               t->rank);
            for (int a = 0; !rc && a < under; a++, axis++)
                rc = take_axis(r, k, SPREAD + under - 1 - a, t->dims[axis], stride[axis], e);
            r->spread = under > r->spread ? under : r->spread;
            dots = true;
            i += 2;
            continue;
        }
        if (!isalpha((unsigned char)term[i]))
            return err_set(e, ERR_FORMAT, "its equation has a '%c'; labels are letters",
                           isprint((unsigned char)term[i]) ? term[i] : '?');
        if (axis == t->rank)
            return err_set(e, ERR_FORMAT, "term %d of its equation has %d labels for rank %d", k,
                           letters, t->rank);
        rc = take_axis(r, k, label_of(term[i]), t->dims[axis], stride[axis], e);
        axis++;
    }
    r->dots |= dots;
    if (!rc && axis != t->rank)
        return err_set(e, ERR_FORMAT, "term %d of its equation has %d labels for rank %d", k,
                       letters, t->rank);
    return rc;
}

/* Reads the equation without spaces. */
static int read_equation(const nn_step *step, char *text, err *e)
{
    const char *equation = nn_attr_string(step->node, "equation", "");
    size_t n = 0;
    for (; *equation && n < TEXT_MAX - 1; equation++)
        if (*equation != ' ')
            text[n++] = *equation;
    text[n] = '\0';
    if (*equation || n == 0)
        return err_set(e, ERR_FORMAT, "its equation must have 1 to %d characters", TEXT_MAX - 1);
    return 0;
}

/* Reads the output's labels: those behind "->", or the labels used once, in alphabetical order. */
static int read_output(einsum *s, const reading *r, const char *text, int *order, err *e)
{
    bool used[LABELS_MAX] = {false};
    for (const char *at = text; text && *at; at++) {
        if (*at == '.') {
            if (strncmp(at, "...", 3) != 0 || used[SPREAD])
                return err_set(e, ERR_FORMAT, "its equation's output is not understood at '%.8s'",
                               at);
            for (int i = r->spread - 1; i >= 0; i--)
                order[s->labels++] = SPREAD + i;
            used[SPREAD] = true; /* once, whatever its number of axes */
            at += 2;
            continue;
        }
        int label = isalpha((unsigned char)*at) ? label_of(*at) : -1;
        if (label < 0 || r->seen[label] == 0 || used[label])
            return err_set(e, ERR_FORMAT,
                           "its equation's output has a '%c', which no input has or which occurs "
                           "twice",
                           isprint((unsigned char)*at) ? *at : '?');
        used[label] = true;
        order[s->labels++] = label;
    }
    if (!text) {
        for (int i = r->spread - 1; i >= 0; i--)
            order[s->labels++] = SPREAD + i;
        for (int label = 0; label < SPREAD; label++)
            if (r->seen[label] == 1)
                order[s->labels++] = label;
    }
    s->kept = s->labels;
    return s->kept > NN_MAX_RANK
               ? err_set(e, ERR_UNSUPPORTED, "its output has rank %d; csilink handles 0 to %d",
                         s->kept, NN_MAX_RANK)
               : 0;
}

/* Puts the summed labels after the kept ones. */
static void set_labels(einsum *s, const reading *r, int *order)
{
    bool kept[LABELS_MAX] = {false};
    for (int i = 0; i < s->kept; i++)
        kept[order[i]] = true;
    for (int label = 0; label < LABELS_MAX; label++)
        if (r->seen[label] && !kept[label])
            order[s->labels++] = label;
    for (int i = 0; i < s->labels; i++) {
        s->dims[i] = r->dims[order[i]];
        for (int k = 0; k < s->operands; k++) {
            s->strides[k][i] = r->strides[k][order[i]];
            s->has[k][i] = r->has[k][order[i]];
        }
    }
}

static int read_einsum(const nn_step *step, einsum *s, err *e)
{
    char text[TEXT_MAX] = {0};
    int order[LABELS_MAX], k = 0;
    reading r = {0};
    *s = (einsum){.operands = step->n_in};
    memset(r.dims, 0xff, sizeof r.dims); /* -1: unknown */
    int rc = read_equation(step, text, e);
    if (rc)
        return rc;
    char *arrow = strstr(text, "->");
    if (arrow)
        *arrow = '\0';
    for (const char *term = text;; k++) {
        size_t length = strcspn(term, ",");
        if (k < step->n_in)
            rc = nn_need_dtype(step, k, NN_FLOAT, e);
        if (!rc && k < step->n_in)
            rc = read_term(&r, k, term, length, step->in[k], e);
        if (rc)
            return rc;
        if (!term[length])
            break;
        term += length + 1;
    }
    if (k + 1 != step->n_in)
        return err_set(e, ERR_FORMAT, "its equation has %d terms for %d inputs", k + 1, step->n_in);
    rc = read_output(s, &r, arrow ? arrow + 2 : NULL, order, e);
    if (!rc)
        set_labels(s, &r, order);
    return rc;
}

static int infer_einsum(nn_step *step, err *e)
{
    einsum s;
    int rc = read_einsum(step, &s, e);
    step->macs = 1;
    for (int i = 0; !rc && i < s.labels; i++)
        if (__builtin_mul_overflow(step->macs, s.dims[i], &step->macs))
            step->macs = INT64_MAX;
    return rc ? rc : nn_tensor_shape(step->out[0], NN_FLOAT, s.kept, s.dims, e);
}

/* --- as matrix products -------------------------------------------------------------------------
 */

/* Appends the labels that the first, the second, both or neither operand has and that are kept or
 * not; returns the product of their sizes. */
static int64_t gather_labels(const einsum *s, bool first, bool second, bool kept, int *list, int *n)
{
    int64_t product = 1;
    for (int i = 0; i < s->labels; i++)
        if (s->has[0][i] == first && s->has[1][i] == second && (i < s->kept) == kept) {
            list[(*n)++] = i;
            product *= s->dims[i];
        }
    return product;
}

/* Copies operand k into the order of these labels, dense. */
static nn_strided packing(const einsum *s, int k, const int *list, int n)
{
    nn_strided c = {.rank = n, .operands = 2};
    int64_t stride = 1;
    for (int i = n - 1; i >= 0; i--) {
        c.dims[i] = s->dims[list[i]];
        c.strides[0][i] = stride;
        c.strides[1][i] = s->strides[k][list[i]];
        stride *= c.dims[i];
    }
    nn_strided_collapse(&c);
    return c;
}

/* Moves [batch][rows][columns] from the order of these labels to the output's order. */
static nn_strided unpacking(const einsum *s, const int *list, int n)
{
    nn_strided c = {.rank = n, .operands = 2};
    int64_t own[LABELS_MAX], stride = 1;
    for (int i = s->kept - 1; i >= 0; i--) {
        own[i] = stride;
        stride *= s->dims[i];
    }
    stride = 1;
    for (int i = n - 1; i >= 0; i--) {
        c.dims[i] = s->dims[list[i]];
        c.strides[0][i] = own[list[i]];
        c.strides[1][i] = stride;
        stride *= c.dims[i];
    }
    nn_strided_collapse(&c);
    return c;
}

static void plan_products(einsum *s, size_t *scratch)
{
    int left[LABELS_MAX], right[LABELS_MAX], result[LABELS_MAX], l = 0, r = 0, o = 0, none = 0;
    int unused[LABELS_MAX];
    gather_labels(s, true, false, false, unused, &none);
    gather_labels(s, false, true, false, unused, &none);
    if (s->operands != 2 || none || s->labels > NN_MAX_RANK)
        return;
    s->batches = gather_labels(s, true, true, true, left, &l);
    gather_labels(s, true, true, true, right, &r);
    gather_labels(s, true, true, true, result, &o);
    s->rows = gather_labels(s, true, false, true, left, &l);
    gather_labels(s, true, false, true, result, &o);
    s->depth = gather_labels(s, true, true, false, left, &l);
    gather_labels(s, true, true, false, right, &r);
    s->columns = gather_labels(s, false, true, true, right, &r);
    gather_labels(s, false, true, true, result, &o);
    if (s->rows > INT32_MAX || s->columns > INT32_MAX || s->depth > INT32_MAX)
        return;
    s->left = packing(s, 0, left, l);
    s->right = packing(s, 1, right, r);
    s->result = unpacking(s, result, o);
    s->right_at = (size_t)(s->batches * s->rows * s->depth);
    s->result_at = s->right_at + (size_t)(s->batches * s->depth * s->columns);
    *scratch = (s->result_at + (size_t)(s->batches * s->rows * s->columns)) * sizeof(float);
    s->products = true;
}

static int prepare_einsum(nn_step *step, err *e)
{
    einsum *s = nn_new_state(step, sizeof *s, e);
    if (!s)
        return ERR_NOMEM;
    int rc = read_einsum(step, s, e);
    /* Every product of sizes here divides macs, so the bound covers it. */
    if (!rc && step->macs < (int64_t)1 << 50)
        plan_products(s, &step->scratch_bytes);
    return rc;
}

static void run_products(const einsum *s, const nn_step *step)
{
    float *left = step->scratch, *right = left + s->right_at, *result = left + s->result_at;
    nn_strided_copy(&s->left, left, step->in[0]->data, sizeof(float));
    nn_strided_copy(&s->right, right, step->in[1]->data, sizeof(float));
    for (int64_t b = 0; b < s->batches; b++)
        nn_gemm(false, false, s->rows, s->columns, s->depth, 1, left + b * s->rows * s->depth,
                right + b * s->depth * s->columns, 0, result + b * s->rows * s->columns);
    nn_strided_copy(&s->result, step->out[0]->data, result, sizeof(float));
}

/* --- term by term -------------------------------------------------------------------------------
 */

/* Moves to the next index over labels [first, last), and updates each operand's offset; false
 * behind the last. */
static bool advance(const einsum *s, int first, int last, int64_t *index, int64_t *at)
{
    for (int i = last - 1; i >= first; i--) {
        bool more = ++index[i] < s->dims[i];
        for (int k = 0; k < s->operands; k++)
            at[k] += more ? s->strides[k][i] : -s->strides[k][i] * (s->dims[i] - 1);
        if (more)
            return true;
        index[i] = 0;
    }
    return false;
}

static void run_terms(const einsum *s, const nn_step *step)
{
    int64_t index[LABELS_MAX] = {0}, at[OPERANDS_MAX] = {0};
    float *y = step->out[0]->data;
    for (size_t o = 0; o < step->out[0]->count; o++) {
        double sum = 0;
        do {
            double term = 1;
            for (int k = 0; k < s->operands; k++)
                term *= (double)((const float *)step->in[k]->data)[at[k]];
            sum += term;
        } while (advance(s, s->kept, s->labels, index, at));
        y[o] = (float)sum;
        advance(s, 0, s->kept, index, at);
    }
}

static int run_einsum(const nn_step *step, err *e)
{
    const einsum *s = step->state;
    (void)e;
    if (step->macs == 0)
        memset(step->out[0]->data, 0, step->out[0]->bytes); /* an empty sum */
    else if (s->products)
        run_products(s, step);
    else
        run_terms(s, step);
    return 0;
}

const nn_op nn_ops_einsum[] = {
    NN_OP("Einsum", 1, OPERANDS_MAX, 1, 1, "equation:s", .infer = infer_einsum,
          .prepare = prepare_einsum, .run = run_einsum),
    {0},
};
