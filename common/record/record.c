#include "record/record.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/file.h"
#include "io/json.h"

int record_path(const char *folder, const char *file, char path[RECORD_PATH_MAX], err *e)
{
    int n = snprintf(path, RECORD_PATH_MAX, "%s/%s", folder, file);
    return n > 0 && n < RECORD_PATH_MAX
               ? ERR_NONE
               : err_set(e, ERR_INVALID, "the folder's name is too long: %.64s...", folder);
}

/* A whole file followed by a NUL; the caller frees it. */
static char *read_text(const char *path, size_t *size, err *e)
{
    void *data;
    if (file_read(path, RECORD_BYTES_MAX, &data, size, e) != ERR_NONE)
        return NULL;
    char *text = realloc(data, *size + 1);
    if (!text) {
        free(data);
        err_set(e, ERR_NOMEM, "out of memory for %s", path);
        return NULL;
    }
    text[*size] = '\0';
    return text;
}

static cJSON *read_json(const char *path, err *e)
{
    size_t size;
    char *text = read_text(path, &size, e);
    if (!text)
        return NULL;
    cJSON *json = json_parse(path, text, size, e);
    if (json && !cJSON_IsObject(json))
        err_set(e, ERR_FORMAT, "%s: must be a JSON object", path);
    free(text);
    if (cJSON_IsObject(json))
        return json;
    cJSON_Delete(json);
    return NULL;
}

static int read_scenario(record *r, err *e)
{
    char path[RECORD_PATH_MAX];
    size_t size;
    if (record_path(r->folder, "scenario.yaml", path, e) != ERR_NONE)
        return e->code;
    char *text = read_text(path, &size, e);
    if (!text)
        return e->code;
    int status = record_facts_of_yaml(&r->scenario, text, size, path, e);
    free(text);
    return status;
}

static int read_versions(record *r, err *e)
{
    char path[RECORD_PATH_MAX];
    if (record_path(r->folder, "versions.json", path, e) != ERR_NONE)
        return e->code;
    if (access(path, F_OK) != 0)
        return ERR_NONE;
    cJSON *json = read_json(path, e);
    if (!json)
        return e->code;
    int status = record_facts_of_json(&r->versions, json, path, e);
    cJSON_Delete(json);
    return status;
}

/* Names and reasons of a summary are printed, and its file is not trusted. */
static void clean_strings(cJSON *json)
{
    cJSON *item;
    if (cJSON_IsString(json))
        err_one_line(json->valuestring);
    cJSON_ArrayForEach(item, json) clean_strings(item);
}

static int read_summary(record *r, err *e)
{
    char path[RECORD_PATH_MAX];
    if (record_path(r->folder, "summary.json", path, e) != ERR_NONE)
        return e->code;
    if (!r->summary && access(path, F_OK) != 0)
        return err_set(e, ERR_IO, "%s: has no summary.json, and nothing to make it from",
                       r->folder);
    if (!r->summary && !(r->summary = read_json(path, e)))
        return e->code;
    clean_strings(r->summary);
    double format = record_number(r, "record/format");
    r->format = format >= 1 && format <= INT_MAX ? (int)format : 1;
    return ERR_NONE;
}

static void count_event(void *user, const cJSON *event)
{
    record_happened *h = user;
    const char *kind = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, "event"));
    const char *by = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, "by"));
    if (strcmp(kind, "change") == 0 && by && strcmp(by, "timeline") == 0)
        h->planned_changes++;
    else if (strcmp(kind, "change") == 0)
        h->live_changes++;
    else if (strcmp(kind, "killed") == 0)
        h->killed++;
    else if (strcmp(kind, "warning") == 0)
        h->warnings++;
}

static int read_all(record *r, err *e)
{
    char path[RECORD_PATH_MAX];
    if (access(r->folder, F_OK) != 0)
        return err_set(e, ERR_IO, "no such folder: %s", r->folder);
    if (read_scenario(r, e) != ERR_NONE || read_versions(r, e) != ERR_NONE ||
        read_summary(r, e) != ERR_NONE || record_path(r->folder, "events.jsonl", path, e) ||
        record_events_read(path, count_event, &r->happened, e) != ERR_NONE ||
        record_path(r->folder, "reports.csv", path, e) != ERR_NONE)
        return e->code;
    r->has_reports = access(path, F_OK) == 0;
    return ERR_NONE;
}

record *record_open(const char *folder, err *e)
{
    return record_open_with(folder, NULL, e);
}

record *record_open_with(const char *folder, cJSON *summary, err *e)
{
    err own = {0};
    record *r = calloc(1, sizeof *r);
    size_t n = strlen(folder);
    e = e ? e : &own;
    while (n > 1 && folder[n - 1] == '/')
        n--;
    if (!r || n >= sizeof r->folder) {
        err_set(e, r ? ERR_INVALID : ERR_NOMEM,
                r ? "the folder's name is too long" : "out of memory");
        cJSON_Delete(summary);
        free(r);
        return NULL;
    }
    r->summary = summary;
    memcpy(r->folder, folder, n);
    memcpy(r->shown, folder, n);
    err_one_line(r->shown);
    if (read_all(r, e) == ERR_NONE)
        return r;
    record_close(r);
    return NULL;
}

static const cJSON *item_at(const record *r, const char *path)
{
    const cJSON *item = r->summary;
    char text[RECORD_FACT_PATH_MAX], *rest = text;
    snprintf(text, sizeof text, "%s", path);
    for (char *key; item && (key = strsep(&rest, "/")) != NULL;)
        item = cJSON_GetObjectItemCaseSensitive(item, key);
    return item;
}

const char *record_incomplete(const record *r)
{
    const char *reason = record_text(r, "reason");
    if (!cJSON_IsFalse(item_at(r, "complete")))
        return NULL;
    return reason ? reason : "no reason is given";
}

int record_check_format(const record *r, err *e)
{
    const char *version = record_facts_at(&r->versions, "program/version");
    if (r->format == RECORD_FORMAT)
        return ERR_NONE;
    return err_set(
        e, ERR_STATE,
        "%s is a record of format %d, made by csilink %.40s; this csilink repeats format "
        "%d only: %s",
        r->folder, r->format, version ? version : "of an unknown version", RECORD_FORMAT,
        r->format < RECORD_FORMAT
            ? "since format 1 the uplink draws other noise and quantizes the report's power and "
              "scale, so the figures would differ. Repeat it with the version that made it; "
              "`csilink show` can read it"
            : "use a version as new as the record");
}

void record_close(record *r)
{
    if (!r)
        return;
    record_facts_free(&r->scenario);
    record_facts_free(&r->versions);
    cJSON_Delete(r->summary);
    free(r);
}

double record_number(const record *r, const char *path)
{
    double value;
    (void)json_read_number(item_at(r, path), &value);
    return value;
}

const char *record_text(const record *r, const char *path)
{
    return cJSON_GetStringValue(item_at(r, path));
}
