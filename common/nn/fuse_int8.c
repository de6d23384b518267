/* Integer layers. One step here replaces many operators of a model:
 *
 *   dynamic  ConvInteger or MatMulInteger, Cast, Mul by both scales, Add of a bias, an activation,
 *            DynamicQuantizeLinear
 *   static   DequantizeLinear, Conv or MatMul or Gemm with dequantized weights, an activation,
 *            QuantizeLinear
 *
 * nn_fuse_int8 builds the step up to the bias; the float passes add its activation;
 * nn_fuse_requantize adds the conversion back to bytes. Operators outside the pattern do not
 * change. */
#include "nn/fuse_int8.h"

#include <stdio.h>
#include <string.h>

#include "nn/ops/int8.h"
#include "nn/ops/integer.h"

/* The only reader of the step's output. Steps are in order, and readers are near. */
static nn_step *only_reader(nn_session *s, const nn_step *step)
{
    const int id = step->out_id[0];
    if (s->slots[id].uses != 1 || s->slots[id].output)
        return NULL;
    for (nn_step *next = s->steps + (step - s->steps) + 1; next < s->steps + s->n_steps; next++)
        for (int k = 0; k < next->n_in && !next->gone; k++)
            if (next->in_id[k] == id)
                return next->residual_id == id ? NULL : next;
    return NULL;
}

/* A layer under construction: the inputs of its step, and the last of its nodes. */
typedef struct pattern {
    nn_step *first, *last;
    const nn_op *op;
    nn_tensor *in[NN_INT8_INPUTS];
    int id[NN_INT8_INPUTS]; /* -1: absent, or a constant */
    int channel_from_end;   /* the output's channel axis, counted from the last */
} pattern;

static void set_input(const nn_session *s, pattern *l, int which, const nn_step *from, int k)
{
    l->in[which] = k < from->n_in ? from->in[k] : NULL;
    l->id[which] = !l->in[which] || nn_is_constant(s, from, k) ? -1 : from->in_id[k];
}

/* Whether a constant has one value, or one for each channel of the output. */
static bool per_channel(const pattern *l, const nn_tensor *t)
{
    const nn_tensor *out = l->first->out[0];
    const int axis = t->rank - 1 - l->channel_from_end;
    const int64_t channels = out->dims[out->rank - 1 - l->channel_from_end];
    if (t->dtype != NN_FLOAT || !t->data || t->rank > out->rank)
        return false;
    return t->count == 1 ||
           (axis >= 0 && t->dims[axis] == channels && t->count == (size_t)channels);
}

/* Whether a constant has the shape of one sample of the output. */
static bool per_sample(const pattern *l, const nn_tensor *t)
{
    const nn_tensor *out = l->first->out[0];
    const bool dense = l->op == &nn_int8_dense;
    const int from = dense ? 0 : 1; /* all rows of a matrix form one run */
    if (t->dtype != NN_FLOAT || !t->data || t->rank > out->rank ||
        t->count != (size_t)nn_dims_product(out, from, out->rank))
        return false;
    for (int i = 0; i < t->rank && i < out->rank - from; i++)
        if (t->dims[t->rank - 1 - i] != out->dims[out->rank - 1 - i])
            return false;
    return true;
}

/* Whether it is all zero, or absent. */
static bool no_zero(const nn_tensor *zero)
{
    for (size_t i = 0; zero && zero->data && i < zero->count; i++)
        if (nn_integer_at(zero, i))
            return false;
    return !zero || zero->data;
}

static bool single(const nn_tensor *t, nn_dtype dtype)
{
    return t && t->dtype == dtype && t->count == 1;
}

/* --- dynamic ------------------------------------------------------------------------------------
 */

/* Whether Mul's input k is the scale of x times the scales of weights, or one of the two. */
static bool take_scale(nn_session *s, pattern *l, const nn_step *mul, int k)
{
    if (nn_is_constant(s, mul, k) && !l->in[NN_INT8_W_SCALE] && per_channel(l, mul->in[k])) {
        set_input(s, l, NN_INT8_W_SCALE, mul, k);
        return true;
    }
    if (!nn_is_constant(s, mul, k) && !l->in[NN_INT8_X_SCALE] && single(mul->in[k], NN_FLOAT)) {
        set_input(s, l, NN_INT8_X_SCALE, mul, k);
        return true;
    }
    const int producer = mul->in_id[k] < 0 ? -1 : s->slots[mul->in_id[k]].producer;
    const nn_step *both = producer < 0 ? NULL : &s->steps[producer];
    return both && !both->gone && nn_is_op(both, "Mul") && both->activation == NN_ACT_NONE &&
           take_scale(s, l, both, 0) && take_scale(s, l, both, 1);
}

/* Fuses the Muls behind the Cast, and returns whether the weights' scale was among them. */
static bool take_scales(nn_session *s, pattern *l)
{
    for (int i = 0; i < 2; i++) {
        nn_step *mul = only_reader(s, l->last);
        if (!mul || !nn_is_op(mul, "Mul") ||
            (i && l->in[NN_INT8_X_SCALE] && l->in[NN_INT8_W_SCALE]))
            break;
        const int k = mul->in_id[0] == l->last->out_id[0] ? 1 : 0;
        const pattern before = *l;
        if (!nn_same_dims(mul->out[0], l->first->out[0]) || !take_scale(s, l, mul, k)) {
            *l = before;
            break;
        }
        l->last = mul;
    }
    return l->in[NN_INT8_W_SCALE] != NULL;
}

/* Fuses a bias for each channel, then one for each value: a table of positions. */
static void take_addends(nn_session *s, pattern *l)
{
    for (int i = 0; i < 2; i++) {
        nn_step *add = only_reader(s, l->last);
        if (!add || !nn_is_op(add, "Add") || !nn_same_dims(add->out[0], l->first->out[0]))
            return;
        const int k = add->in_id[0] == l->last->out_id[0] ? 1 : 0;
        if (!nn_is_constant(s, add, k) || l->in[NN_INT8_ADDEND])
            return;
        if (!l->in[NN_INT8_BIAS] && per_channel(l, add->in[k]))
            set_input(s, l, NN_INT8_BIAS, add, k);
        else if (per_sample(l, add->in[k]))
            set_input(s, l, NN_INT8_ADDEND, add, k);
        else
            return;
        l->last = add;
    }
}

static bool match_dynamic(nn_session *s, nn_step *step, pattern *l)
{
    bool conv = nn_is_op(step, "ConvInteger");
    if (!conv && !nn_is_op(step, "MatMulInteger"))
        return false;
    *l = (pattern){.first = step,
                   .last = step,
                   .op = conv ? &nn_int8_conv : &nn_int8_dense,
                   .channel_from_end = conv ? step->out[0]->rank - 2 : 0};
    nn_step *cast = only_reader(s, step);
    set_input(s, l, NN_INT8_X, step, 0);
    set_input(s, l, NN_INT8_W, step, 1);
    set_input(s, l, NN_INT8_X_ZERO, step, 2);
    const nn_tensor *zero = l->in[NN_INT8_X_ZERO];
    if (!nn_is_constant(s, step, 1) || (zero && zero->count != 1) || !no_zero(nn_in(step, 3)) ||
        !nn_int8_fits(l->op, step, step->in[0], step->in[1]) || !cast || !nn_is_op(cast, "Cast") ||
        cast->out[0]->dtype != NN_FLOAT)
        return false;
    l->last = cast;
    if (!take_scales(s, l))
        return false;
    take_addends(s, l);
    return true;
}

/* --- static -------------------------------------------------------------------------------------
 */

/* The DequantizeLinear that produces input k, folded or not. */
static const nn_step *dequantizer(const nn_session *s, const nn_step *step, int k)
{
    if (k >= step->n_in || step->in_id[k] < 0)
        return NULL;
    int producer = s->model->values[step->in_id[k]].producer;
    const nn_step *p = producer < 0 ? NULL : &s->steps[producer];
    return p && nn_is_op(p, "DequantizeLinear") ? p : NULL;
}

/* A Gemm that is x times a matrix, stored transposed or not, plus a bias. */
static bool plain_gemm(const nn_node *node)
{
    return nn_attr_float(node, "alpha", 1) == 1.0f && nn_attr_float(node, "beta", 1) == 1.0f &&
           !nn_attr_int(node, "transA", 0);
}

static const nn_op *static_op(const nn_step *step)
{
    if (nn_is_op(step, "Conv"))
        return &nn_int8_conv;
    return nn_is_op(step, "MatMul") || (nn_is_op(step, "Gemm") && plain_gemm(step->node))
               ? &nn_int8_dense
               : NULL;
}

static bool match_static(nn_session *s, nn_step *step, pattern *l)
{
    const nn_step *x = dequantizer(s, step, 0), *w = dequantizer(s, step, 1);
    const nn_op *op = static_op(step);
    if (!op || !x || !w || x->gone || !single(x->in[1], NN_FLOAT) ||
        step->activation != NN_ACT_NONE || step->residual_id >= 0)
        return false;
    const bool conv = op == &nn_int8_conv;
    *l = (pattern){.first = step,
                   .last = step,
                   .op = op,
                   .channel_from_end = conv ? step->out[0]->rank - 2 : 0};
    set_input(s, l, NN_INT8_X, x, 0);
    set_input(s, l, NN_INT8_X_SCALE, x, 1);
    set_input(s, l, NN_INT8_X_ZERO, x, 2);
    set_input(s, l, NN_INT8_W, w, 0);
    set_input(s, l, NN_INT8_W_SCALE, w, 1);
    const int64_t axis = nn_attr_int(w->node, "axis", 1), rank = w->in[0]->rank;
    const int64_t channels = conv || nn_int8_transposed(step) ? 0 : 1;
    if (!nn_int8_fits(op, step, x->in[0], w->in[0]) || !w->in[1]->data || !no_zero(nn_in(w, 2)) ||
        (w->in[1]->count > 1 && (axis < 0 ? axis + rank : axis) != channels))
        return false;
    if (nn_in(step, 2)) {
        if (!nn_is_constant(s, step, 2) || !(conv || per_channel(l, step->in[2])))
            return false;
        set_input(s, l, NN_INT8_BIAS, step, 2);
    }
    take_addends(s, l);
    return true;
}

/* QLinearConv on unsigned values, with constant weights of zero point 0. */
static bool match_qlinear(nn_session *s, nn_step *step, pattern *l)
{
    if (!nn_is_op(step, "QLinearConv") || !nn_is_constant(s, step, 3) || !step->in[5]->data ||
        !no_zero(step->in[5]) || step->out[0]->dtype != NN_UINT8 || !nn_is_constant(s, step, 4) ||
        (nn_in(step, 8) && !nn_is_constant(s, step, 8)))
        return false;
    *l = (pattern){.first = step, .last = step, .op = &nn_int8_qlinear};
    static const int from[NN_INT8_INPUTS] = {
        [NN_INT8_X] = 0,      [NN_INT8_X_SCALE] = 1, [NN_INT8_X_ZERO] = 2,
        [NN_INT8_W] = 3,      [NN_INT8_W_SCALE] = 4, [NN_INT8_Y_SCALE] = 6,
        [NN_INT8_Y_ZERO] = 7, [NN_INT8_BIAS] = 8,    [NN_INT8_ADDEND] = 9};
    for (int k = 0; k < NN_INT8_INPUTS; k++)
        set_input(s, l, k, step, from[k]);
    return nn_int8_fits(l->op, step, step->in[0], step->in[3]);
}

/* --- the step -----------------------------------------------------------------------------------
 */

/* Removes the fused nodes; the step takes the position of the last one. */
static int make_step(nn_session *s, const pattern *l, err *e)
{
    nn_tensor **in = nn_pool_array(&s->pool, NN_INT8_INPUTS, sizeof *in);
    int *id = nn_pool_array(&s->pool, NN_INT8_INPUTS, sizeof *id);
    if (!in || !id)
        return nn_no_memory(s, e);
    memcpy(in, l->in, sizeof l->in);
    memcpy(id, l->id, sizeof l->id);
    nn_step made = *l->first;
    made.op = l->op;
    made.run = l->op->run;
    made.label = l->op->name;
    made.n_in = NN_INT8_INPUTS;
    made.in = in;
    made.in_id = id;
    made.out = l->last->out;
    made.out_id = l->last->out_id;
    for (nn_step *step = l->first; step != l->last; step = only_reader(s, step))
        step->gone = true;
    *l->last = made;
    return 0;
}

/* A convolution up to its bias, if only `step` reads it. */
static nn_step *part_of(nn_session *s, const nn_step *step, int k)
{
    nn_step *part = nn_only_producer(s, step, k);
    return part && part->op == &nn_int8_conv && !part->fine && !part->in[NN_INT8_ADDEND] &&
                   nn_same_dims(part->out[0], step->out[0])
               ? part
               : NULL;
}

/* The sum of two convolutions becomes one step: a wide layer. */
static int add_parts(nn_session *s, nn_step *add, nn_step *coarse, const nn_step *fine, err *e)
{
    enum { ALL = 2 * NN_INT8_INPUTS };
    nn_step made = *coarse;
    char *label = nn_pool_alloc(&s->pool, strlen(coarse->label) + 8);
    made.in = nn_pool_array(&s->pool, ALL, sizeof *made.in);
    made.in_id = nn_pool_array(&s->pool, ALL, sizeof *made.in_id);
    made.fine = nn_pool_array(&s->pool, 1, sizeof *made.fine);
    if (!label || !made.in || !made.in_id || !made.fine)
        return nn_no_memory(s, e);
    snprintf(label, strlen(coarse->label) + 8, "2 x %s", coarse->label);
    for (int k = 0; k < ALL; k++) {
        const nn_step *from = k < NN_INT8_INPUTS ? coarse : fine;
        made.in[k] = from->in[k % NN_INT8_INPUTS];
        made.in_id[k] = from->in_id[k % NN_INT8_INPUTS];
    }
    *made.fine = *fine;
    made.n_in = ALL;
    made.macs += fine->macs;
    made.label = label;
    made.out = add->out;
    made.out_id = add->out_id;
    *add = made;
    return 0;
}

static int fuse_parts(nn_session *s, err *e)
{
    nn_drop_unused(s); /* counts uses */
    for (int i = 0; i < s->n_steps; i++) {
        nn_step *add = &s->steps[i];
        if (add->gone || !nn_is_op(add, "Add"))
            continue;
        nn_step *coarse = part_of(s, add, 0), *fine = part_of(s, add, 1);
        if (!coarse || !fine || coarse == fine)
            continue;
        if (add_parts(s, add, coarse, fine, e))
            return nn_node_error(add->node, e);
        coarse->gone = fine->gone = true;
    }
    return 0;
}

int nn_fuse_int8(nn_session *s, err *e)
{
    for (int i = 0; i < s->n_steps; i++) {
        nn_step *step = &s->steps[i];
        pattern l;
        if (step->gone || !(match_dynamic(s, step, &l) || match_static(s, step, &l) ||
                            match_qlinear(s, step, &l)))
            continue;
        if (make_step(s, &l, e))
            return nn_node_error(step->node, e);
    }
    int rc = fuse_parts(s, e);
    nn_drop_unused(s);
    return rc;
}

/* --- back to bytes ------------------------------------------------------------------------------
 */

static bool gives_floats(const nn_step *step)
{
    return step && (step->op == &nn_int8_conv || step->op == &nn_int8_dense) &&
           step->out[0]->dtype == NN_FLOAT;
}

/* Whether the operator only moves elements, so that quantizing before or after it is the same. */
static bool moves(const nn_step *step)
{
    static const char *const names[] = {"Reshape",   "Flatten",  "Squeeze",
                                        "Unsqueeze", "Identity", "Transpose"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (nn_is_op(step, names[i]))
            return step->activation == NN_ACT_NONE;
    return false;
}

/* Makes a move of floats before a quantizer a move of bytes: puts the quantizer in front. Slot
 * `floats` becomes bytes, and the move writes the quantizer's output. */
static int move_bytes(nn_session *s, nn_step *move, nn_step *quantizer, err *e)
{
    const int floats = move->in_id[0];
    nn_slot *slot = &s->slots[floats];
    int *out_id = nn_pool_array(&s->pool, 3, sizeof *out_id);
    nn_tensor **out = nn_pool_array(&s->pool, 3, sizeof *out);
    if (!out_id || !out)
        return nn_no_memory(s, e);
    memcpy(out_id, quantizer->out_id, (size_t)quantizer->n_out * sizeof *out_id);
    memcpy(out, quantizer->out, (size_t)quantizer->n_out * sizeof *out);
    int rc = nn_tensor_like(&slot->t, NN_UINT8, &slot->t, e);
    if (rc)
        return rc;
    move->out_id = quantizer->out_id;
    move->out = quantizer->out;
    out_id[0] = floats;
    out[0] = &slot->t;
    quantizer->out_id = out_id;
    quantizer->out = out;
    s->slots[move->out_id[0]].producer = (int)(move - s->steps);
    return 0;
}

/* Makes constant scales of the quantizer inputs of the layer. */
static void set_output_scale(const nn_session *s, nn_step *layer, const nn_step *quantizer)
{
    for (int k = 1; k < quantizer->n_in; k++) {
        const int which = k == 1 ? NN_INT8_Y_SCALE : NN_INT8_Y_ZERO;
        layer->in[which] = quantizer->in[k];
        layer->in_id[which] = nn_is_constant(s, quantizer, k) ? -1 : quantizer->in_id[k];
    }
}

/* Gives the layer the outputs of the quantizer, and removes that. */
static int take_quantizer(nn_session *s, nn_step *layer, nn_step *quantizer, err *e)
{
    const size_t room = strlen(layer->label) + strlen(quantizer->op->name) + 2;
    char *label = nn_pool_alloc(&s->pool, room);
    if (!label)
        return nn_no_memory(s, e);
    snprintf(label, room, "%s+%s", layer->label, quantizer->op->name);
    layer->label = label;
    if (layer->op != &nn_int8_join)
        set_output_scale(s, layer, quantizer);
    layer->n_out = quantizer->n_out;
    layer->out = quantizer->out;
    layer->out_id = quantizer->out_id;
    for (int k = 0; k < layer->n_out; k++)
        s->slots[layer->out_id[k]].producer = (int)(layer - s->steps);
    quantizer->gone = true;
    return 0;
}

/* The parts of a Concat along the channels, if each is a convolution with no other reader. */
static bool joins(nn_session *s, const nn_step *concat, nn_step **layers, int most)
{
    if (!concat || !nn_is_op(concat, "Concat") || concat->n_in > most ||
        concat->activation != NN_ACT_NONE)
        return false;
    const int64_t axis = nn_attr_int(concat->node, "axis", 0), rank = concat->out[0]->rank;
    for (int k = 0; k < concat->n_in; k++) {
        layers[k] = nn_only_producer(s, concat, k);
        if (!gives_floats(layers[k]) || layers[k]->op != &nn_int8_conv || layers[k]->fine)
            return false;
    }
    return (axis < 0 ? axis + rank : axis) == 1;
}

/* Makes the Concat a step that runs all of them; take_quantizer then gives it its outputs. */
static int join_layers(nn_session *s, nn_step *concat, nn_step *const *layers,
                       const nn_step *quantizer, err *e)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it was found */
    const int n = concat->n_in;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): and has inputs */
    const char *first = layers[0]->label;
    const size_t room = strlen(first) + 32;
    char *label = nn_pool_alloc(&s->pool, room);
    if (!label)
        return nn_no_memory(s, e);
    snprintf(label, room, "%d x %s+Concat", n, first);
    concat->label = label;
    for (int k = 0; k < n; k++)
        set_output_scale(s, layers[k], quantizer);
    int rc = nn_int8_join_layers(concat, layers, n, e);
    for (int k = 0; !rc && k < n; k++)
        layers[k]->gone = true;
    return rc;
}

/* Whether the step quantizes to bytes, with constant or dynamic scales. */
static bool quantizes(const nn_session *s, const nn_step *step)
{
    if (nn_is_op(step, "DynamicQuantizeLinear"))
        return true;
    return nn_is_op(step, "QuantizeLinear") && step->out[0]->dtype == NN_UINT8 &&
           nn_is_constant(s, step, 1) && single(step->in[1], NN_FLOAT) &&
           (!nn_in(step, 2) || nn_is_constant(s, step, 2));
}

/* The most parts of a Concat for one step. */
enum { MOST_PARTS = 16 };

int nn_fuse_requantize(nn_session *s, err *e)
{
    for (int i = 0; i < s->n_steps; i++) {
        nn_step *quantizer = &s->steps[i];
        if (quantizer->gone || !quantizes(s, quantizer))
            continue;
        nn_step *moves_to[8], *producer = nn_only_producer(s, quantizer, 0);
        int n = 0;
        for (; producer && moves(producer) && n < 8; producer = nn_only_producer(s, producer, 0))
            moves_to[n++] = producer;
        nn_step *parts[MOST_PARTS];
        const bool joined = joins(s, producer, parts, MOST_PARTS);
        if (!gives_floats(producer) && !joined)
            continue;
        int rc = joined ? join_layers(s, producer, parts, quantizer, e) : 0;
        for (int k = 0; !rc && k < n; k++)
            rc = move_bytes(s, moves_to[k], quantizer, e);
        if (!rc)
            rc = take_quantizer(s, producer, quantizer, e);
        if (rc)
            return nn_node_error(quantizer->node, e);
    }
    return 0;
}
