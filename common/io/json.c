#include "io/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/file.h"

/* The line number of a byte, from 1. */
static size_t line_of(const char *text, const char *at)
{
    size_t line = 1;
    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

static int check_tree(const cJSON *tree, int depth, err *e)
{
    if (depth > JSON_DEPTH_MAX)
        return err_set(e, ERR_FORMAT, "its JSON is nested deeper than %d levels", JSON_DEPTH_MAX);
    for (const cJSON *item = tree; item; item = item->next) {
        if (cJSON_IsNumber(item) && !isfinite(item->valuedouble))
            return err_set(e, ERR_FORMAT, "its number %s%.40s%sis beyond the range of a double",
                           item->string ? "'" : "", item->string ? item->string : "",
                           item->string ? "' " : "");
        if (check_tree(item->child, depth + 1, e) != ERR_NONE)
            return ERR_FORMAT;
    }
    return ERR_NONE;
}

static void refuse(const char *file, const char *text, const char *at, const char *what, err *e)
{
    if (file)
        err_set(e, ERR_FORMAT, "%s:%zu: %s", file, line_of(text, at), what);
    else
        err_set(e, ERR_FORMAT, "%s", what);
}

cJSON *json_parse(const char *file, const char *text, size_t size, err *e)
{
    const char *end = text;
    cJSON *tree = cJSON_ParseWithLengthOpts(text, size, &end, false);
    bool known = end >= text && end <= text + size;
    if (!tree) {
        refuse(file, text, known ? end : text, "not JSON from here on", e);
        return NULL;
    }
    while (end < text + size && (*end == ' ' || *end == '\t' || *end == '\r' || *end == '\n'))
        end++;
    if (end == text + size && check_tree(tree, 0, e) == ERR_NONE)
        return tree;
    if (end < text + size)
        refuse(file, text, end, "text after the JSON value", e);
    else if (file)
        err_prefix(e, "%s", file);
    cJSON_Delete(tree);
    return NULL;
}

/* Apart from strings, cJSON prints only ASCII. */
static char *to_utf8(char *text)
{
    if (!text || text_is_utf8(text))
        return text;
    char *clean = text_to_utf8(text);
    free(text);
    return clean;
}

char *json_print(const cJSON *tree)
{
    return to_utf8(cJSON_Print(tree));
}

char *json_print_line(const cJSON *tree)
{
    return to_utf8(cJSON_PrintUnformatted(tree));
}

int json_replace(const char *path, const cJSON *tree, err *e)
{
    char *text = json_print(tree);
    int status = text ? file_replace(path, text, strlen(text), e)
                      : err_set(e, ERR_NOMEM, "out of memory for %s", path);
    free(text);
    return status;
}

/* A double preserves any 15 digits, and 17 digits identify any double; most numbers that people
 * write need no more than 15. */
static void shortest_digits(double value, char text[32])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
}

cJSON *json_number(double value)
{
    if (isnan(value))
        return cJSON_CreateNull();
    if (isinf(value))
        return cJSON_CreateString(value > 0 ? "inf" : "-inf");
    char text[32];
    shortest_digits(value, text);
    return cJSON_CreateRaw(text);
}

cJSON *json_add_number(cJSON *object, const char *name, double value)
{
    cJSON *item = json_number(value);
    if (cJSON_AddItemToObject(object, name, item))
        return item;
    cJSON_Delete(item);
    return NULL;
}

bool json_read_number(const cJSON *item, double *value)
{
    *value = (double)NAN;
    if (cJSON_IsNumber(item))
        *value = item->valuedouble;
    else if (cJSON_IsRaw(item)) /* json_number made it */
        *value = strtod(item->valuestring, NULL);
    else if (cJSON_IsString(item) && strcmp(item->valuestring, "inf") == 0)
        *value = INFINITY;
    else if (cJSON_IsString(item) && strcmp(item->valuestring, "-inf") == 0)
        *value = -INFINITY;
    return !isnan(*value);
}

double json_get_number(const cJSON *object, const char *name)
{
    double value;
    (void)json_read_number(cJSON_GetObjectItemCaseSensitive(object, name), &value);
    return value;
}

/* Replaces parsed numbers by raw items: cJSON would print them with its own digits, and null for a
 * number that overflowed. It still does where memory runs out. */
static void keep_digits(cJSON *tree)
{
    for (cJSON *item = tree; item; item = item->next) {
        keep_digits(item->child);
        cJSON *exact = cJSON_IsNumber(item) ? json_number(item->valuedouble) : NULL;
        if (!exact)
            continue;
        item->valuestring = exact->valuestring;
        exact->valuestring = NULL;
        item->type = (item->type & ~0xff) | (exact->type & 0xff);
        cJSON_Delete(exact);
    }
}

cJSON *json_copy(const cJSON *tree)
{
    cJSON *copy = cJSON_Duplicate(tree, true);
    keep_digits(copy);
    return copy;
}
