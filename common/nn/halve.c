/* Converts weights to 16 bits and back. Both change a copy of the file's message: an initializer,
 * and the Cast behind it, which the graph treats as the constant (graph_build.c). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/build.h"
#include "nn/build_copy.h"
#include "nn/half.h"

/* Converting fewer values saves too little. */
enum { LEAST = 256, NAME_MAX_HALVED = 512 };

static const char ending[] = ".float16";

/* Rounding must not give infinity, which starts half a step above the largest number. */
static bool fits(const nn_tensor *t)
{
    const float *x = t->data;
    for (size_t i = 0; i < t->count; i++)
        if (!(fabsf(x[i]) < 65520.0f))
            return false;
    return true;
}

static bool can_halve(const char *name, const nn_tensor *t)
{
    return t && t->dtype == NN_FLOAT && !t->stored && t->rank >= 2 && t->count >= LEAST &&
           strncmp(name, "const.", strlen("const.")) != 0 && strlen(name) < NAME_MAX_HALVED &&
           fits(t);
}

/* An output that is an initializer, or an input with one, keeps its name and its type. */
static bool is_face(const Onnx__GraphProto *g, const char *name)
{
    bool found = false;
    for (size_t i = 0; i < g->n_output; i++)
        found |= strcmp(g->output[i]->name, name) == 0;
    for (size_t i = 0; i < g->n_input; i++)
        found |= strcmp(g->input[i]->name, name) == 0;
    return found;
}

/* Replaces the initializer's data, whatever their form, by new data of that type. */
static bool replace_data(nn_builder *b, Onnx__TensorProto *p, int32_t type, size_t bytes)
{
    uint8_t *data = malloc(bytes ? bytes : 1);
    if (!data) {
        nn_builder_no_memory(b);
        return false;
    }
    free(p->raw_data.data);
    free(p->float_data);
    free(p->int32_data);
    p->float_data = NULL;
    p->int32_data = NULL;
    p->n_float_data = p->n_int32_data = 0;
    p->has_raw_data = 1;
    p->raw_data = (ProtobufCBinaryData){.len = bytes, .data = data};
    p->data_type = type;
    return true;
}

static void rename_initializer(nn_builder *b, Onnx__TensorProto *p, const char *name)
{
    char *copy = nn_builder_text(b, name, strlen(name));
    if (!copy)
        return;
    free(p->name);
    p->name = copy;
}

static void halve(nn_builder *b, Onnx__TensorProto *p, const nn_tensor *t)
{
    char name[NAME_MAX_HALVED], stored[NAME_MAX_HALVED + sizeof ending];
    if (!replace_data(b, p, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16, 2 * t->count))
        return;
    for (size_t i = 0; i < t->count; i++) {
        uint16_t half = nn_to_float16(((const float *)t->data)[i]);
        memcpy(p->raw_data.data + 2 * i, &half, sizeof half);
    }
    snprintf(name, sizeof name, "%s", p->name);
    snprintf(stored, sizeof stored, "%s%s", name, ending);
    rename_initializer(b, p, stored);
    nn_builder_node_of(b, "Cast", name, 1, (const char *[]){stored}, 1, (const char *[]){name});
    nn_builder_int(b, "to", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    if (nn_builder_usable(b)) /* before all its readers */
        nn_builder_move_last(&b->model->graph->node, b->model->graph->n_node, 0);
}

nn_model *nn_model_halve(const nn_model *m, int64_t *weights, err *e)
{
    int64_t halved = 0;
    nn_builder *b = nn_builder_continue(m);
    for (int i = 0; i < m->n_initializers && nn_builder_usable(b); i++) {
        const nn_value *v = &m->values[i];
        if (!can_halve(v->name, v->constant) || is_face(b->model->graph, v->name))
            continue;
        halve(b, b->model->graph->initializer[i], v->constant);
        halved += (int64_t)v->constant->count;
    }
    if (weights)
        *weights = halved;
    return nn_builder_finish(b, "the network with weights in 16 bits", e);
}

/* The initializer that only this Cast reads; -1: not a Cast of a halved weight. */
static int find_halved(const nn_model *m, const Onnx__GraphProto *g, const Onnx__NodeProto *cast)
{
    bool one = strcmp(cast->op_type, "Cast") == 0 && cast->n_input == 1 && cast->n_output == 1;
    int readers = 0, found = -1;
    for (int i = 0; one && i < m->n_initializers && found < 0; i++)
        if (m->values[i].constant->stored && strcmp(m->values[i].name, cast->input[0]) == 0)
            found = i;
    for (size_t i = 0; found >= 0 && i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_input; k++)
            readers += strcmp(g->node[i]->input[k], cast->input[0]) == 0;
    int value = found >= 0 ? nn_model_find_constant(m, cast->output[0]) : -1;
    bool alias = value >= 0 && m->values[value].constant->origin == m->values[found].constant;
    return alias && readers == 1 && !is_face(g, cast->output[0]) ? found : -1;
}

nn_model *nn_model_widen(const nn_model *m, err *e)
{
    nn_builder *b = nn_builder_continue(m);
    Onnx__GraphProto *g = nn_builder_usable(b) ? b->model->graph : NULL;
    for (size_t i = 0; g && i < g->n_node && nn_builder_usable(b);) {
        Onnx__NodeProto *cast = g->node[i];
        int v = find_halved(m, g, cast);
        if (v < 0) {
            i++;
            continue;
        }
        const nn_tensor *t = m->values[v].constant;
        if (!replace_data(b, g->initializer[v], ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, t->bytes))
            break;
        memcpy(g->initializer[v]->raw_data.data, t->data, t->bytes);
        rename_initializer(b, g->initializer[v], cast->output[0]);
        onnx__node_proto__free_unpacked(cast, NULL);
        g->n_node--;
        memmove(&g->node[i], &g->node[i + 1], (g->n_node - i) * sizeof(g->node[0]));
    }
    return nn_builder_finish(b, "the network with weights in 32 bits", e);
}
