#include "nn/grad.h"

#include <stdlib.h>
#include <string.h>

#include "nn/arena.h"
#include "nn/grad/backward.h"
#include "nn/grad/fake.h"
#include "nn/grad/registry.h"
#include "nn/session.h"
#include "nn/steps.h"

/* The gradient of one value. */
typedef struct tape_value {
    bool depends; /* on a weight or on an input with a gradient */
    bool wanted;  /* has a gradient: output 0 depends on it, too */
    bool weight;  /* its gradient is in net->gradients, and always accumulates */
    bool source;  /* an input with a gradient */
    bool end;     /* an output in the loss */
    float *d;
    double *sums; /* of a statistic */
    int uses;     /* as a statistic */
} tape_value;

struct grad_net {
    const grad_weights *weights;
    grad_fake *fake; /* NULL: nothing is quantized */
    nn_session *session;
    nn_pool pool;
    int n_steps;
    grad_step *steps; /* one for each step of the session */
    bool *active;     /* [n_steps] has a reverse to run */
    tape_value *values;
    float *gradients;
    double *sums;
    size_t forwards;
    bool batch_norm;
};

static int no_memory(err *e)
{
    return err_set(e, ERR_NOMEM, "no memory to differentiate the graph");
}

/* --- which values have a gradient --------------------------------------------------------------
 */

static void mark_weights(grad_net *net)
{
    for (int i = 0; i < net->weights->n_entries; i++) {
        const grad_entry *entry = &net->weights->entries[i];
        tape_value *v = &net->values[entry->value];
        if (entry->kind == GRAD_STATISTIC) {
            v->sums = net->sums + entry->offset;
            continue;
        }
        v->depends = v->weight = true;
        v->d = net->gradients + entry->offset;
    }
    for (int v = 0; v < net->session->n_slots; v++)
        net->values[v].depends |= net->values[v].source;
}

/* Shapes, indices and comparisons have no gradient. Doubles would have one, which the operators on
 * them refuse. */
static bool has_gradient(const nn_tensor *t)
{
    return t->dtype == NN_FLOAT || t->dtype == NN_DOUBLE;
}

static void mark_dependent(grad_net *net)
{
    for (int i = 0; i < net->n_steps; i++) {
        const nn_step *step = net->steps[i].forward;
        bool any = false;
        for (int k = 0; k < step->n_in; k++)
            any |= step->in_id[k] >= 0 && net->values[step->in_id[k]].depends;
        any &= !(step->op->flags & NN_OP_SHAPE_ONLY);
        for (int k = 0; k < step->n_out; k++)
            if (step->out_id[k] >= 0)
                net->values[step->out_id[k]].depends = any && has_gradient(step->out[k]);
    }
}

static void mark_wanted(grad_net *net)
{
    for (int v = 0; v < net->session->n_slots; v++)
        net->values[v].wanted = net->values[v].end && net->values[v].depends;
    for (int i = net->n_steps - 1; i >= 0; i--) {
        const nn_step *step = net->steps[i].forward;
        for (int k = 0; k < step->n_out; k++)
            net->active[i] |= step->out_id[k] >= 0 && net->values[step->out_id[k]].wanted;
        for (int k = 0; net->active[i] && k < step->n_in; k++)
            if (step->in_id[k] >= 0 && net->values[step->in_id[k]].depends)
                net->values[step->in_id[k]].wanted = true;
    }
}

/* --- memory of the gradients -------------------------------------------------------------------
 */

/* Time runs backward: step i is at n_steps - i, the outputs' gradients are written at 0, and the
 * inputs' gradients are read after all steps. */
static void find_lifetimes(const grad_net *net, nn_region *regions)
{
    for (int v = 0; v < net->session->n_slots; v++)
        regions[v] = (nn_region){.slot = v, .first = net->values[v].end ? 0 : -1, .last = -1};
    for (int i = net->n_steps - 1; i >= 0; i--) {
        const nn_step *step = net->steps[i].forward;
        int now = net->n_steps - i;
        for (int k = 0; net->active[i] && k < step->n_in; k++)
            if (step->in_id[k] >= 0) {
                nn_region *r = &regions[step->in_id[k]];
                /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): set above */
                r->first = r->first < 0 ? now : r->first;
                r->last = now;
            }
        for (int k = 0; k < step->n_out; k++)
            if (step->out_id[k] >= 0)
                regions[step->out_id[k]].last = now;
    }
    for (int v = 0; v < net->session->n_slots; v++) {
        if (net->values[v].end && regions[v].last < 0)
            regions[v].last = 0;
        if (net->values[v].source)
            regions[v].last = net->n_steps + 1;
    }
}

/* Moves the regions that need memory here to the front, and returns their number. */
static int choose_regions(const grad_net *net, nn_region *regions)
{
    int n = 0;
    for (int v = 0; v < net->session->n_slots; v++) {
        const tape_value *value = &net->values[v];
        bool needed = value->wanted || value->end || value->source;
        if (!needed || net->values[v].weight)
            continue;
        regions[n] = regions[v];
        if (regions[n].first < 0) /* an input that no output depends on: stays zero */
            regions[n].first = 0;
        regions[n++].bytes = nn_arena_align(net->session->slots[v].t.bytes);
    }
    return n;
}

static int plan_gradients(grad_net *net, err *e)
{
    nn_region *regions = malloc((size_t)net->session->n_slots * sizeof *regions);
    size_t total = 0;
    if (!regions)
        return no_memory(e);
    find_lifetimes(net, regions);
    int n = choose_regions(net, regions);
    char *arena = nn_arena_lay_out(regions, n, &total) ? NULL : nn_pool_alloc(&net->pool, total);
    for (int i = 0; arena && i < n; i++)
        net->values[regions[i].slot].d = (float *)(void *)(arena + regions[i].at);
    free(regions);
    return arena ? 0 : no_memory(e);
}

/* --- the steps ---------------------------------------------------------------------------------
 */

static int bind_step(grad_net *net, int i, bool *written, err *e)
{
    grad_step *t = &net->steps[i];
    const nn_step *step = t->forward;
    t->pool = &net->pool;
    t->d_in = nn_pool_array(&net->pool, (size_t)step->n_in, sizeof *t->d_in);
    t->add = nn_pool_array(&net->pool, (size_t)step->n_in, sizeof *t->add);
    const float **d_out = nn_pool_array(&net->pool, (size_t)step->n_out, sizeof(float *));
    double **sums = nn_pool_array(&net->pool, (size_t)step->n_in, sizeof(double *));
    bool *weight = nn_pool_array(&net->pool, (size_t)step->n_in, sizeof *weight);
    if (!t->d_in || !t->add || !d_out || !sums || !weight)
        return no_memory(e);
    t->weight = weight;
    t->d_out = d_out;
    t->sums = sums;
    for (int k = 0; k < step->n_out; k++)
        if (step->out_id[k] >= 0 && net->values[step->out_id[k]].wanted)
            d_out[k] = net->values[step->out_id[k]].d;
    for (int k = 0; k < step->n_in; k++) {
        int v = step->in_id[k];
        if (v < 0)
            continue;
        weight[k] = net->values[v].weight;
        sums[k] = net->values[v].sums;
        net->values[v].uses += sums[k] != NULL;
        if (!net->active[i] || !net->values[v].wanted)
            continue;
        t->d_in[k] = net->values[v].d;
        t->add[k] = net->values[v].weight || written[v];
        written[v] = true;
    }
    return 0;
}

static int prepare_step(grad_net *net, int i, err *e)
{
    grad_step *t = &net->steps[i];
    const nn_step *step = t->forward;
    if (net->active[i] && (!t->op || !t->op->backward)) {
        err_set(e, ERR_UNSUPPORTED,
                "csilink cannot differentiate this operator, and a weight or the input reaches "
                "the output through it; a constant whose name begins with \"const.\" is not a "
                "weight");
        return nn_node_error(step->node, e);
    }
    bool used = t->op && (net->active[i] || t->op->forward);
    if (used && t->op->prepare && t->op->prepare(t, e))
        return nn_node_error(step->node, e);
    return 0;
}

/* In the order of the backward run, so that the first writer of a gradient overwrites it. */
static int bind_steps(grad_net *net, err *e)
{
    size_t scratch_bytes = 0;
    bool *written = calloc((size_t)net->session->n_slots + 1, sizeof *written);
    int rc = written ? 0 : no_memory(e);
    for (int v = 0; written && v < net->session->n_slots; v++)
        written[v] = net->values[v].end;
    for (int i = net->n_steps - 1; !rc && i >= 0; i--) {
        rc = bind_step(net, i, written, e);
        if (!rc)
            rc = prepare_step(net, i, e);
        if (net->steps[i].scratch_bytes > scratch_bytes)
            scratch_bytes = net->steps[i].scratch_bytes;
    }
    free(written);
    void *scratch = rc ? NULL : nn_pool_alloc(&net->pool, scratch_bytes);
    if (!rc && !scratch)
        rc = no_memory(e);
    for (int i = 0; !rc && i < net->n_steps; i++)
        net->steps[i].scratch = scratch;
    return rc;
}

/* --- opening -----------------------------------------------------------------------------------
 */

static int open_session(grad_net *net, int64_t batch, err *e)
{
    const nn_model *m = net->weights->model;
    float **trained = calloc((size_t)m->n_values + 1, sizeof *trained);
    if (!trained)
        return no_memory(e);
    for (int i = 0; i < net->weights->n_entries; i++)
        trained[net->weights->entries[i].value] =
            net->weights->values + net->weights->entries[i].offset;
    if (net->fake)
        grad_fake_redirect(net->fake, trained);
    net->session = nn_session_open_training(m, batch, trained, e);
    free(trained);
    return net->session ? 0 : ERR_INVALID; /* the message is set already */
}

/* Marks the requested inputs and outputs on the values. */
static int mark_ends(grad_net *net, unsigned inputs, bool all_outputs, err *e)
{
    const nn_model *m = net->weights->model;
    const nn_tensor *first = &net->session->slots[m->outputs[0]].t;
    if (first->dtype != NN_FLOAT)
        return err_set(e, ERR_UNSUPPORTED, "output 0 is of type %s; training needs floats",
                       nn_dtype_name(first->dtype));
    for (int i = 0; i < (all_outputs ? m->n_outputs : 1); i++)
        net->values[m->outputs[i]].end = net->session->slots[m->outputs[i]].t.dtype == NN_FLOAT;
    for (int i = 0; i < GRAD_INPUTS_MAX; i++) {
        if (!(inputs >> i & 1))
            continue;
        if (i >= m->n_inputs || m->input_ports[i].dtype != NN_FLOAT)
            return err_set(e, ERR_UNSUPPORTED, "input %d is not of type float: it has no gradient",
                           i);
        net->values[m->inputs[i]].source = true;
    }
    return 0;
}

static int allocate(grad_net *net, err *e)
{
    const nn_session *s = net->session;
    net->n_steps = s->n_runs;
    net->steps = nn_pool_array(&net->pool, (size_t)s->n_runs, sizeof *net->steps);
    net->active = nn_pool_array(&net->pool, (size_t)s->n_runs, sizeof *net->active);
    net->values = nn_pool_array(&net->pool, (size_t)s->n_slots, sizeof *net->values);
    net->gradients = nn_pool_array(&net->pool, net->weights->count, sizeof *net->gradients);
    net->sums = nn_pool_array(&net->pool, net->weights->count, sizeof *net->sums);
    if (!net->steps || !net->active || !net->values || !net->gradients || !net->sums)
        return no_memory(e);
    for (int i = 0; i < s->n_runs; i++) {
        net->steps[i].forward = s->runs[i];
        net->steps[i].op = grad_find_op(s->runs[i]->op->name);
        net->batch_norm |= strcmp(s->runs[i]->op->name, "BatchNormalization") == 0;
    }
    return 0;
}

static int build(grad_net *net, int64_t batch, unsigned inputs, bool all_outputs, err *e)
{
    int rc = open_session(net, batch, e);
    if (!rc)
        rc = allocate(net, e);
    if (!rc)
        rc = mark_ends(net, inputs, all_outputs, e);
    if (!rc && net->fake)
        rc = grad_fake_attach(net->fake, net->session, net->steps, net->n_steps, e);
    if (rc)
        return rc;
    mark_weights(net);
    mark_dependent(net);
    mark_wanted(net);
    rc = plan_gradients(net, e);
    if (!rc)
        rc = bind_steps(net, e);
    return !rc && net->fake ? grad_fake_bind(net->fake, net->steps, net->n_steps, e) : rc;
}

static grad_net *open_net(const grad_weights *weights, const grad_quantization *q, int64_t batch,
                          unsigned inputs, bool all_outputs, err *e)
{
    bool quantized = q && q->scheme != GRAD_UNQUANTIZED;
    grad_net *net = calloc(1, sizeof *net);
    if (!net) {
        no_memory(e);
        return NULL;
    }
    net->weights = weights;
    net->fake = quantized ? grad_fake_open(weights, q, e) : NULL;
    if ((net->fake || !quantized) && build(net, batch, inputs, all_outputs, e) == 0)
        return net;
    grad_net_free(net);
    return NULL;
}

grad_net *grad_net_open(const grad_weights *weights, int64_t batch, bool input_gradients, err *e)
{
    return open_net(weights, NULL, batch, input_gradients, false, e);
}

grad_net *grad_net_open_quantized(const grad_weights *weights, const grad_quantization *q,
                                  int64_t batch, bool input_gradients, err *e)
{
    return open_net(weights, q, batch, input_gradients, false, e);
}

grad_net *grad_net_open_ends(const grad_weights *weights, int64_t batch, unsigned inputs, err *e)
{
    return open_net(weights, NULL, batch, inputs, true, e);
}

void grad_net_free(grad_net *net)
{
    if (!net)
        return;
    for (int i = 0; net->steps && i < net->n_steps; i++)
        if (net->steps[i].op && net->steps[i].op->release)
            net->steps[i].op->release(&net->steps[i]);
    nn_session_free(net->session);
    grad_fake_free(net->fake);
    nn_pool_free(&net->pool);
    free(net);
}

nn_tensor *grad_net_input(grad_net *net, int index)
{
    return nn_session_input(net->session, index);
}

const nn_tensor *grad_net_output(const grad_net *net)
{
    return nn_session_output(net->session, 0);
}

const nn_tensor *grad_net_output_at(grad_net *net, int index)
{
    return nn_session_output(net->session, index);
}

/* --- running -----------------------------------------------------------------------------------
 */

int grad_net_forward(grad_net *net, err *e)
{
    for (int i = 0; i < net->n_steps; i++) {
        grad_step *t = &net->steps[i];
        const nn_step *step = t->forward;
        if (net->fake)
            grad_fake_forward(net->fake, i);
        int rc = t->op && t->op->forward ? t->op->forward(t, e) : step->run(step, e);
        if (rc)
            return nn_node_error(step->node, e);
    }
    net->forwards++;
    return 0;
}

void grad_net_refresh(grad_net *net)
{
    if (net->fake)
        grad_fake_refresh(net->fake);
    nn_session_refresh(net->session);
    for (int i = 0; i < net->n_steps; i++)
        if (net->active[i] && net->steps[i].op->refresh)
            net->steps[i].op->refresh(&net->steps[i]);
}

float *grad_net_output_gradient(grad_net *net)
{
    return grad_net_output_gradient_at(net, 0);
}

float *grad_net_output_gradient_at(grad_net *net, int index)
{
    const nn_model *m = net->weights->model;
    return index >= 0 && index < m->n_outputs ? net->values[m->outputs[index]].d : NULL;
}

void grad_net_backward(grad_net *net)
{
    for (int i = net->n_steps - 1; i >= 0; i--) {
        if (!net->active[i])
            continue;
        net->steps[i].op->backward(&net->steps[i]);
        if (net->fake)
            grad_fake_backward(net->fake, &net->steps[i], i);
    }
    if (net->fake)
        grad_fake_finish(net->fake, net->gradients);
}

float *grad_net_gradients(grad_net *net)
{
    return net->gradients;
}

void grad_net_clear_gradients(grad_net *net)
{
    memset(net->gradients, 0, net->weights->count * sizeof *net->gradients);
}

const float *grad_net_input_gradient(const grad_net *net)
{
    return grad_net_input_gradient_at(net, 0);
}

const float *grad_net_input_gradient_at(const grad_net *net, int index)
{
    const nn_model *m = net->weights->model;
    if (index < 0 || index >= m->n_inputs || !net->values[m->inputs[index]].source)
        return NULL;
    return net->values[m->inputs[index]].d;
}

/* A layer that appears twice in the graph adds to its sums twice per forward run. */
size_t grad_net_statistics_take(grad_net *net, double *sums)
{
    size_t forwards = net->forwards;
    for (int i = 0; i < net->weights->n_entries; i++) {
        const grad_entry *entry = &net->weights->entries[i];
        int uses = net->values[entry->value].uses;
        for (size_t k = entry->offset; uses && k < entry->offset + entry->count; k++)
            sums[k] += net->sums[k] / uses;
    }
    memset(net->sums, 0, net->weights->count * sizeof *net->sums);
    net->forwards = 0;
    return forwards;
}

bool grad_net_has_batch_norm(const grad_net *net)
{
    return net->batch_norm;
}
