/* Prints a tree as YAML in JSON's form, one value a line, with aliases and merge keys expanded. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/config_node.h"

typedef struct expansion {
    const config_tree *tree;
    config_expanded *out;
    FILE *file;
    size_t room; /* of out->line */
    unsigned *line;
    err *e;
} expansion;

static int refuse(expansion *x, uint32_t node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int refuse(expansion *x, uint32_t node, const char *format, ...)
{
    char text[128];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    *x->line = x->tree->node[node].line;
    return err_set(x->e, ERR_FORMAT, "%s", text);
}

/* Everything up to the next call comes from line `line` of the original. */
static int start_line(expansion *x, uint32_t node, unsigned line)
{
    config_expanded *out = x->out;
    fputc('\n', x->file);
    if (ftell(x->file) > CONFIG_BYTES_MAX || out->lines >= CONFIG_NODES_MAX)
        return refuse(x, node, "its aliases expand to more than %d bytes or %d values",
                      CONFIG_BYTES_MAX, CONFIG_NODES_MAX);
    if (out->lines == x->room) {
        size_t room = x->room ? 2 * x->room : 64;
        unsigned *lines = realloc(out->line, room * sizeof *lines);
        if (!lines)
            return err_set(x->e, ERR_NOMEM, "out of memory for YAML");
        out->line = lines;
        x->room = room;
    }
    out->line[out->lines++] = line;
    return ERR_NONE;
}

static void print_scalar(FILE *f, const config_node *n)
{
    fputc('"', f);
    for (size_t i = 0; i < n->length; i++) {
        unsigned char c = (unsigned char)n->text[i];
        if (c == '"' || c == '\\')
            fprintf(f, "\\%c", c);
        else if (c < ' ' || c == 0x7f)
            fprintf(f, "\\x%02x", c);
        else if (c == 0xc2 && i + 1 < n->length && (unsigned char)n->text[i + 1] < 0xa0)
            fprintf(f, "\\x%02x", (unsigned char)n->text[++i]); /* C1, NEL among them */
        else if (c == 0xe2 && i + 2 < n->length && (unsigned char)n->text[i + 1] == 0x80 &&
                 ((unsigned char)n->text[i + 2] & 0xfe) == 0xa8) {
            fprintf(f, "\\u20%02x", (unsigned char)n->text[i + 2] - 0x80); /* line separators */
            i += 2;
        } else
            fputc(c, f);
    }
    fputc('"', f);
}

/* --- merge keys --------------------------------------------------------------------------------
 */

/* The keys of a mapping and of the mappings merged into it: its own come first, and the first of
 * equal keys wins. */
typedef struct merged {
    uint32_t key[CONFIG_MERGED_KEYS_MAX];
    unsigned count, steps; /* bounded, since nested merge keys can lead to one mapping many times */
} merged;

static bool same_key(const config_tree *t, uint32_t a, uint32_t b)
{
    const config_node *p = &t->node[config_target(t, a)], *q = &t->node[config_target(t, b)];
    return p->kind == CONFIG_SCALAR && q->kind == CONFIG_SCALAR && p->length == q->length &&
           memcmp(p->text, q->text, p->length) == 0;
}

/* Keeps duplicates among a mapping's own keys: its reader refuses them. */
static int add_key(expansion *x, uint32_t key, bool own, merged *m)
{
    for (unsigned i = 0; !own && i < m->count; i++)
        if (m->steps++ <= CONFIG_NODES_MAX && same_key(x->tree, m->key[i], key))
            return ERR_NONE;
    if (m->count == CONFIG_MERGED_KEYS_MAX || m->steps > CONFIG_NODES_MAX)
        return refuse(x, key, "a mapping with a merge key has more than %d keys",
                      CONFIG_MERGED_KEYS_MAX);
    m->key[m->count++] = key;
    return ERR_NONE;
}

static int collect_keys(expansion *x, uint32_t mapping, bool own, unsigned depth, merged *m);

static int merge_value(expansion *x, uint32_t value, unsigned depth, merged *m)
{
    const config_tree *t = x->tree;
    uint32_t from = config_target(t, value);
    int rc = ERR_NONE;
    if (t->node[from].kind == CONFIG_MAPPING)
        return collect_keys(x, from, false, depth + 1, m);
    if (t->node[from].kind != CONFIG_SEQUENCE)
        return refuse(x, value, "the merge key << takes a mapping or a list of mappings");
    for (uint32_t i = t->node[from].child; rc == ERR_NONE && i; i = t->node[i].next) {
        uint32_t item = config_target(t, i);
        rc = t->node[item].kind == CONFIG_MAPPING
                 ? collect_keys(x, item, false, depth + 1, m)
                 : refuse(x, i, "the merge key << takes a mapping or a list of mappings");
    }
    return rc;
}

static int collect_keys(expansion *x, uint32_t mapping, bool own, unsigned depth, merged *m)
{
    const config_tree *t = x->tree;
    int rc = ERR_NONE;
    m->steps++;
    if (depth > CONFIG_NESTING_MAX || m->steps > CONFIG_NODES_MAX)
        return refuse(x, mapping, "merge keys nested deeper than %d levels, or too many of them",
                      CONFIG_NESTING_MAX);
    for (uint32_t k = t->node[mapping].child; rc == ERR_NONE && k; k = config_next_key(t, k))
        if (!config_is_merge(t, k))
            rc = add_key(x, k, own, m);
    for (uint32_t k = t->node[mapping].child; rc == ERR_NONE && k; k = config_next_key(t, k))
        if (config_is_merge(t, k))
            rc = merge_value(x, t->node[k].next, depth, m);
    return rc;
}

static bool has_merge(const config_tree *t, uint32_t mapping)
{
    for (uint32_t k = t->node[mapping].child; k; k = config_next_key(t, k))
        if (config_is_merge(t, k))
            return true;
    return false;
}

/* --- printing ----------------------------------------------------------------------------------
 */

static int print_node(expansion *x, uint32_t node, unsigned line, unsigned depth);

static int print_pair(expansion *x, uint32_t key, unsigned depth)
{
    const config_node *k = &x->tree->node[key];
    fputs("? ", x->file); /* a key of any length and kind */
    int rc = print_node(x, key, k->line, depth);
    if (rc == ERR_NONE) {
        fputs(": ", x->file);
        rc = print_node(x, k->next, x->tree->node[k->next].line, depth);
    }
    fputc(',', x->file);
    return rc;
}

static int print_mapping(expansion *x, uint32_t mapping, unsigned depth)
{
    const config_tree *t = x->tree;
    int rc = ERR_NONE;
    fputc('{', x->file);
    if (!has_merge(t, mapping)) {
        for (uint32_t k = t->node[mapping].child; rc == ERR_NONE && k; k = config_next_key(t, k))
            rc = print_pair(x, k, depth + 1);
    } else {
        merged *m = calloc(1, sizeof *m);
        if (!m)
            return err_set(x->e, ERR_NOMEM, "out of memory for YAML");
        rc = collect_keys(x, mapping, true, 0, m);
        for (unsigned i = 0; rc == ERR_NONE && i < m->count; i++)
            rc = print_pair(x, m->key[i], depth + 1);
        free(m);
    }
    fputc('}', x->file);
    return rc;
}

/* A value begins a line, which comes from `line` of the original: for an alias, the alias's line.
 */
static int print_node(expansion *x, uint32_t node, unsigned line, unsigned depth)
{
    const config_tree *t = x->tree;
    uint32_t at = config_target(t, node);
    int rc = start_line(x, node, line);
    if (rc != ERR_NONE)
        return rc;
    if (depth > CONFIG_NESTING_MAX)
        return refuse(x, node, "nested deeper than %d levels", CONFIG_NESTING_MAX);
    if (t->node[at].kind == CONFIG_SCALAR)
        print_scalar(x->file, &t->node[at]);
    else if (t->node[at].kind == CONFIG_MAPPING)
        return print_mapping(x, at, depth);
    else {
        fputc('[', x->file);
        for (uint32_t i = t->node[at].child; rc == ERR_NONE && i; i = t->node[i].next) {
            rc = print_node(x, i, t->node[i].line, depth + 1);
            fputc(',', x->file);
        }
        fputc(']', x->file);
    }
    return rc;
}

int config_tree_expand(const config_tree *tree, config_expanded *out, unsigned *line, err *e)
{
    *out = (config_expanded){0};
    if (!tree || !tree->expandable)
        return ERR_NONE;
    expansion x = {.tree = tree, .out = out, .line = line, .e = e};
    x.file = open_memstream(&out->text, &out->size);
    if (!x.file)
        return err_set(e, ERR_NOMEM, "out of memory for YAML");
    int rc = print_node(&x, 0, tree->node[0].line, 0);
    fputc('\n', x.file);
    if (fclose(x.file) != 0 && rc == ERR_NONE)
        rc = err_set(e, ERR_NOMEM, "out of memory for YAML");
    if (rc != ERR_NONE)
        config_expanded_free(out);
    return rc;
}

unsigned config_expanded_line(const config_expanded *expanded, unsigned line)
{
    /* The first line is empty: every value begins one. */
    return line >= 2 && line - 2 < expanded->lines ? expanded->line[line - 2] : 0;
}

void config_expanded_free(config_expanded *expanded)
{
    free(expanded->text);
    free(expanded->line);
    *expanded = (config_expanded){0};
}
