#include "cell/scenario.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Such a name needs no quotes in YAML and none on a command line. */
static bool is_name(const char *text)
{
    size_t length = strlen(text);
    bool good = length > 0 && length < SCENARIO_NAME_MAX && isalpha((unsigned char)*text);
    for (const char *c = text; good && *c; c++)
        good = isalnum((unsigned char)*c) || strchr("-_.", *c);
    return good;
}

scenario_group *scenario_add_group(scenario *s, const char *name, uint32_t ues, err *e)
{
    if (!is_name(name) || strcmp(name, "all") == 0) {
        err_set(e, ERR_INVALID,
                "'%.64s' is no name for a group: up to %d letters, digits, - _ . and a letter "
                "first; all stands for every UE",
                name, SCENARIO_NAME_MAX - 1);
        return NULL;
    }
    if (scenario_group_named(s, name) != NO_GROUP || s->groups == CHAIN_GROUPS_MAX) {
        err_set(e, ERR_INVALID, "'%s' is a group already, or the %dth", name, CHAIN_GROUPS_MAX + 1);
        return NULL;
    }
    if (ues == 0 || ues > SCENARIO_UES_MAX - s->ues) {
        err_set(e, ERR_INVALID, "a cell has from 1 to %d UEs", SCENARIO_UES_MAX);
        return NULL;
    }
    scenario_group *g = &s->group[s->groups++];
    *g = (scenario_group){.first = s->ues, .ues = ues, .has = s->all};
    memcpy(g->name, name, strlen(name) + 1);
    s->ues += ues;
    return g;
}

uint32_t scenario_group_named(const scenario *s, const char *name)
{
    for (uint32_t i = 0; i < s->groups; i++)
        if (strcmp(s->group[i].name, name) == 0)
            return i;
    return NO_GROUP;
}

uint32_t scenario_group_of(const scenario *s, uint32_t ue)
{
    for (uint32_t i = 0; i < s->groups; i++)
        if (ue - s->group[i].first < s->group[i].ues)
            return i;
    return NO_GROUP;
}

int scenario_model_of_cr(char model[SCENARIO_WORD_MAX], unsigned cr, err *e)
{
    char changed[SCENARIO_WORD_MAX];
    const char *at = model;
    while ((at = strstr(at, "-cr")) && !isdigit((unsigned char)at[3]))
        at++;
    if (!at)
        return err_set(e, ERR_INVALID, "the model '%.100s' names no CR, such as -cr8-", model);
    const char *behind = at + 3 + strspn(at + 3, "0123456789");
    int n = snprintf(changed, sizeof changed, "%.*s-cr%u%s", (int)(at - model), model, cr, behind);
    if (n < 0 || (size_t)n >= sizeof changed)
        return err_set(e, ERR_INVALID, "the model's name is too long");
    memcpy(model, changed, (size_t)n + 1);
    return ERR_NONE;
}
