/* The hash of a value covers its operator, attributes and input values. So neither names nor the
 * order of independent nodes matter, and nodes that no output needs do not count. */
#include <string.h>

#include "nn/onnx_io.h"

typedef struct hash {
    uint64_t h;
} hash;

/* Mixes in one word with the finaliser of MurmurHash3. Guards against mistakes, not forgery. */
static void add_word(hash *s, uint64_t word)
{
    uint64_t h = s->h ^ word;
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
    h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53u;
    s->h = (h ^ (h >> 33)) + 0x9e3779b97f4a7c15u;
}

static void add_bytes(hash *s, const void *data, size_t size)
{
    const uint8_t *at = data;
    add_word(s, size);
    for (; size >= 8; at += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        add_word(s, word);
    }
    uint64_t last = 0;
    if (size) {
        memcpy(&last, at, size);
        add_word(s, last);
    }
}

static void add_tensor(hash *s, const nn_tensor *t)
{
    add_word(s, (uint64_t)t->dtype);
    add_bytes(s, t->dims, (size_t)t->rank * sizeof t->dims[0]);
    add_bytes(s, t->data, t->bytes);
}

static uint64_t hash_attr(const nn_attr *a)
{
    hash s = {(uint64_t)a->type};
    add_bytes(&s, a->name, strlen(a->name));
    if (a->type == 'i')
        add_word(&s, (uint64_t)a->i);
    if (a->type == 'f')
        add_bytes(&s, &a->f, sizeof a->f);
    if (a->type == 's')
        add_bytes(&s, a->s, strlen(a->s));
    if (a->type == 't')
        add_tensor(&s, a->tensor);
    if (a->type == 'I')
        add_bytes(&s, a->ints, a->count * sizeof *a->ints);
    for (size_t i = 0; a->type == 'S' && i < a->count; i++)
        add_bytes(&s, a->strings[i], strlen(a->strings[i]));
    if (a->type == 'F')
        add_bytes(&s, a->floats, a->count * sizeof *a->floats);
    return s.h;
}

static uint64_t hash_node(const nn_node *n, const uint64_t *values)
{
    hash s = {(uint64_t)n->opset};
    uint64_t attrs = 0; /* a sum, so that their order in the file does not matter */
    for (int i = 0; i < n->n_attrs; i++)
        attrs += hash_attr(&n->attrs[i]);
    add_bytes(&s, n->op->name, strlen(n->op->name));
    add_word(&s, attrs);
    for (int i = 0; i < n->n_in; i++)
        add_word(&s, n->in[i] < 0 ? 0 : values[n->in[i]]);
    return s.h;
}

static uint64_t hash_port(const nn_port *p, int index)
{
    hash s = {(uint64_t)index + 1};
    add_word(&s, (uint64_t)p->dtype);
    add_bytes(&s, p->dims, (size_t)p->rank * sizeof p->dims[0]);
    return s.h;
}

uint64_t nn_graph_hash(const nn_model *m, err *e)
{
    nn_pool pool = {0};
    uint64_t *values = nn_pool_array(&pool, (size_t)m->n_values, sizeof *values);
    if (!values) {
        err_set(e, ERR_NOMEM, "no memory to hash the graph");
        return 0;
    }
    for (int i = 0; i < m->n_inputs; i++)
        values[m->inputs[i]] = hash_port(&m->input_ports[i], i);
    for (int i = 0; i < m->n_values; i++)
        if (m->values[i].constant) {
            hash s = {0};
            add_tensor(&s, m->values[i].constant);
            values[i] = s.h;
        }
    for (int i = 0; i < m->n_nodes; i++) {
        uint64_t h = hash_node(&m->nodes[i], values);
        for (int k = 0; k < m->nodes[i].n_out; k++)
            if (m->nodes[i].out[k] >= 0)
                values[m->nodes[i].out[k]] = h + (uint64_t)k * 0x9e3779b97f4a7c15u;
    }
    hash all = {(uint64_t)m->n_inputs};
    for (int i = 0; i < m->n_outputs; i++)
        add_word(&all, values[m->outputs[i]]);
    nn_pool_free(&pool);
    return all.h ? all.h : 1;
}
