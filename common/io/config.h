/* config.h: reads YAML files that people write, by a libcyaml schema, with messages that name the
 * file, the line, the key and the allowed values.
 *
 *     config_reading r = {.file = "cell.yaml", .text = text, .size = size};
 *     if (config_load(&r, &schema, &data, e) != ERR_NONE) return e->code;
 *     if (wrong(data)) { err_set(e, ...); return config_prefix(&r, "groups/1/snr", e); }
 *     config_free(&schema, data);
 *
 * A path in the text is keys and positions from 0: "groups/1/snr". Aliases (*a) and merge keys (<<:
 * *a, or a list of mappings) work; nesting depth and expanded size are bounded (config_tree.h). */
#ifndef IO_CONFIG_H
#define IO_CONFIG_H

#include <cyaml/cyaml.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "io/config_tree.h"

enum { CONFIG_DEPTH_MAX = 8, CONFIG_KEY_MAX = 64 };

typedef struct config_reading {
    const char *file, *text; /* the file's name, for messages; neither is owned */
    size_t size;
    /* What libcyaml logged: its first message, and where, innermost first. */
    char said[256], step[CONFIG_DEPTH_MAX][CONFIG_KEY_MAX];
    bool is_key[CONFIG_DEPTH_MAX]; /* or a position in a sequence */
    int depth;
    unsigned line;
} config_reading;

/* Reads the text into the structure that `schema` (a pointer to a mapping) describes. ERR_FORMAT
 * for text that is empty, too long or not YAML, for unknown keys (the message lists the known ones)
 * and for values of a wrong kind; ERR_NOMEM. */
int config_load(config_reading *reading, const cyaml_schema_value_t *schema, void **data, err *e);
void config_free(const cyaml_schema_value_t *schema, void *data); /* NULL allowed */

/* For callers that word their own messages. On ERR_NONE, *why is libcyaml's verdict and *reading
 * holds what it logged. Otherwise the text is beyond config_tree.h's bounds or a number or flag is
 * malformed (config_values.h); reading->line and *e say where and why. *data is NULL for an empty
 * text. */
int config_load_raw(config_reading *reading, const cyaml_schema_value_t *schema, void **data,
                    cyaml_err_t *why, err *e);

/* The innermost key around the point where libcyaml stopped ("" at the top). */
const char *config_key_around(const config_reading *reading);

/* Puts "<file>:<line>: key '<path>': " before the text in *e; returns its code. Positions are
 * printed from 1, as people count: "groups[2].snr". "" means the whole file. */
int config_prefix(const config_reading *reading, const char *path, err *e);

/* Line (from 1) of a path in the text, or of its nearest ancestor that exists; 0 when there is
 * none. */
unsigned config_line(const char *text, size_t size, const char *path);

#endif
