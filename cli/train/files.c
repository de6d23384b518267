/* The paths of the files of a run and of other pairs, and a check of what a run's folder holds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/models.h"
#include "io/file.h"
#include "train.h"

const char *train_path(const train_run *run, const char *file, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", run->folder, file);
    return path;
}

int train_find_pair(const char *start, codec_side side, char path[PATH_MAX], err *e)
{
    const char *ending = side == CODEC_ENCODER ? "encoder.onnx" : "decoder.onnx";
    char file[NAME_MAX + 1];
    if ((size_t)snprintf(path, PATH_MAX, "%s.%s", start, ending) < PATH_MAX &&
        access(path, R_OK) == 0)
        return ERR_NONE;
    if (strchr(start, '/') ||
        (size_t)snprintf(file, sizeof file, "%s.%s", start, ending) > NAME_MAX)
        return err_set(e, ERR_IO, "no such file: %s.%s", start, ending);
    return models_find(file, path, PATH_MAX, e);
}

static int make_folder(const char *folder, err *e)
{
    char path[TRAIN_FOLDER_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s", folder);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777); /* only the last folder's result is checked */
        *slash = '/';
    }
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return err_set(e, ERR_IO, "cannot make the folder '%s': %s", folder, strerror(errno));
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return err_set(e, ERR_IO, "'%s' is not a folder", folder);
    return ERR_NONE;
}

char *train_recipe_text(const train_recipe *r, size_t *size, err *e)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, size);
    if (f) {
        fprintf(f, "# Written by csilink train with every setting. A run that continues from the "
                   "checkpoint\n# beside this file must have the same settings.\n");
        train_recipe_print(r, f);
        if (fclose(f) == 0)
            return text;
    }
    free(text);
    err_set(e, ERR_NOMEM, "no memory for the recipe");
    return NULL;
}

/* Skips the comment at the top: it is not part of the recipe, and another version of csilink may
 * word it differently. */
static const char *behind_comment(const char *text, const char *end)
{
    while (text < end && *text == '#') {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        text = newline ? newline + 1 : end;
    }
    return text;
}

/* Returns 0 if the recorded recipe is this one; otherwise an error with the first lines that
 * differ. */
static int compare_recipes(const train_run *run, const char *path, const char *now, err *e)
{
    void *data;
    size_t size;
    int status = file_read(path, TRAIN_RECIPE_BYTES_MAX, &data, &size, e);
    if (status != ERR_NONE)
        return status;
    const char *end = (const char *)data + size, *was = behind_comment(data, end);
    now = behind_comment(now, now + strlen(now));
    while (was < end && *now && *was == *now) {
        const char *a = memchr(was, '\n', (size_t)(end - was)), *b = strchr(now, '\n');
        size_t length = a ? (size_t)(a - was) : (size_t)(end - was);
        if (!b || (size_t)(b - now) != length || memcmp(was, now, length) != 0)
            break;
        was = a ? a + 1 : end;
        now = b + 1;
    }
    int left = (int)strcspn(now, "\n");
    if (was < end || *now)
        status = err_set(e, ERR_MISMATCH,
                         "%s holds a run of another recipe ('%.*s' there, '%.*s' here): --resume "
                         "continues it if possible, --restart starts afresh, --out names another "
                         "folder",
                         run->folder, (int)strcspn(was < end ? was : "\n", "\n"),
                         was < end ? was : "", left, now);
    free(data);
    return status;
}

int train_folder_prepare(const train_run *run, train_again again, const char *recipe, bool *resumed,
                         err *e)
{
    char checkpoint[PATH_MAX], record[PATH_MAX];
    bool there = access(train_path(run, "checkpoint", checkpoint), F_OK) == 0;
    if (again == TRAIN_RESUME && !there)
        return err_set(e, ERR_IO, "--resume: no checkpoint in %s", run->folder);
    int status = make_folder(run->folder, e);
    if (status == ERR_NONE && there && again == TRAIN_IF_SAME)
        status = compare_recipes(run, train_path(run, "recipe.yaml", record), recipe, e);
    *resumed = there && again != TRAIN_RESTART;
    return status;
}
