/* config_values.h: checks the numbers and flags of a YAML text strictly against a libcyaml schema.
 *
 * libcyaml reads the leading digits of a number and takes every word that is not a "no" for a yes:
 * it reads "3x" as 3, "010" as 8 and "flase" as true. config_load_raw refuses such values before
 * libcyaml sees them. */
#ifndef IO_CONFIG_VALUES_H
#define IO_CONFIG_VALUES_H

#include <cyaml/cyaml.h>

#include "base/error.h"
#include "io/config_tree.h"

/* Checks each value that the schema declares as an unsigned number (decimal digits without leading
 * zeros), a float (finite, as text_number reads it) or a flag (true, yes, false or no). `tree` must
 * have no aliases and no merge keys. libcyaml judges values that the schema lacks or gives another
 * shape. ERR_FORMAT with *line (from 1), the key, the value and what is allowed. */
int config_values_check(const config_tree *tree, const cyaml_schema_value_t *schema, unsigned *line,
                        err *e);

#endif
