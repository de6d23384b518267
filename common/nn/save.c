/* Writes a model and its metadata. protobuf-c mallocs the strings of the unpacked message, and
 * free_unpacked frees them, so ours are malloc'ed as well. */
#include <stdlib.h>
#include <string.h>

#include "io/file.h"
#include "nn/onnx_io.h"

static size_t find_metadata(const nn_model *model, const char *key)
{
    const Onnx__ModelProto *p = model->proto;
    size_t i = 0;
    while (i < p->n_metadata_props &&
           (!p->metadata_props[i]->key || strcmp(p->metadata_props[i]->key, key) != 0))
        i++;
    return i;
}

const char *nn_model_metadata(const nn_model *model, const char *key)
{
    size_t i = find_metadata(model, key);
    if (i == model->proto->n_metadata_props)
        return NULL;
    const char *value = model->proto->metadata_props[i]->value;
    return value ? value : "";
}

static void remove_metadata(Onnx__ModelProto *p, size_t i)
{
    if (i == p->n_metadata_props)
        return;
    onnx__string_string_entry_proto__free_unpacked(p->metadata_props[i], NULL);
    memmove(&p->metadata_props[i], &p->metadata_props[i + 1],
            (p->n_metadata_props - i - 1) * sizeof(p->metadata_props[0]));
    p->n_metadata_props--;
}

static Onnx__StringStringEntryProto *new_entry(const char *key, const char *value)
{
    Onnx__StringStringEntryProto *entry = malloc(sizeof *entry);
    if (!entry)
        return NULL;
    onnx__string_string_entry_proto__init(entry);
    entry->key = strdup(key);
    entry->value = strdup(value);
    if (entry->key && entry->value)
        return entry;
    onnx__string_string_entry_proto__free_unpacked(entry, NULL);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): free_unpacked frees it */
    return NULL;
}

int nn_model_set_metadata(nn_model *model, const char *key, const char *value, err *e)
{
    Onnx__ModelProto *p = model->proto;
    size_t i = find_metadata(model, key);
    if (!value) {
        remove_metadata(p, i);
        return 0;
    }
    Onnx__StringStringEntryProto *entry = new_entry(key, value);
    if (!entry)
        return err_set(e, ERR_NOMEM, "no memory for metadata '%s'", key);
    if (i < p->n_metadata_props) {
        onnx__string_string_entry_proto__free_unpacked(p->metadata_props[i], NULL);
        p->metadata_props[i] = entry;
        return 0;
    }
    Onnx__StringStringEntryProto **list =
        realloc(p->metadata_props, (i + 1) * sizeof(p->metadata_props[0]));
    if (!list) {
        onnx__string_string_entry_proto__free_unpacked(entry, NULL);
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): free_unpacked frees it */
        return err_set(e, ERR_NOMEM, "no memory for metadata '%s'", key);
    }
    list[i] = entry;
    p->metadata_props = list;
    p->n_metadata_props++;
    return 0;
}

int nn_model_save(const nn_model *model, const char *path, err *e)
{
    size_t size = onnx__model_proto__get_packed_size(model->proto);
    uint8_t *data = malloc(size ? size : 1);
    if (!data)
        return err_set(e, ERR_NOMEM, "%s: no memory for its %zu bytes", path, size);
    onnx__model_proto__pack(model->proto, data);
    int rc = file_replace(path, data, size, e);
    free(data);
    return rc;
}
