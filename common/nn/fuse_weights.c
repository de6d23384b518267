#include "nn/fuse_weights.h"

#include <math.h>
#include <string.h>

static nn_tensor *new_tensor(nn_session *s, int rank, const int64_t *dims)
{
    nn_tensor *t = nn_pool_alloc(&s->pool, sizeof *t);
    if (!t || nn_tensor_shape(t, NN_FLOAT, rank, dims, NULL))
        return NULL;
    t->data = nn_pool_alloc(&s->pool, t->bytes);
    return t->data ? t : NULL;
}

/* w := w * scale[channel], b := b * scale[channel] + shift[channel], in the session's memory: the
 * model's weights do not change. `shift` may be NULL. */
static int rescale(nn_session *s, nn_step *conv, const double *scale, const double *shift)
{
    const nn_tensor *w = conv->in[1], *b = conv->n_in > 2 ? conv->in[2] : NULL;
    int64_t channels = w->dims[0];
    nn_tensor *new_w = new_tensor(s, w->rank, w->dims), *new_b = new_tensor(s, 1, &channels);
    nn_tensor **in = nn_pool_array(&s->pool, 3, sizeof *in);
    int *ids = nn_pool_array(&s->pool, 3, sizeof *ids);
    if (!new_w || !new_b || !in || !ids)
        return ERR_NOMEM;
    size_t each = channels ? w->count / (size_t)channels : 0;
    for (size_t c = 0; c < (size_t)channels; c++) {
        const float *from = (const float *)w->data + c * each;
        float *to = (float *)new_w->data + c * each;
        for (size_t i = 0; i < each; i++)
            to[i] = (float)((double)from[i] * scale[c]);
        double bias = b ? (double)((const float *)b->data)[c] : 0;
        ((float *)new_b->data)[c] = (float)(bias * scale[c] + (shift ? shift[c] : 0));
    }
    new_w->origin = w;
    new_b->origin = b ? b : w;
    in[0] = conv->in[0];
    in[1] = new_w;
    in[2] = new_b;
    ids[0] = conv->in_id[0];
    ids[1] = ids[2] = -1;
    conv->in = in;
    conv->in_id = ids;
    conv->n_in = 3;
    return 0;
}

static double *new_scale(nn_session *s, const nn_step *conv)
{
    return nn_pool_array(&s->pool, (size_t)conv->in[1]->dims[0], sizeof(double));
}

int nn_negate_conv(nn_session *s, nn_step *conv, err *e)
{
    double *scale = new_scale(s, conv);
    for (int64_t c = 0; scale && c < conv->in[1]->dims[0]; c++)
        scale[c] = -1;
    return !scale || rescale(s, conv, scale, NULL) ? nn_no_memory(s, e) : 0;
}

int nn_fold_batch_norm(nn_session *s, nn_step *conv, const nn_step *norm, err *e)
{
    double *scale = new_scale(s, conv), *shift = new_scale(s, conv);
    if (!scale || !shift)
        return nn_no_memory(s, e);
    const float *gamma = norm->in[1]->data, *beta = norm->in[2]->data;
    const float *mean = norm->in[3]->data, *variance = norm->in[4]->data;
    double epsilon = (double)nn_attr_float(norm->node, "epsilon", 1e-5f);
    for (int64_t c = 0; c < conv->in[1]->dims[0]; c++) {
        scale[c] = (double)gamma[c] / sqrt((double)variance[c] + epsilon);
        shift[c] = (double)beta[c] - (double)mean[c] * scale[c];
    }
    return rescale(s, conv, scale, shift) ? nn_no_memory(s, e) : 0;
}
