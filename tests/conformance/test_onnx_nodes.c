/* The ONNX project's node tests: every case whose operators csilink has must give what ONNX's
 * reference gives. The cases are in the folder of argv[1] or CSILINK_NODE_TESTS (…/node/<case>); or
 * else they are generated with Debian's python3-onnx.
 *
 * Each case runs with its inputs as inputs, and again with all but the first as constants of the
 * model, since packed weights and folded shapes take other paths. (A single input becomes a
 * constant only where csilink needs it so.) */
#include <dirent.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nn/onnx_io.h"
#include "nn/ops/registry.h"
#include "nn/tensor.h"

enum { MAX_TENSORS = 16 };

/* ONNX's own runner allows 1e-3 relatively; ours differs from numpy by rounding only. */
static const double absolute = 2e-6;
static double relative = 1e-5;

/* Where ONNX writes a window as other operators, pi is 3.1415. */
static const double relative_of_windows = 1e-3;

typedef struct test_case {
    char folder[1024];
    const char *name;
    Onnx__ModelProto *model;
    int n_in, n_out;
    Onnx__TensorProto *in_proto[MAX_TENSORS];
    nn_tensor *in[MAX_TENSORS], *out[MAX_TENSORS];
    nn_pool pool;
} test_case;

typedef enum outcome { PASSED, FAILED, REFUSED } outcome;

typedef struct totals {
    int cases, supported, passed, failed, refused, runs;
} totals;

/* --- reading a case -----------------------------------------------------------------------------
 */

static uint8_t *read_whole(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    uint8_t *data = malloc(*size + 1);
    if (data && fread(data, 1, *size, f) != *size) {
        free(data);
        data = NULL;
    }
    fclose(f);
    return data;
}

static Onnx__TensorProto *read_proto(const char *folder, const char *kind, int k)
{
    char path[1200];
    size_t size = 0;
    snprintf(path, sizeof path, "%s/test_data_set_0/%s_%d.pb", folder, kind, k);
    uint8_t *data = read_whole(path, &size);
    Onnx__TensorProto *t = data ? onnx__tensor_proto__unpack(NULL, size, data) : NULL;
    free(data);
    return t;
}

static bool read_model(test_case *c)
{
    char path[1200];
    size_t size = 0;
    snprintf(path, sizeof path, "%s/model.onnx", c->folder);
    uint8_t *data = read_whole(path, &size);
    c->model = data ? onnx__model_proto__unpack(NULL, size, data) : NULL;
    free(data);
    return c->model && c->model->graph && c->model->n_opset_import > 0;
}

/* Reads the tensors; false, with the reason in *e, for types that csilink does not handle. */
static bool read_tensors(test_case *c, err *e)
{
    const Onnx__GraphProto *g = c->model->graph;
    if (g->n_input > MAX_TENSORS || g->n_output > MAX_TENSORS)
        return err_set(e, ERR_UNSUPPORTED, "too many tensors for this program") == 0;
    for (; c->n_in < (int)g->n_input; c->n_in++) {
        nn_port port;
        if (nn_onnx_port(g->input[c->n_in], &c->pool, &port, e))
            return false;
        Onnx__TensorProto *t = read_proto(c->folder, "input", c->n_in);
        c->in_proto[c->n_in] = t;
        if (!t || !(c->in[c->n_in] = nn_onnx_tensor(t, &c->pool, e)))
            return false;
    }
    for (; c->n_out < (int)g->n_output; c->n_out++) {
        Onnx__TensorProto *t = read_proto(c->folder, "output", c->n_out);
        c->out[c->n_out] = t ? nn_onnx_tensor(t, &c->pool, e) : NULL;
        if (t)
            onnx__tensor_proto__free_unpacked(t, NULL);
        if (!c->out[c->n_out])
            return false;
    }
    return true;
}

static void free_case(test_case *c)
{
    for (int i = 0; i < MAX_TENSORS; i++)
        if (c->in_proto[i])
            onnx__tensor_proto__free_unpacked(c->in_proto[i], NULL);
    if (c->model)
        onnx__model_proto__free_unpacked(c->model, NULL);
    nn_pool_free(&c->pool);
}

/* --- running it ---------------------------------------------------------------------------------
 */

/* The model as bytes, with inputs from `first_constant` on as initializers. Cases of operators that
 * have not changed since before opset 7 declare that old opset; 7 means the same for them. */
static nn_model *load_case(const test_case *c, int first_constant, err *e)
{
    Onnx__ModelProto m = *c->model;
    Onnx__GraphProto g = *c->model->graph;
    Onnx__OperatorSetIdProto opset = *c->model->opset_import[0];
    Onnx__OperatorSetIdProto *imports[] = {&opset};
    Onnx__TensorProto constants[MAX_TENSORS], *initializers[MAX_TENSORS];
    if (opset.version < 7)
        opset.version = 7;
    m.opset_import = imports;
    m.n_opset_import = 1;
    m.graph = &g;
    size_t n = 0;
    for (int i = first_constant; i < c->n_in; i++) {
        constants[n] = *c->in_proto[i];
        constants[n].name = g.input[i]->name;
        initializers[n] = &constants[n];
        n++;
    }
    if (n) {
        g.initializer = initializers;
        g.n_initializer = n;
    }
    size_t size = onnx__model_proto__get_packed_size(&m);
    uint8_t *data = malloc(size + 1);
    onnx__model_proto__pack(&m, data);
    nn_model *model = nn_model_load_memory(data, size, c->name, e);
    free(data);
    return model;
}

static nn_session *open_case(const test_case *c, const nn_model *model, err *e)
{
    nn_port shapes[MAX_TENSORS] = {0};
    for (int i = 0; i < nn_model_inputs(model); i++) {
        shapes[i].rank = c->in[i]->rank;
        memcpy(shapes[i].dims, c->in[i]->dims, sizeof shapes[i].dims);
    }
    return nn_session_open_shapes(model, shapes, e);
}

static double value_at(const nn_tensor *t, size_t i)
{
    switch (t->dtype) {
    case NN_FLOAT:
        return (double)((const float *)t->data)[i];
    case NN_DOUBLE:
        return ((const double *)t->data)[i];
    case NN_INT64:
        return (double)((const int64_t *)t->data)[i];
    case NN_INT32:
        return ((const int32_t *)t->data)[i];
    case NN_INT8:
        return ((const int8_t *)t->data)[i];
    case NN_BOOL:
    case NN_UINT8:
        return ((const uint8_t *)t->data)[i];
    }
    return NAN;
}

static bool same(double got, double want)
{
    if (isnan(got) || isnan(want) || isinf(want))
        return (isnan(got) && isnan(want)) || got == want;
    return fabs(got - want) <= absolute + relative * fabs(want);
}

static int compare(const nn_tensor *got, const nn_tensor *want, err *e)
{
    nn_dims_text g, w;
    if (got->dtype != want->dtype || !nn_same_dims(got, want))
        return err_set(e, ERR_MISMATCH, "%s %s instead of %s %s", nn_dtype_name(got->dtype),
                       nn_dims_print(&g, got->rank, got->dims), nn_dtype_name(want->dtype),
                       nn_dims_print(&w, want->rank, want->dims));
    for (size_t i = 0; i < want->count; i++)
        if (!same(value_at(got, i), value_at(want, i)))
            return err_set(e, ERR_MISMATCH, "element %zu is %.9g instead of %.9g", i,
                           value_at(got, i), value_at(want, i));
    return 0;
}

static outcome run_model(const test_case *c, const nn_model *model, err *e)
{
    nn_session *s = open_case(c, model, e);
    if (!s)
        return e->code == ERR_UNSUPPORTED ? REFUSED : FAILED;
    for (int i = 0; i < nn_model_inputs(model); i++)
        if (c->in[i]->bytes)
            memcpy(nn_session_input(s, i)->data, c->in[i]->data, c->in[i]->bytes);
    int rc = nn_session_run(s, e);
    for (int i = 0; !rc && i < c->n_out; i++)
        rc = compare(nn_session_output(s, i), c->out[i], e);
    nn_session_free(s);
    return rc ? FAILED : PASSED;
}

static outcome run_variant(const test_case *c, int first_constant, err *e)
{
    nn_model *model = load_case(c, first_constant, e);
    if (!model)
        return e->code == ERR_UNSUPPORTED ? REFUSED : FAILED;
    outcome result = run_model(c, model, e);
    nn_model_free(model);
    return result;
}

static bool all_operators_known(const test_case *c)
{
    const Onnx__GraphProto *g = c->model->graph;
    for (size_t i = 0; i < g->n_node; i++) {
        const char *domain = g->node[i]->domain;
        if (!nn_find_op(g->node[i]->op_type) || (domain && *domain))
            return false;
    }
    return true;
}

/* --- the suite ----------------------------------------------------------------------------------
 */

static outcome run_variants(test_case *c, totals *t, err *e)
{
    if (!read_tensors(c, e))
        return e->code == ERR_UNSUPPORTED ? REFUSED : FAILED;
    outcome as_inputs = run_variant(c, c->n_in, e);
    t->runs += as_inputs == PASSED;
    if (as_inputs == FAILED || (as_inputs == PASSED && c->n_in < 2))
        return as_inputs;
    outcome as_constants = run_variant(c, c->n_in < 2 ? 0 : 1, e);
    t->runs += as_constants == PASSED;
    return as_constants == REFUSED ? as_inputs : as_constants;
}

static void run_case(const char *folder, const char *name, totals *t)
{
    test_case c = {.name = name};
    err e = {0};
    snprintf(c.folder, sizeof c.folder, "%s/%s", folder, name);
    t->cases++;
    relative = strstr(name, "window_") ? relative_of_windows : 1e-5;
    if (read_model(&c) && all_operators_known(&c)) {
        outcome result = run_variants(&c, t, &e);
        t->supported++;
        t->passed += result == PASSED;
        t->failed += result == FAILED;
        t->refused += result == REFUSED;
        if (result != PASSED)
            printf("  %s  %s: %s\n", result == FAILED ? "FAIL" : "not run", name, e.text);
    }
    free_case(&c);
}

static int run_suite(const char *root)
{
    char folder[400];
    struct dirent **entries;
    totals t = {0};
    snprintf(folder, sizeof folder, "%s/node", root);
    int n = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.')
            run_case(folder, entries[i]->d_name, &t);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    printf(
        "%d cases in the suite; %d of operators that csilink has: %d ran (%d runs), %d did not\n",
        t.cases, t.supported, t.passed + t.failed, t.runs, t.refused);
    printf("%d passed, %d failed, %d skipped\n", t.passed, t.failed + (t.cases == 0), t.refused);
    return t.failed || t.cases == 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

/* Generates the cases into a new folder; false where python3-onnx is missing. */
static bool generate(char *root)
{
    char command[256];
    if (!mkdtemp(root))
        return false;
    snprintf(command, sizeof command,
             "/usr/bin/python3 tests/conformance/onnx_node_tests.py %s >/dev/null 2>&1", root);
    return system(command) == 0;
}

int main(int argc, char **argv)
{
    const char *given = argc > 1 ? argv[1] : getenv("CSILINK_NODE_TESTS");
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("ONNX node tests\n");
    if (given && *given)
        return run_suite(given);
    char root[] = "/tmp/csilink-node-tests-XXXXXX";
    int status = 0;
    if (generate(root))
        status = run_suite(root);
    else
        printf("  skip  the cases could not be generated: is python3-onnx installed?\n"
               "0 passed, 0 failed, 1 skipped\n");
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return status;
}
