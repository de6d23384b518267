#include "nn/grad/fake.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/grad/fake_simd.h"

/* A value that quantized layers read, and its rounded copy; wide layers have a separate copy. */
typedef struct fake_input {
    int value;
    bool wide;
    int step; /* its first reader */
    const nn_tensor *from;
    nn_tensor to;
    nn_quantization *by; /* [samples], of the last forward run */
} fake_input;

/* Weights of one or several layers. */
typedef struct fake_weights {
    grad_layer layer;
    int entry; /* -1: a constant that is not trained */
    const float *from;
    float *to;
} fake_weights;

/* The input of one step. `d_in` and `add`: the target of a gradient that can be stopped. */
typedef struct fake_step {
    const fake_input *input; /* NULL: the step is not quantized */
    float *d_in;
    bool add;
} fake_step;

struct grad_fake {
    const grad_weights *weights;
    grad_quantization q;
    nn_pool pool;
    size_t samples; /* of a batch */
    int n_sets, n_inputs;
    fake_weights *sets;
    fake_input *inputs;
    fake_step *steps; /* one for each of the session's */
    float *rest;      /* of one sample */
};

static int no_memory(err *e)
{
    return err_set(e, ERR_NOMEM, "no memory to quantize the graph");
}

/* --- weights -----------------------------------------------------------------------------------
 */

static int find_entry(const grad_weights *w, int value)
{
    for (int i = 0; i < w->n_entries; i++)
        if (w->entries[i].value == value)
            return i;
    return -1;
}

static bool has_set(const grad_fake *f, int value)
{
    for (int i = 0; i < f->n_sets; i++)
        if (f->sets[i].layer.value == value)
            return true;
    return false;
}

static int add_set(grad_fake *f, const grad_layer *layer, err *e)
{
    const nn_tensor *t = f->weights->model->values[layer->value].constant;
    int entry = find_entry(f->weights, layer->value);
    float *to = nn_pool_array(&f->pool, t->count, sizeof *to);
    if (!to)
        return no_memory(e);
    const float *from =
        entry < 0 ? t->data : f->weights->values + f->weights->entries[entry].offset;
    f->sets[f->n_sets++] = (fake_weights){*layer, entry, from, to};
    grad_fake_weights(layer, from, to);
    return 0;
}

static int open_sets(grad_fake *f, err *e)
{
    const nn_model *m = f->weights->model;
    f->sets = nn_pool_array(&f->pool, (size_t)m->n_nodes, sizeof *f->sets);
    f->inputs = nn_pool_array(&f->pool, (size_t)m->n_nodes, sizeof *f->inputs);
    int rc = f->sets && f->inputs ? 0 : no_memory(e);
    for (int i = 0; !rc && i < m->n_nodes; i++) {
        grad_layer layer;
        if (grad_quantizes(&f->q, m, &m->nodes[i], &layer) && !has_set(f, layer.value))
            rc = add_set(f, &layer, e);
    }
    return rc;
}

grad_fake *grad_fake_open(const grad_weights *weights, const grad_quantization *q, err *e)
{
    grad_fake *f = calloc(1, sizeof *f);
    if (!f) {
        no_memory(e);
        return NULL;
    }
    f->weights = weights;
    f->q = *q;
    if (grad_quantization_check(q, weights->model, e) == 0 && open_sets(f, e) == 0)
        return f;
    grad_fake_free(f);
    return NULL;
}

void grad_fake_free(grad_fake *fake)
{
    if (!fake)
        return;
    nn_pool_free(&fake->pool);
    free(fake);
}

void grad_fake_redirect(const grad_fake *f, float **trained)
{
    for (int i = 0; i < f->n_sets; i++)
        trained[f->sets[i].layer.value] = f->sets[i].to;
}

void grad_fake_refresh(const grad_fake *f)
{
    for (int i = 0; i < f->n_sets; i++)
        if (f->sets[i].entry >= 0)
            grad_fake_weights(&f->sets[i].layer, f->sets[i].from, f->sets[i].to);
}

void grad_fake_finish(const grad_fake *f, float *gradients)
{
    for (int i = 0; i < f->n_sets; i++) {
        const fake_weights *set = &f->sets[i];
        if (set->entry < 0 || !set->layer.binary)
            continue;
        const grad_entry *entry = &f->weights->entries[set->entry];
        for (size_t k = 0; k < entry->count; k++)
            if (fabsf(set->from[k]) > 1)
                gradients[entry->offset + k] = 0;
    }
}

/* --- inputs ------------------------------------------------------------------------------------
 */

/* Samples are consecutive along the first dimension, so each is one piece of memory. */
static int add_input(grad_fake *f, const nn_step *step, bool wide, int i, const fake_input **input,
                     err *e)
{
    int value = step->in_id[0];
    const nn_tensor *from = step->in[0];
    for (int k = 0; k < f->n_inputs; k++)
        if (f->inputs[k].value == value && f->inputs[k].wide == wide) {
            *input = &f->inputs[k];
            return 0;
        }
    if (from->rank < 1 || from->dims[0] % (int64_t)f->samples != 0)
        return err_set(e, ERR_UNSUPPORTED,
                       "its input's first dimension is not the batch, so samples cannot be "
                       "quantized one by one; `skip` leaves a layer in float");
    fake_input *new = &f->inputs[f->n_inputs++];
    *new = (fake_input){.value = value, .wide = wide, .step = i, .from = from, .to = *from};
    new->to.data = nn_pool_alloc(&f->pool, from->bytes);
    new->by = nn_pool_array(&f->pool, f->samples, sizeof *new->by);
    *input = new;
    return new->to.data &&new->by ? 0 : no_memory(e);
}

/* A copy of the step that reads input->to; its weights are already the rounded ones. */
static const nn_step *copy_step(grad_fake *f, const nn_step *step, const fake_input *input)
{
    nn_step *copy = nn_pool_alloc(&f->pool, sizeof *copy);
    nn_tensor **in = nn_pool_array(&f->pool, (size_t)step->n_in, sizeof *in);
    if (!copy || !in)
        return NULL;
    memcpy(in, step->in, (size_t)step->n_in * sizeof *in);
    *copy = *step;
    copy->in = in;
    in[0] = (nn_tensor *)&input->to;
    return copy;
}

static int attach_step(grad_fake *f, grad_step *t, int i, err *e)
{
    grad_layer layer;
    const nn_step *step = t->forward;
    if (!grad_quantizes(&f->q, f->weights->model, step->node, &layer))
        return 0;
    int rc = add_input(f, step, layer.wide, i, &f->steps[i].input, e);
    if (rc)
        return nn_node_error(step->node, e);
    t->forward = copy_step(f, step, f->steps[i].input);
    return t->forward ? 0 : no_memory(e);
}

static size_t largest_input(const grad_fake *f)
{
    size_t largest = 0;
    for (int i = 0; i < f->n_inputs; i++)
        largest = f->inputs[i].from->bytes > largest ? f->inputs[i].from->bytes : largest;
    return largest;
}

int grad_fake_attach(grad_fake *f, const nn_session *s, grad_step *steps, int n_steps, err *e)
{
    f->samples = (size_t)s->options.batch;
    f->steps = nn_pool_array(&f->pool, (size_t)n_steps, sizeof *f->steps);
    int rc = f->steps ? 0 : no_memory(e);
    for (int i = 0; !rc && i < n_steps; i++)
        rc = attach_step(f, &steps[i], i, e);
    if (rc)
        return rc;
    f->rest = nn_pool_alloc(&f->pool, largest_input(f) / f->samples);
    return f->rest ? 0 : no_memory(e);
}

int grad_fake_bind(grad_fake *f, grad_step *steps, int n_steps, err *e)
{
    float *d = f->q.scheme == GRAD_STATIC ? nn_pool_alloc(&f->pool, largest_input(f)) : NULL;
    if (f->q.scheme != GRAD_STATIC)
        return 0;
    for (int i = 0; d && i < n_steps; i++) {
        fake_step *step = &f->steps[i];
        if (!step->input || !steps[i].d_in[0])
            continue;
        step->d_in = steps[i].d_in[0];
        step->add = steps[i].add[0];
        steps[i].d_in[0] = d;
        steps[i].add[0] = false;
    }
    return d ? 0 : no_memory(e);
}

static nn_quantization by_range(const float *x, size_t n)
{
    static nn_range (*const runs[])(const float *, size_t) = SIMD_TABLE(grad_range_run);
    return nn_quantization_of(runs[cpu_level()](x, n));
}

/* The remainder of the first part is within half a step if nothing was clipped. */
static void add_rest(const grad_fake *f, nn_quantization by, const float *x, float *to, size_t n)
{
    static void (*const rests[])(const float *, const float *, float *, size_t) =
        SIMD_TABLE(grad_fake_rest_run);
    static void (*const adds[])(nn_quantization, const float *, float *, size_t) =
        SIMD_TABLE(grad_fake_add_run);
    rests[cpu_level()](x, to, f->rest, n);
    nn_range fixed = {-by.scale / 2, by.scale / 2};
    adds[cpu_level()](f->q.scheme == GRAD_STATIC ? nn_quantization_of(fixed) : by_range(f->rest, n),
                      f->rest, to, n);
}

void grad_fake_forward(const grad_fake *f, int i)
{
    static void (*const runs[])(nn_quantization, const float *, float *, size_t) =
        SIMD_TABLE(grad_fake_run);
    const fake_input *input = f->steps[i].input;
    if (!input || input->step != i)
        return;
    size_t each = input->from->count / f->samples;
    for (size_t n = 0; n < f->samples; n++) {
        const float *x = (const float *)input->from->data + n * each;
        float *to = (float *)input->to.data + n * each;
        input->by[n] = f->q.scheme == GRAD_STATIC ? nn_quantization_of(f->q.ranges[input->value])
                                                  : by_range(x, each);
        runs[cpu_level()](input->by[n], x, to, each);
        if (input->wide)
            add_rest(f, input->by[n], x, to, each);
    }
}

void grad_fake_backward(const grad_fake *f, const grad_step *t, int i)
{
    static void (*const runs[])(nn_quantization, const float *, const float *, float *, size_t,
                                bool) = SIMD_TABLE(grad_fake_pass_run);
    const fake_step *step = &f->steps[i];
    if (!step->d_in)
        return;
    const fake_input *input = step->input;
    size_t each = input->from->count / f->samples;
    for (size_t at = 0, n = 0; n < f->samples; n++, at += each)
        runs[cpu_level()](input->by[n], (const float *)input->from->data + at, t->d_in[0] + at,
                          step->d_in + at, each, step->add);
}
