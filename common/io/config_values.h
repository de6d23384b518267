/* config_values.h: numbers and flags of a YAML text, checked strictly against a libcyaml schema.
 *
 * libcyaml reads a number as far as it goes and takes every word that is not a "no" for a yes: "3x"
 * is 3 to it, "010" is 8 and "flase" is true. config_load_raw refuses such values before libcyaml
 * sees them. */
#ifndef IO_CONFIG_VALUES_H
#define IO_CONFIG_VALUES_H

#include <cyaml/cyaml.h>

#include "base/error.h"
#include "io/config_tree.h"

/* Checks each value that the schema has as an unsigned number (decimal digits without leading
 * zeros), a float (finite, as text_number reads it) or a flag (true, yes, false or no). `tree` has
 * no aliases and no merge keys. Values where the schema has none or another shape are left to
 * libcyaml. ERR_FORMAT with *line (from 1), the key, the value and what is right. */
int config_values_check(const config_tree *tree, const cyaml_schema_value_t *schema, unsigned *line,
                        err *e);

#endif
