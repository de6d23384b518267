/* json.h: numbers in JSON, which has neither infinities nor NaN. One convention for all that
 * csilink writes and reads:
 *
 *     finite     the fewest digits, 15 to 17, from which the same double is read back
 *     infinite   the strings "inf" and "-inf"
 *     NaN        null: there is no such figure
 *
 * cJSON itself settles for 15 digits where they are nearly right, and writes null for an infinity.
 */
#ifndef IO_JSON_H
#define IO_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* A new item, owned by the caller until it is added to a tree; NULL when memory ran out. A finite
 * number is an item of its digits (cJSON_IsRaw) until the tree is printed and parsed. */
cJSON *json_number(double value);

/* object[name] = value. NULL, as cJSON's functions return, when memory ran out. */
cJSON *json_add_number(cJSON *object, const char *name, double value);

/* True for a number, "inf" or "-inf". Else false with *value NaN: for null, any other item, and an
 * item that is not there (NULL). */
bool json_read_number(const cJSON *item, double *value);

/* object[name]; NaN where json_read_number is false. */
double json_get_number(const cJSON *object, const char *name);

/* A tree that was parsed, to be printed as part of another: its numbers keep every bit. NULL when
 * memory ran out. */
cJSON *json_copy(const cJSON *tree);

#endif
