#include <cjson/cJSON.h>
#include <stdio.h>

#include "cli/ui/output.h"
#include "io/json.h"
#include "quantize.h"

static void print_range(nn_range r)
{
    char text[64];
    snprintf(text, sizeof text, "%.3g..%.3g", (double)r.low, (double)r.high);
    printf(" %18s", text);
}

static void print_layer(const quant_layer *l)
{
    char op[32];
    snprintf(op, sizeof op, "%s%s", l->op, l->wide ? " wide" : l->binary ? " +-1" : "");
    printf("%-28.28s %-11s", l->name, op);
    print_range(l->weight);
    if (l->why_float) {
        printf("  kept in float: %s\n", l->why_float);
        return;
    }
    print_range(l->seen);
    printf(" %8.1f %8.1f %8zu %8zu\n", l->own_snr_db, l->snr_db, l->bytes_before, l->bytes_after);
}

static int count_integer(const quantizer *q)
{
    int n = 0;
    for (int i = 0; i < quant_layers(q); i++)
        n += !quant_layer_at(q, i)->why_float;
    return n;
}

static void print_nmse(const quantize_result *r)
{
    printf("\nNMSE of the pair in dB, %zu samples:\n%12s %10s %10s %10s\n",
           r->before.row[0].samples, "SNR dB", "float", "int8", "cost");
    for (size_t i = 0; i < r->config.snrs; i++) {
        double before = r->before.row[i].nmse_db, after = r->after.row[i].nmse_db;
        printf("%12g %10.2f %10.2f %+10.2f\n", r->config.snr_db[i], before, after, after - before);
    }
}

void quantize_print(const quantize_options *o, const quantize_result *r)
{
    printf("%s, %s, %zu samples of %s\n\n", o->out, o->scheme, r->samples, o->calibrate);
    printf("%-28s %-11s %18s %18s %8s %8s %8s %8s\n", "layer", "op", "weights", "input", "SQNR own",
           "in all", "bytes", "after");
    for (int i = 0; i < quant_layers(r->layers); i++)
        print_layer(quant_layer_at(r->layers, i));
    printf("\n%d of %d layers compute in integers; weights in the file: %zu -> %zu bytes, %.2f "
           "times smaller\n",
           count_integer(r->layers), quant_layers(r->layers), r->bytes_before, r->bytes_after,
           (double)r->bytes_before / (double)r->bytes_after);
    if (r->evaluated)
        print_nmse(r);
}

static void add_range(cJSON *object, const char *name, nn_range range)
{
    cJSON *list = cJSON_AddArrayToObject(object, name);
    cJSON_AddItemToArray(list, json_number((double)range.low));
    cJSON_AddItemToArray(list, json_number((double)range.high));
}

static cJSON *layer_json(const quant_layer *l)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", l->name);
    cJSON_AddStringToObject(o, "op", l->op);
    cJSON_AddBoolToObject(o, "integer", !l->why_float);
    cJSON_AddBoolToObject(o, "wide", l->wide);
    cJSON_AddBoolToObject(o, "binary", l->binary);
    if (l->why_float)
        cJSON_AddStringToObject(o, "kept", l->why_float);
    add_range(o, "weights", l->weight);
    add_range(o, "input", l->seen);
    json_add_number(o, "sqnr_own_db", l->own_snr_db);
    json_add_number(o, "sqnr_db", l->snr_db);
    json_add_number(o, "bytes_before", (double)l->bytes_before);
    json_add_number(o, "bytes_after", (double)l->bytes_after);
    return o;
}

static cJSON *row_json(const quantize_result *r, size_t i)
{
    cJSON *o = cJSON_CreateObject();
    json_add_number(o, "snr_db", r->config.snr_db[i]);
    json_add_number(o, "float_nmse_db", r->before.row[i].nmse_db);
    json_add_number(o, "int8_nmse_db", r->after.row[i].nmse_db);
    return o;
}

void quantize_print_json(const quantize_options *o, const quantize_result *r)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "file", o->out);
    cJSON_AddStringToObject(root, "scheme", o->scheme);
    json_add_number(root, "samples", (double)r->samples);
    json_add_number(root, "bytes_before", (double)r->bytes_before);
    json_add_number(root, "bytes_after", (double)r->bytes_after);
    cJSON *layers = cJSON_AddArrayToObject(root, "layers");
    for (int i = 0; i < quant_layers(r->layers); i++)
        cJSON_AddItemToArray(layers, layer_json(quant_layer_at(r->layers, i)));
    cJSON *rows = r->evaluated ? cJSON_AddArrayToObject(root, "rows") : NULL;
    for (size_t i = 0; rows && i < r->config.snrs; i++)
        cJSON_AddItemToArray(rows, row_json(r, i));
    output_json(root);
}
