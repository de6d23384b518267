/* Fusion: a step that follows a convolution (or another suitable step) becomes part of it. A fused
 * step takes the position of its last node, where all its inputs are known. */
#include <stdio.h>
#include <string.h>

#include "nn/fuse_int8.h"
#include "nn/fuse_signs.h"
#include "nn/fuse_weights.h"
#include "nn/passes.h"

/* Replaces `into` by `from` with everything fused into it. */
static int absorb(nn_session *s, nn_step *from, nn_step *into, err *e)
{
    const char *last = strcmp(into->op->name, "BatchNormalization") == 0 ? NULL : into->op->name;
    char *label = NULL;
    if (last) {
        size_t room = strlen(from->label) + strlen(last) + 2;
        label = nn_pool_alloc(&s->pool, room);
        if (!label)
            return nn_no_memory(s, e);
        snprintf(label, room, "%s+%s", from->label, last);
    }
    nn_step fused = *from;
    fused.out_id = into->out_id;
    fused.out = into->out;
    fused.label = label ? label : from->label;
    *into = fused;
    from->gone = true;
    s->slots[into->out_id[0]].producer = (int)(into - s->steps);
    return 0;
}

static bool activation_of(const nn_step *step, nn_activation *act, float *alpha)
{
    *alpha = 0;
    if (nn_is_op(step, "Relu"))
        *act = NN_ACT_RELU;
    else if (nn_is_op(step, "Sigmoid"))
        *act = NN_ACT_SIGMOID;
    else if (nn_is_op(step, "Tanh"))
        *act = NN_ACT_TANH;
    else if (nn_is_op(step, "LeakyRelu")) {
        *act = NN_ACT_LEAKY_RELU;
        *alpha = nn_attr_float(step->node, "alpha", 0.01f);
    } else
        return false;
    return true;
}

/* Whether the step can include one more activation. Two consecutive leaky slopes equal one, their
 * product, as long as the first does not change the sign. */
static bool takes(const nn_step *step, nn_activation act)
{
    if (!step || !(step->op->flags & NN_OP_ACTIVATES) || step->out[0]->dtype != NN_FLOAT)
        return false;
    bool leaky = step->activation == NN_ACT_LEAKY_RELU && step->alpha >= 0;
    return step->activation == NN_ACT_NONE || (leaky && act == NN_ACT_LEAKY_RELU);
}

static void give(nn_step *step, nn_activation act, float alpha)
{
    step->alpha = step->activation == NN_ACT_NONE ? alpha : step->alpha * alpha;
    step->activation = act;
}

/* Moves an activation behind a Concat in front of it if every part can include it. */
static int fuse_through_concat(nn_session *s, nn_step *concat, nn_step *activation, err *e)
{
    nn_activation act = NN_ACT_NONE;
    float alpha = 0;
    activation_of(activation, &act, &alpha);
    for (int k = 0; k < concat->n_in; k++)
        if (!takes(nn_only_producer(s, concat, k), act))
            return 0;
    for (int k = 0; k < concat->n_in; k++) {
        nn_step *part = nn_only_producer(s, concat, k);
        give(part, act, alpha);
        size_t room = strlen(part->label) + strlen(activation->op->name) + 2;
        char *label = nn_pool_alloc(&s->pool, room);
        if (!label)
            return nn_no_memory(s, e);
        snprintf(label, room, "%s+%s", part->label, activation->op->name);
        part->label = label;
    }
    const char *label = concat->label;
    int rc = absorb(s, concat, activation, e);
    activation->label = label;
    return rc;
}

static int fuse_activation(nn_session *s, nn_step *step, err *e)
{
    nn_activation act = NN_ACT_NONE;
    float alpha = 0;
    nn_step *producer = nn_only_producer(s, step, 0);
    if (!producer || !activation_of(step, &act, &alpha) || step->in[0]->dtype != NN_FLOAT)
        return 0;
    if (nn_is_op(producer, "Concat"))
        return fuse_through_concat(s, producer, step, e);
    if (!takes(producer, act))
        return 0;
    give(producer, act, alpha);
    return absorb(s, producer, step, e);
}

static bool plain_conv(const nn_session *s, const nn_step *step)
{
    return step && nn_is_op(step, "Conv") && step->activation == NN_ACT_NONE &&
           step->residual_id < 0 && nn_is_constant(s, step, 1) &&
           (step->n_in < 3 || !step->in[2] || nn_is_constant(s, step, 2));
}

/* a + conv(x), conv(x) + a, a - conv(x): the convolution with a residual, negated for the last. */
static int fuse_residual(nn_session *s, nn_step *step, err *e)
{
    bool add = nn_is_op(step, "Add");
    if (!add && !nn_is_op(step, "Sub"))
        return 0;
    for (int k = 1; k >= (add ? 0 : 1); k--) {
        nn_step *conv = nn_only_producer(s, step, k);
        int other = step->in_id[1 - k];
        if (!plain_conv(s, conv) || !nn_same_dims(step->in[0], step->in[1]) ||
            step->in[0]->dtype != NN_FLOAT || s->slots[other].constant)
            continue;
        if (!add && nn_negate_conv(s, conv, e))
            return nn_no_memory(s, e);
        conv->residual_id = other;
        conv->residual = &s->slots[other].t;
        return absorb(s, conv, step, e);
    }
    return 0;
}

static int fuse_batch_norm(nn_session *s, nn_step *step, err *e)
{
    nn_step *conv = nn_only_producer(s, step, 0);
    if (!nn_is_op(step, "BatchNormalization") || !plain_conv(s, conv) || step->n_out != 1)
        return 0;
    for (int k = 1; k < 5; k++)
        if (!nn_is_constant(s, step, k))
            return 0;
    int rc = nn_fold_batch_norm(s, conv, step, e);
    return rc ? rc : absorb(s, conv, step, e);
}

int nn_fuse(nn_session *s, err *e)
{
    static int (*const passes[])(nn_session *, nn_step *, err *) = {fuse_batch_norm, fuse_residual,
                                                                    fuse_activation};
    int made = nn_fuse_int8(s, e);
    if (!made)
        made = nn_fuse_signs(s, e);
    if (made)
        return made;
    for (size_t p = 0; p < sizeof passes / sizeof passes[0]; p++)
        for (int i = 0; i < s->n_steps; i++) {
            int rc = s->steps[i].gone ? 0 : passes[p](s, &s->steps[i], e);
            if (rc)
                return nn_node_error(s->steps[i].node, e);
        }
    made = nn_fuse_requantize(s, e);
    nn_drop_unused(s);
    return made;
}

/* Whether the derivative of the batch norm's activation follows from its output. */
static bool shows_slope(const nn_step *step)
{
    return nn_is_op(step, "Relu") ||
           (nn_is_op(step, "LeakyRelu") && nn_attr_float(step->node, "alpha", 0.01f) >= 0);
}

static bool is_norm(const nn_step *step)
{
    return step && nn_is_op(step, "BatchNormalization");
}

int nn_fuse_training(nn_session *s, err *e)
{
    for (int i = 0; i < s->n_steps; i++) {
        nn_step *step = &s->steps[i];
        if (step->gone || !shows_slope(step))
            continue;
        nn_step *producer = nn_only_producer(s, step, 0);
        bool norms = producer && (is_norm(producer) || nn_is_op(producer, "Concat"));
        for (int k = 0; norms && nn_is_op(producer, "Concat") && k < producer->n_in; k++)
            norms = is_norm(nn_only_producer(s, producer, k));
        int rc = norms ? fuse_activation(s, step, e) : 0;
        if (rc)
            return nn_node_error(step->node, e);
    }
    nn_drop_unused(s);
    return 0;
}
