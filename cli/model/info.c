#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "chain/memory.h"
#include "cli/ui/output.h"
#include "codec/onnx/memory.h"
#include "codec/onnx/pair.h"
#include "io/json.h"
#include "model.h"
#include "nn/nn.h"
#include "ui/option.h"

static const char *const metadata_keys[] = {
    "csilink.family", "csilink.cr",   "csilink.scenario", "csilink.layout",    "csilink.align",
    "csilink.memory", "csilink.pair", "csilink.trained",  "csilink.precision", "csilink.quantized",
};
enum { KEYS = sizeof metadata_keys / sizeof metadata_keys[0] };

typedef struct totals {
    int64_t parameters, macs;
    size_t bytes;
} totals;

static const char *axis_name(const nn_port *p, int i)
{
    return i > 0 && p->axis[i] && *p->axis[i] ? p->axis[i] : "n";
}

/* "n x 2 x 32 x 32": symbolic sizes by name, and the batch, whatever its name, as n. */
static const char *port_dims(const nn_port *p, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < p->rank && used < size; i++) {
        const char *gap = i ? " x " : "";
        used += (size_t)(p->dims[i] < 0
                             ? snprintf(text + used, size - used, "%s%s", gap, axis_name(p, i))
                             : snprintf(text + used, size - used, "%s%" PRId64, gap, p->dims[i]));
    }
    return text;
}

static void print_port(const char *what, const nn_port *p)
{
    char dims[160];
    printf("%-8s %s: %s [%s]\n", what, p->name, nn_dtype_name(p->dtype),
           port_dims(p, dims, sizeof dims));
}

static void print_head(const char *path, const nn_model *m)
{
    printf("%s\n", path);
    for (int i = 0; i < nn_model_inputs(m); i++)
        print_port("input", nn_model_input(m, i));
    for (int i = 0; i < nn_model_outputs(m); i++)
        print_port("output", nn_model_output(m, i));
    for (size_t i = 0; i < KEYS; i++) {
        const char *value = nn_model_metadata(m, metadata_keys[i]);
        if (value)
            printf("%-16s %s\n", metadata_keys[i], value);
    }
    printf("%-16s %016" PRIx64 "\n", "network hash", nn_model_hash(m));
}

static void add(totals *t, const nn_step_info *step)
{
    t->parameters += step->parameters;
    t->macs += step->macs;
    t->bytes += step->weight_bytes;
}

/* Bytes of a UE's memory in this network; 0 if it has no memory, or no valid ports for one. */
static size_t memory_bytes(const nn_model *m, const nn_session *s)
{
    onnx_memory memory;
    return onnx_memory_find(m, s, &memory, NULL) == ERR_NONE ? memory.values * sizeof(float) : 0;
}

static void print_memory(const nn_model *m, const nn_session *s)
{
    size_t bytes = memory_bytes(m, s);
    if (bytes > 0)
        printf("%-16s %zu bytes of each UE, after each of up to %d reports\n", "memory", bytes,
               CHAIN_MEMORY_REPORTS);
}

static void print_steps(const nn_session *s)
{
    totals t = {0};
    printf("\n%4s  %-34s %-22s %-16s %10s %10s %10s\n", "", "layer", "op", "output", "params",
           "MACs", "bytes");
    for (int i = 0; i < nn_session_steps(s); i++) {
        nn_step_info step;
        nn_dims_text dims;
        if (nn_session_step(s, i, &step) != 0)
            continue;
        printf("%4d  %-34.34s %-22.22s %-16s %10" PRId64 " %10" PRId64 " %10zu\n", i, step.name,
               step.op, nn_dims_print(&dims, step.rank, step.dims), step.parameters, step.macs,
               step.weight_bytes);
        add(&t, &step);
    }
    printf("%4s  %-74s %10" PRId64 " %10" PRId64 " %10zu\n", "", "total, batch 1", t.parameters,
           t.macs, t.bytes);
}

static void json_ports(cJSON *root, const char *key, const nn_model *m, bool inputs)
{
    cJSON *list = cJSON_AddArrayToObject(root, key);
    int count = inputs ? nn_model_inputs(m) : nn_model_outputs(m);
    for (int i = 0; i < count; i++) {
        const nn_port *p = inputs ? nn_model_input(m, i) : nn_model_output(m, i);
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", p->name);
        cJSON_AddStringToObject(item, "type", nn_dtype_name(p->dtype));
        cJSON *dims = cJSON_AddArrayToObject(item, "shape");
        for (int k = 0; k < p->rank; k++)
            cJSON_AddItemToArray(dims, p->dims[k] < 0 ? cJSON_CreateString(axis_name(p, k))
                                                      : cJSON_CreateNumber((double)p->dims[k]));
        cJSON_AddItemToArray(list, item);
    }
}

static void json_steps(cJSON *root, const nn_session *s)
{
    totals t = {0};
    cJSON *list = cJSON_AddArrayToObject(root, "layers");
    for (int i = 0; i < nn_session_steps(s); i++) {
        nn_step_info step;
        if (nn_session_step(s, i, &step) != 0)
            continue;
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", step.name);
        cJSON_AddStringToObject(item, "op", step.op);
        cJSON *dims = cJSON_AddArrayToObject(item, "shape");
        for (int k = 0; k < step.rank; k++)
            cJSON_AddItemToArray(dims, cJSON_CreateNumber((double)step.dims[k]));
        cJSON_AddNumberToObject(item, "parameters", (double)step.parameters);
        cJSON_AddNumberToObject(item, "macs", (double)step.macs);
        cJSON_AddNumberToObject(item, "bytes", (double)step.weight_bytes);
        cJSON_AddItemToArray(list, item);
        add(&t, &step);
    }
    cJSON_AddNumberToObject(root, "parameters", (double)t.parameters);
    cJSON_AddNumberToObject(root, "macs", (double)t.macs);
    cJSON_AddNumberToObject(root, "bytes", (double)t.bytes);
}

static void print_json(const char *path, const nn_model *m, const nn_session *s)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "file", path);
    json_ports(root, "inputs", m, true);
    json_ports(root, "outputs", m, false);
    cJSON *metadata = cJSON_AddObjectToObject(root, "metadata");
    for (size_t i = 0; i < KEYS; i++) {
        const char *value = nn_model_metadata(m, metadata_keys[i]);
        if (value)
            cJSON_AddStringToObject(metadata, metadata_keys[i], value);
    }
    char hash[17];
    snprintf(hash, sizeof hash, "%016" PRIx64, nn_model_hash(m));
    cJSON_AddStringToObject(root, "hash", hash);
    cJSON_AddNumberToObject(root, "memory_bytes", (double)memory_bytes(m, s));
    json_steps(root, s);
    output_json(root);
}

static int show(const char *path, bool json)
{
    err e = {0};
    nn_model *m = nn_model_load(path, &e);
    if (!m) {
        log_error("%s", e.text);
        return 1;
    }
    if (!json)
        print_head(path, m);
    nn_session *s = nn_session_open(m, 1, &e);
    if (!s)
        s = onnx_open_session(m, &e); /* the image's size is symbolic */
    if (!s)
        log_error("%s: %s", path, e.text);
    else if (json)
        print_json(path, m, s);
    else {
        print_memory(m, s);
        print_steps(s);
    }
    int status = s ? 0 : 1;
    nn_session_free(s);
    nn_model_free(m);
    return status;
}

int model_info(int argc, char **argv)
{
    bool json = false;
    const option_spec specs[] = {OPTION_FLAG("json", &json, "print JSON")};
    const option_command command = {
        .name = "csilink model info",
        .summary = "inputs, outputs, metadata and layers of an ONNX file, as the engine runs it",
        .operands = "FILE.onnx",
        .example = "  csilink model info models/csilink-net-cr8-indoor.encoder.onnx",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_min = 1,
        .operands_max = 1,
    };
    int status = option_parse(&command, argc, argv, NULL);
    return status >= 0 ? status : show(argv[1], json);
}
