#include "nn/steps.h"

#include <string.h>

bool nn_is_op(const nn_step *step, const char *name)
{
    return strcmp(step->op->name, name) == 0;
}

bool nn_is_constant(const nn_session *s, const nn_step *step, int k)
{
    return k < step->n_in && step->in[k] &&
           (step->in_id[k] < 0 || s->slots[step->in_id[k]].constant);
}

nn_step *nn_only_producer(nn_session *s, const nn_step *step, int k)
{
    if (k >= step->n_in || step->in_id[k] < 0)
        return NULL;
    const nn_slot *slot = &s->slots[step->in_id[k]];
    if (slot->producer < 0 || slot->uses != 1)
        return NULL;
    nn_step *producer = &s->steps[slot->producer];
    return producer->gone || producer->n_out != 1 ? NULL : producer;
}

bool nn_is_empty(const nn_step *step)
{
    for (int k = 0; k < step->n_out; k++)
        if (step->out[k] && step->out[k]->count)
            return false;
    return true;
}

static void count_uses(nn_session *s)
{
    for (int i = 0; i < s->n_slots; i++)
        s->slots[i].uses = s->slots[i].output;
    for (int i = 0; i < s->n_steps; i++) {
        const nn_step *step = &s->steps[i];
        for (int k = 0; k < step->n_in && !step->gone; k++)
            if (step->in_id[k] >= 0)
                s->slots[step->in_id[k]].uses++;
        if (!step->gone && step->residual_id >= 0)
            s->slots[step->residual_id].uses++;
    }
}

void nn_drop_unused(nn_session *s)
{
    count_uses(s);
    for (int i = s->n_steps - 1; i >= 0; i--) {
        nn_step *step = &s->steps[i];
        bool wanted = false;
        for (int k = 0; k < step->n_out; k++)
            wanted |= step->out_id[k] >= 0 && s->slots[step->out_id[k]].uses > 0;
        if (step->gone || wanted)
            continue;
        step->gone = true;
        for (int k = 0; k < step->n_in; k++)
            if (step->in_id[k] >= 0)
                s->slots[step->in_id[k]].uses--;
        if (step->residual_id >= 0)
            s->slots[step->residual_id].uses--;
    }
}

int nn_no_memory(const nn_session *s, err *e)
{
    return err_set(e, ERR_NOMEM, "no memory: the session would pass its limit of %zu MiB",
                   s->pool.limit >> 20);
}
