/* Files from elsewhere may have images with other axes and fixed batches. Loading converts both to
 * csilink's form, a free batch and [n x 2 x rows x columns]. So no later code knows other forms,
 * and a pair made of such files is saved in csilink's form. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "codec/onnx/internal.h"

enum { CANDIDATES = 8, BATCH_MAX = 4096, SIDE_MAX = 256 };

/* The memory limit of a run at a fixed batch, for the comparison. */
static const size_t memory_limit = (size_t)2 << 30;

/* --- a fixed batch ------------------------------------------------------------------------------
 */

/* The shapes of the inputs at that batch; false where some stay unknown. */
static bool shapes_at(const nn_model *m, int64_t batch, nn_port *shapes)
{
    for (int i = 0; i < nn_model_inputs(m); i++) {
        const nn_port *port = nn_model_input(m, i);
        if (!onnx_fix_shape(port, &shapes[i]))
            return false;
        if (port->rank > 0 && (port->dims[0] < 0 || port->dims[0] == batch))
            shapes[i].dims[0] = batch;
    }
    return true;
}

static nn_session *open_at(const nn_model *m, int64_t batch, err *e)
{
    nn_port shapes[ONNX_PORTS_MAX];
    if (!shapes_at(m, batch, shapes)) {
        err_set(e, ERR_MISMATCH, "it has other symbolic axes");
        return NULL;
    }
    return nn_session_open_with(
        m, &(nn_session_options){.shapes = shapes, .memory_limit = memory_limit}, e);
}

static bool gives_batch(const nn_session *s, int64_t batch)
{
    const nn_tensor *out = s ? nn_session_output(s, 0) : NULL;
    return out && out->rank > 0 && out->dims[0] == batch;
}

/* A batch above 1 that the input fixes or, with a symbolic batch, that constants inside fix; 0:
 * none. */
static int64_t find_fixed_batch(const nn_model *m)
{
    const nn_port *port = nn_model_input(m, 0);
    int64_t candidate[CANDIDATES];
    if (port->rank < 2 || port->dims[0] == 1)
        return 0;
    if (port->dims[0] > 1) /* [2 x rows x columns] has no batch at all */
        return port->rank == 3 && port->dims[0] == 2 ? 0 : port->dims[0];
    nn_session *s = open_at(m, 1, NULL);
    int n = gives_batch(s, 1) ? 0 : nn_model_fixed_batches(m, candidate, CANDIDATES);
    nn_session_free(s);
    for (int i = 0; i < n; i++) {
        s = candidate[i] <= BATCH_MAX ? open_at(m, candidate[i], NULL) : NULL;
        bool runs = gives_batch(s, candidate[i]);
        nn_session_free(s);
        if (runs)
            return candidate[i];
    }
    return 0;
}

/* Images and codewords both have values around 0.5. */
static void fill_inputs(nn_session *s, int inputs)
{
    rng r = rng_at(1, RNG_CHECK, 0, 0);
    for (int i = 0; i < inputs; i++) {
        nn_tensor *t = nn_session_input(s, i);
        rng_normal_fill(&r, t->data, t->count, 0.1f);
        for (size_t k = 0; k < t->count; k++)
            ((float *)t->data)[k] += 0.5f;
    }
}

/* Whether sample `at` gives the same result alone as in the whole batch. */
static int compare_sample(nn_session *whole, nn_session *one, int inputs, int64_t at, err *e)
{
    const nn_tensor *want = nn_session_output(whole, 0), *got = nn_session_output(one, 0);
    for (int i = 0; i < inputs; i++) {
        nn_tensor *to = nn_session_input(one, i), *from = nn_session_input(whole, i);
        size_t each = to->count == from->count ? 0 : to->count; /* one for all samples */
        memcpy(to->data, (const float *)from->data + (size_t)at * each, to->bytes);
    }
    int rc = nn_session_run(one, e);
    if (rc)
        return rc;
    const float *a = (const float *)want->data + (size_t)at * got->count, *b = got->data;
    double most = 0, off = 0;
    for (size_t k = 0; k < got->count; k++) {
        double difference = fabs((double)a[k] - (double)b[k]);
        most = fmax(most, fabs((double)a[k]));
        if (!(difference <= off))
            off = difference;
    }
    if (off <= 1e-6 + 1e-4 * most)
        return 0;
    return err_set(e, ERR_MISMATCH,
                   "sample %" PRId64 " alone gives values up to %.3g away from what it gives in "
                   "the batch",
                   at, off);
}

static int compare_batches(nn_session *whole, nn_session *one, int inputs, int64_t batch, err *e)
{
    const nn_tensor *want = nn_session_output(whole, 0), *got = nn_session_output(one, 0);
    for (int i = 0; i < inputs; i++)
        if (nn_session_input(whole, i)->dtype != NN_FLOAT)
            return err_set(e, ERR_MISMATCH, "input %d is not of type float", i);
    if (want->dtype != NN_FLOAT || got->dtype != NN_FLOAT ||
        want->count != (size_t)batch * got->count)
        return err_set(e, ERR_MISMATCH,
                       "its output has %zu values at that batch and %zu for one sample",
                       want->count, got->count);
    fill_inputs(whole, inputs);
    int rc = nn_session_run(whole, e);
    const int64_t at[] = {0, 1, batch - 1};
    for (int i = 0; !rc && i < 3; i++)
        rc = compare_sample(whole, one, inputs, at[i], e);
    return rc;
}

static nn_model *free_batch(const nn_model *m, int64_t batch, err *e)
{
    nn_port shapes[ONNX_PORTS_MAX];
    if (batch > BATCH_MAX) {
        err_set(e, ERR_UNSUPPORTED, "csilink makes a fixed batch of up to %d symbolic", BATCH_MAX);
        return NULL;
    }
    if (!shapes_at(m, batch, shapes)) {
        err_set(e, ERR_MISMATCH, "other axes are symbolic");
        return NULL;
    }
    nn_model *freed = nn_model_free_batch(m, shapes, batch, e);
    nn_session *whole = freed ? open_at(m, batch, e) : NULL;
    nn_session *one = whole ? onnx_open_session(freed, e) : NULL;
    int rc = one ? compare_batches(whole, one, nn_model_inputs(m), batch, e) : ERR_MISMATCH;
    nn_session_free(whole);
    nn_session_free(one);
    if (!rc)
        return freed;
    nn_model_free(freed);
    return NULL;
}

static int free_fixed_batch(nn_model **model, err *e)
{
    int64_t batch = find_fixed_batch(*model);
    if (batch < 2)
        return 0;
    err why = {0};
    nn_model *freed = free_batch(*model, batch, &why);
    if (freed) {
        nn_model_free(*model);
        *model = freed;
        return 0;
    }
    const nn_port *port = nn_model_input(*model, 0);
    return err_set(e, ERR_MISMATCH,
                   "its batch, axis 0 of input '%.64s', is fixed to %" PRId64
                   "%s, and it does not run sample by sample; export it with a symbolic batch "
                   "(%.300s)",
                   port->name, batch, port->dims[0] < 0 ? " inside" : "", why.text);
}

/* --- an image in other axes ---------------------------------------------------------------------
 */

/* The side of a square image of that many values; 0: not a square. */
static int64_t side_of(int64_t values)
{
    for (int64_t side = 1; side <= SIDE_MAX; side++)
        if (2 * side * side == values)
            return side;
    return 0;
}

/* The reshape that converts the image of a sample to csilink's form and back; false: it has that
 * form already, or an unknown one. */
static bool find_relayout(const nn_tensor *t, bool input, nn_relayout *relayout, int64_t dims[4])
{
    static const int64_t to_last[] = {0, 2, 3, 1}, to_first[] = {0, 3, 1, 2};
    bool batch = t->rank >= 2 && t->dims[0] == 1;
    dims[0] = -1;
    dims[1] = 2;
    *relayout = (nn_relayout){.rank = 4};
    if (batch && t->rank == 4 && t->dims[1] != 2 && t->dims[3] == 2) {
        dims[2] = t->dims[1];
        dims[3] = t->dims[2];
        relayout->transposes = true;
        memcpy(relayout->perm, input ? to_last : to_first, sizeof to_last);
        return true;
    }
    bool planes = batch && t->rank == 3 && t->dims[1] == 2;
    dims[2] = dims[3] = planes                  ? side_of(2 * t->dims[2])
                        : batch && t->rank == 2 ? side_of(t->dims[1])
                                                : 0;
    if (dims[2] == 0)
        return false;
    relayout->rank = input ? t->rank : 4;
    memcpy(relayout->dims, input ? t->dims : dims, (size_t)relayout->rank * sizeof *dims);
    return true;
}

static int convert_image(nn_model **model, codec_side side, err *e)
{
    nn_session *s = onnx_open_session(*model, e);
    if (!s)
        return e ? e->code : ERR_FORMAT;
    bool input = side == CODEC_ENCODER;
    nn_relayout relayout;
    int64_t dims[4];
    const nn_tensor *t = input ? nn_session_input(s, 0) : nn_session_output(s, 0);
    bool needed = t->dtype == NN_FLOAT && find_relayout(t, input, &relayout, dims);
    nn_session_free(s);
    if (!needed)
        return 0;
    nn_model *converted = input ? nn_model_relayout_input(*model, 4, dims, &relayout, e)
                                : nn_model_relayout_output(*model, 4, dims, &relayout, e);
    if (!converted)
        return e ? e->code : ERR_FORMAT;
    nn_model_free(*model);
    *model = converted;
    return 0;
}

int onnx_normalize_form(nn_model **model, codec_side side, err *e)
{
    int inputs = nn_model_inputs(*model), outputs = nn_model_outputs(*model);
    if (inputs < 1 || inputs > ONNX_PORTS_MAX || outputs < 1 || outputs > ONNX_PORTS_MAX)
        return 0; /* rejected elsewhere, by these numbers */
    int rc = outputs == 1 ? free_fixed_batch(model, e)
                          : 0; /* a batch is never freed where there is memory */
    return rc ? rc : convert_image(model, side, e);
}
