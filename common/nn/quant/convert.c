/* Builds the quantized model, node by node. */
#include <stdlib.h>
#include <string.h>

#include "nn/graph.h"
#include "nn/quant/internal.h"

typedef struct converter {
    quantizer *q;
    nn_builder *b;
    bool *needed;   /* values of the folded model that a node of the new one reads */
    bool *made;     /* [3] for each value: integers exist as kernels, matrix, transposed matrix */
    int nodes;      /* of the new model so far */
    bool no_memory; /* out of memory for a name or a tensor */
} converter;

enum { ONNX_FLOAT = 1 }; /* Cast's number for it */

static const char *value_name(const converter *c, int value)
{
    return c->q->model->values[value].name;
}

static const char *name(converter *c, const char *base, const char *ending)
{
    const char *text = quant_name(&c->q->pool, base, ending);
    c->no_memory |= !text;
    return text ? text : "";
}

static void *room(converter *c, size_t count, size_t bytes)
{
    void *p = nn_pool_array(&c->q->pool, count, bytes);
    c->no_memory |= !p;
    return p;
}

static void node(converter *c, const char *op, const char *label, int n_in,
                 const char *const *inputs, int n_out, const char *const *outputs)
{
    nn_builder_node_of(c->b, op, label, n_in, inputs, n_out, outputs);
    c->nodes++;
}

static void tensor(converter *c, const char *label, nn_dtype dtype, int rank, const int64_t *dims,
                   void *data)
{
    nn_tensor t = {0};
    if (!data || nn_tensor_shape(&t, dtype, rank, dims, NULL)) {
        c->no_memory = true;
        return;
    }
    t.data = data;
    nn_builder_tensor(c->b, label, &t);
}

/* --- activations -------------------------------------------------------------------------------
 */

/* Emits x -> <x>_quantized, <x>_scale, <x>_zero_point. */
static void quantize_dynamically(converter *c, const char *x)
{
    const char *outputs[] = {name(c, x, "_quantized"), name(c, x, "_scale"),
                             name(c, x, "_zero_point")};
    node(c, "DynamicQuantizeLinear", name(c, x, ".quantize"), 1, &x, 3, outputs);
}

static void quantize_statically(converter *c, const char *x, nn_quantization chosen)
{
    const char *scale = name(c, x, "_scale"), *zero = name(c, x, "_zero_point");
    const char *integers = name(c, x, "_quantized");
    tensor(c, scale, NN_FLOAT, 0, NULL, &chosen.scale);
    tensor(c, zero, NN_UINT8, 0, NULL, &chosen.zero);
    node(c, "QuantizeLinear", name(c, x, ".quantize"), 3, (const char *[]){x, scale, zero}, 1,
         &integers);
}

/* Emits <x>_dequantized. */
static void dequantize(converter *c, const char *x)
{
    const char *inputs[] = {name(c, x, "_quantized"), name(c, x, "_scale"),
                            name(c, x, "_zero_point")};
    const char *back = name(c, x, "_dequantized");
    node(c, "DequantizeLinear", name(c, x, ".dequantize"), 3, inputs, 1, &back);
}

/* The remainder of quantizing x: at most half a step on either side, inside the range. */
static const char *emit_rest(converter *c, const char *x)
{
    const char *rest = name(c, x, "_rest");
    node(c, "Sub", name(c, x, ".rest"), 2, (const char *[]){x, name(c, x, "_dequantized")}, 1,
         &rest);
    return rest;
}

static void quantize_input(converter *c, quant_input *in)
{
    const char *x = value_name(c, in->value);
    bool fixed = c->q->options.scheme == QUANT_STATIC;
    if (in->emitted)
        return;
    in->emitted = true;
    in->first = c->nodes;
    nn_range range = quant_choose_range(c->q->options.rule, in->histogram, in->seen);
    in->chosen = fixed ? nn_quantization_of(range) : (nn_quantization){0};
    if (fixed)
        quantize_statically(c, x, in->chosen);
    else
        quantize_dynamically(c, x);
    if (fixed || in->wide)
        dequantize(c, x);
    const char *rest = in->wide ? emit_rest(c, x) : NULL;
    if (rest && fixed) {
        float half = in->chosen.scale / 2;
        quantize_statically(c, rest, nn_quantization_of((nn_range){-half, half}));
        dequantize(c, rest);
    } else if (rest) {
        quantize_dynamically(c, rest);
    }
    in->last = c->nodes;
}

/* --- weights -----------------------------------------------------------------------------------
 */

/* Shape of a factor for each channel at the output, which is [n][channels][...] or [...][channels].
 */
static int channel_dims(const quant_work *w, int64_t dims[NN_MAX_RANK])
{
    int rank = w->kind == QUANT_CONV ? w->weights->rank - 1 : 1;
    for (int i = 0; i < rank; i++)
        dims[i] = 1;
    dims[0] = (int64_t)w->shape.channels;
    return rank;
}

/* [channels][each] -> [each][channels], as MatMulInteger needs. */
static int8_t *transpose(converter *c, const quant_work *w, const int8_t *integers)
{
    size_t channels = w->shape.channels, each = w->shape.each;
    int8_t *transposed = room(c, channels * each, 1);
    for (size_t i = 0; transposed && i < channels * each; i++)
        transposed[(i % each) * channels + i / each] = integers[i];
    return transposed;
}

static int8_t *make_integers(converter *c, const quant_work *w, float *scale)
{
    int8_t *integers = room(c, w->weights->count, 1);
    if (integers && scale && w->info.binary)
        nn_binarize_weights(&w->shape, w->weights->data, integers, scale);
    else if (integers && scale)
        nn_quantize_weights(&w->shape, w->weights->data, integers, scale);
    return integers;
}

/* The names of a layer's weights in the new model. Layers that read the same weights in the same
 * form share them. */
typedef struct weight_names {
    const char *integers, *scale;
} weight_names;

static weight_names emit_weights(converter *c, quant_work *w, bool matrix)
{
    int value = w->node->in[1];
    const char *base = value_name(c, value);
    if (w->kind != QUANT_CONV)
        base = name(c, base, w->transposed ? "_turned" : "_matrix");
    weight_names names = {name(c, base, "_quantized"), name(c, base, "_scale")};
    int64_t dims[NN_MAX_RANK], channels[NN_MAX_RANK];
    memcpy(dims, w->weights->dims, sizeof dims);
    float *scale = room(c, w->shape.channels, sizeof *scale);
    int8_t *integers = make_integers(c, w, scale);
    w->info.bytes_after =
        w->weights->count + w->shape.channels * sizeof *scale + (w->bias ? w->bias->bytes : 0);
    bool *made = &c->made[3 * value + (w->kind == QUANT_CONV ? 0 : w->transposed ? 2 : 1)];
    if (*made || !integers || !scale)
        return names;
    *made = true;
    if (matrix && w->transposed) {
        integers = transpose(c, w, integers);
        dims[0] = w->weights->dims[1];
        dims[1] = w->weights->dims[0];
    }
    tensor(c, names.integers, NN_INT8, w->weights->rank, dims, integers);
    int rank = matrix || w->kind == QUANT_CONV ? channel_dims(w, channels) : 1;
    channels[0] = (int64_t)w->shape.channels;
    tensor(c, names.scale, NN_FLOAT, c->q->options.scheme == QUANT_STATIC ? 1 : rank, channels,
           scale);
    return names;
}

/* --- layers ------------------------------------------------------------------------------------
 */

/* "a b -> op -> y" of two inputs. */
static void emit_pair(converter *c, const char *op, const char *label, const char *a, const char *b,
                      const char *y)
{
    node(c, op, label, 2, (const char *[]){a, b}, 1, &y);
}

/* The second part's product adds no bias. */
static void emit_static(converter *c, quant_work *w)
{
    const char *label = w->info.name, *y = value_name(c, w->node->out[0]);
    const char *x = value_name(c, w->node->in[0]), *bias = NULL;
    weight_names names = emit_weights(c, w, false);
    const char *weights = name(c, y, "_weight");
    node(c, "DequantizeLinear", name(c, label, ".weight"), 2,
         (const char *[]){names.integers, names.scale}, 1, &weights);
    nn_builder_int(c->b, "axis", w->kind == QUANT_CONV || w->transposed ? 0 : 1);
    if (w->bias) {
        bias = name(c, y, "_bias");
        nn_builder_tensor(c->b, bias, w->bias);
    }
    const char *coarse = w->info.wide ? name(c, y, "_coarse") : y;
    const char *inputs[] = {name(c, x, "_dequantized"), weights, bias};
    nn_builder_adapt_node(c->b, c->q->model, w->node, NULL, w->bias ? 3 : 2, inputs, coarse);
    c->nodes++;
    if (!w->info.wide)
        return;
    const char *fine = name(c, y, "_fine");
    inputs[0] = name(c, name(c, x, "_rest"), "_dequantized");
    nn_builder_adapt_node(c->b, c->q->model, w->node, NULL, 2, inputs, fine);
    nn_builder_name_node(c->b, name(c, label, ".fine"));
    c->nodes++;
    emit_pair(c, "Add", name(c, label, ".parts"), coarse, fine, y);
}

/* Gemm can transpose A; MatMulInteger cannot, so this emits a Transpose. */
static const char *transposed_input(converter *c, const quant_work *w, const char *integers)
{
    if (w->kind != QUANT_GEMM || !nn_attr_int(w->node, "transA", 0))
        return integers;
    const char *transposed = name(c, integers, name(c, w->info.name, "_input"));
    node(c, "Transpose", name(c, transposed, ".transpose"), 1, &integers, 1, &transposed);
    nn_builder_ints(c->b, "perm", 2, (int64_t[]){1, 0});
    return transposed;
}

/* Beta times Gemm's C, in C's own shape; a convolution's bias as [channels][1][1]. */
static const char *emit_bias(converter *c, const quant_work *w)
{
    int64_t dims[NN_MAX_RANK];
    const nn_tensor *bias = w->bias;
    const char *label = name(c, value_name(c, w->node->out[0]), "_bias");
    float beta = w->kind == QUANT_GEMM ? nn_attr_float(w->node, "beta", 1) : 1;
    float *values = room(c, bias->count, sizeof *values);
    for (size_t i = 0; values && i < bias->count; i++)
        values[i] = beta * ((const float *)bias->data)[i];
    int rank = bias->rank;
    memcpy(dims, bias->dims, sizeof dims);
    if (w->kind == QUANT_CONV)
        rank = channel_dims(w, dims);
    tensor(c, label, NN_FLOAT, rank, dims, values);
    return label;
}

/* Multiplies Gemm's alpha into the scale of the input. */
static const char *input_scale(converter *c, const quant_work *w, const char *x, const char *base)
{
    const char *scale = name(c, x, "_scale");
    float alpha = w->kind == QUANT_GEMM ? nn_attr_float(w->node, "alpha", 1) : 1;
    if (alpha == 1.0f)
        return scale;
    const char *factor = name(c, base, "_alpha"), *scaled = name(c, factor, "_scale");
    nn_builder_floats(c->b, factor, 0, NULL, &alpha);
    emit_pair(c, "Mul", name(c, base, ".alpha"), scale, factor, scaled);
    return scaled;
}

/* y = Cast(product of x's integers and the weights') * (S s_w). Names of its values begin with
 * `base`. */
static void emit_product(converter *c, const quant_work *w, const char *x, weight_names names,
                         const char *base, const char *label, const char *y)
{
    const char *integer = name(c, base, "_integer"), *cast = name(c, base, "_cast");
    const char *factor = name(c, base, "_factor");
    const char *inputs[] = {transposed_input(c, w, name(c, x, "_quantized")), names.integers,
                            name(c, x, "_zero_point")};
    if (w->kind == QUANT_CONV) {
        nn_builder_adapt_node(c->b, c->q->model, w->node, "ConvInteger", 3, inputs, integer);
        nn_builder_name_node(c->b, label);
        c->nodes++;
    } else {
        node(c, "MatMulInteger", label, 3, inputs, 1, &integer);
    }
    node(c, "Cast", name(c, label, ".cast"), 1, &integer, 1, &cast);
    nn_builder_int(c->b, "to", ONNX_FLOAT);
    emit_pair(c, "Mul", name(c, label, ".factor"), input_scale(c, w, x, base), names.scale, factor);
    emit_pair(c, "Mul", name(c, label, ".scale"), cast, factor, y);
}

static void emit_dynamic(converter *c, quant_work *w)
{
    const char *label = w->info.name, *y = value_name(c, w->node->out[0]);
    const char *x = value_name(c, w->node->in[0]);
    const char *coarse = w->info.wide ? name(c, y, "_coarse") : y;
    const char *scaled = w->bias ? name(c, y, "_scaled") : coarse;
    weight_names names = emit_weights(c, w, true);
    emit_product(c, w, x, names, y, label, scaled);
    if (w->bias)
        emit_pair(c, "Add", name(c, label, ".bias"), scaled, emit_bias(c, w), coarse);
    if (!w->info.wide)
        return;
    const char *fine = name(c, y, "_fine");
    emit_product(c, w, name(c, x, "_rest"), names, fine, name(c, label, ".fine"), fine);
    emit_pair(c, "Add", name(c, label, ".parts"), coarse, fine, y);
}

static void emit_layer(converter *c, quant_work *w)
{
    quantize_input(c, w->input);
    w->info.input = w->input->chosen;
    w->first = c->nodes;
    if (c->q->options.scheme == QUANT_STATIC)
        emit_static(c, w);
    else
        emit_dynamic(c, w);
    w->last = c->nodes;
}

/* --- tables ------------------------------------------------------------------------------------
 */

enum { TABLE_MIN = 64 }; /* from this many values on, 8 bits each and the scales take less */

static bool reads(const nn_node *n, int value)
{
    for (int k = 0; k < n->n_in; k++)
        if (n->in[k] == value)
            return true;
    return false;
}

/* Trained numbers that are added or multiplied elementwise are stored in 8 bits, too. A fixed one
 * ("const.NAME") is part of the formula. */
static bool is_table(const converter *c, int value)
{
    const nn_model *m = c->q->model;
    const nn_tensor *t = m->values[value].constant;
    if (t->dtype != NN_FLOAT || t->count < TABLE_MIN ||
        strncmp(m->values[value].name, "const.", strlen("const.")) == 0)
        return false;
    for (int i = 0; i < m->n_nodes; i++) {
        const char *op = m->nodes[i].op->name;
        if (reads(&m->nodes[i], value) && strcmp(op, "Add") != 0 && strcmp(op, "Sub") != 0 &&
            strcmp(op, "Mul") != 0)
            return false;
    }
    return true;
}

/* One scale for each index along the first axis longer than 1. */
static void emit_table(converter *c, int value)
{
    const nn_tensor *t = c->q->model->values[value].constant;
    const char *x = value_name(c, value);
    int axis = 0;
    while (axis < t->rank - 1 && t->dims[axis] == 1)
        axis++;
    size_t channels = (size_t)t->dims[axis];
    size_t each = t->count / channels;
    nn_weights shape = {channels, each, each, 1};
    int8_t *integers = room(c, t->count, 1);
    float *scale = room(c, channels, sizeof *scale);
    if (integers && scale)
        nn_quantize_weights(&shape, t->data, integers, scale);
    const char *inputs[] = {name(c, x, "_quantized"), name(c, x, "_scale")};
    tensor(c, inputs[0], NN_INT8, t->rank, t->dims, integers);
    tensor(c, inputs[1], NN_FLOAT, 1, &(int64_t){t->dims[axis]}, scale);
    node(c, "DequantizeLinear", name(c, x, ".dequantize"), 2, inputs, 1, &x);
    nn_builder_int(c->b, "axis", axis);
}

/* --- the whole ---------------------------------------------------------------------------------
 */

static quant_work *layer_of(const quantizer *q, const nn_node *n)
{
    for (int i = 0; i < q->layers; i++)
        if (q->layer[i].node == n && !q->layer[i].info.why_float)
            return &q->layer[i];
    return NULL;
}

/* From the outputs backwards, so that steps which only prepared float weights disappear. */
static void find_needed(converter *c)
{
    const nn_model *m = c->q->model;
    for (int i = 0; i < m->n_outputs; i++)
        c->needed[m->outputs[i]] = true;
    for (int i = m->n_nodes - 1; i >= 0; i--) {
        const nn_node *n = &m->nodes[i];
        bool needed = false;
        for (int k = 0; k < n->n_out; k++)
            needed |= n->out[k] >= 0 && c->needed[n->out[k]];
        int reads = !needed ? 0 : layer_of(c->q, n) ? 1 : n->n_in;
        for (int k = 0; k < reads; k++)
            if (n->in[k] >= 0)
                c->needed[n->in[k]] = true;
    }
}

static void emit_all(converter *c)
{
    const nn_model *m = c->q->model;
    for (int i = 0; i < m->n_values; i++) {
        if (!c->needed[i] || !m->values[i].constant)
            continue;
        if (is_table(c, i))
            emit_table(c, i);
        else
            nn_builder_tensor(c->b, m->values[i].name, m->values[i].constant);
    }
    for (int i = 0; i < m->n_nodes; i++) {
        const nn_node *n = &m->nodes[i];
        quant_work *w = layer_of(c->q, n);
        bool needed = false;
        for (int k = 0; k < n->n_out; k++)
            needed |= n->out[k] >= 0 && c->needed[n->out[k]];
        if (needed && w) {
            emit_layer(c, w);
        } else if (needed) {
            nn_builder_copy_node(c->b, m, n);
            c->nodes++;
        }
    }
}

nn_model *quant_convert(quantizer *q, err *e)
{
    if (q->options.scheme == QUANT_STATIC && q->observed == 0) {
        err_set(e, ERR_STATE, "the static scheme needs data to calibrate on");
        return NULL;
    }
    converter c = {.q = q, .b = nn_builder_new()};
    size_t values = (size_t)q->model->n_values;
    c.needed = room(&c, values, sizeof *c.needed);
    c.made = room(&c, values, 3 * sizeof *c.made);
    if (!c.no_memory) {
        nn_builder_copy_face(c.b, q->model);
        find_needed(&c);
        emit_all(&c);
    }
    if (c.no_memory) {
        nn_builder_free(c.b);
        err_set(e, ERR_NOMEM, "no memory for the quantized network");
        return NULL;
    }
    q->quantized = nn_builder_finish(c.b, "the quantized network", e);
    return q->quantized;
}
