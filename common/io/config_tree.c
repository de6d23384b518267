#include "io/config_tree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/text.h"
#include "io/config_node.h"

/* --- building ----------------------------------------------------------------------------------
 */

/* A collection that is still open. */
typedef struct open_node {
    uint32_t node, last; /* its newest child */
} open_node;

typedef struct builder {
    config_tree *tree;
    open_node open[CONFIG_NESTING_MAX];
    unsigned depth;
    struct {
        char *name;
        uint32_t node;
    } anchor[CONFIG_ANCHORS_MAX];
    unsigned anchors;
    unsigned *line;
    err *e;
} builder;

static int refuse(builder *b, const yaml_event_t *event, const char *what)
{
    *b->line = (unsigned)event->start_mark.line + 1;
    return err_set(b->e, ERR_FORMAT, "%s", what);
}

static int out_of_memory(builder *b)
{
    return err_set(b->e, ERR_NOMEM, "out of memory for YAML");
}

/* Appends a node as the newest child of the innermost open one. */
static int add_node(builder *b, const yaml_event_t *event, config_kind kind, uint32_t *index)
{
    config_tree *t = b->tree;
    if (t->count >= CONFIG_NODES_MAX)
        return refuse(b, event, "too many values for a file of this kind");
    if (t->count == t->room) {
        uint32_t room = t->room ? 2 * t->room : 64;
        config_node *node = realloc(t->node, room * sizeof *node);
        if (!node)
            return out_of_memory(b);
        t->node = node;
        t->room = room;
    }
    *index = t->count++;
    t->node[*index] = (config_node){.kind = kind, .line = (unsigned)event->start_mark.line + 1};
    if (b->depth == 0)
        return ERR_NONE;
    open_node *in = &b->open[b->depth - 1];
    if (in->last)
        t->node[in->last].next = *index;
    else
        t->node[in->node].child = *index;
    t->node[in->node].children++;
    in->last = *index;
    return ERR_NONE;
}

/* The newest anchor of a name wins, as in YAML. */
static int add_anchor(builder *b, const yaml_event_t *event, const yaml_char_t *name, uint32_t node)
{
    if (!name)
        return ERR_NONE;
    if (b->anchors == CONFIG_ANCHORS_MAX)
        return refuse(b, event, "too many anchors");
    char *copy = strdup((const char *)name);
    if (!copy)
        return out_of_memory(b);
    b->anchor[b->anchors].name = copy;
    b->anchor[b->anchors++].node = node;
    return ERR_NONE;
}

static int add_alias(builder *b, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    unsigned i = b->anchors;
    while (i > 0 && strcmp(b->anchor[i - 1].name, name) != 0)
        i--;
    if (i == 0) {
        *b->line = (unsigned)event->start_mark.line + 1;
        return err_set(b->e, ERR_FORMAT, "alias *%.40s has no anchor &%.40s before it", name, name);
    }
    for (unsigned k = 0; k < b->depth; k++)
        if (b->open[k].node == b->anchor[i - 1].node)
            return refuse(b, event, "an alias lies within its own anchor");
    uint32_t index = 0;
    int rc = add_node(b, event, CONFIG_ALIAS, &index);
    if (rc == ERR_NONE)
        b->tree->node[index].target = b->anchor[i - 1].node;
    b->tree->expandable = true;
    return rc;
}

static int add_scalar(builder *b, const yaml_event_t *event)
{
    uint32_t index = 0;
    int rc = add_node(b, event, CONFIG_SCALAR, &index);
    if (rc != ERR_NONE)
        return rc;
    config_node *n = &b->tree->node[index];
    n->length = event->data.scalar.length;
    n->text = malloc(n->length + 1);
    if (!n->text)
        return out_of_memory(b);
    memcpy(n->text, event->data.scalar.value, n->length);
    n->text[n->length] = '\0';
    n->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    b->tree->expandable |= n->plain && strcmp(n->text, "<<") == 0;
    return add_anchor(b, event, event->data.scalar.anchor, index);
}

static int open_collection(builder *b, const yaml_event_t *event, config_kind kind,
                           const yaml_char_t *anchor)
{
    uint32_t index = 0;
    if (b->depth == CONFIG_NESTING_MAX) {
        *b->line = (unsigned)event->start_mark.line + 1;
        return err_set(b->e, ERR_FORMAT, "nested deeper than %d levels", CONFIG_NESTING_MAX);
    }
    int rc = add_node(b, event, kind, &index);
    if (rc != ERR_NONE)
        return rc;
    b->open[b->depth++] = (open_node){.node = index};
    return add_anchor(b, event, anchor, index);
}

static int add_event(builder *b, const yaml_event_t *event, bool *ended)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return add_scalar(b, event);
    case YAML_ALIAS_EVENT:
        return add_alias(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_collection(b, event, CONFIG_SEQUENCE, event->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return open_collection(b, event, CONFIG_MAPPING, event->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->depth--;
        return ERR_NONE;
    case YAML_DOCUMENT_END_EVENT:
    case YAML_STREAM_END_EVENT:
        *ended = true;
        return ERR_NONE;
    default:
        return ERR_NONE;
    }
}

/* Builds the first document; *is_yaml says whether libyaml could read it. */
static int build(builder *b, yaml_parser_t *parser, bool *is_yaml)
{
    bool ended = false;
    int rc = ERR_NONE;
    *is_yaml = true;
    while (rc == ERR_NONE && !ended) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            *is_yaml = false;
            return parser->error == YAML_MEMORY_ERROR ? out_of_memory(b) : ERR_NONE;
        }
        rc = add_event(b, &event, &ended);
        yaml_event_delete(&event);
    }
    return rc;
}

int config_tree_read(const char *text, size_t size, config_tree **tree, unsigned *line, err *e)
{
    yaml_parser_t parser;
    *tree = NULL;
    *line = 0;
    if (size > CONFIG_BYTES_MAX)
        return err_set(e, ERR_FORMAT, "more than %d bytes", CONFIG_BYTES_MAX);
    builder *b = calloc(1, sizeof *b);
    config_tree *t = calloc(1, sizeof *t);
    if (!b || !t || !yaml_parser_initialize(&parser)) {
        free(b);
        free(t);
        return err_set(e, ERR_NOMEM, "out of memory for YAML");
    }
    *b = (builder){.tree = t, .line = line, .e = e};
    bool is_yaml;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    int rc = build(b, &parser, &is_yaml);
    yaml_parser_delete(&parser);
    for (unsigned i = 0; i < b->anchors; i++)
        free(b->anchor[i].name);
    free(b);
    if (rc == ERR_NONE && is_yaml && t->count > 0)
        *tree = t;
    else
        config_tree_free(t);
    return rc;
}

void config_tree_free(config_tree *tree)
{
    if (!tree)
        return;
    for (uint32_t i = 0; i < tree->count; i++)
        free(tree->node[i].text);
    free(tree->node);
    free(tree);
}

/* --- finding -----------------------------------------------------------------------------------
 */

bool config_is_merge(const config_tree *t, uint32_t key)
{
    const config_node *k = &t->node[key];
    return k->kind == CONFIG_SCALAR && k->plain && strcmp(k->text, "<<") == 0;
}

uint32_t config_next_key(const config_tree *t, uint32_t key)
{
    return t->node[t->node[key].next].next;
}

uint32_t config_target(const config_tree *t, uint32_t node)
{
    return t->node[node].kind == CONFIG_ALIAS ? t->node[node].target : node;
}

/* One look-up. Nested merge keys can lead to the same mapping many times, so the steps are counted.
 */
typedef struct finding {
    const char *key;
    size_t length;
    unsigned steps;
} finding;

static uint32_t find_key(const config_tree *t, uint32_t mapping, finding *f, unsigned depth);

/* Finds a key in the value of "<<": a mapping, or a list, of which the first that has the key wins.
 */
static uint32_t find_merged(const config_tree *t, uint32_t value, finding *f, unsigned depth)
{
    value = config_target(t, value);
    if (t->node[value].kind == CONFIG_MAPPING)
        return find_key(t, value, f, depth);
    if (t->node[value].kind != CONFIG_SEQUENCE)
        return 0;
    for (uint32_t i = t->node[value].child; i; i = t->node[i].next) {
        uint32_t found = find_key(t, config_target(t, i), f, depth);
        if (found)
            return found;
    }
    return 0;
}

/* The value of a key; 0, the root, where there is none. */
static uint32_t find_key(const config_tree *t, uint32_t mapping, finding *f, unsigned depth)
{
    if (depth > CONFIG_NESTING_MAX || t->node[mapping].kind != CONFIG_MAPPING)
        return 0;
    for (uint32_t k = t->node[mapping].child; k; k = config_next_key(t, k)) {
        const config_node *n = &t->node[config_target(t, k)];
        if (f->steps++ > CONFIG_NODES_MAX)
            return 0;
        if (n->kind == CONFIG_SCALAR && n->length == f->length &&
            memcmp(n->text, f->key, n->length) == 0)
            return t->node[k].next;
    }
    uint32_t found = 0;
    for (uint32_t k = t->node[mapping].child; k && !found; k = config_next_key(t, k))
        if (config_is_merge(t, k))
            found = find_merged(t, t->node[k].next, f, depth + 1);
    return found;
}

static uint32_t find_item(const config_tree *t, uint32_t sequence, const char *position)
{
    uint64_t i;
    uint32_t item = text_whole_at(position, &i) ? t->node[sequence].child : 0;
    for (; item && i > 0; i--)
        item = t->node[item].next;
    return item;
}

unsigned config_tree_line(const config_tree *tree, const char *path)
{
    uint32_t at = 0;
    unsigned line = tree->node[0].line;
    while (*path) {
        size_t length = strcspn(path, "/");
        uint32_t in = config_target(tree, at);
        finding f = {.key = path, .length = length};
        at = tree->node[in].kind == CONFIG_SEQUENCE ? find_item(tree, in, path)
                                                    : find_key(tree, in, &f, 0);
        if (at == 0)
            break;
        line = tree->node[at].line;
        path += length + (path[length] == '/');
    }
    return line;
}
