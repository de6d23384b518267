#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "io/json.h"

void settings_put(cJSON *o, const cell_key *k, const cell *c)
{
    const void *value = cell_key_value(k, c);
    switch (k->kind) {
    case CELL_FLAG:
        cJSON_AddBoolToObject(o, k->name, *(const bool *)value);
        break;
    case CELL_COUNT:
        json_add_number(o, k->name, (double)*(const uint64_t *)value);
        break;
    case CELL_REAL:
    case CELL_TIME:
        json_add_number(o, k->name, *(const double *)value);
        break;
    case CELL_CHOICE:
    case CELL_TEXT:
        cJSON_AddStringToObject(o, k->name, value);
        break;
    }
}

static bool decides_distortion(const cell_key *k)
{
    static const char *const others[] = {"seed", "references", "ack-delay"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(k->name, others[i]) == 0)
            return false;
    return (k->takers & CELL_IN_SWEEP) != 0;
}

static int refuse(const cJSON *theirs, const cJSON *own, err *e)
{
    char *there = json_print_line(theirs), *here = json_print_line(own);
    err_set(e, ERR_STATE, "its points were measured with '%s' %.80s, not %.80s", own->string,
            there ? there : "?", here ? here : "?");
    free(there);
    free(here);
    return ERR_STATE;
}

int settings_match(const cJSON *asked, const cell *c, err *e)
{
    cJSON *written = cJSON_CreateObject();
    for (size_t i = 0; i < cell_key_count; i++)
        if (decides_distortion(&cell_keys[i]))
            settings_put(written, &cell_keys[i], c);
    /* Parsed again, so that numbers are rounded as in the file. */
    char *text = json_print_line(written);
    cJSON *own = text ? json_parse(NULL, text, strlen(text), NULL) : NULL;
    int rc = own ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory to compare settings");
    for (const cJSON *item = own ? own->child : NULL; rc == ERR_NONE && item; item = item->next) {
        const cJSON *theirs = cJSON_GetObjectItemCaseSensitive(asked, item->string);
        if (theirs && !cJSON_Compare(item, theirs, true))
            rc = refuse(theirs, item, e);
    }
    cJSON_Delete(own);
    free(text);
    cJSON_Delete(written);
    return rc;
}
