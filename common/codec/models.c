#include "codec/models.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/share.h"
#include "base/text.h"
#include "codec/codec.h"
#include "io/file.h"

/* Folders to search: $CSILINK_MODELS, then every models/ beside csilink's files. */
enum { FOLDERS = 1 + SHARE_CANDIDATES };

/* The i-th folder; false where this machine does not have it. */
static bool folder_name(size_t i, char *folder, size_t size)
{
    const char *set = getenv("CSILINK_MODELS");
    if (i > 0)
        return share_candidate(i - 1, "models", folder, size);
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

int models_find(const char *file, char *path, size_t size, err *e)
{
    if (strchr(file, '/'))
        return err_set(e, ERR_INVALID, "'%.128s' is a path, not the name of a file in models/",
                       file);
    if (find(file, path, size))
        return 0;
    return err_set(e, ERR_IO,
                   "%.128s not found in $CSILINK_MODELS, ./models or models/ beside the program",
                   file);
}

int models_find_in(const char *folder, const char *file, char *path, size_t size, err *e)
{
    char inside[NAME_MAX + 1];
    if (strchr(file, '/'))
        return err_set(e, ERR_INVALID, "'%.128s' is a path, not the name of a file in models/%s",
                       file, folder);
    if ((size_t)snprintf(inside, sizeof inside, "%s/%s", folder, file) < sizeof inside &&
        find(inside, path, size))
        return 0;
    return err_set(e, ERR_IO,
                   "%s/%.128s not found in $CSILINK_MODELS, ./models or models/ beside the program",
                   folder, file);
}

typedef struct name_list {
    char (*name)[CODEC_NAME_MAX];
    size_t count, room;
} name_list;

static void list_add(name_list *list, const char *file, const char *ending)
{
    size_t length = strlen(file), tail = strlen(ending);
    if (length <= tail || length - tail >= CODEC_NAME_MAX ||
        strcmp(file + length - tail, ending) != 0)
        return;
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;
        void *more = realloc(list->name, room * sizeof *list->name);
        if (!more)
            return; /* the message then names fewer */
        list->name = more;
        list->room = room;
    }
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

static size_t common_beginning(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] && a[n] == b[n])
        n++;
    return n;
}

/* Names that begin most like the one asked for come first: a message has no room for all. */
static int compare_names(const void *a, const void *b, void *context)
{
    const char *asked = *(const char *const *)context;
    size_t x = common_beginning(a, asked), y = common_beginning(b, asked);
    return x != y ? (x < y) - (x > y) : strcmp(a, b);
}

/* All names, those first that begin like `asked`. */
static void list_all(name_list *list, const char *asked, const char *ending)
{
    for (size_t i = 0; i < FOLDERS; i++) {
        char folder[PATH_MAX];
        if (folder_name(i, folder, sizeof folder))
            list_folder(list, folder, ending);
    }
    if (list->count)
        qsort_r(list->name, list->count, sizeof list->name[0], compare_names, &asked);
}

size_t models_names(const char *ending, char (**names)[CODEC_NAME_MAX])
{
    name_list list = {0};
    list_all(&list, "", ending);
    *names = list.name;
    return list.count;
}

/* The length of "csilink-net" in "csilink-net-cr8-indoor"; the whole name where it has no CR. */
static size_t family_length(const char *name)
{
    const char *cr = name;
    while ((cr = strstr(cr, "-cr")) != NULL && !(cr[3] >= '0' && cr[3] <= '9'))
        cr++;
    return cr ? (size_t)(cr - name) : strlen(name);
}

typedef struct family {
    const char *name;
    size_t length, models;
} family;

/* The largest first: the families that are trained for most channels and ratios. */
static int compare_families(const void *a, const void *b)
{
    const family *x = a, *y = b;
    return x->models != y->models ? (x->models < y->models) - (x->models > y->models)
                                  : strncmp(x->name, y->name, x->length);
}

/* Of sorted names. `families` has room for as many. */
static size_t group_families(const name_list *list, family *families)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->name[i];
        size_t length = family_length(name), k = 0;
        while (k < count &&
               (families[k].length != length || strncmp(families[k].name, name, length) != 0))
            k++;
        if (k == count)
            families[count++] = (family){name, length, 0};
        families[k].models++;
    }
    qsort(families, count, sizeof *families, compare_families);
    return count;
}

/* A message names what `csilink model list` has in full. */
static const char rest[] = " ... (`csilink model list` names all)";

static size_t append(char *text, size_t size, size_t used, const char *before, const char *name,
                     size_t length)
{
    if (used >= size)
        return used;
    return used + (size_t)snprintf(text + used, size - used, "%s%.*s", before, (int)length, name);
}

static size_t list_names(const name_list *list, char *text, size_t size, size_t used)
{
    for (size_t i = 0; i < list->count; i++)
        used = append(text, size, used, i ? ", " : "there are ", list->name[i], CODEC_NAME_MAX);
    return used;
}

/* Where no name is near, one example of each family says more than the first of the alphabet. */
static size_t list_families(const name_list *list, char *text, size_t size)
{
    family *families = calloc(list->count, sizeof *families);
    size_t count = families ? group_families(list, families) : 0, used = 0;
    bool grouped = count > 0 && families[0].models > 1;
    for (size_t i = 0; i < count; i++)
        used = append(text, size, used,
                      i         ? ", "
                      : grouped ? "there are the families "
                                : "there are ",
                      families[i].name, families[i].length);
    free(families);
    if (grouped && used < size)
        used += (size_t)snprintf(text + used, size - used, "%s", rest + strlen(" ..."));
    return used;
}

/* Letters that a name shares with what was asked before it counts as near. */
enum { NEAR = 3 };

void models_list(const char *asked, const char *ending, char *text, size_t size)
{
    name_list list = {0};
    text[0] = '\0';
    list_all(&list, asked, ending);
    const char **names = list.count ? calloc(list.count, sizeof *names) : NULL;
    for (size_t i = 0; names && i < list.count; i++)
        names[i] = list.name[i];
    const char *nearest = names ? text_nearest(asked, names, list.count) : NULL;
    size_t used = nearest ? (size_t)snprintf(text, size, "did you mean %s? ", nearest) : 0;
    if (nearest || (names && common_beginning(asked, names[0]) >= NEAR))
        used = list_names(&list, text, size, used);
    else if (names)
        used = list_families(&list, text, size);
    if (used >= size)
        memcpy(text + size - sizeof rest, rest, sizeof rest);
    free(names);
    free(list.name);
}

/* The name without its ending, and the path where its file is or would be. */
static bool locate(const char *name, const char *ending, char stem[PATH_MAX], char path[PATH_MAX])
{
    char file[PATH_MAX];
    size_t length = strlen(name), tail = strlen(ending);
    bool ends = length > tail && strcmp(name + length - tail, ending) == 0;
    int n = snprintf(stem, PATH_MAX, "%.*s", (int)(ends ? length - tail : length), name);
    if (n < 1 || (size_t)n + tail >= PATH_MAX)
        return false;
    snprintf(file, sizeof file, "%.*s%s", n, stem, ending);
    if (!strchr(stem, '/'))
        return find(file, path, PATH_MAX);
    memcpy(path, file, sizeof file);
    return access(path, R_OK) == 0;
}

bool models_path(const char *name, const char *ending, char path[PATH_MAX])
{
    char stem[PATH_MAX];
    return locate(name, ending, stem, path);
}

bool models_has(const char *name, const char *ending)
{
    char path[PATH_MAX];
    return models_path(name, ending, path);
}

int models_read(const char *name, const char *ending, size_t limit, void **data, size_t *size,
                err *e)
{
    char stem[PATH_MAX], path[PATH_MAX], list[ERR_TEXT_MAX / 2];
    *data = NULL;
    if (locate(name, ending, stem, path))
        return file_read(path, limit, data, size, e);
    models_list(stem, ending, list, sizeof list);
    return err_set(e, ERR_IO, "unknown model '%.128s': no file %.64s%s; %s", name,
                   strrchr(stem, '/') ? strrchr(stem, '/') + 1 : stem, ending,
                   list[0] ? list : "$CSILINK_MODELS and models/ hold no models");
}
