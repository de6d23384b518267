#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/share.h"
#include "codec/onnx/internal.h"
#include "ui/option.h"

enum { LISTED_MAX = 64 };

/* Folders looked into: $CSILINK_MODELS, then models/ wherever csilink's files may be. */
enum { FOLDERS = 1 + SHARE_PLACES };

/* The i-th folder; false where there is no such thing on this machine. */
static bool folder_name(size_t i, char *folder, size_t size)
{
    const char *set = getenv("CSILINK_MODELS");
    if (i > 0)
        return share_place(i - 1, "models", folder, size);
    return set && *set && (size_t)snprintf(folder, size, "%s", set) < size;
}

static bool find(const char *file, char *path, size_t size)
{
    for (size_t i = 0; i < FOLDERS; i++) {
        char folder[PATH_MAX];
        if (folder_name(i, folder, sizeof folder) &&
            (size_t)snprintf(path, size, "%s/%s", folder, file) < size && access(path, R_OK) == 0)
            return true;
    }
    return false;
}

int codec_find_file(const char *file, char *path, size_t size, err *e)
{
    if (strchr(file, '/'))
        return err_set(e, ERR_INVALID, "'%.128s' is a path, not the name of a file in models/",
                       file);
    if (find(file, path, size))
        return 0;
    return err_set(e, ERR_IO,
                   "there is no %.128s in $CSILINK_MODELS, ./models or models/ beside the program",
                   file);
}

int codec_find_in(const char *folder, const char *file, char *path, size_t size, err *e)
{
    char inside[NAME_MAX + 1];
    if (strchr(file, '/'))
        return err_set(e, ERR_INVALID, "'%.128s' is a path, not the name of a file in models/%s",
                       file, folder);
    if ((size_t)snprintf(inside, sizeof inside, "%s/%s", folder, file) < sizeof inside &&
        find(inside, path, size))
        return 0;
    return err_set(e, ERR_IO,
                   "there is no %s/%.128s in $CSILINK_MODELS, ./models or models/ beside the "
                   "program",
                   folder, file);
}

typedef struct name_list {
    char name[LISTED_MAX][CODEC_NAME_MAX];
    size_t count;
} name_list;

static void list_add(name_list *list, const char *file, const char *ending)
{
    size_t length = strlen(file), tail = strlen(ending);
    if (length <= tail || length - tail >= CODEC_NAME_MAX || list->count == LISTED_MAX ||
        strcmp(file + length - tail, ending) != 0)
        return;
    char *name = list->name[list->count];
    memcpy(name, file, length - tail);
    name[length - tail] = '\0';
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->name[i], name) == 0)
            return;
    list->count++;
}

static void list_folder(name_list *list, const char *folder, const char *ending)
{
    DIR *d = opendir(folder);
    if (!d)
        return;
    for (const struct dirent *entry; (entry = readdir(d)) != NULL;)
        list_add(list, entry->d_name, ending);
    closedir(d);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* "there are a, b, c" into `text`, cut if it does not fit, so that what may have been meant comes
 * first; "" where there is none. */
static void list_models(const char *asked, const char *ending, char *text, size_t size)
{
    const char *names[LISTED_MAX], *nearest;
    name_list *list = calloc(1, sizeof *list);
    text[0] = '\0';
    if (!list)
        return;
    for (size_t i = 0; i < FOLDERS; i++) {
        char folder[PATH_MAX];
        if (folder_name(i, folder, sizeof folder))
            list_folder(list, folder, ending);
    }
    qsort(list->name, list->count, sizeof list->name[0], compare_names);
    for (size_t i = 0; i < list->count; i++)
        names[i] = list->name[i];
    nearest = option_nearest(asked, names, list->count);
    size_t used = nearest ? (size_t)snprintf(text, size, "did you mean %s? ", nearest) : 0;
    for (size_t i = 0; i < list->count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "there are ",
                                 list->name[i]);
    if (used >= size)
        memcpy(text + size - sizeof " ...", " ...", sizeof " ...");
    free(list);
}

static codec_part *refuse_name(const char *name, const char *ending, err *e)
{
    char list[ERR_TEXT_MAX / 2];
    list_models(name, ending, list, sizeof list);
    bool integer = strstr(ending, ".int8.") != NULL;
    err_set(e, ERR_IO, "there is no model '%.128s'%s; %s%s", name,
            integer ? " in int8 (`csilink quantize` makes one)" : "",
            list[0]   ? ""
            : integer ? "there is none at all"
                      : "no models/ folder was found: set CSILINK_MODELS to it",
            list);
    return NULL;
}

/* Where <name>.<side><form>.onnx is; false when it is in no folder. */
static bool find_form(codec_side side, const char *name, const char *form, char path[PATH_MAX])
{
    char file[NAME_MAX + 1];
    int n = snprintf(file, sizeof file, "%s.%s%s.onnx", name, codec_side_name(side), form);
    return n > 0 && (size_t)n < sizeof file && find(file, path, PATH_MAX);
}

/* "x.encoder.onnx" -> "x.encoder.int8.onnx", if that is there. */
static bool find_beside(const char *plain, char path[PATH_MAX])
{
    size_t stem = strlen(plain) - strlen(".onnx");
    int n = snprintf(path, PATH_MAX, "%.*s.int8.onnx", (int)stem, plain);
    return n > 0 && n < PATH_MAX && access(path, R_OK) == 0;
}

/* An int8 file of before the pair was trained anew would be refused by every base station. */
static codec_part *load_of_pair(codec_side side, const char *path, const char *plain, err *e)
{
    codec_part *part = codec_load(side, path, NULL, e);
    codec_part *other = part ? codec_load(side, plain, NULL, e) : NULL;
    bool same = other && codec_part_info(part)->pair == codec_part_info(other)->pair;
    if (other && !same)
        err_set(e, ERR_MISMATCH,
                "%s belongs to another pair than the float file beside it: make it anew with "
                "`csilink quantize`, or ask for --precision float",
                path);
    codec_part_free(other);
    if (same)
        return part;
    codec_part_free(part);
    return NULL;
}

static codec_part *load_found(codec_side side, const char *name, const char *precision, err *e)
{
    char plain[PATH_MAX], integer[PATH_MAX], ending[32];
    bool has_plain = find_form(side, name, "", plain);
    bool want_plain = precision && strcmp(precision, "float") == 0;
    bool beside = has_plain && !want_plain && find_beside(plain, integer);
    if (beside)
        return load_of_pair(side, integer, plain, e);
    if (has_plain && (want_plain || !precision))
        return codec_load(side, plain, NULL, e);
    if (!want_plain && !has_plain && find_form(side, name, ".int8", integer))
        return codec_load(side, integer, NULL, e);
    bool integers = precision && !want_plain;
    snprintf(ending, sizeof ending, ".%s%s.onnx", codec_side_name(side), integers ? ".int8" : "");
    return refuse_name(name, ending, e);
}

codec_part *codec_load_precise(codec_side side, const char *name, const char *precision, err *e)
{
    err local = {0};
    if (strchr(name, '/')) {
        err_set(e, ERR_INVALID,
                "model '%.128s': a name has no '/'; give files by --encoder, "
                "--decoder",
                name);
        return NULL;
    }
    codec_part *part = load_found(side, name, precision, &local);
    if (!part && e)
        *e = local;
    return part;
}

codec_part *codec_load_named(codec_side side, const char *name, err *e)
{
    return codec_load_precise(side, name, "float", e);
}
