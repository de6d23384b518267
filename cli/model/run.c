#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "codec/onnx/memory.h"
#include "io/array.h"
#include "io/npy.h"
#include "model.h"
#include "nn/nn.h"
#include "ui/option.h"

enum { PORTS_MAX = 16, PLACE_MAX = 1024 };

/* "FILE.mat:variable", or "FILE.npy", which holds one array without a name. */
typedef struct place {
    char file[PLACE_MAX];
    const char *variable; /* part of `file` after the ':'; the file itself for .npy */
} place;

typedef struct run {
    nn_model *model;
    nn_session *session;
    int inputs, outputs;                               /* those that have variables */
    int input_port[PORTS_MAX], output_port[PORTS_MAX]; /* which ports of the network these are */
    uint64_t sequence; /* consecutive rows of one UE, with its memory passed on; 0: none */
    onnx_memory memory;
    float *state;
    place in[PORTS_MAX], out[PORTS_MAX];
    mat_array x[PORTS_MAX], y[PORTS_MAX];
    nn_port shape[PORTS_MAX]; /* of the network's inputs */
    size_t batch;             /* first size of the first variable */
    size_t passes;            /* more than 1 where the file fixes a smaller batch */
} run;

/* Splits a comma-separated list of places; the number of them, or an error. */
static int parse_places(const char *option, const char *text, place *places, err *e)
{
    for (int n = 0; n < PORTS_MAX; n++) {
        size_t length = strcspn(text, ",");
        snprintf(places[n].file, PLACE_MAX, "%.*s", (int)length, text);
        char *colon = strrchr(places[n].file, ':');
        bool npy = length < PLACE_MAX && npy_is_named(places[n].file);
        if (!npy && (length >= PLACE_MAX || !colon || colon == places[n].file || !colon[1]))
            return err_set(e, ERR_INVALID, "--%s '%.*s' is not FILE.mat:variable or FILE.npy",
                           option, (int)length, text);
        places[n].variable = npy ? places[n].file : colon + 1;
        if (!npy)
            *colon = '\0';
        if (!npy && npy_is_named(places[n].file))
            return err_set(e, ERR_INVALID,
                           "--%s %s:%s: a .npy file holds one array, without a name: give %s",
                           option, places[n].file, places[n].variable, places[n].file);
        if (!text[length])
            return n + 1;
        text += length + 1;
    }
    return err_set(e, ERR_INVALID, "--%s names more than %d variables", option, PORTS_MAX);
}

static int check_count(const char *what, int given, int wanted, err *e)
{
    if (given == wanted)
        return 0;
    return err_set(e, ERR_INVALID, "the network has %d %ss, --%s names %d; separate with commas",
                   wanted, what, what, given);
}

/* The size of each symbolic axis behind the batch, from a row of a variable whose rank differs from
 * the input's: what is left of the row for one such axis, its square root for two, as images are
 * square. 0: unknown. */
static int64_t size_of_open(const nn_port *port, const mat_array *x)
{
    size_t known = 1, open = 0, row = x->count / x->dims[0];
    for (int i = 1; i < port->rank; i++) {
        open += port->dims[i] < 0;
        if (port->dims[i] > 0 && __builtin_mul_overflow(known, (size_t)port->dims[i], &known))
            return 0;
    }
    if (row % known != 0 || open > 2)
        return 0;
    size_t rest = row / known, root = (size_t)sqrt((double)rest);
    return (int64_t)(open < 2 ? rest : root * root == rest ? root : 0);
}

/* Finds the shape of input k: the network's, with its symbolic sizes taken from the variable, the
 * first one as the batch. */
static int find_shape(run *r, int k, err *e)
{
    const nn_port *port = nn_model_input(r->model, r->input_port[k]);
    const mat_array *x = &r->x[k];
    nn_port *shape = &r->shape[r->input_port[k]];
    *shape = *port;
    size_t count = 1;
    for (int i = 0; i < port->rank; i++) {
        if (port->dims[i] < 0 && i == 0)
            shape->dims[0] = (int64_t)r->batch;
        else if (port->dims[i] < 0 && x->rank == port->rank)
            shape->dims[i] = (int64_t)x->dims[i];
        else if (port->dims[i] < 0 && (shape->dims[i] = size_of_open(port, x)) == 0) {
            nn_axes_text axes;
            nn_port_axes(port, &axes);
            return err_set(e, ERR_INVALID,
                           "input '%s': %s symbolic; give a variable of %d dimensions", port->name,
                           axes.text, port->rank);
        }
        if (__builtin_mul_overflow(count, (size_t)shape->dims[i], &count))
            return err_set(e, ERR_INVALID, "input '%s' is too large", port->name);
    }
    size_t passes = count ? x->count / count : 0;
    if (passes < 1 || x->count % count != 0 || (k > 0 && passes != r->passes) || x->is_complex)
        return err_set(e, ERR_INVALID,
                       "input '%s' takes %zu real values at batch %zu; %s has %zu%s", port->name,
                       count, r->batch, r->in[k].variable, x->count,
                       x->is_complex ? " complex ones" : "");
    r->passes = passes;
    return 0;
}

static int read_inputs(run *r, err *e)
{
    for (int k = 0; k < r->inputs; k++) {
        int status = array_read_float(r->in[k].file, r->in[k].variable, &r->x[k], e);
        if (status != 0)
            return status;
        if (k == 0)
            r->batch = r->sequence ? 1 : r->x[0].dims[0];
        status = find_shape(r, k, e);
        if (status != 0)
            return status;
    }
    return 0;
}

/* Makes an output array for all passes. MATLAB has no ranks below 2. */
static int make_output(run *r, int k, err *e)
{
    const nn_tensor *t = nn_session_output(r->session, r->output_port[k]);
    mat_array *y = &r->y[k];
    y->rank = t->rank < 2 ? 2 : t->rank;
    for (int i = 0; i < y->rank; i++)
        y->dims[i] = i < t->rank ? (size_t)t->dims[i] : 1;
    y->dims[0] *= r->passes;
    y->count = t->count * r->passes;
    y->data = calloc(y->count ? y->count : 1, sizeof *y->data);
    return y->data ? 0 : err_set(e, ERR_NOMEM, "no memory for output %d", k);
}

#define COPY_AS(type, to, from, n)                                                                 \
    for (size_t copy_i = 0; copy_i < (n); copy_i++)                                                \
    (to)[copy_i] = (type)(from)[copy_i]

/* Checks that the type can hold every value: C does not define a conversion out of range. */
static int check_range(const nn_tensor *t, const float *x, float low, float high, err *e)
{
    for (size_t i = 0; i < t->count; i++)
        if (!(x[i] >= low && x[i] <= high))
            return err_set(e, ERR_INVALID, "value %zu is %g; an input of type %s takes %g to %g", i,
                           (double)x[i], nn_dtype_name(t->dtype), (double)low, (double)high);
    return 0;
}

static int store_integers(nn_tensor *t, const float *x, err *e)
{
    static const float low[] = {[NN_INT64] = -0x1p62f,
                                [NN_INT32] = -0x1p30f,
                                [NN_INT8] = -128,
                                [NN_UINT8] = 0,
                                [NN_BOOL] = 0};
    static const float high[] = {[NN_INT64] = 0x1p62f,
                                 [NN_INT32] = 0x1p30f,
                                 [NN_INT8] = 127,
                                 [NN_UINT8] = 255,
                                 [NN_BOOL] = 1};
    int status = check_range(t, x, low[t->dtype], high[t->dtype], e);
    if (status != 0)
        return status;
    if (t->dtype == NN_INT64)
        COPY_AS(int64_t, (int64_t *)t->data, x, t->count);
    else if (t->dtype == NN_INT32)
        COPY_AS(int32_t, (int32_t *)t->data, x, t->count);
    else if (t->dtype == NN_INT8)
        COPY_AS(int8_t, (int8_t *)t->data, x, t->count);
    else
        COPY_AS(uint8_t, (uint8_t *)t->data, x, t->count);
    return 0;
}

static int store(nn_tensor *t, const float *x, err *e)
{
    if (t->dtype == NN_FLOAT)
        memcpy(t->data, x, t->bytes);
    else if (t->dtype == NN_DOUBLE)
        COPY_AS(double, (double *)t->data, x, t->count);
    else
        return store_integers(t, x, e);
    return 0;
}

static int fetch(const nn_tensor *t, float *y, err *e)
{
    switch (t->dtype) {
    case NN_FLOAT:
        memcpy(y, t->data, t->bytes);
        return 0;
    case NN_DOUBLE:
        COPY_AS(float, y, (const double *)t->data, t->count);
        return 0;
    case NN_INT64:
        COPY_AS(float, y, (const int64_t *)t->data, t->count);
        return 0;
    case NN_INT32:
        COPY_AS(float, y, (const int32_t *)t->data, t->count);
        return 0;
    case NN_INT8:
        COPY_AS(float, y, (const int8_t *)t->data, t->count);
        return 0;
    case NN_UINT8:
    case NN_BOOL:
        COPY_AS(float, y, (const uint8_t *)t->data, t->count);
        return 0;
    }
    return err_set(e, ERR_UNSUPPORTED, "an output of this type");
}

static int run_pass(run *r, size_t pass, err *e)
{
    int status = 0;
    if (r->sequence)
        onnx_memory_put(&r->memory, r->session, pass % r->sequence ? r->state : NULL);
    for (int k = 0; status == 0 && k < r->inputs; k++) {
        nn_tensor *t = nn_session_input(r->session, r->input_port[k]);
        status = store(t, r->x[k].data + pass * t->count, e);
    }
    if (status == 0)
        status = nn_session_run(r->session, e);
    for (int k = 0; status == 0 && k < r->outputs; k++) {
        const nn_tensor *t = nn_session_output(r->session, r->output_port[k]);
        status = fetch(t, r->y[k].data + pass * t->count, e);
    }
    return status || !r->sequence ? status : onnx_memory_take(&r->memory, r->session, r->state, e);
}

/* If several outputs go to one file, the first replaces it and the others are appended. */
static int write_outputs(run *r, err *e)
{
    for (int k = 0; k < r->outputs; k++) {
        bool append = false;
        for (int i = 0; i < k; i++)
            append |= strcmp(r->out[i].file, r->out[k].file) == 0;
        int status = array_write_float(r->out[k].file, r->out[k].variable, &r->y[k], append, e);
        if (status != 0)
            return status;
        nn_dims_text dims;
        const nn_tensor *t = nn_session_output(r->session, r->output_port[k]);
        bool npy = npy_is_named(r->out[k].file);
        printf("%s%s%s  %zu times [%s]\n", r->out[k].file, npy ? "" : ":",
               npy ? "" : r->out[k].variable, r->passes, nn_dims_print(&dims, t->rank, t->dims));
    }
    return 0;
}

static bool gives_batch(const run *r, const nn_session *s, int64_t batch)
{
    for (int k = 0; k < r->outputs; k++) {
        const nn_tensor *t = nn_session_output(s, k);
        if (t->rank < 1 || t->dims[0] != batch)
            return false;
    }
    return true;
}

/* A network that declares its batch open may have a batch of 1 fixed in its reshapes, as a trace of
 * one sample leaves it. With any other batch it fails or mixes the samples, so it runs them one by
 * one. */
static int open_session(run *r, err *e)
{
    bool open = r->batch > 1;
    r->session = nn_session_open_shapes(r->model, r->shape, e);
    for (int k = 0; k < r->inputs; k++) {
        const nn_port *port = nn_model_input(r->model, k);
        open &= port->rank > 0 && port->dims[0] < 0;
    }
    if (!open || (r->session && gives_batch(r, r->session, (int64_t)r->batch)))
        return r->session ? 0 : e->code;
    nn_port one[PORTS_MAX];
    memcpy(one, r->shape, sizeof one);
    for (int k = 0; k < r->inputs; k++)
        one[k].dims[0] = 1;
    nn_session *s = nn_session_open_shapes(r->model, one, NULL);
    if (s && gives_batch(r, s, 1)) {
        nn_session_free(r->session);
        r->session = s;
        r->passes *= r->batch;
        return 0;
    }
    nn_session_free(s);
    return r->session ? 0 : e->code;
}

/* A .npy file holds one array: two outputs cannot share it. */
static int check_outputs(const run *r, err *e)
{
    for (int k = 0; k < r->outputs; k++)
        for (int i = 0; i < k; i++)
            if (npy_is_named(r->out[k].file) && strcmp(r->out[i].file, r->out[k].file) == 0)
                return err_set(e, ERR_INVALID,
                               "--output: %s holds one array, give each output its own",
                               r->out[k].file);
    return 0;
}

/* Lists the ports that have variables: all of them or, in a sequence, those that are not memory. */
static int list_ports(run *r, err *e)
{
    int inputs = nn_model_inputs(r->model), outputs = nn_model_outputs(r->model);
    if (inputs > PORTS_MAX || outputs > PORTS_MAX)
        return err_set(e, ERR_UNSUPPORTED, "%d inputs and %d outputs; up to %d of each run here",
                       inputs, outputs, PORTS_MAX);
    for (int i = 0; i < inputs; i++)
        if (!r->sequence || !onnx_is_memory(nn_model_input(r->model, i)))
            r->input_port[r->inputs++] = i;
    for (int i = 0; i < outputs; i++)
        if (!r->sequence || !onnx_is_memory(nn_model_output(r->model, i)))
            r->output_port[r->outputs++] = i;
    if (r->sequence && r->inputs == inputs)
        return err_set(e, ERR_INVALID, "--sequence: no input is named memory_NAME");
    return 0;
}

/* Shapes the memory of one UE: symbolic sizes become a batch of 1. */
static void shape_memory(run *r)
{
    for (int i = 0; r->sequence && i < nn_model_inputs(r->model); i++) {
        nn_port *shape = &r->shape[i];
        if (!onnx_is_memory(nn_model_input(r->model, i)))
            continue;
        *shape = *nn_model_input(r->model, i);
        for (int k = 0; k < shape->rank; k++)
            shape->dims[k] = shape->dims[k] < 0 ? 1 : shape->dims[k];
    }
}

static int open_memory(run *r, err *e)
{
    int status = onnx_memory_find(r->model, r->session, &r->memory, e);
    r->state = status == 0 ? calloc(r->memory.values + 1, sizeof *r->state) : NULL;
    return status || r->state ? status : err_set(e, ERR_NOMEM, "no memory for its memory");
}

static int prepare(run *r, const char *path, const char *input, const char *output, err *e)
{
    /* Before the file is read, so that errors in the command line are reported first. */
    int given_in = parse_places("input", input, r->in, e);
    int given_out = given_in < 0 ? given_in : parse_places("output", output, r->out, e);
    if (given_out < 0)
        return given_out;
    r->model = nn_model_load(path, e);
    if (!r->model)
        return e->code;
    int status = list_ports(r, e);
    if (status == 0)
        status = check_count("input", given_in, r->inputs, e);
    if (status == 0)
        status = check_count("output", given_out, r->outputs, e);
    if (status == 0)
        status = check_outputs(r, e);
    if (status == 0)
        status = read_inputs(r, e);
    if (status != 0)
        return status;
    shape_memory(r);
    status = open_session(r, e);
    if (status != 0)
        return err_prefix(e, "%s", path);
    if (r->sequence)
        status = open_memory(r, e);
    if (status != 0)
        return err_prefix(e, "%s", path);
    for (int k = 0; status == 0 && k < r->outputs; k++)
        status = make_output(r, k, e);
    return status;
}

static int run_all(run *r, const char *path, const char *input, const char *output, err *e)
{
    int status = prepare(r, path, input, output, e);
    for (size_t pass = 0; status == 0 && pass < r->passes; pass++)
        status = run_pass(r, pass, e);
    return status == 0 ? write_outputs(r, e) : status;
}

int model_run(int argc, char **argv)
{
    const char *input = NULL, *output = NULL;
    run r = {0};
    const option_spec specs[] = {
        OPTION_STRING("input", &input, "FILE[:VAR]",
                      "MAT:VAR, NPZ:VAR or NPY for each input, separated by commas"),
        OPTION_STRING("output", &output, "FILE[:VAR]",
                      "file for each output: MAT:VAR or NPY, separated by commas"),
        OPTION_UINT(
            "sequence", &r.sequence, 1, 1000000, "T",
            "consecutive rows of a UE: memory_* are zeros in the first of every T rows, then the "
            "previous row's output; name no variables for them"),
    };
    const option_command command = {
        .name = "csilink model run",
        .summary =
            "runs a network on arrays of MATLAB or NumPy; the first dimension of the first array "
            "is the batch",
        .operands = "FILE.onnx",
        .example =
            "  csilink model run decoder.onnx --input s.mat:s,s.mat:snr_db --output y.mat:y\n"
            "  csilink model run encoder.onnx --input x.npy --output s.npy",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_min = 1,
        .operands_max = 1,
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    if (!input || !output)
        return option_complain(&command, "it needs --input and --output");
    err e = {0};
    status = run_all(&r, argv[1], input, output, &e);
    if (status != 0)
        log_error("%s", e.text);
    for (int k = 0; k < PORTS_MAX; k++) {
        mat_array_free(&r.x[k]);
        mat_array_free(&r.y[k]);
    }
    free(r.state);
    nn_session_free(r.session);
    nn_model_free(r.model);
    return status == 0 ? 0 : 1;
}
