/* Measures signal and noise of every layer. */
#include <math.h>
#include <string.h>

#include "base/decibel.h"
#include "nn/quant/internal.h"

static int find_value(const nn_model *m, const char *name)
{
    for (int i = 0; i < m->n_values; i++)
        if (strcmp(m->values[i].name, name) == 0)
            return i;
    return -1;
}

static int open_quantized(quantizer *q, err *e)
{
    if (!q->quantized)
        return err_set(e, ERR_STATE, "nothing has been quantized yet");
    q->quantized_session = quant_session(q->quantized, e);
    if (!q->quantized_session)
        return e ? e->code : ERR_NOMEM;
    for (int i = 0; i < q->layers; i++) {
        quant_work *w = &q->layer[i];
        w->output = find_value(q->quantized, q->model->values[w->node->out[0]].name);
    }
    return 0;
}

static double noise_power(const nn_tensor *a, const nn_tensor *b)
{
    double sum = 0;
    for (size_t i = 0; i < a->count; i++) {
        double d = (double)((const float *)a->data)[i] - (double)((const float *)b->data)[i];
        sum += d * d;
    }
    return sum;
}

static double signal_power(const nn_tensor *a)
{
    double sum = 0;
    for (size_t i = 0; i < a->count; i++)
        sum += (double)((const float *)a->data)[i] * (double)((const float *)a->data)[i];
    return sum;
}

static int run_nodes(nn_session *s, int first, int last, err *e)
{
    for (int i = first; i < last; i++) {
        const nn_step *step = &s->steps[i];
        if (step->gone)
            continue;
        int rc = step->run(step, e);
        if (rc)
            return nn_node_error(step->node, e);
    }
    return 0;
}

/* Runs the layer's nodes again, with the float network's input. */
static int measure_alone(quantizer *q, quant_work *w, err *e)
{
    nn_session *s = q->quantized_session;
    const nn_tensor *x = &q->session->slots[w->input->value].t;
    int value = find_value(q->quantized, q->model->values[w->input->value].name);
    memcpy(s->slots[value].t.data, x->data, x->bytes);
    int rc = run_nodes(s, w->input->first, w->input->last, e);
    if (!rc)
        rc = run_nodes(s, w->first, w->last, e);
    if (!rc)
        w->own_noise += noise_power(&q->session->slots[w->node->out[0]].t, &s->slots[w->output].t);
    return rc;
}

static int run_both(quantizer *q, const float *const *inputs, err *e)
{
    for (int i = 0; i < q->model->n_inputs; i++) {
        nn_tensor *t = nn_session_input(q->session, i);
        memcpy(t->data, inputs[i], t->bytes);
        memcpy(nn_session_input(q->quantized_session, i)->data, inputs[i], t->bytes);
    }
    int rc = nn_session_run(q->session, e);
    return rc ? rc : nn_session_run(q->quantized_session, e);
}

int quant_compare(quantizer *q, const float *const *inputs, err *e)
{
    int rc = q->quantized_session ? 0 : open_quantized(q, e);
    if (!rc)
        rc = run_both(q, inputs, e);
    if (rc)
        return rc;
    for (int i = 0; i < q->layers; i++) {
        quant_work *w = &q->layer[i];
        const nn_tensor *y = &q->session->slots[w->node->out[0]].t;
        if (w->info.why_float || w->output < 0)
            continue;
        w->signal += signal_power(y);
        w->noise += noise_power(y, &q->quantized_session->slots[w->output].t);
        w->info.snr_db = db_of_power(w->signal / w->noise);
    }
    for (int i = 0; i < q->layers; i++) {
        quant_work *w = &q->layer[i];
        if (w->info.why_float || w->output < 0)
            continue;
        rc = measure_alone(q, w, e);
        if (rc)
            return rc;
        w->info.own_snr_db = db_of_power(w->signal / w->own_noise);
    }
    return 0;
}
