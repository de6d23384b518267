/* libcyaml checks keys and kinds against a schema and logs a backtrace from the inside out. */
#include "io/config.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/config_values.h"

enum { KEY_PATH_MAX = CONFIG_DEPTH_MAX * (CONFIG_KEY_MAX + 1), KEYS_MAX = 64 };

static void take_log(cyaml_log_t level, void *context, const char *format, va_list args)
{
    config_reading *r = context;
    char text[256], key[CONFIG_KEY_MAX];
    unsigned entry;
    (void)level;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\n")] = '\0';
    err_one_line(text);
    const char *line = strstr(text, "(line: ");
    bool step = r->depth < CONFIG_DEPTH_MAX;
    if (sscanf(text, "  in mapping field '%63[^']'", key) == 1) {
        if (step) {
            r->is_key[r->depth] = true;
            snprintf(r->step[r->depth++], CONFIG_KEY_MAX, "%s", key);
        }
    } else if (sscanf(text, "  in sequence entry '%u'", &entry) == 1) {
        if (step && entry > 0) /* counted from 1 */
            snprintf(r->step[r->depth++], CONFIG_KEY_MAX, "%u", entry - 1);
    } else if (text[0] != ' ' && !r->said[0] && !strstr(text, "Backtrace")) {
        snprintf(r->said, sizeof r->said, "%s", strncmp(text, "Load: ", 6) ? text : text + 6);
    }
    if (line && text[0] == ' ' && !r->line)
        (void)sscanf(line, "(line: %u", &r->line);
}

static cyaml_config_t config_cyaml(config_reading *r)
{
    return (cyaml_config_t){.log_fn = take_log,
                            .log_ctx = r,
                            .mem_fn = cyaml_mem,
                            .log_level = CYAML_LOG_ERROR,
                            .flags = CYAML_CFG_NO_ALIAS};
}

const char *config_key_around(const config_reading *r)
{
    for (int i = 0; i < r->depth; i++)
        if (r->is_key[i])
            return r->step[i];
    return "";
}

/* The keys of the mapping where libcyaml stopped; NULL where it is none. */
static const cyaml_schema_field_t *keys_at(const config_reading *r,
                                           const cyaml_schema_value_t *schema)
{
    for (int i = r->depth; i-- > 0;) {
        if (schema->type == CYAML_SEQUENCE || schema->type == CYAML_SEQUENCE_FIXED) {
            schema = schema->sequence.entry;
            continue;
        }
        const cyaml_schema_field_t *f =
            schema->type == CYAML_MAPPING ? schema->mapping.fields : NULL;
        while (f && f->key && strcmp(f->key, r->step[i]) != 0)
            f++;
        if (!f || !f->key)
            return NULL;
        schema = &f->value;
    }
    return schema->type == CYAML_MAPPING ? schema->mapping.fields : NULL;
}

static int unknown_key(const char *key, const cyaml_schema_field_t *keys, err *e)
{
    const char *names[KEYS_MAX];
    char list[320] = "";
    size_t n = 0, used = 0;
    for (; keys && keys->key && n < KEYS_MAX; keys++)
        names[n++] = keys->key;
    const char *nearest = text_nearest(key, names, n);
    if (nearest)
        return err_set(e, ERR_FORMAT, "unknown key; did you mean %s?", nearest);
    for (size_t i = 0; i < n && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    return err_set(e, ERR_FORMAT, "unknown key; the keys here are %s", list);
}

/* Words libcyaml's refusal in the file's terms. */
static int complain(const config_reading *r, const cyaml_schema_value_t *schema, cyaml_err_t why,
                    err *e)
{
    char path[KEY_PATH_MAX + CONFIG_KEY_MAX] = "", key[CONFIG_KEY_MAX];
    size_t used = 0;
    for (int i = r->depth; i-- > 0;)
        used +=
            (size_t)snprintf(path + used, sizeof path - used, "%s%s", used ? "/" : "", r->step[i]);
    if (why == CYAML_ERR_OOM)
        return err_set(e, ERR_NOMEM, "%s: out of memory", r->file);
    if (why == CYAML_ERR_INVALID_KEY && sscanf(r->said, "Unexpected key: %63[^\n]", key) == 1) {
        unknown_key(key, keys_at(r, schema), e);
        snprintf(path + used, sizeof path - used, "%s%s", used ? "/" : "", key);
    } else {
        bool told = r->said[0] && why != CYAML_ERR_INVALID_KEY;
        err_set(e, ERR_FORMAT, "%s", told ? r->said : cyaml_strerror(why));
    }
    return config_prefix(r, path, e);
}

/* `plain` is the text with its aliases expanded, if it had any; `tree` is the original text. */
static int check_values(config_reading *r, const config_tree *tree, const config_expanded *plain,
                        const cyaml_schema_value_t *schema, err *e)
{
    config_tree *expanded = NULL;
    unsigned line = 0;
    int rc = ERR_NONE;
    if (plain->text)
        rc = config_tree_read(plain->text, plain->size, &expanded, &line, e);
    if (rc == ERR_NONE && (plain->text ? expanded : tree))
        rc = config_values_check(plain->text ? expanded : tree, schema, &line, e);
    if (rc != ERR_NONE)
        r->line = plain->text ? config_expanded_line(plain, line) : line;
    config_tree_free(expanded);
    return rc;
}

int config_load_raw(config_reading *r, const cyaml_schema_value_t *schema, void **data,
                    cyaml_err_t *why, err *e)
{
    *data = NULL;
    *why = CYAML_OK;
    if (memchr(r->text, '\0', r->size))
        return err_set(e, ERR_FORMAT, "a NUL byte: this is not text");
    config_tree *tree;
    config_expanded plain = {0};
    int rc = config_tree_read(r->text, r->size, &tree, &r->line, e);
    if (rc == ERR_NONE)
        rc = config_tree_expand(tree, &plain, &r->line, e);
    if (rc == ERR_NONE)
        rc = check_values(r, tree, &plain, schema, e);
    config_tree_free(tree);
    if (rc != ERR_NONE) {
        config_expanded_free(&plain);
        return rc;
    }
    cyaml_config_t config = config_cyaml(r);
    *why = cyaml_load_data((const uint8_t *)(plain.text ? plain.text : r->text),
                           plain.text ? plain.size : r->size, &config, schema, data, NULL);
    if (plain.text)
        r->line = config_expanded_line(&plain, r->line);
    config_expanded_free(&plain);
    return ERR_NONE;
}

int config_load(config_reading *r, const cyaml_schema_value_t *schema, void **data, err *e)
{
    cyaml_err_t why;
    if (config_load_raw(r, schema, data, &why, e) != ERR_NONE)
        return r->line ? err_prefix(e, "%s:%u", r->file, r->line) : err_prefix(e, "%s", r->file);
    if (why != CYAML_OK)
        return complain(r, schema, why, e);
    return *data ? ERR_NONE : err_set(e, ERR_FORMAT, "%s: the file is empty", r->file);
}

void config_free(const cyaml_schema_value_t *schema, void *data)
{
    config_reading r = {0};
    cyaml_config_t config = config_cyaml(&r);
    cyaml_free(&config, schema, data, 0);
}

/* "groups/1/snr" as "groups[2].snr". Keys of a hostile file may be numbers, too. */
static void print_key_path(const char *path, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    while (*path && used < size) {
        size_t length = strcspn(path, "/");
        bool position = strspn(path, "0123456789") == length && length < 7; /* else a key */
        if (position)
            used += (size_t)snprintf(out + used, size - used, "[%ld]", atol(path) + 1);
        else
            used += (size_t)snprintf(out + used, size - used, "%s%.*s", used ? "." : "",
                                     (int)length, path);
        path += length + (path[length] == '/');
    }
}

int config_prefix(const config_reading *r, const char *path, err *e)
{
    char of[KEY_PATH_MAX + 2 * CONFIG_KEY_MAX];
    unsigned line = config_line(r->text, r->size, path);
    line = line ? line : r->line;
    print_key_path(path, of, sizeof of);
    if (!*path)
        return line ? err_prefix(e, "%s:%u", r->file, line) : err_prefix(e, "%s", r->file);
    return line ? err_prefix(e, "%s:%u: key '%s'", r->file, line, of)
                : err_prefix(e, "%s: key '%s'", r->file, of);
}
