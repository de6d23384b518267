/* Packs binary matrices into bits. In training the matrix of such a layer is computed from float
 * weights W,
 *
 *     Sign(W) * ReduceMean(Abs(W))
 *
 * and in the packed model it is read from a table of the signs in each byte,
 *
 *     Reshape(Gather(table, Cast(bits)))    bits uint8 [rows][columns / 8], table float [256][8]
 *
 * which any runtime computes once, as a constant. Bit k of a byte is 1 where the weight 8 i + k is
 * negative. A weight of exactly 0, which has no sign, counts as positive. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/build.h"
#include "nn/build_copy.h"

enum { NAME_MAX_PACKED = 512, ONNX_INT32 = 6 };

/* One matrix: the nodes that compute it, and their weights. */
typedef struct binary {
    const nn_node *sign, *size, *mean, *product;
    const nn_tensor *weight;
} binary;

static bool is(const nn_node *node, const char *op)
{
    return node && strcmp(node->op->name, op) == 0;
}

static const nn_node *producer(const nn_model *m, int value)
{
    int p = value < 0 ? -1 : m->values[value].producer;
    return p < 0 ? NULL : &m->nodes[p];
}

/* Whether the value is read by one node, once, and is no output. */
static bool is_read_once(const nn_model *m, int value)
{
    int uses = 0;
    for (int i = 0; i < m->n_nodes; i++)
        for (int k = 0; k < m->nodes[i].n_in; k++)
            uses += m->nodes[i].in[k] == value;
    for (int i = 0; i < m->n_outputs; i++)
        uses += 2 * (m->outputs[i] == value);
    return uses == 1;
}

static bool find_binary(const nn_model *m, const nn_node *product, binary *b)
{
    *b = (binary){.product = product};
    if (!is(product, "Mul"))
        return false;
    b->sign = producer(m, product->in[0]);
    b->mean = producer(m, product->in[1]);
    if (!is(b->sign, "Sign") || !is(b->mean, "ReduceMean") || b->mean->n_in != 1 ||
        b->mean->n_attrs != 0)
        return false;
    b->size = producer(m, b->mean->in[0]);
    if (!is(b->size, "Abs") || b->size->in[0] != b->sign->in[0])
        return false;
    b->weight = m->values[b->sign->in[0]].constant;
    return b->weight && b->weight->dtype == NN_FLOAT && b->weight->rank == 2 &&
           b->weight->count > 0 && b->weight->dims[1] % 8 == 0 &&
           is_read_once(m, b->sign->out[0]) && is_read_once(m, b->size->out[0]) &&
           is_read_once(m, b->mean->out[0]);
}

static void add_tensor(nn_builder *to, const char *name, nn_dtype dtype, int64_t rows,
                       int64_t columns, void *data)
{
    nn_tensor t = {0};
    if (nn_tensor_shape(&t, dtype, 2, (int64_t[]){rows, columns}, NULL))
        return;
    t.data = data;
    nn_builder_tensor(to, name, &t);
}

static float mean_size(const nn_tensor *t)
{
    double sum = 0;
    for (size_t i = 0; i < t->count; i++)
        sum += fabs((double)((const float *)t->data)[i]);
    return (float)(sum / (double)t->count);
}

static int add_constants(nn_builder *to, const binary *b, const char *name, err *e)
{
    const int64_t rows = b->weight->dims[0], columns = b->weight->dims[1];
    const float *w = b->weight->data;
    char whole[NAME_MAX_PACKED + 16];
    float size = mean_size(b->weight), table[256][8];
    /* NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): not 0 bytes */
    uint8_t *bits = calloc(b->weight->count / 8, 1);
    if (!bits)
        return err_set(e, ERR_NOMEM, "no memory for the signs of %zu weights", b->weight->count);
    for (size_t i = 0; i < b->weight->count; i++)
        bits[i / 8] |= (uint8_t)((w[i] < 0) << i % 8);
    for (int byte = 0; byte < 256; byte++)
        for (int k = 0; k < 8; k++)
            table[byte][k] = byte >> k & 1 ? -size : size;
    snprintf(whole, sizeof whole, "const.%s.bits", name);
    add_tensor(to, whole, NN_UINT8, rows, columns / 8, bits);
    snprintf(whole, sizeof whole, "const.%s.table", name);
    add_tensor(to, whole, NN_FLOAT, 256, 8, table);
    snprintf(whole, sizeof whole, "const.%s.shape", name);
    nn_builder_list(to, whole, 2, (int64_t[]){rows, columns});
    free(bits);
    return 0;
}

static int add_matrix(nn_builder *to, const nn_model *m, const binary *b, err *e)
{
    const char *name = m->values[b->product->out[0]].name;
    char inputs[3][NAME_MAX_PACKED + 16], outputs[2][NAME_MAX_PACKED + 16];
    if (strlen(name) >= NAME_MAX_PACKED)
        return err_set(e, ERR_UNSUPPORTED, "the name '%.40s...' is longer than %d", name,
                       NAME_MAX_PACKED - 1);
    int rc = add_constants(to, b, name, e);
    if (rc)
        return rc;
    snprintf(inputs[0], sizeof inputs[0], "const.%s.bits", name);
    snprintf(inputs[1], sizeof inputs[1], "const.%s.table", name);
    snprintf(inputs[2], sizeof inputs[2], "const.%s.shape", name);
    snprintf(outputs[0], sizeof outputs[0], "%s.index", name);
    snprintf(outputs[1], sizeof outputs[1], "%s.signs", name);
    nn_builder_node_of(to, "Cast", outputs[0], 1, (const char *[]){inputs[0]}, 1,
                       (const char *[]){outputs[0]});
    nn_builder_int(to, "to", ONNX_INT32);
    nn_builder_node_of(to, "Gather", outputs[1], 2, (const char *[]){inputs[1], outputs[0]}, 1,
                       (const char *[]){outputs[1]});
    nn_builder_node_of(to, "Reshape", name, 2, (const char *[]){outputs[1], inputs[2]}, 1,
                       (const char *[]){name});
    return 0;
}

/* Marks the nodes and values that the matrix replaces. */
static void drop(const nn_model *m, const binary *b, bool *gone)
{
    const nn_node *const nodes[] = {b->sign, b->size, b->mean, b->product};
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++)
        gone[nodes[i] - m->nodes] = true;
}

/* Copies the initializers that a node still reads, and the values of Constant nodes as
 * initializers. */
static void copy_constants(nn_builder *to, const nn_model *m, const bool *gone)
{
    for (int v = 0; v < m->n_values; v++) {
        bool needed = false;
        for (int i = 0; i < m->n_nodes && !needed; i++)
            for (int k = 0; !gone[i] && k < m->nodes[i].n_in; k++)
                needed |= m->nodes[i].in[k] == v;
        if (needed && m->values[v].constant)
            nn_builder_tensor(to, m->values[v].name, m->values[v].constant);
    }
}

int nn_pack_signs(const nn_model *m, nn_model **packed, err *e)
{
    binary b;
    int found = 0, rc = 0;
    *packed = NULL;
    bool *gone = calloc((size_t)m->n_nodes + 1, sizeof *gone);
    nn_builder *to = gone ? nn_builder_new() : NULL;
    if (!to) {
        free(gone);
        return err_set(e, ERR_NOMEM, "no memory to pack a network");
    }
    for (int i = 0; i < m->n_nodes; i++)
        if (find_binary(m, &m->nodes[i], &b)) {
            drop(m, &b, gone);
            found++;
        }
    if (found) {
        nn_builder_copy_face(to, m);
        copy_constants(to, m, gone);
    }
    for (int i = 0; !rc && found && i < m->n_nodes; i++) {
        if (find_binary(m, &m->nodes[i], &b))
            rc = add_matrix(to, m, &b, e);
        else if (!gone[i])
            nn_builder_copy_node(to, m, &m->nodes[i]);
    }
    free(gone);
    if (rc || !found) {
        nn_builder_free(to);
        return rc;
    }
    *packed = nn_builder_finish(to, "packed network", e);
    return *packed ? 0 : ERR_FORMAT;
}
