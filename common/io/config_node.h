/* config_node.h: the nodes of a config_tree; only for config_tree and config_values. */
#ifndef IO_CONFIG_NODE_H
#define IO_CONFIG_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/config_tree.h"

typedef enum config_kind {
    CONFIG_SCALAR,
    CONFIG_SEQUENCE,
    CONFIG_MAPPING,
    CONFIG_ALIAS
} config_kind;

/* Links are indices; 0 means none, since nothing links to the root. A mapping's children alternate:
 * key, value, key, value. */
typedef struct config_node {
    config_kind kind;
    unsigned line;
    char *text; /* of a scalar */
    size_t length;
    bool plain; /* a scalar without quotes */
    uint32_t child, next, children;
    uint32_t target; /* of an alias; never an alias itself */
} config_node;

struct config_tree {
    config_node *node;
    uint32_t count, room;
    bool expandable; /* has an alias or a merge key */
};

/* Whether this key of a mapping is a merge key, "<<". */
bool config_is_merge(const config_tree *tree, uint32_t key);

/* The next key of the mapping; 0: none. */
uint32_t config_next_key(const config_tree *tree, uint32_t key);

/* What an alias stands for; any other node itself. */
uint32_t config_target(const config_tree *tree, uint32_t node);

#endif
