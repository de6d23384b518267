/* config_tree.h: a YAML text as a tree with line numbers, with aliases and merge keys resolved.
 *
 * Texts come from outside. Depth, nodes and anchors are bounded while libyaml reads, so that
 * neither deeply nested brackets nor many anchors take long; the expansion of aliases is bounded,
 * too. */
#ifndef IO_CONFIG_TREE_H
#define IO_CONFIG_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
    CONFIG_NESTING_MAX = 64,
    CONFIG_NODES_MAX = 1 << 17,
    CONFIG_ANCHORS_MAX = 256,
    CONFIG_MERGED_KEYS_MAX = 256, /* of a mapping with a merge key */
    CONFIG_BYTES_MAX = 1 << 20,   /* of a text, and of the text with its aliases expanded */
};

typedef struct config_tree config_tree;

/* *tree is NULL, with ERR_NONE, for an empty text and for text that is not YAML: the next reader
 * reports why. ERR_FORMAT, with *line (from 1), for a text beyond the bounds above, an alias of an
 * unknown anchor or of a node around it, and a merge key that brings no mapping. ERR_NOMEM. */
int config_tree_read(const char *text, size_t size, config_tree **tree, unsigned *line, err *e);
void config_tree_free(config_tree *tree); /* NULL allowed */

/* Line of a path ("groups/1/snr", as in config.h), or of its nearest ancestor that exists. The
 * target of an alias counts as on the alias's line; nodes inside the target keep their own lines.
 */
unsigned config_tree_line(const config_tree *tree, const char *path);

/* A text without aliases and merge keys. */
typedef struct config_expanded {
    char *text; /* NULL: the original text has neither; use it */
    size_t size;
    unsigned *line; /* [lines]; see config_expanded_line */
    size_t lines;
} config_expanded;

/* ERR_FORMAT, with *line, if the expansion exceeds the bounds; ERR_NOMEM. */
int config_tree_expand(const config_tree *tree, config_expanded *out, unsigned *line, err *e);

/* The line of the original text that `line` of the expanded text came from; 0 for none. */
unsigned config_expanded_line(const config_expanded *expanded, unsigned line);
void config_expanded_free(config_expanded *expanded);

#endif
