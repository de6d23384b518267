#include "record/facts.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "io/config_tree.h"

/* The state of reading; the first error ends it. */
typedef struct reading {
    record_facts *facts;
    const char *file;
    yaml_document_t *document;
    err *e;
} reading;

static int add(reading *r, const char *path, const char *value)
{
    record_facts *f = r->facts;
    if (f->count == RECORD_FACTS_MAX)
        return err_set(r->e, ERR_FORMAT, "%s: more than %d values", r->file, RECORD_FACTS_MAX);
    if (f->count == f->room) {
        size_t room = f->room ? 2 * f->room : 64;
        record_fact *bigger = realloc(f->fact, room * sizeof *bigger);
        if (!bigger)
            return err_set(r->e, ERR_NOMEM, "out of memory for %s", r->file);
        f->fact = bigger;
        f->room = room;
    }
    record_fact *fact = &f->fact[f->count++];
    snprintf(fact->path, sizeof fact->path, "%s", path);
    snprintf(fact->value, sizeof fact->value, "%s", value);
    err_one_line(fact->path);
    err_one_line(fact->value);
    return ERR_NONE;
}

static int too_deep(reading *r)
{
    return err_set(r->e, ERR_FORMAT, "%s: nested deeper than %d levels", r->file, RECORD_DEPTH_MAX);
}

/* "parent/child"; a path that is too long is cut, and compared that way. */
static void join(char out[RECORD_FACT_PATH_MAX], const char *parent, const char *child)
{
    if (snprintf(out, RECORD_FACT_PATH_MAX, "%s%s%s", parent, *parent ? "/" : "", child) < 0)
        *out = '\0';
}

/* --- YAML ---------------------------------------------------------------------------------------
 */

static const char *scalar(const yaml_node_t *node)
{
    return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static const char *name_in(reading *r, const yaml_node_t *node)
{
    if (!node || node->type != YAML_MAPPING_NODE)
        return NULL;
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    for (; pair < node->data.mapping.pairs.top; pair++) {
        const char *key = scalar(yaml_document_get_node(r->document, pair->key));
        if (key && strcmp(key, "name") == 0)
            return scalar(yaml_document_get_node(r->document, pair->value));
    }
    return NULL;
}

static int walk_yaml(reading *r, yaml_node_t *node, const char *path, int depth);

static int walk_mapping(reading *r, const yaml_node_t *node, const char *path, int depth)
{
    const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
    int status = ERR_NONE;
    for (; status == ERR_NONE && pair < node->data.mapping.pairs.top; pair++) {
        char at[RECORD_FACT_PATH_MAX];
        const char *key = scalar(yaml_document_get_node(r->document, pair->key));
        join(at, path, key ? key : "?");
        status = walk_yaml(r, yaml_document_get_node(r->document, pair->value), at, depth + 1);
    }
    return status;
}

static int walk_sequence(reading *r, const yaml_node_t *node, const char *path, int depth)
{
    const yaml_node_item_t *item = node->data.sequence.items.start;
    int status = ERR_NONE;
    for (size_t i = 0; status == ERR_NONE && item < node->data.sequence.items.top; item++, i++) {
        char at[RECORD_FACT_PATH_MAX], number[24];
        yaml_node_t *child = yaml_document_get_node(r->document, *item);
        const char *name = name_in(r, child);
        snprintf(number, sizeof number, "%zu", i);
        join(at, path, name ? name : number);
        status = walk_yaml(r, child, at, depth + 1);
    }
    return status;
}

static int walk_yaml(reading *r, yaml_node_t *node, const char *path, int depth)
{
    if (depth > RECORD_DEPTH_MAX)
        return too_deep(r);
    if (node && node->type == YAML_MAPPING_NODE)
        return walk_mapping(r, node, path, depth);
    if (node && node->type == YAML_SEQUENCE_NODE)
        return walk_sequence(r, node, path, depth);
    const char *text = scalar(node);
    return add(r, path, text ? text : "");
}

static int walk_text(reading *r, const char *text, size_t size)
{
    yaml_parser_t parser;
    yaml_document_t document;
    if (!yaml_parser_initialize(&parser))
        return err_set(r->e, ERR_NOMEM, "out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    int status;
    if (yaml_parser_load(&parser, &document)) {
        r->document = &document;
        yaml_node_t *root = yaml_document_get_root_node(&document);
        status =
            root ? walk_yaml(r, root, "", 0) : err_set(r->e, ERR_FORMAT, "%s: is empty", r->file);
        yaml_document_delete(&document);
        r->document = NULL;
    } else {
        status = err_set(r->e, ERR_FORMAT, "%s:%zu: %s", r->file, parser.problem_mark.line + 1,
                         parser.problem ? parser.problem : "is not YAML");
    }
    yaml_parser_delete(&parser);
    return status;
}

int record_facts_of_yaml(record_facts *facts, const char *text, size_t size, const char *file,
                         err *e)
{
    reading r = {facts, file, NULL, e};
    config_tree *tree;
    config_expanded plain = {0};
    unsigned line;
    int status = config_tree_read(text, size, &tree, &line, e);
    if (status == ERR_NONE)
        status = config_tree_expand(tree, &plain, &line, e);
    config_tree_free(tree);
    if (status != ERR_NONE)
        return err_prefix(e, "%s:%u", file, line);
    status = walk_text(&r, plain.text ? plain.text : text, plain.text ? plain.size : size);
    config_expanded_free(&plain);
    return status;
}

/* --- JSON ---------------------------------------------------------------------------------------
 */

static int add_json(reading *r, const cJSON *item, const char *path)
{
    char number[32];
    if (cJSON_IsString(item))
        return add(r, path, item->valuestring);
    snprintf(number, sizeof number, "%.17g", item->valuedouble);
    return add(r, path,
               cJSON_IsNumber(item)  ? number
               : cJSON_IsTrue(item)  ? "yes"
               : cJSON_IsFalse(item) ? "no"
                                     : "");
}

static int walk_json(reading *r, const cJSON *json, const char *path, int depth)
{
    const cJSON *item;
    int status = ERR_NONE;
    size_t i = 0;
    if (depth > RECORD_DEPTH_MAX)
        return too_deep(r);
    if (!cJSON_IsObject(json) && !cJSON_IsArray(json))
        return add_json(r, json, path);
    cJSON_ArrayForEach(item, json)
    {
        char at[RECORD_FACT_PATH_MAX], number[24];
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(item, "name");
        snprintf(number, sizeof number, "%zu", i++);
        join(at, path,
             cJSON_IsObject(json)   ? item->string
             : cJSON_IsString(name) ? name->valuestring
                                    : number);
        if ((status = walk_json(r, item, at, depth + 1)) != ERR_NONE)
            break;
    }
    return status;
}

int record_facts_of_json(record_facts *facts, const cJSON *json, const char *file, err *e)
{
    reading r = {facts, file, NULL, e};
    return walk_json(&r, json, "", 0);
}

void record_facts_free(record_facts *facts)
{
    free(facts->fact);
    *facts = (record_facts){0};
}

const char *record_facts_at(const record_facts *facts, const char *path)
{
    for (size_t i = 0; i < facts->count; i++)
        if (strcmp(facts->fact[i].path, path) == 0)
            return facts->fact[i].value;
    return NULL;
}
