#include "nn/ops/int8.h"

#include <stdlib.h>
#include <string.h>

#include "nn/int8/conv_int8.h"
#include "nn/int8/dense_int8.h"
#include "nn/ops/int8_internal.h"
#include "nn/ops/integer.h"
#include "nn/ops/window.h"

/* The variants of the operators. */
enum { CONV, QLINEAR, DENSE };

typedef struct int8_state {
    nn_conv_int8 *conv; /* or */
    nn_dense_int8 *dense;
    nn_sums_layout layout; /* of one run of the kernel: one sample, or all rows of a matrix */
    nn_sums_layout extremes;
    size_t extremes_at; /* in the scratch; 0: none */
    int64_t runs;
    size_t in_count, out_count; /* of one run */
    int32_t channels;
    float *weight_scale; /* [channels] */
    float *scale;        /* [channels], from both scales at run time */
    float *bias;         /* [channels] */
    int32_t *offset;
    size_t sums_at, sums_count; /* in the scratch; of one run */
} int8_state;

static const int32_t most_products = 65793;

static bool fits_int32(int64_t n)
{
    return n >= 1 && n <= INT32_MAX / 2;
}

static bool conv_fits(const nn_step *step, const nn_tensor *x, const nn_tensor *w)
{
    nn_window window;
    nn_step seen = *step;
    nn_tensor *in[1] = {(nn_tensor *)x};
    seen.in = in;
    seen.n_in = 1;
    if (x->rank < 3 || x->rank > 4 || w->rank != x->rank || !fits_int32(x->dims[1]) ||
        !fits_int32(w->dims[0]) || nn_dims_product(w, 1, w->rank) > most_products ||
        nn_window_read(&seen, w->dims + 2, &window, NULL))
        return false;
    for (int i = 0; i < 3; i++)
        if (!fits_int32(window.in[i]) || !fits_int32(window.out[i]) || window.pad[i] > INT32_MAX ||
            window.stride[i] > INT32_MAX || window.dilation[i] > INT32_MAX)
            return false;
    return true;
}

bool nn_int8_transposed(const nn_step *step)
{
    return strcmp(step->node->op->name, "Gemm") == 0 && nn_attr_int(step->node, "transB", 0);
}

bool nn_int8_fits(const nn_op *op, const nn_step *step, const nn_tensor *x, const nn_tensor *w)
{
    if (x->dtype != NN_UINT8 || w->dtype != NN_INT8 || !w->data || !step->out[0]->count ||
        !x->count || !w->count)
        return false;
    if (op->variant != DENSE)
        return conv_fits(step, x, w);
    const int transposed = nn_int8_transposed(step);
    const int64_t depth = w->dims[transposed], columns = w->dims[1 - transposed];
    return w->rank == 2 && depth <= most_products && fits_int32(columns) && x->rank >= 1 &&
           x->dims[x->rank - 1] == depth && fits_int32((int64_t)x->count / depth);
}

/* --- preparing ----------------------------------------------------------------------------------
 */

static int make_conv(nn_step *step, int8_state *s, err *e)
{
    const nn_tensor *x = step->in[NN_INT8_X], *w = step->in[NN_INT8_W];
    nn_window v;
    int rc = nn_window_read(step, w->dims + 2, &v, e);
    if (rc)
        return rc;
    nn_conv_shape shape =
        nn_window_conv(&v, x->dims[1], w->dims[0], nn_attr_int(step->node, "group", 1));
    s->conv = nn_conv_int8_create(&shape, w->data, e);
    if (!s->conv)
        return ERR_NOMEM;
    s->layout = nn_conv_int8_layout(s->conv);
    s->runs = x->dims[0];
    s->sums_at = nn_conv_int8_scratch_bytes(s->conv);
    return 0;
}

/* Returns [columns][depth] as [depth][columns], malloc'ed. */
static int8_t *transpose(const int8_t *w, size_t depth, size_t columns)
{
    int8_t *transposed = malloc(depth * columns);
    for (size_t i = 0; transposed && i < depth * columns; i++)
        transposed[i] = w[i % columns * depth + i / columns];
    return transposed;
}

static int make_dense(nn_step *step, int8_state *s, err *e)
{
    const nn_tensor *x = step->in[NN_INT8_X], *w = step->in[NN_INT8_W];
    const bool is_transposed = nn_int8_transposed(step);
    const int32_t depth = (int32_t)w->dims[is_transposed],
                  columns = (int32_t)w->dims[!is_transposed];
    int8_t *transposed = is_transposed ? transpose(w->data, (size_t)depth, (size_t)columns) : NULL;
    if (is_transposed && !transposed)
        return err_set(e, ERR_NOMEM, "no memory for a matrix of %d x %d bytes", depth, columns);
    s->dense = nn_dense_int8_create(depth, columns, is_transposed ? transposed : w->data, e);
    free(transposed);
    if (!s->dense)
        return ERR_NOMEM;
    s->layout = nn_dense_int8_layout(s->dense, (int32_t)((int64_t)x->count / depth));
    s->runs = 1;
    return 0;
}

/* Reads the bias as a list of floats, or, if it is int32, as the initial sums. */
static void read_bias(const nn_step *step, int8_state *s)
{
    const nn_tensor *bias = nn_in(step, NN_INT8_BIAS);
    for (size_t c = 0; bias && c < (size_t)s->channels; c++) {
        if (bias->dtype == NN_INT32)
            s->offset[c] = nn_zero_at(bias, c);
        else
            s->bias[c] = nn_scale_at(bias, c);
    }
}

size_t nn_int8_kernel_bytes(const nn_step *layer)
{
    const int8_state *s = layer->state;
    return s->sums_at;
}

size_t nn_int8_sums_bytes(const nn_step *layer)
{
    const int8_state *s = layer->state;
    return (layer->scratch_bytes - s->sums_at + 63) / 64 * 64;
}

void nn_int8_move_sums(nn_step *layer, size_t to)
{
    int8_state *s = layer->state;
    layer->scratch_bytes += to - s->sums_at;
    if (s->extremes_at)
        s->extremes_at += to - s->sums_at;
    s->sums_at = to;
}

/* The second layer's sums are behind the first's; their kernels share scratch. */
static int prepare_fine(nn_step *step, err *e)
{
    int8_state *s = step->state;
    nn_step *fine = step->fine;
    fine->n_out = step->n_out;
    int rc = nn_int8_prepare(fine, e);
    if (rc)
        return rc;
    const size_t a = nn_int8_kernel_bytes(step), b = nn_int8_kernel_bytes(fine);
    s->extremes_at = 0; /* the extremes of a sum are not the sum of the extremes */
    nn_int8_move_sums(step, a > b ? a : b);
    nn_int8_move_sums(fine, (a > b ? a : b) + nn_int8_sums_bytes(step));
    step->scratch_bytes = nn_int8_kernel_bytes(fine) + nn_int8_sums_bytes(fine);
    return 0;
}

/* Scratch: the kernel's, then the sums: of one run, or of all runs if their range must be known
 * before converting the first to a byte. */
int nn_int8_prepare(nn_step *step, err *e)
{
    int8_state *s = nn_new_state(step, sizeof *s, e);
    if (!s)
        return ERR_NOMEM;
    bool dense = step->op->variant == DENSE;
    int rc = dense ? make_dense(step, s, e) : make_conv(step, s, e);
    if (rc)
        return rc;
    s->in_count = step->in[NN_INT8_X]->count / (size_t)s->runs;
    s->out_count = step->out[0]->count / (size_t)s->runs;
    s->channels = dense ? s->layout.width : s->layout.channels;
    s->weight_scale = nn_pool_array(step->pool, (size_t)s->channels, sizeof *s->weight_scale);
    s->scale = nn_pool_array(step->pool, (size_t)s->channels, sizeof *s->scale);
    s->bias = nn_pool_array(step->pool, (size_t)s->channels, sizeof *s->bias);
    s->offset = nn_pool_array(step->pool, (size_t)s->channels, sizeof *s->offset);
    if (!s->weight_scale || !s->scale || !s->bias || !s->offset)
        return err_set(e, ERR_NOMEM, "no memory for an integer layer within the session's limit");
    for (size_t c = 0; c < (size_t)s->channels; c++)
        s->weight_scale[c] = nn_scale_at(step->in[NN_INT8_W_SCALE], c);
    read_bias(step, s);
    const nn_sums_layout *l = &s->layout;
    const size_t kept = step->n_out > 1 ? (size_t)s->runs : 1;
    s->sums_count = (size_t)l->channels * (size_t)l->rows * (size_t)l->pitch;
    step->scratch_bytes = s->sums_at + kept * s->sums_count * sizeof(int32_t);
    if (s->conv && step->n_out > 1 && nn_conv_int8_extremes(s->conv, &s->extremes)) {
        s->extremes_at = step->scratch_bytes;
        step->scratch_bytes +=
            (size_t)s->extremes.channels * (size_t)s->extremes.pitch * sizeof(int32_t);
    }
    return step->fine ? prepare_fine(step, e) : 0;
}

void nn_int8_release(nn_step *step)
{
    int8_state *s = step->state;
    if (step->fine && step->fine->state)
        nn_int8_release(step->fine);
    nn_conv_int8_free(s->conv);
    nn_dense_int8_free(s->dense);
    s->conv = NULL;
    s->dense = NULL;
}

/* --- running ------------------------------------------------------------------------------------
 */

static void set_scales(const nn_step *step, const int8_state *s)
{
    const nn_tensor *x_scale = nn_in(step, NN_INT8_X_SCALE);
    const nn_tensor *y_scale = nn_in(step, NN_INT8_Y_SCALE);
    const float x = x_scale ? nn_scale_at(x_scale, 0) : 1;
    const float *restrict weight_scale = s->weight_scale;
    float *restrict scale = s->scale;
    for (int32_t c = 0; c < s->channels; c++)
        scale[c] = x * weight_scale[c];
    for (int32_t c = 0; step->op->variant == QLINEAR && c < s->channels; c++)
        scale[c] /= nn_scale_at(y_scale, 0);
    if (step->fine) {
        step->fine->scratch = step->scratch;
        set_scales(step->fine, step->fine->state);
    }
}

/* The sums of sample n, if all are kept. */
static int32_t *sums_of(const nn_step *step, int64_t n)
{
    const int8_state *s = step->state;
    const size_t at = step->n_out > 1 ? (size_t)n * s->sums_count : 0;
    return (int32_t *)((char *)step->scratch + s->sums_at) + at;
}

/* The conversion of sample n. */
static nn_finish finish_of(const nn_step *step, int64_t n)
{
    const int8_state *s = step->state, *fine = step->fine ? step->fine->state : NULL;
    const nn_tensor *addend = nn_in(step, NN_INT8_ADDEND);
    return (nn_finish){.scale = s->scale,
                       .bias = s->bias,
                       .addend = addend ? addend->data : NULL,
                       .fine = fine ? sums_of(step->fine, n) : NULL,
                       .fine_scale = fine ? fine->scale : NULL,
                       .fine_bias = fine ? fine->bias : NULL,
                       .activation = step->activation,
                       .alpha = step->alpha,
                       .across = s->dense != NULL};
}

static void run_kernel(const nn_step *step, int64_t n, int32_t *sums, int32_t *extremes)
{
    const int8_state *s = step->state;
    const uint8_t *x = (const uint8_t *)step->in[NN_INT8_X]->data + (size_t)n * s->in_count;
    const uint8_t zero = (uint8_t)nn_zero_at(nn_in(step, NN_INT8_X_ZERO), 0);
    if (s->conv)
        nn_conv_int8_run(s->conv, x, zero, s->offset, sums, extremes, step->scratch);
    else
        nn_dense_int8_run(s->dense, s->layout.rows, x, zero, s->offset, sums);
    if (step->fine)
        run_kernel(step->fine, n, sums_of(step->fine, n), NULL);
}

void nn_int8_hold(const nn_step *step, nn_range *range)
{
    const int8_state *s = step->state;
    set_scales(step, s);
    for (int64_t n = 0; n < s->runs; n++) {
        const nn_finish f = finish_of(step, n);
        int32_t *here = sums_of(step, n), *extremes = NULL;
        if (s->extremes_at && nn_finish_by_sums(&f))
            extremes = (int32_t *)((char *)step->scratch + s->extremes_at);
        run_kernel(step, n, here, extremes);
        nn_finish_range(&f, extremes ? &s->extremes : &s->layout, extremes ? extremes : here,
                        range);
    }
}

void nn_int8_give(const nn_step *step, nn_quantization q, uint8_t *out, size_t apart)
{
    const int8_state *s = step->state;
    for (int64_t n = 0; n < s->runs; n++) {
        const nn_finish f = finish_of(step, n);
        nn_finish_bytes(&f, &s->layout, sums_of(step, n), q, true, out + (size_t)n * apart);
    }
}

static void run_dynamic(const nn_step *step)
{
    const int8_state *s = step->state;
    nn_range range = {0, 0};
    nn_int8_hold(step, &range);
    const nn_quantization q = nn_quantization_of(range);
    nn_int8_give(step, q, step->out[0]->data, s->out_count);
    *(float *)step->out[1]->data = q.scale;
    *(uint8_t *)step->out[2]->data = q.zero;
}

void nn_int8_run_static(const nn_step *step, uint8_t *out, size_t apart)
{
    const int8_state *s = step->state;
    set_scales(step, s);
    const nn_finish f = finish_of(step, 0);
    const bool divided = step->op->variant == QLINEAR;
    const nn_quantization q = {divided ? 1 : nn_scale_at(step->in[NN_INT8_Y_SCALE], 0),
                               (uint8_t)nn_zero_at(nn_in(step, NN_INT8_Y_ZERO), 0)};
    for (int64_t n = 0; n < s->runs; n++) {
        run_kernel(step, n, sums_of(step, n), NULL);
        nn_finish_bytes(&f, &s->layout, sums_of(step, n), q, false, out + (size_t)n * apart);
    }
}

static void run_floats(const nn_step *step)
{
    const int8_state *s = step->state;
    set_scales(step, s);
    const nn_finish f = finish_of(step, 0);
    for (int64_t n = 0; n < s->runs; n++) {
        run_kernel(step, n, sums_of(step, n), NULL);
        nn_finish_sums(&f, &s->layout, sums_of(step, n),
                       (float *)step->out[0]->data + (size_t)n * s->out_count);
    }
}

static int run_int8(const nn_step *step, err *e)
{
    (void)e;
    const int8_state *s = step->state;
    if (step->n_out > 1)
        run_dynamic(step);
    else if (step->out[0]->dtype == NN_UINT8)
        nn_int8_run_static(step, step->out[0]->data, s->out_count);
    else
        run_floats(step);
    return 0;
}

const nn_op nn_int8_conv =
    NN_OP("ConvInteger", 2, NN_INT8_INPUTS, 1, 3, "", .prepare = nn_int8_prepare, .run = run_int8,
          .release = nn_int8_release, .variant = CONV, .flags = NN_OP_ACTIVATES | NN_OP_INT8);
const nn_op nn_int8_qlinear =
    NN_OP("QLinearConv", 2, NN_INT8_INPUTS, 1, 1, "", .prepare = nn_int8_prepare, .run = run_int8,
          .release = nn_int8_release, .variant = QLINEAR, .flags = NN_OP_INT8);
const nn_op nn_int8_dense =
    NN_OP("MatMulInteger", 2, NN_INT8_INPUTS, 1, 3, "", .prepare = nn_int8_prepare, .run = run_int8,
          .release = nn_int8_release, .variant = DENSE, .flags = NN_OP_ACTIVATES | NN_OP_INT8);
