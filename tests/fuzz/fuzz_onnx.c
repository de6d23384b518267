/* Any bytes as an ONNX model: refused with a message, or opened within a small memory limit and
 * run. One that names other files is a file itself, beside "w.bin" of 64 bytes. Seeds: models of
 * the conformance test's own cases (tests/conformance/onnx_node_tests.py). */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <onnx.pb-c.h>

#include "fuzz.h"
#include "nn/nn.h"

enum { MEMORY_LIMIT = 4 << 20 };
static const int64_t affordable_macs = 10000000;

static int64_t cost(const nn_session *s)
{
    int64_t macs = 0;
    nn_step_info info;
    for (int i = 0; i < nn_session_steps(s); i++)
        if (nn_session_step(s, i, &info) == 0 && __builtin_add_overflow(macs, info.macs, &macs))
            return INT64_MAX;
    return macs;
}

static void put_file(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

/* Loads the model from a file of its own folder, which is gone when the process is. */
static nn_model *load_file(const uint8_t *data, size_t size, err *e)
{
    static const float weights[16] = {1, 2, 3, 4, 5, 6, 7, 8, -1, -2, -3, -4, -5, -6, -7, -8};
    char folder[] = "/tmp/csilink-fuzz-XXXXXX", model[64], beside[64];
    require(mkdtemp(folder) != NULL);
    snprintf(model, sizeof model, "%s/m.onnx", folder);
    snprintf(beside, sizeof beside, "%s/w.bin", folder);
    put_file(model, data, size);
    put_file(beside, weights, sizeof weights);
    nn_model *m = nn_model_load(model, e);
    unlink(model);
    unlink(beside);
    rmdir(folder);
    return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    err e = {0};
    bool outside = size && memmem(data, size, "location", strlen("location"));
    nn_model *m =
        outside ? load_file(data, size, &e) : nn_model_load_memory(data, size, "fuzz", &e);
    if (!m) {
        fuzz_check_error(&e);
        return 0;
    }
    for (int unfused = 0; unfused < 2; unfused++) {
        nn_session_options options = {
            .batch = 2, .memory_limit = MEMORY_LIMIT, .unfused = unfused != 0};
        nn_session *s = nn_session_open_with(m, &options, &e);
        if (s && cost(s) <= affordable_macs)
            nn_session_run(s, &e);
        nn_session_free(s);
    }
    nn_model_free(m);
    return 0;
}

/* --- mutation that keeps the file well formed ----------------------------------------------------
 */

/* Numbers at which bounds break. */
static int64_t odd_number(void)
{
    static const int64_t odd[] = {0,
                                  1,
                                  -1,
                                  2,
                                  3,
                                  -2,
                                  7,
                                  8,
                                  9,
                                  64,
                                  255,
                                  1024,
                                  65536,
                                  INT32_MAX,
                                  INT32_MIN,
                                  INT64_MAX,
                                  INT64_MIN,
                                  (int64_t)1 << 31,
                                  (int64_t)1 << 40};
    return odd[(size_t)rand() % (sizeof odd / sizeof odd[0])];
}

static size_t any_of(size_t n)
{
    return (size_t)rand() % n;
}

static void change_tensor(Onnx__TensorProto *t)
{
    if (rand() % 2 && t->n_dims)
        t->dims[any_of(t->n_dims)] = odd_number();
    else if (t->has_raw_data && t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64 &&
             t->raw_data.len >= 8) {
        int64_t value = odd_number();
        memcpy(t->raw_data.data + 8 * any_of(t->raw_data.len / 8), &value, sizeof value);
    }
}

static void change_attribute(Onnx__AttributeProto *a)
{
    if (a->n_ints)
        a->ints[any_of(a->n_ints)] = odd_number();
    else if (a->t)
        change_tensor(a->t);
    else
        a->i = odd_number();
}

static void change_node(Onnx__GraphProto *g, Onnx__NodeProto *n)
{
    const Onnx__NodeProto *other = g->node[any_of(g->n_node)];
    if (rand() % 2 && n->n_attribute) {
        change_attribute(n->attribute[any_of(n->n_attribute)]);
    } else if (n->n_input && other->n_input) {
        char **input = &n->input[any_of(n->n_input)];
        char *name = strdup(other->input[any_of(other->n_input)]);
        free(*input);
        *input = name;
    }
}

static void change_port(Onnx__ValueInfoProto *v)
{
    if (!v->type || v->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        return;
    Onnx__TensorShapeProto *shape = v->type->tensor_type->shape;
    if (rand() % 8 == 0)
        v->type->tensor_type->elem_type = rand() % 12;
    else if (shape && shape->n_dim) {
        Onnx__TensorShapeProto__Dimension *d = shape->dim[any_of(shape->n_dim)];
        if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
            d->dim_value = rand() % 4 ? rand() % 12 : odd_number();
    }
}

static void change_model(Onnx__ModelProto *m)
{
    Onnx__GraphProto *g = m->graph;
    int what = rand() % 4;
    if (what == 0 && g->n_initializer)
        change_tensor(g->initializer[any_of(g->n_initializer)]);
    else if (what == 1 && g->n_input)
        change_port(g->input[any_of(g->n_input)]);
    else if (what == 2 && m->n_opset_import)
        m->opset_import[0]->version = 7 + rand() % 15;
    else if (g->n_node)
        change_node(g, g->node[any_of(g->n_node)]);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    srand(seed);
    Onnx__ModelProto *m = rand() % 4 ? onnx__model_proto__unpack(NULL, size, data) : NULL;
    if (!m || !m->graph) {
        if (m)
            onnx__model_proto__free_unpacked(m, NULL);
        return LLVMFuzzerMutate(data, size, room);
    }
    change_model(m);
    size_t packed = onnx__model_proto__get_packed_size(m);
    if (packed <= room)
        packed = onnx__model_proto__pack(m, data);
    onnx__model_proto__free_unpacked(m, NULL);
    return packed <= room ? packed : LLVMFuzzerMutate(data, size, room);
}
