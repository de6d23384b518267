/* Any text as a sweep's points.jsonl: refused in one line, or points that hold together; what is
 * kept of a point is read again the same. The first line, what the sweep was asked for, is put in
 * front; an input that begins with '!' has, behind that byte, its own. */
#include "fuzz.h"

#include <math.h>

#include "base/hist.h"
#include "cli/sweep/json.h"
#include "cli/sweep/store.h"

enum { POINTS = 4 };

static char folder[] = "/tmp/csilink-fuzz-XXXXXX", path[FUZZ_PATH_MAX];

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

/* A file in memory, by the name that the store must have. */
static void write_store(const char *asked, const uint8_t *data, size_t size)
{
    size_t head = asked ? strlen(asked) + 1 : 0;
    char *store = malloc(head + size + 1);
    require(store != NULL);
    if (asked)
        sprintf(store, "%s\n", asked);
    if (size)
        memcpy(store + head, data, size);
    const char *file = fuzz_file(store, head + size);
    free(store);
    if (path[0])
        return;
    require(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/points.jsonl", folder);
    require(symlink(file, path) == 0);
    atexit(remove_folder);
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void check_point(const sweep_point *p)
{
    static hist h;
    sweep_point again = {0};
    err e = {0};
    require(p->reports > 0 && p->measured >= 0);
    require(!isnan(p->nmse_db) || !isnan(p->sgcs) ||
            p->measured == 0); /* directions have no NMSE */
    require(fuzz_is_line(p->record) && !strchr(p->record, '/'));
    require(!p->histogram || hist_from_text(&h, p->histogram, NULL) == ERR_NONE);
    cJSON *json = sweep_point_json(p);
    char *text = cJSON_PrintUnformatted(json);
    cJSON *parsed = text ? cJSON_Parse(text) : NULL;
    require(parsed && sweep_point_read(parsed, &again, &e) == ERR_NONE);
    require(again.reports == p->reports && same(again.nmse_db, p->nmse_db));
    require(same(again.bits, p->bits) && same(again.channel_uses, p->channel_uses));
    free(again.histogram);
    cJSON_Delete(parsed);
    cJSON_Delete(json);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static sweep_options options;
    sweep_point point[POINTS] = {0};
    sweep s = {.options = &options, .count = POINTS, .point = point, .store = -1};
    s.snrs = (chain_eval_config){.snrs = 2, .snr_db = {0, 10}};
    bool own = size > 0 && data[0] == '!';
    err e = {0};
    options.out = folder;
    cJSON *asked = sweep_asked(&s);
    char *text = cJSON_PrintUnformatted(asked);
    write_store(own ? NULL : text, data + own, size - own);
    if (sweep_open_store(&s, &e) != ERR_NONE)
        fuzz_check_error(&e);
    else
        for (size_t i = 0; i < POINTS; i++)
            if (point[i].done)
                check_point(&point[i]);
    for (size_t i = 0; i < POINTS; i++)
        free(point[i].histogram);
    if (s.store >= 0)
        close(s.store);
    cJSON_Delete(asked);
    free(text);
    return 0;
}
