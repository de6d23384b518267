#include "nn/grad.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/graph.h"

/* The inputs of an operator that are weights, as bits. In arithmetic operators an operand of rank 0
 * is part of the formula (an epsilon, a square root that an exporter folded), not a weight. */
typedef struct role {
    const char *op;
    unsigned weights, statistics;
    bool arithmetic; /* every input can be one */
} role;

static const role roles[] = {
    {"Conv", 6, 0, false},
    {"ConvTranspose", 6, 0, false},
    {"Gemm", 7, 0, false},
    {"MatMul", 3, 0, false},
    {"Sign", 1, 0, false}, /* straight-through: the signs of a binary matrix */
    {"BatchNormalization", 6, 24, false},
    {"InstanceNormalization", 6, 0, false},
    {"LayerNormalization", 6, 0, false},
    {"PRelu", 2, 0, false},
    {"Add", 0, 0, true},
    {"Sub", 0, 0, true},
    {"Mul", 0, 0, true},
    {"Div", 0, 0, true},
    {"Sum", 0, 0, true},
    {"Mean", 0, 0, true},
    {"Max", 0, 0, true},
    {"Min", 0, 0, true},
};

static const role *role_of(const nn_node *node)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i].op, node->op->name) == 0)
            return &roles[i];
    return NULL;
}

static bool is_matrix(const nn_tensor *t)
{
    int wide = 0;
    for (int i = 0; i < t->rank; i++)
        wide += t->dims[i] > 1;
    return wide > 1;
}

enum { NOT_TRAINED = -1 };

/* The kind of input k of a node: a grad_kind, or NOT_TRAINED. */
static int kind_in(const role *r, int k, const nn_tensor *t)
{
    unsigned bit = k < 8 ? 1u << k : 0;
    if (r->statistics & bit)
        return GRAD_STATISTIC;
    if (r->arithmetic && t->rank > 0)
        return GRAD_VECTOR;
    if (r->weights & bit)
        return is_matrix(t) ? GRAD_MATRIX : GRAD_VECTOR;
    return NOT_TRAINED;
}

/* Sets kinds[v] of every value; an initializer that is a weight anywhere is a weight. */
static void find_kinds(const nn_model *m, int initializers, int *kinds)
{
    for (int v = 0; v < initializers; v++)
        kinds[v] = NOT_TRAINED;
    for (int i = 0; i < m->n_nodes; i++) {
        const nn_node *node = &m->nodes[i];
        const role *r = role_of(node);
        for (int k = 0; r && k < node->n_in; k++) {
            int v = node->in[k];
            if (v < 0 || v >= initializers || m->values[v].constant->dtype != NN_FLOAT ||
                strncmp(m->values[v].name, "const.", 6) == 0)
                continue;
            int kind = kind_in(r, k, m->values[v].constant);
            if (kinds[v] == NOT_TRAINED || kinds[v] == GRAD_STATISTIC)
                kinds[v] = kind == NOT_TRAINED ? kinds[v] : kind;
        }
    }
}

/* Initializers are the values before the inputs and the nodes' outputs. */
static int count_initializers(const nn_model *m)
{
    int n = 0;
    while (n < m->n_values && m->values[n].constant && m->values[n].producer < 0)
        n++;
    return n;
}

static int add_entries(grad_weights *w, const int *kinds, int initializers)
{
    w->entries = calloc((size_t)initializers + 1, sizeof *w->entries);
    if (!w->entries)
        return ERR_NOMEM;
    for (int v = 0; v < initializers; v++) {
        const nn_tensor *t = w->model->values[v].constant;
        if (kinds[v] == NOT_TRAINED || t->count == 0)
            continue;
        w->entries[w->n_entries++] = (grad_entry){.name = w->model->values[v].name,
                                                  .value = v,
                                                  .kind = (grad_kind)kinds[v],
                                                  .offset = w->count,
                                                  .count = t->count};
        w->count += (t->count + 15) / 16 * 16;
        w->parameters += kinds[v] == GRAD_STATISTIC ? 0 : t->count;
    }
    return 0;
}

static int fill(grad_weights *w)
{
    size_t bytes = (w->count ? w->count : 16) * sizeof *w->values;
    w->values = aligned_alloc(64, bytes);
    if (!w->values)
        return ERR_NOMEM;
    memset(w->values, 0, bytes);
    for (int i = 0; i < w->n_entries; i++) {
        const grad_entry *entry = &w->entries[i];
        memcpy(w->values + entry->offset, w->model->values[entry->value].constant->data,
               entry->count * sizeof *w->values);
    }
    return 0;
}

grad_weights *grad_weights_open(const nn_model *model, err *e)
{
    grad_weights *w = calloc(1, sizeof *w);
    int initializers = count_initializers(model);
    int *kinds = malloc(((size_t)initializers + 1) * sizeof *kinds);
    int rc = w && kinds ? 0 : ERR_NOMEM;
    if (!rc) {
        w->model = model;
        find_kinds(model, initializers, kinds);
        rc = add_entries(w, kinds, initializers);
    }
    if (!rc)
        rc = fill(w);
    free(kinds);
    if (!rc)
        return w;
    err_set(e, ERR_NOMEM, "no memory for a model's weights");
    grad_weights_free(w);
    return NULL;
}

void grad_weights_free(grad_weights *weights)
{
    if (!weights)
        return;
    free(weights->entries);
    free(weights->values);
    free(weights);
}

int grad_weights_store(const grad_weights *weights, const float *values, nn_model *model, err *e)
{
    for (int i = 0; i < weights->n_entries; i++) {
        const grad_entry *entry = &weights->entries[i];
        const nn_tensor *t =
            entry->value < model->n_values ? model->values[entry->value].constant : NULL;
        if (!t || t->count != entry->count)
            return err_set(e, ERR_MISMATCH, "the model has no weight '%s' of %zu values",
                           entry->name, entry->count);
        int rc = nn_model_set_constant(model, entry->value, values + entry->offset, e);
        if (rc)
            return err_prefix(e, "weight '%s'", entry->name);
    }
    return nn_model_rehash(model, e);
}

static const grad_entry *find_statistic(const grad_weights *weights, int value)
{
    for (int i = 0; i < weights->n_entries; i++)
        if (weights->entries[i].value == value && weights->entries[i].kind == GRAD_STATISTIC)
            return &weights->entries[i];
    return NULL;
}

void grad_statistics_put(const grad_weights *weights, const double *sums, double forwards,
                         float *values)
{
    for (int i = 0; i < weights->model->n_nodes; i++) {
        const nn_node *node = &weights->model->nodes[i];
        if (strcmp(node->op->name, "BatchNormalization") != 0)
            continue;
        const grad_entry *mean = find_statistic(weights, node->in[3]);
        const grad_entry *variance = find_statistic(weights, node->in[4]);
        for (size_t k = 0; mean && variance && k < mean->count && k < variance->count; k++) {
            double m = sums[mean->offset + k] / forwards;
            double square = sums[variance->offset + k] / forwards;
            values[mean->offset + k] = (float)m;
            /* Rounding can make a variance of 0 negative, which has no root. */
            values[variance->offset + k] = (float)fmax(square - m * m, 0);
        }
    }
}
