/* Recurrent cells, one step per report. Their state is a memory of the previous report.
 *
 *     lstm      i, f, g, o = W [x; h] + b        c' = s(f) c + s(i) tanh(g)    h' = s(o) tanh(c')
 *     convlstm  the same with a convolution in place of W
 *     gru       r, z, n = W x + b,  r', z', n' = U h + d
 *               h' = (1 - s(z + z')) tanh(n + s(r + r') n') + s(z + z') h
 *
 * (Hochreiter and Schmidhuber 1997 with forget gates; Shi et al. 2015, without peepholes; Cho et
 * al. 2014, with the reset after the product, as in PyTorch and Keras.) They use plain operators
 * instead of ONNX's LSTM and GRU, which take whole sequences: here one run is one step, and the
 * products and convolutions are trained, fused and quantized like all others. */
#include <stdio.h>
#include <string.h>

#include "train/architecture/emit.h"
#include "train/architecture/memory.h"

/* A state of the cell `name`: the memory "<name>_<what>", with underscores for the dots in the
 * name. */
typedef struct cell_state {
    char name[ARCH_NAME_MAX];
    arch_value value;
} cell_state;

static int read_state(arch_emitter *m, const char *name, const char *what, const arch_value *shape,
                      cell_state *state)
{
    int rc = arch_name(m, state->name, "%s_%s", name, what);
    for (char *at = state->name; *at; at++)
        *at = *at == '.' || *at == '-' ? '_' : *at;
    if (!rc)
        rc = arch_memory_read(m, state->name, shape);
    state->value = m->at;
    return rc;
}

static int write_state(arch_emitter *m, const cell_state *state, const arch_value *value)
{
    m->at = *value;
    return arch_memory_write(m, state->name);
}

/* Part `index` of `all`, along the channels, through an activation (NULL: none). */
static int gate(arch_emitter *m, const arch_value *all, int64_t size, int index, const char *act,
                const char *name, const char *what, arch_value *out)
{
    char whole[ARCH_NAME_MAX] = "", bent[ARCH_NAME_MAX] = "";
    int rc = arch_name(m, whole, "%s.%s", name, what);
    if (!rc)
        rc = arch_cut(m, all, 1, size * index, size * (index + 1), whole);
    if (!rc && act)
        rc = arch_name(m, bent, "%s.act", whole);
    if (!rc && act)
        rc = arch_emit_activation(m, act, NULL, bent);
    *out = m->at;
    return rc;
}

/* "<name>.<what>" = a op b. */
static int pair_up(arch_emitter *m, const char *how, const arch_value *a, const arch_value *b,
                   const char *name, const char *what, arch_value *out)
{
    const arch_value values[] = {*a, *b};
    char whole[ARCH_NAME_MAX] = "";
    int rc = arch_name(m, whole, "%s.%s", name, what);
    if (!rc)
        rc = arch_join(m, how, values, 2, whole);
    *out = m->at;
    return rc;
}

static int flatten(arch_emitter *m, const char *name)
{
    arch_value flat = {.rank = 2, .dims = {-1, arch_count(&m->at)}};
    char whole[ARCH_NAME_MAX] = "";
    if (m->at.rank == 2)
        return 0;
    int rc = arch_name(m, whole, "%s.flat", name);
    return rc ? rc : arch_reshape(m, &flat, whole);
}

/* Computes h' from m->at, the sums of the four gates. */
static int lstm_update(arch_emitter *m, int64_t size, const cell_state *h, const cell_state *c,
                       const char *name)
{
    arch_value all = m->at, in, forget, candidate, out, kept, added, next, bent;
    int rc = gate(m, &all, size, 0, "sigmoid", name, "i", &in);
    if (!rc)
        rc = gate(m, &all, size, 1, "sigmoid", name, "f", &forget);
    if (!rc)
        rc = gate(m, &all, size, 2, "tanh", name, "g", &candidate);
    if (!rc)
        rc = gate(m, &all, size, 3, "sigmoid", name, "o", &out);
    if (!rc)
        rc = pair_up(m, "mul", &forget, &c->value, name, "kept", &kept);
    if (!rc)
        rc = pair_up(m, "mul", &in, &candidate, name, "added", &added);
    if (!rc)
        rc = pair_up(m, "add", &kept, &added, name, "cell", &next);
    if (!rc)
        rc = write_state(m, c, &next);
    char whole[ARCH_NAME_MAX] = "";
    if (!rc)
        rc = arch_name(m, whole, "%s.bent", name);
    if (!rc)
        rc = arch_emit_activation(m, "tanh", NULL, whole);
    bent = m->at;
    if (!rc)
        rc = pair_up(m, "mul", &out, &bent, name, "h", &next);
    return rc ? rc : write_state(m, h, &next);
}

int arch_emit_lstm(arch_emitter *m, const arch_layer *layer, const char *name)
{
    int64_t units = 0;
    cell_state h, c;
    char gates[ARCH_NAME_MAX] = "";
    int rc = arch_size(m, layer->lstm->units, false, &units);
    if (!rc)
        rc = flatten(m, name);
    arch_value x = m->at, shape = {.rank = 2, .dims = {-1, units}}, both;
    if (!rc)
        rc = read_state(m, name, "h", &shape, &h);
    if (!rc)
        rc = read_state(m, name, "c", &shape, &c);
    if (!rc)
        rc = pair_up(m, "concat", &x, &h.value, name, "both", &both);
    if (!rc)
        rc = arch_name(m, gates, "%s.gates", name);
    if (!rc)
        rc = arch_product(m, gates, 4 * units);
    return rc ? rc : lstm_update(m, units, &h, &c, name);
}

int arch_emit_convlstm(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_conv_cell *a = layer->convlstm;
    int64_t channels = 0;
    cell_state h, c;
    char gates[ARCH_NAME_MAX] = "", out[32];
    unsigned kernel[2] = {a->kernel ? a->kernel[0] : 3, a->kernel ? a->kernel[1] : 3};
    arch_value x = m->at, shape = m->at, both;
    arch_dims_text dims;
    int rc = arch_size(m, a->out, false, &channels);
    if (!rc && m->at.rank != 4)
        rc = arch_fail(m, ERR_MISMATCH, "convlstm is for [channels, rows, columns], not [%s]",
                       arch_dims(&m->at, &dims));
    shape.dims[1] = channels;
    if (!rc)
        rc = read_state(m, name, "h", &shape, &h);
    if (!rc)
        rc = read_state(m, name, "c", &shape, &c);
    if (!rc)
        rc = pair_up(m, "concat", &x, &h.value, name, "both", &both);
    if (!rc)
        rc = arch_name(m, gates, "%s.gates", name);
    snprintf(out, sizeof out, "%lld", (long long)(4 * channels));
    bool bias = true, bn = false;
    const arch_conv conv = {.out = out, .kernel = kernel, .bias = &bias, .bn = &bn};
    const arch_layer inner = {.conv = (arch_conv *)&conv};
    if (!rc)
        rc = arch_emit_conv(m, &inner, gates);
    return rc ? rc : lstm_update(m, channels, &h, &c, name);
}

int arch_emit_gru(arch_emitter *m, const arch_layer *layer, const char *name)
{
    int64_t units = 0;
    cell_state h;
    char product[ARCH_NAME_MAX] = "";
    arch_value of_x, of_h, part[6], r, z, n, kept, next;
    static const char *const parts[] = {"xr", "xz", "xn", "hr", "hz", "hn"};
    int rc = arch_size(m, layer->gru->units, false, &units);
    if (!rc)
        rc = flatten(m, name);
    if (!rc)
        rc = arch_name(m, product, "%s.input", name);
    if (!rc)
        rc = arch_product(m, product, 3 * units);
    of_x = m->at;
    if (!rc)
        rc = read_state(m, name, "h", &(arch_value){.rank = 2, .dims = {-1, units}}, &h);
    if (!rc)
        rc = arch_name(m, product, "%s.state", name);
    if (!rc)
        rc = arch_product(m, product, 3 * units);
    of_h = m->at;
    for (int i = 0; !rc && i < 6; i++)
        rc = gate(m, i < 3 ? &of_x : &of_h, units, i % 3, NULL, name, parts[i], &part[i]);
    if (!rc)
        rc = pair_up(m, "add", &part[0], &part[3], name, "reset", &r);
    if (!rc)
        rc = arch_apply(m, "Sigmoid", NULL, name, "r");
    r = m->at;
    if (!rc)
        rc = pair_up(m, "mul", &r, &part[5], name, "past", &n);
    if (!rc)
        rc = pair_up(m, "add", &part[2], &n, name, "candidate", &n);
    if (!rc)
        rc = arch_apply(m, "Tanh", NULL, name, "n");
    n = m->at;
    if (!rc)
        rc = pair_up(m, "add", &part[1], &part[4], name, "update", &z);
    if (!rc)
        rc = arch_apply(m, "Sigmoid", NULL, name, "z");
    z = m->at;
    /* (1 - z) n + z h = n + z (h - n) */
    if (!rc)
        rc = pair_up(m, "sub", &h.value, &n, name, "change", &kept);
    if (!rc)
        rc = pair_up(m, "mul", &z, &kept, name, "kept", &kept);
    if (!rc)
        rc = pair_up(m, "add", &n, &kept, name, "h", &next);
    return rc ? rc : write_state(m, &h, &next);
}
