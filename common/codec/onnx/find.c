#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "codec/models.h"
#include "codec/onnx/internal.h"

static onnx_part *refuse_name(const char *name, const char *ending, err *e)
{
    char list[ERR_TEXT_MAX / 2];
    models_list(name, ending, list, sizeof list);
    bool integer = strstr(ending, ".int8.") != NULL;
    err_set(e, ERR_IO, "unknown model '%.128s'%s; %s%s", name,
            integer ? " in int8 (`csilink quantize` makes one)" : "",
            list[0]   ? ""
            : integer ? "none was found"
                      : "found no models/ folder: set CSILINK_MODELS to it",
            list);
    return NULL;
}

/* The path of <name>.<side><form>.onnx; false when no folder has it. */
static bool find_form(codec_side side, const char *name, const char *form, char path[PATH_MAX])
{
    char file[NAME_MAX + 1];
    int n = snprintf(file, sizeof file, "%s.%s%s.onnx", name, codec_side_name(side), form);
    return n > 0 && (size_t)n < sizeof file && models_find(file, path, PATH_MAX, NULL) == 0;
}

/* "x.encoder.onnx" -> "x.encoder.int8.onnx", if that file exists. */
static bool find_beside(const char *plain, char path[PATH_MAX])
{
    size_t stem = strlen(plain) - strlen(".onnx");
    int n = snprintf(path, PATH_MAX, "%.*s.int8.onnx", (int)stem, plain);
    return n > 0 && n < PATH_MAX && access(path, R_OK) == 0;
}

/* Sizes of an image with symbolic rows and columns, as in onnx_claims. */
typedef struct image_sizes {
    uint32_t nt, ni;
} image_sizes;

static onnx_part *load_sized(codec_side side, const char *path, const char *layout,
                             image_sizes sizes, err *e)
{
    const onnx_claims claims = {.layout = layout, .nt = sizes.nt, .ni = sizes.ni};
    return onnx_load_part(side, path, claims, true, e);
}

/* A base station would reject an int8 file that is older than the pair's last training. */
static onnx_part *load_of_pair(codec_side side, const char *path, const char *plain,
                               image_sizes sizes, err *e)
{
    onnx_part *part = load_sized(side, path, NULL, sizes, e);
    onnx_part *other = part ? load_sized(side, plain, NULL, sizes, e) : NULL;
    bool same = other && onnx_part_info(part)->pair == onnx_part_info(other)->pair;
    if (other && !same)
        err_set(e, ERR_MISMATCH,
                "%s belongs to another pair than the float file beside it: make it again with "
                "`csilink quantize`, or use --precision float",
                path);
    onnx_part_free(other);
    if (same)
        return part;
    onnx_part_free(part);
    return NULL;
}

static onnx_part *load_found(codec_side side, const char *name, const char *precision,
                             image_sizes sizes, err *e)
{
    char plain[PATH_MAX], integer[PATH_MAX], ending[32];
    bool has_plain = find_form(side, name, "", plain);
    bool want_plain = precision && strcmp(precision, "float") == 0;
    bool beside = has_plain && !want_plain && find_beside(plain, integer);
    if (beside)
        return load_of_pair(side, integer, plain, sizes, e);
    if (has_plain && (want_plain || !precision))
        return load_sized(side, plain, NULL, sizes, e);
    if (!want_plain && !has_plain && find_form(side, name, ".int8", integer))
        return load_sized(side, integer, NULL, sizes, e);
    bool integers = precision && !want_plain;
    snprintf(ending, sizeof ending, ".%s%s.onnx", codec_side_name(side), integers ? ".int8" : "");
    return refuse_name(name, ending, e);
}

static onnx_part *load_named(codec_side side, const char *name, const char *precision,
                             image_sizes sizes, err *e)
{
    err local = {0};
    if (strchr(name, '/')) {
        err_set(e, ERR_INVALID,
                "model '%.128s': a name has no '/'; name files by --encoder and --decoder", name);
        return NULL;
    }
    onnx_part *part = load_found(side, name, precision, sizes, &local);
    if (!part && e)
        *e = local;
    return part;
}

onnx_part *onnx_load_precise(codec_side side, const char *name, const char *precision, err *e)
{
    return load_named(side, name, precision, (image_sizes){0}, e);
}

onnx_part *onnx_load_named(codec_side side, const char *name, err *e)
{
    return onnx_load_precise(side, name, "float", e);
}

onnx_part *onnx_load_any(codec_side side, const char *name, const char *precision,
                         const char *layout, uint32_t nt, uint32_t ni, err *e)
{
    char path[PATH_MAX];
    const image_sizes sizes = {nt, ni};
    size_t length = strlen(name), ending = strlen(".onnx");
    if (side == CODEC_DECODER)
        precision = "float";
    if (length > ending && strcmp(name + length - ending, ".onnx") == 0)
        return load_sized(side, name, layout, sizes, e);
    if (!strchr(name, '/'))
        return load_named(side, name, precision, sizes, e);
    snprintf(path, sizeof path, "%s.%s.int8.onnx", name, codec_side_name(side));
    bool integer = precision ? strcmp(precision, "int8") == 0 : access(path, R_OK) == 0;
    if (!integer)
        snprintf(path, sizeof path, "%s.%s.onnx", name, codec_side_name(side));
    return load_sized(side, path, layout, sizes, e);
}
