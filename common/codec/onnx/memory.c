/* Networks with memory: the input memory_NAME and the output memory_NAME_next (pair.h). */
#include <stdio.h>
#include <string.h>

#include "codec/onnx/internal.h"
#include "codec/onnx/memory.h"

static const char prefix[] = "memory_", suffix[] = "_next";

bool onnx_is_memory(const nn_port *port)
{
    return strncmp(port->name, prefix, sizeof prefix - 1) == 0;
}

/* Whether the output memory_NAME_next belongs to the input memory_NAME. */
static bool follows(const char *output, const char *input)
{
    size_t length = strlen(input);
    return strncmp(output, input, length) == 0 && strcmp(output + length, suffix) == 0;
}

/* The output that belongs to an input of memory; -1: none. */
static int find_next(const nn_model *m, const char *input)
{
    for (int i = 0; i < nn_model_outputs(m); i++)
        if (follows(nn_model_output(m, i)->name, input))
            return i;
    return -1;
}

/* An output of memory that no input takes would be lost silently. */
static int check_outputs(const nn_model *m, err *e)
{
    for (int i = 0; i < nn_model_outputs(m); i++) {
        const char *name = nn_model_output(m, i)->name;
        bool taken = !onnx_is_memory(nn_model_output(m, i));
        for (int k = 0; !taken && k < nn_model_inputs(m); k++)
            taken = follows(name, nn_model_input(m, k)->name);
        if (!taken)
            return err_set(e, ERR_MISMATCH,
                           "its output '%.64s' has no input: memory_NAME%s is the value of the "
                           "input memory_NAME in the next report",
                           name, suffix);
    }
    return ERR_NONE;
}

static int check_port(const nn_tensor *in, const nn_tensor *out, const char *name, err *e)
{
    nn_dims_text a, b;
    bool same = in->dtype == NN_FLOAT && out->dtype == NN_FLOAT && in->rank == out->rank &&
                memcmp(in->dims, out->dims, (size_t)in->rank * sizeof in->dims[0]) == 0;
    if (same)
        return ERR_NONE;
    return err_set(e, ERR_MISMATCH,
                   "its input '%.64s' is %s [%s] and comes out as %s [%s]; memory is float and "
                   "keeps its shape",
                   name, nn_dtype_name(in->dtype), nn_dims_print(&a, in->rank, in->dims),
                   nn_dtype_name(out->dtype), nn_dims_print(&b, out->rank, out->dims));
}

static int add_port(const nn_model *model, const nn_session *s, int input, onnx_memory *m, err *e)
{
    const char *name = nn_model_input(model, input)->name;
    int output = find_next(model, name);
    if (output < 0)
        return err_set(e, ERR_MISMATCH,
                       "its input '%.64s' has no output '%.64s%s' with its value in the next "
                       "report",
                       name, name, suffix);
    if (m->count == ONNX_MEMORIES_MAX)
        return err_set(e, ERR_MISMATCH, "it has more than %d inputs of memory", ONNX_MEMORIES_MAX);
    /* A session gives its inputs for writing; here one is read. */
    const nn_tensor *in = nn_session_input((nn_session *)s, input);
    int rc = check_port(in, nn_session_output(s, output), name, e);
    if (rc != ERR_NONE)
        return rc;
    if (in->count > ONNX_MEMORY_MAX - m->values)
        return err_set(e, ERR_MISMATCH,
                       "its memory has more than %d values, %d KiB, the most that csilink keeps "
                       "of a UE",
                       ONNX_MEMORY_MAX, ONNX_MEMORY_MAX / 1024 * (int)sizeof(float));
    m->in[m->count] = input;
    m->out[m->count++] = output;
    m->values += (uint32_t)in->count;
    return ERR_NONE;
}

int onnx_memory_find(const nn_model *model, const nn_session *s, onnx_memory *m, err *e)
{
    *m = (onnx_memory){0};
    int rc = check_outputs(model, e);
    for (int i = 0; rc == ERR_NONE && i < nn_model_inputs(model); i++)
        if (onnx_is_memory(nn_model_input(model, i)))
            rc = add_port(model, s, i, m, e);
    return rc;
}

void onnx_memory_put(const onnx_memory *m, nn_session *s, const float *before)
{
    for (int k = 0; k < m->count; k++) {
        nn_tensor *t = nn_session_input(s, m->in[k]);
        if (before) {
            memcpy(t->data, before, t->bytes);
            before += t->count;
        } else {
            memset(t->data, 0, t->bytes);
        }
    }
}

int onnx_memory_take(const onnx_memory *m, const nn_session *s, float *after, err *e)
{
    for (int k = 0; k < m->count; k++) {
        const nn_tensor *t = nn_session_output(s, m->out[k]);
        if (!onnx_all_finite(t->data, t->count))
            return err_set(e, ERR_FORMAT, "its memory is not finite");
        memcpy(after, t->data, t->bytes);
        after += t->count;
    }
    return ERR_NONE;
}
