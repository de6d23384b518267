#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "fading/config.h"
#include "io/config.h"
#include "io/file.h"
#include "train/recipe/keys.h"
#include "train/recipe/recipe.h"

enum { TEXT_MAX = 4096 };

/* libcyaml reads every value as text, so that keys.c alone converts values and reports errors. */
typedef struct raw_source {
    char *channel, *carrier, *weight, *speed;
} raw_source;

typedef struct raw_recipe {
    char *value[RECIPE_KEYS];
    raw_source *sources;
    unsigned sources_count;
    char **checks;
    unsigned checks_count;
} raw_recipe;

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_field_t source_fields[] = {
    CYAML_FIELD_STRING_PTR("channel", CYAML_FLAG_POINTER, raw_source, channel, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("carrier", OPTIONAL, raw_source, carrier, 0, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("weight", OPTIONAL, raw_source, weight, 0, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("speed", OPTIONAL, raw_source, speed, 0, TEXT_MAX), CYAML_FIELD_END};

static const cyaml_schema_value_t source_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_source, source_fields)};

static const cyaml_schema_value_t check_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, TEXT_MAX)};

#define FIELD(id, section, key, kind, member, min, max, choices)                                   \
    CYAML_FIELD_STRING_PTR(key, OPTIONAL, raw_recipe, value[RECIPE_##id], 0, TEXT_MAX),

/* All sections store into one array, so the offset of each section is 0. */
static const cyaml_schema_field_t snr_fields[] = {RECIPE_SNR(FIELD) CYAML_FIELD_END};
static const cyaml_schema_field_t optimizer_fields[] = {RECIPE_OPTIMIZER(FIELD) CYAML_FIELD_END};
static const cyaml_schema_field_t validate_fields[] = {
    FIELD(VALIDATE_EVERY, , "every", , , , , ) /* snr is a list, so RECIPE_VALIDATE does not fit */
    FIELD(VALIDATE_SAMPLES, , "samples", , , , , ) CYAML_FIELD_SEQUENCE(
        "snr", OPTIONAL, raw_recipe, checks, &check_schema, 1, TRAIN_CHECKS_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_field_t quantize_fields[] = {RECIPE_QUANTIZE(FIELD) CYAML_FIELD_END};

static const cyaml_schema_field_t sequence_fields[] = {RECIPE_SEQUENCE(FIELD) CYAML_FIELD_END};

static const cyaml_schema_field_t top_fields[] = {
    RECIPE_TOP(FIELD) CYAML_FIELD_SEQUENCE("sources", OPTIONAL, raw_recipe, sources, &source_schema,
                                           1, TRAIN_SOURCES_MAX),
    CYAML_FIELD_MAPPING("snr", CYAML_FLAG_OPTIONAL, raw_recipe, value, snr_fields),
    CYAML_FIELD_MAPPING("optimizer", CYAML_FLAG_OPTIONAL, raw_recipe, value, optimizer_fields),
    CYAML_FIELD_MAPPING("validate", CYAML_FLAG_OPTIONAL, raw_recipe, value, validate_fields),
    CYAML_FIELD_MAPPING("quantize", CYAML_FLAG_OPTIONAL, raw_recipe, value, quantize_fields),
    CYAML_FIELD_MAPPING("sequence", CYAML_FLAG_OPTIONAL, raw_recipe, value, sequence_fields),
    CYAML_FIELD_END};

static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_recipe, top_fields)};

/* Prefixes an error about recipe key `path` ("snr.min") with file, line and key. */
static int place_key(const config_reading *at, const char *path, err *e)
{
    char place[2 * CONFIG_KEY_MAX];
    snprintf(place, sizeof place, "%s", path);
    char *dot = strchr(place, '.');
    if (dot)
        *dot = '/';
    return config_prefix(at, place, e);
}

static int place_source(const config_reading *at, unsigned i, const char *key, err *e)
{
    char place[2 * CONFIG_KEY_MAX];
    snprintf(place, sizeof place, "sources/%u/%s", i, key);
    return config_prefix(at, place, e);
}

static int take_keys(train_recipe *r, const raw_recipe *raw, const config_reading *at, err *e)
{
    for (size_t i = 0; i < RECIPE_KEYS; i++)
        if (raw->value[i] && recipe_take(r, &recipe_keys[i], raw->value[i], e) != ERR_NONE)
            return place_key(at, recipe_keys[i].path, e);
    return ERR_NONE;
}

static int take_checks(train_recipe *r, const raw_recipe *raw, const config_reading *at, err *e)
{
    char list[TRAIN_CHECKS_MAX * 32];
    size_t used = 0;
    for (unsigned i = 0; i < raw->checks_count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? "," : "",
                                 raw->checks[i] ? raw->checks[i] : "");
    const recipe_key *k = &recipe_keys[RECIPE_VALIDATE_SNR];
    if (raw->checks_count && recipe_take(r, k, list, e) != ERR_NONE)
        return place_key(at, k->path, e);
    return ERR_NONE;
}

static int take_source(train_recipe *r, const raw_source *s, unsigned i, const config_reading *at,
                       err *e)
{
    train_source source = {.channel = s->channel, .weight = 1};
    if (s->carrier && recipe_take_real(s->carrier, 0, 1e12, &source.carrier_hz, e) != ERR_NONE)
        return place_source(at, i, "carrier", e);
    if (s->weight && recipe_take_real(s->weight, 1e-6, 1e6, &source.weight, e) != ERR_NONE)
        return place_source(at, i, "weight", e);
    if (s->speed &&
        recipe_take_real(s->speed, 0, FADING_SPEED_MAX_KMH, &source.speed_kmh, e) != ERR_NONE)
        return place_source(at, i, "speed", e);
    if (recipe_add_source(r, &source, e) != ERR_NONE)
        return place_source(at, i, "channel", e);
    return ERR_NONE;
}

static int take(train_recipe *r, const raw_recipe *raw, const config_reading *at, err *e)
{
    int status = take_keys(r, raw, at, e);
    if (status == ERR_NONE)
        status = take_checks(r, raw, at, e);
    if (raw->sources_count)
        recipe_clear_sources(r);
    for (unsigned i = 0; status == ERR_NONE && i < raw->sources_count; i++)
        status = take_source(r, &raw->sources[i], i, at, e);
    if (status == ERR_INVALID) /* the file is wrong, not the call */
        status = e ? (e->code = ERR_FORMAT) : ERR_FORMAT;
    return status;
}

int train_recipe_parse(train_recipe *r, const char *text, size_t size, const char *file, err *e)
{
    err local = {0};
    if (!e)
        e = &local;
    config_reading at = {.file = file, .text = text, .size = size};
    void *raw = NULL;
    if (size > TRAIN_RECIPE_BYTES_MAX)
        return err_set(e, ERR_FORMAT, "%s: more than %d bytes; a recipe is smaller", file,
                       TRAIN_RECIPE_BYTES_MAX);
    int status = config_load(&at, &schema, &raw, e);
    if (status == ERR_NONE)
        status = take(r, raw, &at, e);
    err_one_line(e->text); /* the message quotes a value, which may have line breaks */
    config_free(&schema, raw);
    return status;
}

int train_recipe_read(train_recipe *r, const char *path, err *e)
{
    void *text;
    size_t size;
    char shipped[PATH_MAX];
    if (share_find_named("models/recipes", path, ".yaml", shipped, sizeof shipped))
        path = shipped;
    int status = file_read(path, TRAIN_RECIPE_BYTES_MAX, &text, &size, e);
    if (status == ERR_NONE)
        status = train_recipe_parse(r, text, size, path, e);
    free(text);
    return status;
}
