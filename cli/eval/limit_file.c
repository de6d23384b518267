#include "limit_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/csv.h"
#include "io/file.h"
#include "io/json.h"
#include "settings.h"

enum { FILE_BYTES_MAX = 1 << 28 };

static int add_json_point(limit *l, const cJSON *point, size_t *added, err *e)
{
    const cJSON *channel = cJSON_GetObjectItemCaseSensitive(point, "channel");
    double snr_db = json_get_number(point, "snr_db");
    if (!cJSON_IsString(channel) || isnan(snr_db))
        return err_set(e, ERR_FORMAT, "a point without channel or snr_db");
    if (snr_db != INFINITY)
        return ERR_NONE;
    ++*added;
    return limit_add(l, channel->valuestring, json_get_number(point, "bits_per_report"),
                     json_get_number(point, "nmse_db"), e);
}

static int read_json(limit *l, const char *path, const char *text, size_t size, const cell *c,
                     size_t *added, err *e)
{
    cJSON *json = json_parse(path, text, size, e);
    if (!json)
        return e->code;
    const cJSON *asked = cJSON_GetObjectItemCaseSensitive(json, "asked"), *point;
    const cJSON *points = cJSON_GetObjectItemCaseSensitive(json, "points");
    int rc = ERR_NONE;
    if (!cJSON_IsObject(asked) || !cJSON_IsArray(points))
        rc = err_set(e, ERR_FORMAT, "neither a sweep.json nor a CSV file");
    if (rc == ERR_NONE)
        rc = settings_match(asked, c, e);
    for (point = rc == ERR_NONE ? points->child : NULL; rc == ERR_NONE && point;
         point = point->next)
        rc = add_json_point(l, point, added, e);
    cJSON_Delete(json);
    return rc == ERR_NONE ? rc : err_prefix(e, "%s", path);
}

/* The number of columns in a CSV, and the indices of those that a point needs. */
typedef struct columns {
    size_t count, channel, snr, nmse, bits;
} columns;

static int find_columns(const char *path, const csv_row *names, columns *at, err *e)
{
    *at = (columns){.count = names->count,
                    .channel = csv_column(names, "channel"),
                    .snr = csv_column(names, "snr_db"),
                    .nmse = csv_column(names, "nmse_db"),
                    .bits = csv_column(names, "bits_per_report")};
    if (at->bits == names->count)
        at->bits = csv_column(names, "bits");
    if (at->channel < at->count && at->snr < at->count && at->nmse < at->count &&
        at->bits < at->count)
        return ERR_NONE;
    return err_set(e, ERR_FORMAT,
                   "%s: its first row lacks one of the columns channel, snr_db, nmse_db, and "
                   "bits_per_report or bits",
                   path);
}

/* An empty field, "nan" and "-nan" mean a missing figure. */
static bool read_figure(const char *text, double *value)
{
    *value = NAN;
    return *text == '\0' || strcmp(text, "nan") == 0 || strcmp(text, "-nan") == 0 ||
           text_number(text, value);
}

static int add_row(limit *l, const csv_reader *r, const csv_row *row, const columns *at,
                   size_t *added, err *e)
{
    double snr_db, nmse_db, bits;
    if (row->count != at->count)
        return err_set(e, ERR_FORMAT, "%s:%zu: %zu fields, not %zu", r->file, r->line, row->count,
                       at->count);
    if (!text_number(row->field[at->snr], &snr_db) ||
        !read_figure(row->field[at->nmse], &nmse_db) || !read_figure(row->field[at->bits], &bits))
        return err_set(e, ERR_FORMAT, "%s:%zu: snr_db, nmse_db or bits is not a number", r->file,
                       r->line);
    if (snr_db != INFINITY)
        return ERR_NONE;
    ++*added;
    return limit_add(l, row->field[at->channel], bits, nmse_db, e);
}

static int read_csv(limit *l, const char *path, char *text, size_t *added, err *e)
{
    csv_reader r = csv_open(path, text);
    csv_row *row = malloc(sizeof *row);
    columns at;
    int rc = row ? csv_next(&r, row, e) : err_set(e, ERR_NOMEM, "out of memory for %s", path);
    if (rc == ERR_NONE)
        rc = find_columns(path, row, &at, e);
    while (rc == ERR_NONE && (rc = csv_next(&r, row, e)) == ERR_NONE && row->count > 0)
        rc = add_row(l, &r, row, &at, added, e);
    free(row);
    return rc;
}

int limit_read(limit *l, const char *path, const cell *c, err *e)
{
    void *data;
    size_t size, added = 0;
    int rc = file_read(path, FILE_BYTES_MAX, &data, &size, e);
    if (rc != ERR_NONE)
        return rc;
    char *text = realloc(data, size + 1);
    if (!text) {
        free(data);
        return err_set(e, ERR_NOMEM, "out of memory for %s", path);
    }
    text[size] = '\0';
    char first = text[strspn(text, " \t\r\n")];
    if (strlen(text) != size)
        rc = err_set(e, ERR_FORMAT, "%s: neither a sweep.json nor a CSV file", path);
    else if (first == '{' || first == '[')
        rc = read_json(l, path, text, size, c, &added, e);
    else
        rc = read_csv(l, path, text, &added, e);
    free(text);
    if (rc == ERR_NONE && added == 0)
        rc = err_set(e, ERR_FORMAT, "%s: no point without uplink noise (snr_db inf)", path);
    if (rc == ERR_NONE)
        limit_reduce(l);
    return rc;
}
