#include "cell/scenario_raw.h"

#include <pthread.h>
#include <stddef.h>

#include "cell/scenario.h"

enum { TEXT_MAX = SCENARIO_ABOUT_MAX };

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT(type, key, member) CYAML_FIELD_STRING_PTR(key, OPTIONAL, type, member, 0, TEXT_MAX)

/* Filled from the tables before the first use; a zero ends each. */
static cyaml_schema_field_t set_fields[SETTINGS + 1], ramp_fields[SETTINGS + 2],
    group_fields[CELL_KEYS_MAX + 3], top_fields[CELL_KEYS_MAX + 4];

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, TEXT_MAX)};

static const cyaml_schema_value_t group_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_group, group_fields)};

static const cyaml_schema_field_t event_fields[] = {
    TEXT(raw_event, "at", at),
    TEXT(raw_event, "group", group),
    TEXT(raw_event, "ue", ue),
    CYAML_FIELD_MAPPING_PTR("set", OPTIONAL, raw_event, set, set_fields),
    CYAML_FIELD_MAPPING_PTR("ramp", OPTIONAL, raw_event, ramp, ramp_fields),
    TEXT(raw_event, "restart", restart),
    TEXT(raw_event, "down", down),
    CYAML_FIELD_END};

static const cyaml_schema_value_t event_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_event, event_fields)};

static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_scenario, top_fields)};

static cyaml_schema_field_t text_field(const char *key, size_t offset)
{
    return (cyaml_schema_field_t){.key = key,
                                  .value = {CYAML_VALUE_STRING(OPTIONAL, char, 0, TEXT_MAX)},
                                  .data_offset = (uint32_t)offset};
}

static void fill_settings(void)
{
    size_t i = 0;
    for (; i < SETTINGS; i++) {
        const char *name = setting_kinds[i].name;
        set_fields[i] = text_field(name, offsetof(raw_set, value) + i * sizeof(char *));
        ramp_fields[i] = (cyaml_schema_field_t){
            .key = name,
            .value = {CYAML_VALUE_SEQUENCE_FIXED(OPTIONAL, char *, &text_value, 2)},
            .data_offset = (uint32_t)(offsetof(raw_ramp, ends) + i * sizeof(char **))};
    }
    ramp_fields[i] = text_field("over", offsetof(raw_ramp, over));
}

static void fill_fields(void)
{
    size_t top = 0, group = 0;
    fill_settings();
    group_fields[group++] = text_field("name", offsetof(raw_group, name));
    group_fields[group++] = text_field("count", offsetof(raw_group, count));
    top_fields[top++] = text_field("about", offsetof(raw_scenario, about));
    for (size_t i = 0; i < cell_key_count; i++) {
        const cell_key *k = &cell_keys[i];
        size_t at = offsetof(raw_keys, text) + i * sizeof(char *);
        if (!(k->takers & CELL_IN_FILE))
            continue;
        top_fields[top++] = text_field(k->name, offsetof(raw_scenario, keys) + at);
        if (k->flags & CELL_BY_GROUP)
            group_fields[group++] = text_field(k->name, offsetof(raw_group, keys) + at);
    }
    const cyaml_schema_field_t lists[] = {
        CYAML_FIELD_SEQUENCE("groups", OPTIONAL, raw_scenario, groups, &group_value, 0,
                             CELL_GROUPS_MAX),
        CYAML_FIELD_SEQUENCE("timeline", OPTIONAL, raw_scenario, timeline, &event_value, 0,
                             TIMELINE_MAX + RESTARTS_MAX)};
    top_fields[top++] = lists[0];
    top_fields[top++] = lists[1];
}

/* libcyaml wants the schema as constant data, but the keys are a table. It is built once, and any
 * number of threads may read it. */
const cyaml_schema_value_t *scenario_schema(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_fields);
    return &schema;
}
