#include <cyaml/cyaml.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "base/text.h"
#include "io/config.h"
#include "io/file.h"
#include "train/recipe/keys.h"

enum { TEXT_MAX = 4096, DEPTH_MAX = 4, KEY_MAX = 64 };

/* What libcyaml reads: every value as its text, so that one place converts and complains. */
typedef struct raw_source {
    char *channel, *carrier, *weight;
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
    CYAML_FIELD_STRING_PTR("weight", OPTIONAL, raw_source, weight, 0, TEXT_MAX), CYAML_FIELD_END};

static const cyaml_schema_value_t source_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_source, source_fields)};

static const cyaml_schema_value_t check_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, TEXT_MAX)};

#define FIELD(id, section, key, kind, member, min, max, choices)                                   \
    CYAML_FIELD_STRING_PTR(key, OPTIONAL, raw_recipe, value[RECIPE_##id], 0, TEXT_MAX),

/* The sections' values lie in the one array, so a section begins where the recipe does. */
static const cyaml_schema_field_t snr_fields[] = {RECIPE_SNR(FIELD) CYAML_FIELD_END};
static const cyaml_schema_field_t optimizer_fields[] = {RECIPE_OPTIMIZER(FIELD) CYAML_FIELD_END};
static const cyaml_schema_field_t validate_fields[] = {
    FIELD(VALIDATE_EVERY, , "every", , , , , ) /* the checks are a list: not by RECIPE_VALIDATE */
    FIELD(VALIDATE_SAMPLES, , "samples", , , , , ) CYAML_FIELD_SEQUENCE(
        "snr", OPTIONAL, raw_recipe, checks, &check_schema, 1, TRAIN_CHECKS_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_field_t quantize_fields[] = {RECIPE_QUANTIZE(FIELD) CYAML_FIELD_END};

static const cyaml_schema_field_t top_fields[] = {
    RECIPE_TOP(FIELD) CYAML_FIELD_SEQUENCE("sources", OPTIONAL, raw_recipe, sources, &source_schema,
                                           1, TRAIN_SOURCES_MAX),
    CYAML_FIELD_MAPPING("snr", CYAML_FLAG_OPTIONAL, raw_recipe, value, snr_fields),
    CYAML_FIELD_MAPPING("optimizer", CYAML_FLAG_OPTIONAL, raw_recipe, value, optimizer_fields),
    CYAML_FIELD_MAPPING("validate", CYAML_FLAG_OPTIONAL, raw_recipe, value, validate_fields),
    CYAML_FIELD_MAPPING("quantize", CYAML_FLAG_OPTIONAL, raw_recipe, value, quantize_fields),
    CYAML_FIELD_END};

static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_recipe, top_fields)};

/* The text being read, and what libcyaml logged of it. */
typedef struct reading {
    const char *file, *text;
    size_t size;
    char said[256];               /* its first message */
    char key[DEPTH_MAX][KEY_MAX]; /* where, innermost first */
    int depth;
    unsigned entry; /* of a list, from 1; 0: in none */
    unsigned line;  /* that libcyaml tells: often that of the event before */
} reading;

static void take_log(cyaml_log_t level, void *context, const char *format, va_list args)
{
    reading *at = context;
    char line[256], key[KEY_MAX];
    unsigned entry;
    (void)level;
    vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\n")] = '\0';
    err_one_line(line);
    if (sscanf(line, "  in mapping field '%63[^']'", key) == 1) {
        if (at->depth < DEPTH_MAX)
            snprintf(at->key[at->depth++], KEY_MAX, "%s", key);
        const char *line_at = strstr(line, "(line: ");
        if (line_at && !at->line)
            (void)sscanf(line_at, "(line: %u", &at->line);
    } else if (sscanf(line, "  in sequence entry '%u'", &entry) == 1) {
        at->entry = entry;
    } else if (!at->said[0] && line[0] != ' ' && !strstr(line, "Backtrace")) {
        snprintf(at->said, sizeof at->said, "%s", strncmp(line, "Load: ", 6) ? line : line + 6);
    }
}

/* The line of a key path such as "snr.min" or, in entry 2, "sources.carrier"; 0: not found. */
static unsigned find_line(const reading *at, const char *path, unsigned entry)
{
    char found[DEPTH_MAX * KEY_MAX], number[16] = "";
    const char *dot = strchr(path, '.');
    if (entry)
        snprintf(number, sizeof number, "/%u", entry - 1);
    if (dot)
        snprintf(found, sizeof found, "%.*s%s/%s", (int)(dot - path), path, number, dot + 1);
    else
        snprintf(found, sizeof found, "%s%s", path, number);
    unsigned line = config_line(at->text, at->size, found);
    return line ? line : at->line;
}

/* "recipe.yaml:3: key 'snr.min'". */
static int place(const reading *at, const char *path, unsigned entry, err *e)
{
    unsigned line = find_line(at, path, entry);
    char of[32] = "";
    if (entry)
        snprintf(of, sizeof of, " of entry %u", entry);
    if (line)
        return err_prefix(e, "%s:%u: key '%s'%s", at->file, line, path, of);
    return err_prefix(e, "%s: key '%s'%s", at->file, path, of);
}

/* The keys that a section ("" or "snr.") knows, as "min, max, clean", and the one most like `key`.
 */
static void list_keys(const char *section, const char *key, char *list, size_t size,
                      const char **nearest)
{
    static const char *const own[][2] = {{"", "sources"},         {"", "snr"},
                                         {"", "optimizer"},       {"", "validate"},
                                         {"", "quantize"},        {"sources.", "channel"},
                                         {"sources.", "carrier"}, {"sources.", "weight"}};
    const char *names[RECIPE_KEYS + sizeof own / sizeof own[0]];
    size_t n = 0, length = strlen(section), used = 0;
    for (size_t i = 0; i < RECIPE_KEYS; i++)
        if (strncmp(recipe_keys[i].path, section, length) == 0 &&
            !strchr(recipe_keys[i].path + length, '.'))
            names[n++] = recipe_keys[i].path + length;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(own[i][0], section) == 0)
            names[n++] = own[i][1];
    *nearest = text_nearest(key, names, n);
    list[0] = '\0';
    for (size_t i = 0; i < n && used < size; i++)
        used += (size_t)snprintf(list + used, size - used, "%s%s", i ? ", " : "", names[i]);
}

static int complain_key(const reading *at, const char *section, unsigned entry, const char *key,
                        err *e)
{
    char list[320], path[(DEPTH_MAX + 1) * KEY_MAX];
    const char *nearest;
    list_keys(section, key, list, sizeof list, &nearest);
    if (nearest)
        err_set(e, ERR_FORMAT, "there is no such key; did you mean %s?", nearest);
    else
        err_set(e, ERR_FORMAT, "there is no such key; there are %s", list);
    snprintf(path, sizeof path, "%s%s", section, key);
    return place(at, path, entry, e);
}

/* What libcyaml refused, in the recipe's terms. */
static int complain(const reading *at, cyaml_err_t why, err *e)
{
    char path[DEPTH_MAX * KEY_MAX] = "", key[KEY_MAX];
    for (int i = at->depth; i-- > 0;) {
        size_t used = strlen(path);
        snprintf(path + used, sizeof path - used, "%s%s", at->key[i], i ? "." : "");
    }
    if (why == CYAML_ERR_INVALID_KEY && sscanf(at->said, "Unexpected key: %63[^\n]", key) == 1) {
        size_t used = strlen(path);
        snprintf(path + used, sizeof path - used, "%s", used ? "." : "");
        return complain_key(at, path, at->entry, key, e);
    }
    if (why == CYAML_ERR_OOM)
        return err_set(e, ERR_NOMEM, "%s: out of memory", at->file);
    if (why == CYAML_ERR_INVALID_KEY || !at->said[0])
        err_set(e, ERR_FORMAT, "%s", cyaml_strerror(why));
    else
        err_set(e, ERR_FORMAT, "%s", at->said);
    return *path ? place(at, path, at->entry, e) : err_prefix(e, "%s", at->file);
}

static int take_keys(train_recipe *r, const raw_recipe *raw, const reading *at, err *e)
{
    for (size_t i = 0; i < RECIPE_KEYS; i++)
        if (raw->value[i] && recipe_take(r, &recipe_keys[i], raw->value[i], e) != ERR_NONE)
            return place(at, recipe_keys[i].path, 0, e);
    return ERR_NONE;
}

static int take_checks(train_recipe *r, const raw_recipe *raw, const reading *at, err *e)
{
    char list[TRAIN_CHECKS_MAX * 32];
    size_t used = 0;
    for (unsigned i = 0; i < raw->checks_count && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? "," : "",
                                 raw->checks[i] ? raw->checks[i] : "");
    const recipe_key *k = &recipe_keys[RECIPE_VALIDATE_SNR];
    if (raw->checks_count && recipe_take(r, k, list, e) != ERR_NONE)
        return place(at, k->path, 0, e);
    return ERR_NONE;
}

static int take_source(train_recipe *r, const raw_source *s, unsigned entry, const reading *at,
                       err *e)
{
    double carrier = 0, weight = 1;
    if (s->carrier && recipe_take_real(s->carrier, 0, 1e12, &carrier, e) != ERR_NONE)
        return place(at, "sources.carrier", entry, e);
    if (s->weight && recipe_take_real(s->weight, 1e-6, 1e6, &weight, e) != ERR_NONE)
        return place(at, "sources.weight", entry, e);
    if (recipe_add_source(r, s->channel, carrier, weight, e) != ERR_NONE)
        return place(at, "sources.channel", entry, e);
    return ERR_NONE;
}

static int take(train_recipe *r, const raw_recipe *raw, const reading *at, err *e)
{
    int status = take_keys(r, raw, at, e);
    if (status == ERR_NONE)
        status = take_checks(r, raw, at, e);
    if (raw->sources_count)
        recipe_clear_sources(r);
    for (unsigned i = 0; status == ERR_NONE && i < raw->sources_count; i++)
        status = take_source(r, &raw->sources[i], i + 1, at, e);
    if (status == ERR_INVALID) /* the file's fault, not the caller's */
        status = e ? (e->code = ERR_FORMAT) : ERR_FORMAT;
    return status;
}

int train_recipe_parse(train_recipe *r, const char *text, size_t size, const char *file, err *e)
{
    err local = {0};
    if (!e)
        e = &local;
    reading at = {.file = file, .text = text, .size = size};
    const cyaml_config_t config = {.log_fn = take_log,
                                   .log_ctx = &at,
                                   .mem_fn = cyaml_mem,
                                   .log_level = CYAML_LOG_ERROR,
                                   .flags = CYAML_CFG_NO_ALIAS};
    raw_recipe *raw = NULL;
    if (size > TRAIN_RECIPE_BYTES_MAX)
        return err_set(e, ERR_FORMAT, "%s: more than %d bytes are no recipe", file,
                       TRAIN_RECIPE_BYTES_MAX);
    if (memchr(text, '\0', size))
        return err_set(e, ERR_FORMAT, "%s: a NUL byte: this is not text", file);
    cyaml_err_t why =
        cyaml_load_data((const uint8_t *)text, size, &config, &schema, (cyaml_data_t **)&raw, NULL);
    if (why != CYAML_OK)
        return complain(&at, why, e);
    if (!raw)
        return err_set(e, ERR_FORMAT, "%s: there is nothing in it", file);
    int status = take(r, raw, &at, e);
    err_one_line(e->text); /* a value may have lines, and messages quote it */
    cyaml_free(&config, &schema, raw, 0);
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
