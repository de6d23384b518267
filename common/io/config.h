/* config.h: YAML files that people write: read by a libcyaml schema, with messages that name the
 * file, the line, the key and what could stand there.
 *
 *     config_reading r = {.file = "cell.yaml", .text = text, .size = size};
 *     if (config_load(&r, &schema, &data, e) != ERR_NONE) return e->code;
 *     if (wrong(data)) { err_set(e, ...); return config_place(&r, "groups/1/snr", e); }
 *     config_free(&schema, data);
 *
 * A place in the text is written as keys and positions from 0: "groups/1/snr". Aliases (*a) and
 * merge keys (<<: *a, or a list of mappings) work; how deep a text nests and what it expands to is
 * bounded (config_tree.h). */
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

/* Reads the text into what `schema` (a pointer to a mapping) describes. ERR_FORMAT for what is no
 * YAML, too long or empty, for keys that the schema lacks (the message lists those it has) and for
 * values of a wrong kind; ERR_NOMEM. */
int config_load(config_reading *reading, const cyaml_schema_value_t *schema, void **data, err *e);
void config_free(const cyaml_schema_value_t *schema, void *data); /* NULL allowed */

/* For those who word their complaints otherwise: *why is what libcyaml says, where the return value
 * is ERR_NONE, with what it logged in *reading. Else the text is beyond config_tree.h's bounds or a
 * number or flag is malformed (config_values.h), and reading->line and *e say where and why. *data
 * is NULL where the text is empty. */
int config_load_raw(config_reading *reading, const cyaml_schema_value_t *schema, void **data,
                    cyaml_err_t *why, err *e);

/* The innermost key around the place where libcyaml stopped ("" at the top). */
const char *config_key_around(const config_reading *reading);

/* Puts "<file>:<line>: key '<place>': " before the text in *e; returns its code. Positions are
 * printed from 1, as people count: "groups[2].snr". "" stands for the whole file. */
int config_place(const config_reading *reading, const char *place, err *e);

/* Line (from 1) of a place in the text; of the nearest one around it that exists; 0 when there is
 * none. */
unsigned config_line(const char *text, size_t size, const char *place);

#endif
