/* Writing a model, and its metadata. The strings of the unpacked message are malloc'ed by
 * protobuf-c, and free_unpacked frees them; so ours are malloc'ed as well. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
        return err_set(e, ERR_NOMEM, "no memory for metadata '%s'", key);
    }
    list[i] = entry;
    p->metadata_props = list;
    p->n_metadata_props++;
    return 0;
}

/* On success the data are on the disk before the new name shows them. */
static int write_whole(int fd, const uint8_t *data, size_t size)
{
    while (size) {
        ssize_t n = write(fd, data, size);
        if (n < 0)
            return -1;
        data += n;
        size -= (size_t)n;
    }
    return fsync(fd);
}

static int write_beside(const char *path, const uint8_t *data, size_t size, err *e)
{
    char *beside = NULL;
    if (asprintf(&beside, "%s.XXXXXX", path) < 0)
        return err_set(e, ERR_NOMEM, "%s: no memory for its name", path);
    int rc = 0, fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0) {
        rc = err_set(e, ERR_IO, "%s: cannot be written: %m", path);
        free(beside);
        return rc;
    }
    if (write_whole(fd, data, size) || fchmod(fd, 0644))
        rc = err_set(e, ERR_IO, "%s: cannot be written: %m", path);
    if (close(fd) && !rc)
        rc = err_set(e, ERR_IO, "%s: cannot be written: %m", path);
    if (!rc && rename(beside, path))
        rc = err_set(e, ERR_IO, "%s: cannot be put in place: %m", path);
    if (rc)
        unlink(beside);
    free(beside);
    return rc;
}

int nn_model_save(const nn_model *model, const char *path, err *e)
{
    size_t size = onnx__model_proto__get_packed_size(model->proto);
    uint8_t *data = malloc(size ? size : 1);
    if (!data)
        return err_set(e, ERR_NOMEM, "%s: no memory for its %zu bytes", path, size);
    onnx__model_proto__pack(model->proto, data);
    int rc = write_beside(path, data, size, e);
    free(data);
    return rc;
}
