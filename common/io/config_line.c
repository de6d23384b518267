/* Where in a YAML text something stands: libyaml, beneath libcyaml, keeps the lines. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "io/config.h"

static bool is_key(yaml_document_t *document, int node, const char *key, size_t length)
{
    const yaml_node_t *n = yaml_document_get_node(document, node);
    return n && n->type == YAML_SCALAR_NODE && n->data.scalar.length == length &&
           memcmp(n->data.scalar.value, key, length) == 0;
}

/* The node below `at` by one key or position; NULL when it is not there. */
static yaml_node_t *step_into(yaml_document_t *document, const yaml_node_t *at, const char *key,
                              size_t length)
{
    if (at->type == YAML_SEQUENCE_NODE) {
        size_t i = strtoul(key, NULL, 10);
        const yaml_node_item_t *items = at->data.sequence.items.start;
        if (i >= (size_t)(at->data.sequence.items.top - items))
            return NULL;
        return yaml_document_get_node(document, items[i]);
    }
    if (at->type != YAML_MAPPING_NODE)
        return NULL;
    const yaml_node_pair_t *pair = at->data.mapping.pairs.start;
    for (; pair < at->data.mapping.pairs.top; pair++)
        if (is_key(document, pair->key, key, length))
            return yaml_document_get_node(document, pair->value);
    return NULL;
}

static unsigned find_line(yaml_document_t *document, const char *place)
{
    const yaml_node_t *at = yaml_document_get_root_node(document);
    unsigned line = 0;
    while (at) {
        line = (unsigned)at->start_mark.line + 1;
        if (!*place)
            break;
        size_t length = strcspn(place, "/");
        at = step_into(document, at, place, length);
        place += length + (place[length] == '/');
    }
    return line;
}

unsigned config_line(const char *text, size_t size, const char *place)
{
    yaml_parser_t parser;
    yaml_document_t document;
    unsigned line = 0;
    if (!yaml_parser_initialize(&parser))
        return 0;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    if (yaml_parser_load(&parser, &document)) {
        line = find_line(&document, place);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return line;
}
