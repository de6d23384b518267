/* Weights in other files, which exporters write for large networks: external_data of ONNX's
 * TensorProto, a list of location, offset, length and checksum. Each is read into the message, so
 * that the rest of the code sees, and saves, a model with its weights inside.
 *
 * A hostile model can name any path. So only regular files are read, with a real path, after
 * following links, in the folder of the model or below. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "nn/onnx_io.h"

/* The source of external data, and the bytes left for all tensors. */
typedef struct source {
    const char *model; /* path */
    char folder[PATH_MAX];
    uint64_t left; /* bytes still allowed */
} source;

/* One tensor's entry. */
typedef struct external_entry {
    const char *location;
    uint64_t offset, length;
    bool has_length;
} external_entry;

static int read_number(const char *key, const char *text, uint64_t *value, err *e)
{
    if (text_whole(text ? text : "", 0, INT64_MAX, value))
        return 0;
    return err_set(e, ERR_FORMAT, "its external_data has %s '%.40s'; it must be a number of bytes",
                   key, text ? text : "");
}

static int read_entry(const Onnx__TensorProto *t, external_entry *p, err *e)
{
    *p = (external_entry){0};
    int rc = 0;
    for (size_t i = 0; !rc && i < t->n_external_data; i++) {
        const char *key = t->external_data[i]->key, *value = t->external_data[i]->value;
        if (!key)
            continue;
        if (strcmp(key, "location") == 0)
            p->location = value;
        if (strcmp(key, "offset") == 0)
            rc = read_number(key, value, &p->offset, e);
        if (strcmp(key, "length") == 0) {
            rc = read_number(key, value, &p->length, e);
            p->has_length = true;
        }
    }
    if (!rc && (!p->location || !*p->location))
        rc = err_set(e, ERR_FORMAT, "its external_data has no location");
    return rc;
}

/* The bytes that the tensor's shape and type require. */
static int needed_bytes(const Onnx__TensorProto *t, uint64_t *bytes, err *e)
{
    nn_dtype dtype;
    nn_tensor shape;
    if (!nn_onnx_dtype(t->data_type, &dtype))
        return err_set(e, ERR_UNSUPPORTED, "csilink does not handle data type %s (%d)",
                       nn_onnx_dtype_name(t->data_type), t->data_type);
    int rank = t->n_dims > NN_MAX_RANK ? NN_MAX_RANK + 1 : (int)t->n_dims;
    int rc = nn_tensor_shape(&shape, dtype, rank, t->dims, e);
    *bytes = rc ? 0 : shape.count * nn_onnx_element_bytes(t->data_type);
    return rc;
}

/* Whether a relative path never leads up or to the root. */
static bool stays_below(const char *path)
{
    if (*path == '/')
        return false;
    for (const char *at = path; *at;) {
        size_t span = strcspn(at, "/");
        if (span == 2 && at[0] == '.' && at[1] == '.')
            return false;
        at += span + (at[span] == '/');
    }
    return true;
}

/* Opens the file that a location names; -1 with a message. It follows links before it checks the
 * path, and opens the path that it checked. */
static int open_beside(const source *from, const char *location, err *e)
{
    char joined[PATH_MAX], path[PATH_MAX];
    size_t folder = strlen(from->folder);
    char shown[161];
    snprintf(shown, sizeof shown, "%s", location);
    err_one_line(shown);
    if (!stays_below(location)) {
        err_set(e, ERR_FORMAT,
                "its data are in '%s', outside the model's folder; csilink reads files in that "
                "folder and below",
                shown);
        return -1;
    }
    int n = snprintf(joined, sizeof joined, "%s/%s", from->folder, location);
    if (n < 0 || (size_t)n >= sizeof joined || !realpath(joined, path)) {
        err_set(e, ERR_IO, "its data are in '%s' beside the model, which cannot be opened: %s",
                shown, strerror(n < 0 || (size_t)n >= sizeof joined ? ENAMETOOLONG : errno));
        return -1;
    }
    bool root = strcmp(from->folder, "/") == 0;
    if (!root && (strncmp(path, from->folder, folder) != 0 || path[folder] != '/')) {
        err_set(e, ERR_FORMAT, "its data are in '%s', a link out of the model's folder", shown);
        return -1;
    }
    /* O_NONBLOCK: opening a FIFO must not wait. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat info;
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        return fd;
    err_set(e, ERR_IO, "its data are in '%s', which %s", shown,
            fd < 0 ? "cannot be opened" : "is not a regular file");
    if (fd >= 0)
        close(fd);
    return -1;
}

static int read_range(int fd, const external_entry *p, uint64_t bytes, uint8_t *data, err *e)
{
    struct stat info;
    uint64_t size = fstat(fd, &info) == 0 && info.st_size > 0 ? (uint64_t)info.st_size : 0;
    if (p->offset > size || bytes > size - p->offset)
        return err_set(e, ERR_FORMAT,
                       "its data, %" PRIu64 " bytes from %" PRIu64
                       " on, are in '%.160s', which ends at %" PRIu64 ": it is cut short",
                       bytes, p->offset, p->location, size);
    for (uint64_t done = 0; done < bytes;) {
        ssize_t n = pread(fd, data + done, bytes - done, (off_t)(p->offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set(e, ERR_IO, "its data in '%.160s' cannot be read: %s", p->location,
                           n < 0 ? strerror(errno) : "the file became shorter");
        done += (uint64_t)n;
    }
    return 0;
}

/* Stores the data in the tensor. */
static void keep_inside(Onnx__TensorProto *t, uint8_t *data, uint64_t bytes)
{
    for (size_t i = 0; i < t->n_external_data; i++)
        onnx__string_string_entry_proto__free_unpacked(t->external_data[i], NULL);
    free(t->external_data);
    free(t->raw_data.data);
    t->external_data = NULL;
    t->n_external_data = 0;
    t->has_data_location = 0;
    t->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT;
    t->has_raw_data = 1;
    t->raw_data = (ProtobufCBinaryData){.len = bytes, .data = data};
}

static int bring_in(source *from, Onnx__TensorProto *t, err *e)
{
    external_entry p;
    uint64_t bytes = 0;
    int rc = read_entry(t, &p, e);
    if (!rc)
        rc = needed_bytes(t, &bytes, e);
    if (rc)
        return rc;
    if (p.has_length && p.length != bytes)
        return err_set(e, ERR_FORMAT,
                       "its external_data has length %" PRIu64 "; its shape and type say %" PRIu64,
                       p.length, bytes);
    if (bytes > from->left)
        return err_set(e, ERR_UNSUPPORTED,
                       "its %" PRIu64 " bytes bring the model above %d; csilink reads no more",
                       bytes, NN_MAX_FILE_BYTES);
    int fd = open_beside(from, p.location, e);
    if (fd < 0)
        return ERR_FORMAT; /* the message is set already */
    uint8_t *data = malloc(bytes ? bytes : 1);
    rc = data ? read_range(fd, &p, bytes, data, e)
              : err_set(e, ERR_NOMEM, "no memory for its %" PRIu64 " bytes", bytes);
    close(fd);
    if (rc) {
        free(data);
        return rc;
    }
    from->left -= bytes;
    keep_inside(t, data, bytes);
    return 0;
}

static bool is_outside(const Onnx__TensorProto *t)
{
    return t && t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
}

static int open_source(const char *path, size_t size, source *from, err *e)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int length = !slash ? 1 : slash == path ? 1 : (int)(slash - path);
    snprintf(folder, sizeof folder, "%.*s", length, slash ? path : ".");
    *from = (source){.model = path, .left = NN_MAX_FILE_BYTES - size};
    if (!realpath(folder, from->folder))
        return err_set(e, ERR_IO, "the folder of its data cannot be found: %s", strerror(errno));
    return 0;
}

int nn_onnx_bring_in(Onnx__ModelProto *proto, const char *path, size_t size, err *e)
{
    source from;
    Onnx__GraphProto *g = proto->graph;
    int rc = g ? open_source(path, size, &from, e) : 0;
    for (size_t i = 0; !rc && g && i < g->n_initializer; i++) {
        Onnx__TensorProto *t = g->initializer[i];
        if (is_outside(t) && (rc = bring_in(&from, t, e)) != 0)
            err_prefix(e, "initializer %zu '%s'", i, t->name ? t->name : "");
    }
    for (size_t i = 0; !rc && g && i < g->n_node; i++)
        for (size_t k = 0; !rc && k < g->node[i]->n_attribute; k++)
            if (is_outside(g->node[i]->attribute[k]->t) &&
                (rc = bring_in(&from, g->node[i]->attribute[k]->t, e)) != 0)
                err_prefix(e, "node %zu '%s'", i, g->node[i]->name ? g->node[i]->name : "");
    return rc;
}
