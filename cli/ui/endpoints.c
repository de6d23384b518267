#include "endpoints.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/json.h"

enum { LINK_BYTES_MAX = 1 << 20 };

static cJSON *read_link(const char *run, err *e)
{
    char path[ENDPOINT_MAX + 16], *text = malloc(LINK_BYTES_MAX);
    snprintf(path, sizeof path, "%s/link.json", run);
    FILE *f = text ? fopen(path, "r") : NULL;
    size_t n = f ? fread(text, 1, LINK_BYTES_MAX, f) : 0;
    cJSON *json = NULL;
    if (f) {
        json = json_parse(path, text, n, e);
        fclose(f);
    } else
        err_set(e, ERR_IO,
                "no run is recorded in %s: start one with `csilink run`, or name its "
                "folder with --run, or its address with --endpoint",
                run);
    free(text);
    return json;
}

/* Copies an endpoint of the file to `to`, if it is complete and printable. */
static bool read_endpoint(const cJSON *item, char to[ENDPOINT_MAX])
{
    const char *text = cJSON_GetStringValue(item);
    if (!text || !*text || strlen(text) >= ENDPOINT_MAX)
        return false;
    strcpy(to, text);
    err_one_line(to);
    return strcmp(to, text) == 0;
}

static int read_telemetry(const cJSON *list, const char *run, endpoints *out, err *e)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        if (out->telemetry_count == ENDPOINTS_MAX)
            return err_set(e, ERR_FORMAT,
                           "%s/link.json names more than %d telemetry endpoints, the maximum of a "
                           "run",
                           run, ENDPOINTS_MAX);
        if (!read_endpoint(item, out->telemetry[out->telemetry_count++]))
            return err_set(e, ERR_FORMAT,
                           "%s/link.json: telemetry/%zu is not the address of a process, like "
                           "ipc:///tmp/a or tcp://127.0.0.1:5611",
                           run, out->telemetry_count - 1);
    }
    return ERR_NONE;
}

int endpoints_find(const char *run, endpoints *out, err *e)
{
    out->telemetry_count = 0;
    cJSON *json = read_link(run, e);
    if (!json)
        return ERR_IO;
    const cJSON *keys = cJSON_GetObjectItemCaseSensitive(json, "keys");
    int status = ERR_NONE;
    if (!read_endpoint(cJSON_GetObjectItemCaseSensitive(json, "control"), out->control))
        status = err_set(e, ERR_FORMAT, "%s/link.json names no control endpoint", run);
    else if (keys && !read_endpoint(keys, out->keys))
        status = err_set(e, ERR_FORMAT, "%s/link.json: keys is not the path of a folder", run);
    else
        status = read_telemetry(cJSON_GetObjectItemCaseSensitive(json, "telemetry"), run, out, e);
    cJSON_Delete(json);
    return status;
}
