#include "io/config_values.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "io/config_node.h"

/* libcyaml reads "010" as octal, while YAML 1.2 reads it as ten, so it is refused. */
static bool is_whole(const char *text)
{
    uint64_t value;
    return text_whole(text, 0, UINT64_MAX, &value) && (text[0] != '0' || !text[1]);
}

static bool is_finite_number(const char *text)
{
    double value;
    return text_number(text, &value) && isfinite(value);
}

static bool is_flag(const char *text)
{
    static const char *const words[] = {"true", "yes", "false", "no"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

static int check_scalar(const config_node *n, const cyaml_schema_value_t *schema, const char *key,
                        unsigned *line, err *e)
{
    const char *right = NULL;
    if (schema->type == CYAML_UINT && !is_whole(n->text))
        right = "a whole number in decimal digits, without leading zeros";
    else if (schema->type == CYAML_FLOAT && !is_finite_number(n->text))
        right = "a finite number";
    else if (schema->type == CYAML_BOOL && !is_flag(n->text))
        right = "true, yes, false or no";
    if (!right)
        return ERR_NONE;
    *line = n->line;
    return err_set(e, ERR_FORMAT, "%.40s takes %s, not '%.40s'", key, right, n->text);
}

static const cyaml_schema_value_t *value_of(const cyaml_schema_value_t *mapping, const char *key)
{
    const cyaml_schema_field_t *f = mapping->mapping.fields;
    while (f && f->key && strcmp(f->key, key) != 0)
        f++;
    return f && f->key ? &f->value : NULL;
}

/* As deep as the text nests, which config_tree_read bounds. */
static int check_node(const config_tree *t, uint32_t at, const cyaml_schema_value_t *schema,
                      const char *key, unsigned *line, err *e)
{
    const config_node *n = &t->node[at];
    bool list = schema->type == CYAML_SEQUENCE || schema->type == CYAML_SEQUENCE_FIXED;
    int rc = ERR_NONE;
    if (n->kind == CONFIG_SCALAR)
        return check_scalar(n, schema, key, line, e);
    if (n->kind == CONFIG_SEQUENCE && list) {
        for (uint32_t i = n->child; rc == ERR_NONE && i; i = t->node[i].next)
            rc = check_node(t, i, schema->sequence.entry, key, line, e);
    } else if (n->kind == CONFIG_MAPPING && schema->type == CYAML_MAPPING) {
        for (uint32_t k = n->child; rc == ERR_NONE && k; k = config_next_key(t, k)) {
            const char *name = t->node[k].kind == CONFIG_SCALAR ? t->node[k].text : "";
            const cyaml_schema_value_t *value = value_of(schema, name);
            if (value)
                rc = check_node(t, t->node[k].next, value, name, line, e);
        }
    }
    return rc;
}

int config_values_check(const config_tree *tree, const cyaml_schema_value_t *schema, unsigned *line,
                        err *e)
{
    return check_node(tree, 0, schema, "the file", line, e);
}
