#include "nn/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/passes.h"

static const size_t default_limit = (size_t)4 << 30;

/* Sets one size of one input: a fixed size must match, a symbolic one is bound. */
static int bind_dim(const nn_session *s, int input, int d, int64_t *out, err *e)
{
    const nn_port *port = &s->model->input_ports[input];
    int64_t batch = s->options.batch ? s->options.batch : 1;
    *out = s->options.shapes   ? s->options.shapes[input].dims[d]
           : port->dims[d] < 0 ? batch
                               : port->dims[d];
    if (*out < 1 && port->dims[d] != *out)
        return err_set(e, ERR_INVALID, "input %d '%s': size %" PRId64 " in dimension %d", input,
                       port->name, *out, d);
    if (port->dims[d] >= 0 && port->dims[d] != *out)
        return err_set(e, ERR_MISMATCH,
                       "input %d '%s': dimension %d is %" PRId64 " in the model, not %" PRId64,
                       input, port->name, d, port->dims[d], *out);
    return 0;
}

static int bind_input(nn_session *s, int i, err *e)
{
    const nn_port *port = &s->model->input_ports[i];
    nn_slot *slot = &s->slots[s->model->inputs[i]];
    int64_t dims[NN_MAX_RANK];
    if (s->options.shapes && s->options.shapes[i].rank != port->rank)
        return err_set(e, ERR_MISMATCH, "input %d '%s': its rank is %d in the model, not %d", i,
                       port->name, port->rank, s->options.shapes[i].rank);
    for (int d = 0; d < port->rank; d++) {
        int rc = bind_dim(s, i, d, &dims[d], e);
        if (rc)
            return rc;
    }
    slot->input = true;
    s->inputs[i] = &slot->t;
    int rc = nn_tensor_shape(&slot->t, port->dtype, port->rank, dims, e);
    return rc ? err_prefix(e, "input %d '%s'", i, port->name) : 0;
}

static int make_slots(nn_session *s, err *e)
{
    const nn_model *m = s->model;
    s->n_slots = m->n_values;
    s->slots = nn_pool_array(&s->pool, (size_t)m->n_values, sizeof *s->slots);
    s->steps = nn_pool_array(&s->pool, (size_t)m->n_nodes, sizeof *s->steps);
    s->inputs = nn_pool_array(&s->pool, (size_t)m->n_inputs, sizeof(nn_tensor *));
    s->outputs = nn_pool_array(&s->pool, (size_t)m->n_outputs, sizeof(nn_tensor *));
    if (!s->slots || !s->steps || !s->inputs || !s->outputs)
        return nn_no_memory(s, e);
    for (int i = 0; i < s->n_slots; i++) {
        nn_slot *slot = &s->slots[i];
        slot->producer = -1;
        slot->root = i;
        slot->constant = m->values[i].constant != NULL;
        if (slot->constant)
            slot->t = *m->values[i].constant;
        slot->trained = slot->constant && s->trained && s->trained[i];
        if (slot->trained)
            slot->t.data = s->trained[i];
    }
    for (int i = 0; i < m->n_outputs; i++) {
        s->slots[m->outputs[i]].output = true;
        s->outputs[i] = &s->slots[m->outputs[i]].t;
    }
    return 0;
}

static int build(nn_session *s, err *e)
{
    int rc = make_slots(s, e);
    for (int i = 0; !rc && i < s->model->n_inputs; i++)
        rc = bind_input(s, i, e);
    if (!rc)
        rc = nn_infer(s, e);
    if (!rc && s->trained)
        rc = nn_fuse_training(s, e);
    else if (!rc && !s->options.unfused)
        rc = nn_fuse(s, e);
    if (!rc)
        rc = nn_plan(s, e);
    return rc ? rc : nn_count_weights(s, e);
}

/* Symbolic sizes behind the batch were set to the batch; if the model then fails, that is the
 * reason. */
static void name_symbolic_axes(const nn_session *s, err *e)
{
    nn_axes_text axes;
    for (int i = 0; e && !s->options.shapes && i < s->model->n_inputs; i++) {
        const nn_port *port = &s->model->input_ports[i];
        int n = nn_port_axes(port, &axes);
        if (n == 0)
            continue;
        char why[ERR_TEXT_MAX];
        snprintf(why, sizeof why, "%s", e->text);
        err_set(e, (err_code)e->code,
                "input '%.64s': %s %s symbolic; export the network with sizes there (%.200s)",
                port->name, axes.text, n > 1 ? "are" : "is", why);
        return;
    }
}

static nn_session *open_session(const nn_model *model, const nn_session_options *options,
                                float *const *trained, err *e)
{
    nn_session *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_NOMEM, "no memory for a session");
        return NULL;
    }
    s->model = model;
    s->options = *options;
    s->options.unfused |= options->keep;
    s->trained = trained;
    s->pool.limit = options->memory_limit ? options->memory_limit : default_limit;
    if (options->batch < 0)
        err_set(e, ERR_INVALID, "a batch of %" PRId64 "; it must be 1 or more", options->batch);
    else if (build(s, e) == 0)
        return s;
    else
        name_symbolic_axes(s, e);
    nn_session_free(s);
    return NULL;
}

nn_session *nn_session_open_with(const nn_model *model, const nn_session_options *options, err *e)
{
    return open_session(model, options, NULL, e);
}

nn_session *nn_session_open_training(const nn_model *model, int64_t batch, float *const *trained,
                                     err *e)
{
    if (batch < 1) {
        err_set(e, ERR_INVALID, "a batch of %" PRId64 "; it must be 1 or more", batch);
        return NULL;
    }
    nn_session_options options = {.batch = batch, .keep = true};
    return open_session(model, &options, trained, e);
}

void nn_session_refresh(nn_session *s)
{
    for (int i = 0; i < s->n_steps; i++)
        if (!s->steps[i].gone && s->steps[i].op->refresh)
            s->steps[i].op->refresh(&s->steps[i]);
}

nn_session *nn_session_open(const nn_model *model, int64_t batch, err *e)
{
    if (batch < 1) {
        err_set(e, ERR_INVALID, "a batch of %" PRId64 "; it must be 1 or more", batch);
        return NULL;
    }
    return nn_session_open_with(model, &(nn_session_options){.batch = batch}, e);
}

nn_session *nn_session_open_shapes(const nn_model *model, const nn_port *shapes, err *e)
{
    return nn_session_open_with(model, &(nn_session_options){.shapes = shapes}, e);
}

void nn_session_free(nn_session *session)
{
    if (!session)
        return;
    for (int i = 0; i < session->n_steps; i++)
        if (session->steps[i].op->release && session->steps[i].state)
            session->steps[i].op->release(&session->steps[i]);
    nn_pool_free(&session->pool);
    free(session);
}

nn_tensor *nn_session_input(nn_session *session, int index)
{
    return index >= 0 && index < session->model->n_inputs ? session->inputs[index] : NULL;
}

const nn_tensor *nn_session_output(const nn_session *session, int index)
{
    return index >= 0 && index < session->model->n_outputs ? session->outputs[index] : NULL;
}

const nn_tensor *nn_session_value(const nn_session *session, int value)
{
    return value >= 0 && value < session->n_slots ? &session->slots[value].t : NULL;
}

int nn_session_run(nn_session *session, err *e)
{
    for (int i = 0; i < session->n_runs; i++) {
        const nn_step *step = session->runs[i];
        int rc = step->run(step, e);
        if (rc)
            return nn_node_error(step->node, e);
    }
    return 0;
}

int nn_session_steps(const nn_session *session)
{
    return session->n_runs;
}

int nn_session_step(const nn_session *session, int index, nn_step_info *out)
{
    if (index < 0 || index >= session->n_runs)
        return ERR_INVALID;
    const nn_step *step = session->runs[index];
    *out = (nn_step_info){.name = step->node->name,
                          .op = step->label,
                          .macs = step->macs,
                          .parameters = step->parameters,
                          .weight_bytes = step->weight_bytes};
    for (int k = step->n_out - 1; k >= 0; k--) /* the first one present */
        if (step->out[k]) {
            out->rank = step->out[k]->rank;
            memcpy(out->dims, step->out[k]->dims, sizeof out->dims);
        }
    return 0;
}
