/* Records as JSON, for programs. */
#include "show.h"

#include "io/json.h"

static void add_facts(cJSON *object, const char *name, const record_facts *facts)
{
    cJSON *o = cJSON_AddObjectToObject(object, name);
    for (size_t i = 0; i < facts->count; i++)
        cJSON_AddStringToObject(o, facts->fact[i].path, facts->fact[i].value);
}

static cJSON *run_json(const record *r)
{
    cJSON *o = cJSON_CreateObject(), *events;
    cJSON_AddStringToObject(o, "folder", r->folder);
    cJSON_AddNumberToObject(o, "format", r->format);
    add_facts(o, "scenario", &r->scenario);
    add_facts(o, "versions", &r->versions);
    events = cJSON_AddObjectToObject(o, "events");
    cJSON_AddNumberToObject(events, "changes_by_timeline", (double)r->happened.planned_changes);
    cJSON_AddNumberToObject(events, "changes_by_hand", (double)r->happened.live_changes);
    cJSON_AddNumberToObject(events, "killed", (double)r->happened.killed);
    cJSON_AddNumberToObject(events, "warnings", (double)r->happened.warnings);
    cJSON_AddItemToObject(o, "summary", json_copy(r->summary));
    return o;
}

typedef struct listing {
    cJSON *array;
    size_t runs;
} listing;

static void add_difference(void *user, const show_difference *d)
{
    const listing *l = user;
    cJSON *o = cJSON_CreateObject(), *values;
    cJSON_AddStringToObject(o, "place", d->place);
    values = cJSON_AddArrayToObject(o, "values");
    for (size_t i = 0; i < l->runs; i++)
        cJSON_AddItemToArray(values,
                             d->value[i] ? cJSON_CreateString(d->value[i]) : cJSON_CreateNull());
    cJSON_AddItemToArray(l->array, o);
}

static void add_differences(cJSON *root, const char *name, record *const *runs, size_t count,
                            show_facts of)
{
    listing l = {cJSON_AddArrayToObject(root, name), count};
    show_each_difference(runs, count, of, add_difference, &l);
}

cJSON *show_comparison_json(const record_comparison *c)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "reports_first", (double)c->reports[0]);
    cJSON_AddNumberToObject(o, "reports_second", (double)c->reports[1]);
    cJSON_AddNumberToObject(o, "joined", (double)c->joined);
    cJSON_AddNumberToObject(o, "measured", (double)c->measured);
    cJSON_AddNumberToObject(o, "equal", (double)c->equal);
    cJSON_AddNumberToObject(o, "ended_differently", (double)c->outcomes);
    json_add_number(o, "largest_difference_db", c->largest_db);
    cJSON_AddNumberToObject(o, "directions", (double)c->directions);
    json_add_number(o, "largest_difference_sgcs", c->largest_sgcs);
    return o;
}

cJSON *show_json(record *const *runs, size_t count, const record_comparison *comparison)
{
    cJSON *root = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(root, "runs");
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(list, run_json(runs[i]));
    if (count > 1) {
        add_differences(root, "scenario_differences", runs, count, show_scenario);
        add_differences(root, "version_differences", runs, count, show_versions);
    }
    if (comparison)
        cJSON_AddItemToObject(root, "reports", show_comparison_json(comparison));
    return root;
}
