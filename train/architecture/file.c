/* libcyaml checks keys and types against the schema below and reports lines. config_line finds the
 * lines for errors that are found later. */
#include "train/architecture/file.h"

#include <stdio.h>
#include <string.h>

#include "io/config.h"

const uint32_t arch_crs[ARCH_CRS] = {4, 8, 16, 32, 64};

enum { TEXT_MAX = 64, ABOUT_MAX = 1024 };

/* --- the schema ------------------------------------------------------------------------------- */

#define OPTIONAL (CYAML_FLAG_OPTIONAL)
#define OPTIONAL_PTR (CYAML_FLAG_OPTIONAL | CYAML_FLAG_POINTER)
#define TEXT(type, key) CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER, type, key, 1, TEXT_MAX)
#define TEXT_OPTIONAL(type, key) CYAML_FIELD_STRING_PTR(#key, OPTIONAL_PTR, type, key, 1, TEXT_MAX)
#define BOOL_OPTIONAL(type, key) CYAML_FIELD_BOOL_PTR(#key, OPTIONAL_PTR, type, key)
#define FLOAT_OPTIONAL(type, key) CYAML_FIELD_FLOAT_PTR(#key, OPTIONAL_PTR, type, key)
#define UINT_OPTIONAL(type, key) CYAML_FIELD_UINT_PTR(#key, OPTIONAL_PTR, type, key)
#define TEXTS(type, key, flags, min)                                                               \
    CYAML_FIELD_SEQUENCE(#key, flags, type, key, &text_value, min, ARCH_LIST_MAX)
#define MAPPING_OPTIONAL(type, key, fields)                                                        \
    CYAML_FIELD_MAPPING_PTR(#key, OPTIONAL_PTR, type, key, fields)
#define LAYERS(type, key)                                                                          \
    CYAML_FIELD_SEQUENCE(#key, CYAML_FLAG_POINTER, type, key, &layer_value, 1, ARCH_LIST_MAX)
#define KERNEL(type)                                                                               \
    CYAML_FIELD_SEQUENCE_FIXED("kernel", OPTIONAL_PTR, type, kernel, &uint_value, 2)

static const cyaml_schema_value_t layer_value;

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, TEXT_MAX),
};

static const cyaml_schema_value_t uint_value = {
    CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, unsigned),
};

static const cyaml_schema_field_t conv_fields[] = {
    TEXT(arch_conv, out),
    KERNEL(arch_conv),
    TEXT_OPTIONAL(arch_conv, group),
    CYAML_FIELD_UINT("dilation", OPTIONAL, arch_conv, dilation),
    BOOL_OPTIONAL(arch_conv, bias),
    BOOL_OPTIONAL(arch_conv, bn),
    FLOAT_OPTIONAL(arch_conv, gain),
    FLOAT_OPTIONAL(arch_conv, slope),
    FLOAT_OPTIONAL(arch_conv, shift),
    TEXT_OPTIONAL(arch_conv, act),
    TEXT_OPTIONAL(arch_conv, init),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t chain_fields[] = {
    TEXTS(arch_chain, out, CYAML_FLAG_POINTER, 1),
    KERNEL(arch_chain),
    UINT_OPTIONAL(arch_chain, acts),
    FLOAT_OPTIONAL(arch_chain, slope),
    TEXT_OPTIONAL(arch_chain, act),
    TEXT_OPTIONAL(arch_chain, init),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t linear_fields[] = {
    TEXT(arch_linear, out),
    CYAML_FIELD_UINT("axis", OPTIONAL, arch_linear, axis),
    BOOL_OPTIONAL(arch_linear, bias),
    BOOL_OPTIONAL(arch_linear, binary),
    FLOAT_OPTIONAL(arch_linear, gain),
    FLOAT_OPTIONAL(arch_linear, slope),
    TEXT_OPTIONAL(arch_linear, act),
    TEXT_OPTIONAL(arch_linear, init),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t columns_fields[] = {
    TEXT(arch_columns, out),
    BOOL_OPTIONAL(arch_columns, bias),
    FLOAT_OPTIONAL(arch_columns, gain),
    TEXT_OPTIONAL(arch_columns, init),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t slice_fields[] = {
    CYAML_FIELD_UINT("axis", CYAML_FLAG_DEFAULT, arch_slice, axis),
    TEXT(arch_slice, from),
    TEXT(arch_slice, to),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t split_fields[] = {
    CYAML_FIELD_UINT("axis", CYAML_FLAG_DEFAULT, arch_split, axis),
    TEXTS(arch_split, as, CYAML_FLAG_POINTER, 2),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t modulate_fields[] = {
    TEXT(arch_modulate, hidden),
    BOOL_OPTIONAL(arch_modulate, each),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t select_fields[] = {
    TEXT(arch_select, count),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t spread_fields[] = {
    TEXT(arch_spread, out),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t table_fields[] = {
    FLOAT_OPTIONAL(arch_table, start),
    BOOL_OPTIONAL(arch_table, one),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t batchnorm_fields[] = {
    UINT_OPTIONAL(arch_batchnorm, axis),
    FLOAT_OPTIONAL(arch_batchnorm, eps),
    FLOAT_OPTIONAL(arch_batchnorm, gain),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t reduce_fields[] = {
    TEXT(arch_reduce, by),
    CYAML_FIELD_SEQUENCE("axes", CYAML_FLAG_POINTER, arch_reduce, axes, &uint_value, 1, 7),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t project_fields[] = {
    TEXT(arch_project, out),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t repeat_fields[] = {
    TEXT(arch_repeat, times),
    BOOL_OPTIONAL(arch_repeat, shared),
    LAYERS(arch_repeat, layers),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t residual_fields[] = {
    LAYERS(arch_layers, layers),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t path_fields[] = {
    TEXT(arch_path, name),
    LAYERS(arch_path, layers),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t path_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, arch_path, path_fields),
};

static const cyaml_schema_field_t branches_fields[] = {
    TEXT(arch_branches, merge),
    CYAML_FIELD_SEQUENCE("paths", CYAML_FLAG_POINTER, arch_branches, paths, &path_value, 2,
                         ARCH_LIST_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t use_fields[] = {
    TEXT(arch_use, block),
    BOOL_OPTIONAL(arch_use, shared),
    BOOL_OPTIONAL(arch_use, tied),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t tied_fields[] = {
    TEXT(arch_tied, weight),
    TEXT(arch_tied, out),
    BOOL_OPTIONAL(arch_tied, transposed),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t resize_fields[] = {
    TEXT(arch_resize, out),
    KERNEL(arch_resize),
    CYAML_FIELD_UINT("stride", CYAML_FLAG_DEFAULT, arch_resize, stride),
    BOOL_OPTIONAL(arch_resize, bias),
    BOOL_OPTIONAL(arch_resize, bn),
    FLOAT_OPTIONAL(arch_resize, slope),
    TEXT_OPTIONAL(arch_resize, act),
    TEXT_OPTIONAL(arch_resize, init),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t attention_fields[] = {
    CYAML_FIELD_UINT("heads", CYAML_FLAG_DEFAULT, arch_attention, heads),
    TEXT_OPTIONAL(arch_attention, memory),
    BOOL_OPTIONAL(arch_attention, bias),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t gdn_fields[] = {
    BOOL_OPTIONAL(arch_gdn, inverse),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t memory_fields[] = {
    TEXT(arch_memory, name),
    TEXTS(arch_memory, shape, CYAML_FLAG_POINTER, 1),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t cell_fields[] = {
    TEXT(arch_cell, units),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t conv_cell_fields[] = {
    TEXT(arch_conv_cell, out),
    KERNEL(arch_conv_cell),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t layer_fields[] = {
    TEXT_OPTIONAL(arch_layer, as),
    TEXT_OPTIONAL(arch_layer, from),
    CYAML_FIELD_SEQUENCE("cr", OPTIONAL_PTR, arch_layer, cr, &uint_value, 1, ARCH_CRS),
    MAPPING_OPTIONAL(arch_layer, conv, conv_fields),
    MAPPING_OPTIONAL(arch_layer, chain, chain_fields),
    MAPPING_OPTIONAL(arch_layer, linear, linear_fields),
    MAPPING_OPTIONAL(arch_layer, columns, columns_fields),
    TEXT_OPTIONAL(arch_layer, act),
    FLOAT_OPTIONAL(arch_layer, slope),
    TEXTS(arch_layer, add, OPTIONAL_PTR, 2),
    TEXTS(arch_layer, sub, OPTIONAL_PTR, 2),
    TEXTS(arch_layer, mul, OPTIONAL_PTR, 2),
    TEXTS(arch_layer, concat, OPTIONAL_PTR, 2),
    TEXTS(arch_layer, matmul, OPTIONAL_PTR, 2),
    TEXTS(arch_layer, reshape, OPTIONAL_PTR, 1),
    CYAML_FIELD_SEQUENCE("transpose", OPTIONAL_PTR, arch_layer, transpose, &uint_value, 1, 7),
    MAPPING_OPTIONAL(arch_layer, slice, slice_fields),
    MAPPING_OPTIONAL(arch_layer, split, split_fields),
    MAPPING_OPTIONAL(arch_layer, modulate, modulate_fields),
    MAPPING_OPTIONAL(arch_layer, select, select_fields),
    MAPPING_OPTIONAL(arch_layer, spread, spread_fields),
    MAPPING_OPTIONAL(arch_layer, position, table_fields),
    MAPPING_OPTIONAL(arch_layer, weigh, table_fields),
    UINT_OPTIONAL(arch_layer, layernorm),
    UINT_OPTIONAL(arch_layer, softmax),
    MAPPING_OPTIONAL(arch_layer, batchnorm, batchnorm_fields),
    MAPPING_OPTIONAL(arch_layer, reduce, reduce_fields),
    MAPPING_OPTIONAL(arch_layer, project, project_fields),
    TEXT_OPTIONAL(arch_layer, shuffle),
    UINT_OPTIONAL(arch_layer, upsample),
    MAPPING_OPTIONAL(arch_layer, gate, residual_fields),
    FLOAT_OPTIONAL(arch_layer, offset),
    FLOAT_OPTIONAL(arch_layer, scale),
    MAPPING_OPTIONAL(arch_layer, repeat, repeat_fields),
    MAPPING_OPTIONAL(arch_layer, residual, residual_fields),
    MAPPING_OPTIONAL(arch_layer, branches, branches_fields),
    MAPPING_OPTIONAL(arch_layer, use, use_fields),
    MAPPING_OPTIONAL(arch_layer, tied, tied_fields),
    MAPPING_OPTIONAL(arch_layer, down, resize_fields),
    MAPPING_OPTIONAL(arch_layer, up, resize_fields),
    MAPPING_OPTIONAL(arch_layer, attention, attention_fields),
    MAPPING_OPTIONAL(arch_layer, gdn, gdn_fields),
    TEXT_OPTIONAL(arch_layer, soft),
    TEXT_OPTIONAL(arch_layer, top),
    TEXTS(arch_layer, zeros, OPTIONAL_PTR, 1),
    MAPPING_OPTIONAL(arch_layer, memory, memory_fields),
    TEXT_OPTIONAL(arch_layer, remember),
    MAPPING_OPTIONAL(arch_layer, lstm, cell_fields),
    MAPPING_OPTIONAL(arch_layer, gru, cell_fields),
    MAPPING_OPTIONAL(arch_layer, convlstm, conv_cell_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t layer_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, arch_layer, layer_fields),
};

typedef struct by_cr {
    unsigned at[ARCH_CRS];
} by_cr;

static const cyaml_schema_field_t by_cr_fields[] = {
    CYAML_FIELD_UINT("4", OPTIONAL, by_cr, at[0]),  CYAML_FIELD_UINT("8", OPTIONAL, by_cr, at[1]),
    CYAML_FIELD_UINT("16", OPTIONAL, by_cr, at[2]), CYAML_FIELD_UINT("32", OPTIONAL, by_cr, at[3]),
    CYAML_FIELD_UINT("64", OPTIONAL, by_cr, at[4]), CYAML_FIELD_END,
};

static const cyaml_schema_field_t parameter_fields[] = {
    TEXT(arch_parameter, name),
    TEXT_OPTIONAL(arch_parameter, value),
    MAPPING_OPTIONAL(arch_parameter, cr, by_cr_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t parameter_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, arch_parameter, parameter_fields),
};

static const cyaml_schema_field_t defaults_fields[] = {
    BOOL_OPTIONAL(arch_defaults, bn),
    BOOL_OPTIONAL(arch_defaults, bias),
    FLOAT_OPTIONAL(arch_defaults, slope),
    FLOAT_OPTIONAL(arch_defaults, eps),
    TEXT_OPTIONAL(arch_defaults, init),
    KERNEL(arch_defaults),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t file_fields[] = {
    TEXT(arch_file, family),
    CYAML_FIELD_STRING_PTR("about", OPTIONAL_PTR, arch_file, about, 0, ABOUT_MAX),
    CYAML_FIELD_SEQUENCE("parameters", OPTIONAL_PTR, arch_file, parameters, &parameter_value, 0,
                         ARCH_LIST_MAX),
    TEXTS(arch_file, codeword, CYAML_FLAG_POINTER, 1),
    FLOAT_OPTIONAL(arch_file, codeword_rms),
    MAPPING_OPTIONAL(arch_file, defaults, defaults_fields),
    CYAML_FIELD_SEQUENCE("blocks", OPTIONAL_PTR, arch_file, blocks, &path_value, 0, ARCH_LIST_MAX),
    LAYERS(arch_file, encoder),
    LAYERS(arch_file, decoder),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, arch_file, file_fields),
};

/* --- messages --------------------------------------------------------------------------------- */

/* The schema of the mapping, or list of mappings, in the field of this name. */
static const struct {
    const char *field;
    const cyaml_schema_field_t *keys;
} mappings[] = {
    {"conv", conv_fields},
    {"chain", chain_fields},
    {"linear", linear_fields},
    {"columns", columns_fields},
    {"slice", slice_fields},
    {"split", split_fields},
    {"modulate", modulate_fields},
    {"repeat", repeat_fields},
    {"residual", residual_fields},
    {"branches", branches_fields},
    {"paths", path_fields},
    {"blocks", path_fields},
    {"use", use_fields},
    {"layers", layer_fields},
    {"encoder", layer_fields},
    {"decoder", layer_fields},
    {"parameters", parameter_fields},
    {"cr", by_cr_fields},
    {"defaults", defaults_fields},
    {"select", select_fields},
    {"spread", spread_fields},
    {"position", table_fields},
    {"weigh", table_fields},
    {"batchnorm", batchnorm_fields},
    {"reduce", reduce_fields},
    {"project", project_fields},
    {"gate", residual_fields},
    {"tied", tied_fields},
    {"attention", attention_fields},
    {"down", resize_fields},
    {"up", resize_fields},
    {"gdn", gdn_fields},
    {"memory", memory_fields},
    {"lstm", cell_fields},
    {"gru", cell_fields},
    {"convlstm", conv_cell_fields},
};

static const cyaml_schema_field_t *keys_of(const char *field)
{
    for (size_t i = 0; i < sizeof mappings / sizeof mappings[0]; i++)
        if (strcmp(field, mappings[i].field) == 0)
            return mappings[i].keys;
    return file_fields;
}

static int refuse(const config_reading *r, cyaml_err_t status, err *e)
{
    char text[ERR_TEXT_MAX];
    const char *field = config_key_around(r);
    int used = snprintf(text, sizeof text, "%s%s%s", r->said[0] ? r->said : cyaml_strerror(status),
                        field[0] ? " in " : "", field);
    if (status == CYAML_ERR_INVALID_KEY) {
        const cyaml_schema_field_t *key = keys_of(field);
        for (const char *gap = "; there can be "; key->key; key++, gap = ", ")
            if ((size_t)used < sizeof text)
                used += snprintf(text + used, sizeof text - (size_t)used, "%s%s", gap, key->key);
    }
    err_one_line(text);
    if (!r->line)
        return err_set(e, ERR_FORMAT, "%s", text);
    return err_set(e, ERR_FORMAT, "line %u: %s", r->line, text);
}

/* --- reading ---------------------------------------------------------------------------------- */

arch_file *arch_file_parse(const char *text, size_t size, err *e)
{
    config_reading r = {.text = text, .size = size};
    void *file = NULL;
    cyaml_err_t status;
    if (config_load_raw(&r, &file_value, &file, &status, e) != ERR_NONE) {
        if (r.line)
            err_prefix(e, "line %u", r.line);
        return NULL;
    }
    if (status == CYAML_OK && file)
        return file;
    if (status == CYAML_OK)
        err_set(e, ERR_FORMAT, "it holds no architecture");
    else
        refuse(&r, status, e);
    return NULL;
}

void arch_file_free(arch_file *file)
{
    config_free(&file_value, file);
}
