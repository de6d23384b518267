#include "nn/grad/quantize.h"

#include <stdlib.h>
#include <string.h>

#include "nn/grad/fake_simd.h"
#include "nn/steps.h"

/* --- which layers ------------------------------------------------------------------------------
 */

/* The next name of the list; false at the end. */
static bool next_name(const char **list, const char **name, size_t *length)
{
    if (!*list || !**list)
        return false;
    *name = *list;
    *length = strcspn(*list, ",");
    *list += *length + ((*list)[*length] == ',');
    return true;
}

static bool is_text(const char *text, const char *name, size_t length)
{
    return strlen(text) == length && memcmp(text, name, length) == 0;
}

/* By the name of the node, of its weights or of its output, as in quant_options.skip. */
static bool is_called(const nn_model *model, const nn_node *node, const char *name, size_t length)
{
    return is_text(node->name, name, length) ||
           (node->n_in > 1 && node->in[1] >= 0 &&
            is_text(model->values[node->in[1]].name, name, length)) ||
           (node->out[0] >= 0 && is_text(model->values[node->out[0]].name, name, length));
}

static bool is_listed(const char *list, const nn_model *model, const nn_node *node)
{
    const char *name;
    size_t length;
    while (next_name(&list, &name, &length))
        if (is_called(model, node, name, length))
            return true;
    return false;
}

/* Weights [channels][each...], or a matrix with the channels as columns. */
static nn_weights by_rows(const nn_tensor *t)
{
    size_t channels = (size_t)t->dims[0];
    size_t each = channels ? t->count / channels : 0;
    return (nn_weights){.channels = channels, .each = each, .channel_step = each, .stride = 1};
}

static nn_weights by_columns(const nn_tensor *t)
{
    size_t channels = (size_t)t->dims[1];
    return (nn_weights){
        .channels = channels, .each = (size_t)t->dims[0], .channel_step = 1, .stride = channels};
}

bool grad_quantizes(const grad_quantization *q, const nn_model *model, const nn_node *node,
                    grad_layer *layer)
{
    const char *op = node->op->name;
    bool conv = strcmp(op, "Conv") == 0, gemm = strcmp(op, "Gemm") == 0;
    if (q->scheme == GRAD_UNQUANTIZED || (!conv && !gemm && strcmp(op, "MatMul") != 0) ||
        is_listed(q->skip, model, node))
        return false;
    const nn_tensor *w = model->values[node->in[1]].constant;
    if (!w || model->values[node->in[0]].constant || w->dtype != NN_FLOAT || w->count == 0 ||
        (conv ? w->rank < 3 : w->rank != 2))
        return false;
    bool rows = conv || (gemm && nn_attr_int(node, "transB", 0) != 0);
    *layer = (grad_layer){.node = node,
                          .value = node->in[1],
                          .shape = rows ? by_rows(w) : by_columns(w),
                          .binary = q->scheme == GRAD_BINARY && !conv,
                          .wide = is_listed(q->wide, model, node)};
    return true;
}

/* --- checks ------------------------------------------------------------------------------------
 */

static bool has_node(const nn_model *model, const char *name, size_t length)
{
    for (int i = 0; i < model->n_nodes; i++)
        if (is_called(model, &model->nodes[i], name, length))
            return true;
    return false;
}

int grad_names_check(const char *list, nn_model *const *models, int count, err *e)
{
    const char *name;
    size_t length;
    while (next_name(&list, &name, &length)) {
        bool found = false;
        for (int i = 0; i < count; i++)
            found |= has_node(models[i], name, length);
        if (!found)
            return err_set(e, ERR_INVALID, "no quantized layer is called '%.*s'", (int)length,
                           name);
    }
    return 0;
}

/* Every use of quantized weights must be the same, since there is only one copy. */
static int check_uses(const grad_quantization *q, const nn_model *model, const grad_layer *layer,
                      err *e)
{
    for (int i = 0; i < model->n_nodes; i++) {
        const nn_node *node = &model->nodes[i];
        /* Zeroed, because compilers may compare it before they test `quantized`, which valgrind
         * reports as a read of unset memory. */
        grad_layer other = {0};
        bool quantized = grad_quantizes(q, model, node, &other);
        for (int k = 0; k < node->n_in; k++) {
            bool same = quantized && k == 1 && other.binary == layer->binary &&
                        memcmp(&other.shape, &layer->shape, sizeof other.shape) == 0;
            if (node->in[k] != layer->value || same)
                continue;
            err_set(e, ERR_UNSUPPORTED,
                    "its weights '%s' are also used by node %d '%s' in another way; both can be "
                    "left in float by `skip`",
                    model->values[layer->value].name, node->index, node->name);
            return nn_node_error(layer->node, e);
        }
    }
    return 0;
}

int grad_quantization_check(const grad_quantization *q, const nn_model *model, err *e)
{
    int layers = 0, rc = 0;
    for (int i = 0; !rc && i < model->n_nodes; i++) {
        grad_layer layer;
        if (strcmp(model->nodes[i].op->name, "BatchNormalization") == 0) {
            err_set(e, ERR_UNSUPPORTED,
                    "batch norm must be folded into the convolution before it, but no convolution "
                    "can take it");
            rc = nn_node_error(&model->nodes[i], e);
        } else if (grad_quantizes(q, model, &model->nodes[i], &layer)) {
            layers++;
            rc = check_uses(q, model, &layer, e);
        }
    }
    if (!rc && !layers)
        rc = err_set(e, ERR_INVALID, "no layer to quantize");
    return rc;
}

/* --- weights -----------------------------------------------------------------------------------
 */

static void binarize(const grad_layer *layer, size_t first, const float *w, float *to)
{
    const nn_weights *shape = &layer->shape;
    float scale = nn_binary_scale(w + first, shape->each, shape->stride);
    for (size_t i = first; i < first + shape->each * shape->stride; i += shape->stride)
        to[i] = w[i] < 0 ? -scale : scale;
}

static void round_weights(const grad_layer *layer, size_t first, const float *w, float *to)
{
    static void (*const runs[])(float, const float *, float *, size_t) =
        SIMD_TABLE(grad_fake_weights_run);
    const nn_weights *shape = &layer->shape;
    float scale = nn_weight_scale(w + first, shape->each, shape->stride);
    if (shape->stride == 1) {
        runs[cpu_level()](scale, w + first, to + first, shape->each);
        return;
    }
    for (size_t i = first; i < first + shape->each * shape->stride; i += shape->stride)
        to[i] = (float)nn_quantize_s8(w[i], scale) * scale;
}

void grad_fake_weights(const grad_layer *layer, const float *w, float *to)
{
    for (size_t c = 0; c < layer->shape.channels; c++) {
        size_t first = c * layer->shape.channel_step;
        if (layer->binary)
            binarize(layer, first, w, to);
        else
            round_weights(layer, first, w, to);
    }
}

void grad_quantized_store(const grad_quantization *q, const grad_weights *weights, float *values)
{
    for (int i = 0; i < weights->model->n_nodes; i++) {
        grad_layer layer;
        if (!grad_quantizes(q, weights->model, &weights->model->nodes[i], &layer))
            continue;
        for (int k = 0; k < weights->n_entries; k++)
            if (weights->entries[k].value == layer.value)
                grad_fake_weights(&layer, values + weights->entries[k].offset,
                                  values + weights->entries[k].offset);
    }
}

/* --- calibration -------------------------------------------------------------------------------
 */

enum { CALIBRATION_BATCH = 16 };

static void widen(const grad_quantization *q, const nn_session *s, nn_range *ranges)
{
    for (int i = 0; i < s->model->n_nodes; i++) {
        const nn_node *node = &s->model->nodes[i];
        grad_layer layer;
        if (!grad_quantizes(q, s->model, node, &layer))
            continue;
        const nn_tensor *x = &s->slots[node->in[0]].t;
        if (!x->data) /* the output does not depend on it */
            continue;
        ranges[node->in[0]] = nn_range_join(ranges[node->in[0]], nn_range_of(x->data, x->count));
    }
}

/* A last batch that is not full keeps samples of the one before. */
static int observe(const grad_quantization *q, nn_session *s, const float *images, size_t count,
                   nn_range *ranges, err *e)
{
    nn_tensor *x = nn_session_input(s, 0);
    size_t each = x->bytes / CALIBRATION_BATCH;
    int rc = 0;
    for (size_t at = 0; !rc && at < count; at += CALIBRATION_BATCH) {
        size_t n = count - at < CALIBRATION_BATCH ? count - at : CALIBRATION_BATCH;
        memcpy(x->data, (const char *)images + at * each, n * each);
        if (at == 0)
            for (size_t i = n; i < CALIBRATION_BATCH; i++)
                memcpy((char *)x->data + i * each, images, each);
        rc = nn_session_run(s, e);
        if (!rc)
            widen(q, s, ranges);
    }
    return rc;
}

int grad_calibrate(const grad_quantization *q, const nn_model *model, const float *images,
                   size_t count, nn_range *ranges, err *e)
{
    nn_session *s = nn_session_open_with(
        model, &(nn_session_options){.batch = CALIBRATION_BATCH, .keep = true}, e);
    int rc = s ? observe(q, s, images, count, ranges, e) : ERR_INVALID;
    nn_session_free(s);
    return rc;
}
