#include "endpoints.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

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

int endpoints_find(const char *run, endpoints *out, err *e)
{
    cJSON *json = read_link(run, e);
    if (!json)
        return ERR_IO;
    const cJSON *control = cJSON_GetObjectItemCaseSensitive(json, "control"), *item;
    out->telemetry_count = 0;
    if (cJSON_IsString(control))
        snprintf(out->control, sizeof out->control, "%s", control->valuestring);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "telemetry"))
    {
        if (cJSON_IsString(item) && out->telemetry_count < ENDPOINTS_MAX)
            snprintf(out->telemetry[out->telemetry_count++], ENDPOINT_MAX, "%s", item->valuestring);
    }
    cJSON_Delete(json);
    if (!out->control[0])
        return err_set(e, ERR_FORMAT, "%s/link.json names no control endpoint", run);
    return ERR_NONE;
}
