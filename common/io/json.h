/* json.h: JSON as csilink writes and reads it. Everything goes through json_parse and json_print,
 * so that input is complete and output is UTF-8. JSON has neither infinities nor NaN; csilink
 * writes
 *
 *     finite     the fewest digits, 15 to 17, that read back as the same double
 *     infinite   the strings "inf" and "-inf"
 *     NaN        null: there is no such figure
 *
 * cJSON itself prints 15 digits where they are nearly right, and null for an infinity. */
#ifndef IO_JSON_H
#define IO_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { JSON_DEPTH_MAX = 64 };

/* Parses `size` bytes that hold one JSON value with only blanks around it; the caller deletes it.
 * NULL with ERR_FORMAT, "<file>:<line>: ..." (no prefix if file is NULL), for anything else: text
 * behind the value, a number beyond a double's range (1e999), nesting deeper than JSON_DEPTH_MAX.
 */
cJSON *json_parse(const char *file, const char *text, size_t size, err *e);

/* The tree as text: indented, or in one line. Always UTF-8: a byte of a file's name that is not
 * part of a UTF-8 character is printed as U+FFFD. The caller frees it; NULL for a NULL tree and
 * when memory ran out. */
char *json_print(const cJSON *tree);
char *json_print_line(const cJSON *tree);

/* Replaces the file with the tree, indented (file_replace of io/file.h). ERR_NOMEM, also for a NULL
 * tree, naming the file; ERR_IO. */
int json_replace(const char *path, const cJSON *tree, err *e);

/* A new item, owned by the caller until it is added to a tree; NULL when memory ran out. A finite
 * number is a raw item that holds its digits (cJSON_IsRaw) until the tree is printed and parsed. */
cJSON *json_number(double value);

/* object[name] = value. NULL, as cJSON's functions return, when memory ran out. */
cJSON *json_add_number(cJSON *object, const char *name, double value);

/* True for a number, "inf" or "-inf". False, with *value NaN, for null, any other item, and a
 * missing item (NULL). */
bool json_read_number(const cJSON *item, double *value);

/* object[name]; NaN where json_read_number is false. */
double json_get_number(const cJSON *object, const char *name);

/* Copies a parsed tree, for printing as part of another, without losing a bit of its numbers. NULL
 * when memory ran out. */
cJSON *json_copy(const cJSON *tree);

#endif
