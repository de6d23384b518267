#include "targets.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/file.h"
#include "io/json.h"

enum { FILE_BYTES_MAX = 1 << 20 };

void targets_init(targets *t)
{
    static const size_t entries[] = {13, 55, 221};
    *t = (targets){.nmse_within_db = 0.5, .kept_within_db = 0.3};
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        t->keep[t->kept].nmse_db = NAN;
        t->keep[t->kept++].entries = entries[i];
    }
}

static int read_text(const cJSON *root, const char *key, char *into, err *e)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, key);
    if (item && !cJSON_IsString(item))
        return err_set(e, ERR_FORMAT, "\"%s\" is not a text", key);
    snprintf(into, TARGET_TEXT_MAX, "%s", item ? item->valuestring : "");
    return ERR_NONE;
}

/* A figure in dB. */
static int read_db(const cJSON *item, const char *key, double low, double *db, err *e)
{
    if (json_read_number(item, db) && *db >= low && *db <= 200)
        return ERR_NONE;
    return err_set(e, ERR_FORMAT, "\"%s\" is not a number of dB from %g to 200", key, low);
}

/* The object under a key; NULL if it is missing, or with an error. */
static const cJSON *object_of(const cJSON *root, const char *key, err *e)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, key);
    if (!item || cJSON_IsObject(item))
        return item;
    err_set(e, ERR_FORMAT, "\"%s\" is not an object", key);
    return NULL;
}

static int read_critics(targets *t, const cJSON *root, err *e)
{
    const cJSON *item, *list = object_of(root, "nmse_db", e);
    cJSON_ArrayForEach(item, list)
    {
        if (t->critics == TARGET_CRITICS_MAX)
            return err_set(e, ERR_FORMAT, "\"nmse_db\" names more than %d critics",
                           TARGET_CRITICS_MAX);
        if (strlen(item->string) >= TARGET_NAME_MAX)
            return err_set(e, ERR_FORMAT, "\"nmse_db\": a name is longer than %d characters",
                           TARGET_NAME_MAX - 1);
        strcpy(t->critic[t->critics].name, item->string);
        if (read_db(item, item->string, -200, &t->critic[t->critics++].nmse_db, e) != ERR_NONE)
            return err_prefix(e, "\"nmse_db\"");
    }
    return e->code;
}

static int read_kept(targets *t, const cJSON *root, err *e)
{
    const cJSON *item, *list = object_of(root, "kept_db", e);
    t->kept = list ? 0 : t->kept;
    cJSON_ArrayForEach(item, list)
    {
        uint64_t entries = 0;
        if (t->kept == TARGET_KEPT_MAX)
            return err_set(e, ERR_FORMAT, "\"kept_db\" has more than %d figures", TARGET_KEPT_MAX);
        if (!text_whole(item->string, 1, UINT32_MAX, &entries) ||
            (t->kept > 0 && entries <= t->keep[t->kept - 1].entries))
            return err_set(e, ERR_FORMAT,
                           "\"kept_db\": '%.32s' is not a number of entries; they must be 1 or "
                           "more and ascend",
                           item->string);
        t->keep[t->kept].entries = (size_t)entries;
        if (read_db(item, item->string, -200, &t->keep[t->kept++].nmse_db, e) != ERR_NONE)
            return err_prefix(e, "\"kept_db\"");
    }
    return e->code;
}

static int read_powers(target_axis *a, const cJSON *list, err *e)
{
    const cJSON *item;
    double sum = 0;
    cJSON_ArrayForEach(item, list)
    {
        if (a->first + a->count == TARGET_AXIS_MAX)
            return err_set(e, ERR_FORMAT, "more than %d entries of power", TARGET_AXIS_MAX);
        double *power = &a->power[a->count++];
        if (!json_read_number(item, power) || !(*power >= 0) || !(*power < 1e100))
            return err_set(e, ERR_FORMAT, "power %zu is not a number from 0 up", a->count - 1);
        sum += *power;
    }
    return sum > 0 ? ERR_NONE
                   : err_set(e, ERR_FORMAT,
                             "\"power\" is not a list of numbers with a "
                             "sum above 0");
}

static int read_axis(target_axis *a, const cJSON *root, const char *key, err *e)
{
    const cJSON *object = object_of(root, key, e);
    if (!object)
        return e->code;
    const cJSON *first = cJSON_GetObjectItemCaseSensitive(object, "first");
    double number = 0;
    if (first && !(json_read_number(first, &number) && number >= 0 && number < TARGET_AXIS_MAX &&
                   number == floor(number)))
        return err_set(e, ERR_FORMAT, "\"%s\": \"first\" is not a whole number from 0 to %d", key,
                       TARGET_AXIS_MAX - 1);
    a->first = (size_t)number;
    if (read_powers(a, cJSON_GetObjectItemCaseSensitive(object, "power"), e) != ERR_NONE)
        return err_prefix(e, "\"%s\"", key);
    return ERR_NONE;
}

static int read_within(targets *t, const cJSON *root, err *e)
{
    const cJSON *within = object_of(root, "within", e), *item;
    if ((item = cJSON_GetObjectItemCaseSensitive(within, "nmse_db")) &&
        read_db(item, "nmse_db", 0, &t->nmse_within_db, e) != ERR_NONE)
        return err_prefix(e, "\"within\"");
    if ((item = cJSON_GetObjectItemCaseSensitive(within, "kept_db")) &&
        read_db(item, "kept_db", 0, &t->kept_within_db, e) != ERR_NONE)
        return err_prefix(e, "\"within\"");
    return e->code;
}

static int take(targets *t, const cJSON *root, err *e)
{
    if (!cJSON_IsObject(root))
        return err_set(e, ERR_FORMAT, "not an object of targets");
    if (read_text(root, "title", t->title, e) || read_text(root, "source", t->source, e) ||
        read_critics(t, root, e) || read_kept(t, root, e) || read_axis(&t->tap, root, "tap", e) ||
        read_axis(&t->angle, root, "angle", e))
        return e->code;
    return read_within(t, root, e);
}

int targets_parse(targets *t, const char *file, const char *text, size_t size, err *e)
{
    targets_init(t);
    cJSON *root = json_parse(file, text, size, e);
    if (!root)
        return e->code;
    int rc = take(t, root, e);
    cJSON_Delete(root);
    return rc == ERR_NONE ? ERR_NONE : err_prefix(e, "%s", file);
}

int targets_read(targets *t, const char *path, err *e)
{
    void *data;
    size_t size;
    if (file_read(path, FILE_BYTES_MAX, &data, &size, e) != ERR_NONE)
        return e->code;
    int rc = targets_parse(t, path, data, size, e);
    free(data);
    return rc;
}
