#include "io/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 15 digits always survive the way through a double, 17 always tell two doubles apart; most figures
 * that people wrote down need no more than the former. */
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
    else if (cJSON_IsRaw(item)) /* of a tree that has not been printed yet */
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

/* cJSON would print what it parsed with its own digits. Where memory runs out, it does. */
static void keep_digits(cJSON *tree)
{
    for (cJSON *item = tree; item; item = item->next) {
        char text[32];
        keep_digits(item->child);
        if (!cJSON_IsNumber(item))
            continue;
        shortest_digits(item->valuedouble, text);
        cJSON *raw = cJSON_CreateRaw(text);
        if (!raw)
            continue;
        item->valuestring = raw->valuestring;
        raw->valuestring = NULL;
        cJSON_Delete(raw);
        item->type = (item->type & ~0xff) | cJSON_Raw;
    }
}

cJSON *json_copy(const cJSON *tree)
{
    cJSON *copy = cJSON_Duplicate(tree, true);
    keep_digits(copy);
    return copy;
}
