#include "cell/cell.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cell/timeline.h"

/* Such a name needs no quotes, in YAML or on a command line. */
static bool is_name(const char *text)
{
    size_t length = strlen(text);
    bool good = length > 0 && length < CELL_NAME_MAX && isalpha((unsigned char)*text);
    for (const char *c = text; good && *c; c++)
        good = isalnum((unsigned char)*c) || strchr("-_.", *c);
    return good;
}

cell_group *cell_add_group(cell *c, const char *name, uint32_t ues, err *e)
{
    if (!is_name(name) || strcmp(name, "all") == 0) {
        err_set(e, ERR_INVALID,
                "'%.64s' cannot name a group: a name has up to %d letters, digits, - _ . and "
                "starts with a letter; all stands for every UE",
                name, CELL_NAME_MAX - 1);
        return NULL;
    }
    if (cell_group_named(c, name) != NO_GROUP) {
        err_set(e, ERR_INVALID, "a group '%s' exists already", name);
        return NULL;
    }
    if (c->groups == CELL_GROUPS_MAX) {
        err_set(e, ERR_INVALID, "a cell has at most %d groups of UEs", CELL_GROUPS_MAX);
        return NULL;
    }
    if (ues == 0 || ues > CELL_UES_MAX - c->ues) {
        err_set(e, ERR_INVALID, "a cell has from 1 to %d UEs", CELL_UES_MAX);
        return NULL;
    }
    cell_group *g = &c->group[c->groups++];
    /* The group starts as a copy of the settings for all, so that later keys and options change
     * only the group. */
    *g = (cell_group){.first = c->ues, .ues = ues, .has = c->all};
    memcpy(g->name, name, strlen(name) + 1);
    c->ues += ues;
    return g;
}

uint32_t cell_group_named(const cell *c, const char *name)
{
    for (uint32_t i = 0; i < c->groups; i++)
        if (strcmp(c->group[i].name, name) == 0)
            return i;
    return NO_GROUP;
}

uint32_t cell_group_of(const cell *c, uint32_t ue)
{
    for (uint32_t i = 0; i < c->groups; i++)
        if (ue - c->group[i].first < c->group[i].ues)
            return i;
    return NO_GROUP;
}

int cell_keep(cell *c, uint32_t first, uint32_t ues, err *e)
{
    size_t kept = 0;
    if (ues == 0 || first >= c->ues || ues > c->ues - first)
        return err_set(e, ERR_INVALID, "UEs %u to %llu of a cell that has %u", first,
                       (unsigned long long)first + ues - 1, c->ues);
    for (size_t i = 0; i < c->groups; i++) {
        cell_group *g = &c->group[i];
        uint32_t begin = g->first > first ? g->first : first;
        uint32_t end = g->first + g->ues < first + ues ? g->first + g->ues : first + ues;
        if (begin >= end)
            continue;
        g->first = begin;
        g->ues = end - begin;
        if (kept != i) /* a group is some kilobytes; most agents have only one */
            c->group[kept] = *g;
        kept++;
    }
    c->groups = kept;
    c->ues = ues;
    return ERR_NONE;
}

/* Speed and channel may differ: an agent opens a channel for each (chain_cell_add). */
bool cell_share_agent(const cell_ues *a, const cell_ues *b)
{
    return strcmp(a->model, b->model) == 0 && strcmp(a->precision, b->precision) == 0 &&
           strcmp(a->codeword, b->codeword) == 0 && strcmp(a->codec, b->codec) == 0 &&
           strcmp(a->uplink_kind, b->uplink_kind) == 0 && strcmp(a->period, b->period) == 0;
}

/* The first: a family may have "-cr" in its own name. */
const char *cell_model_cr(const char *model)
{
    while ((model = strstr(model, "-cr")) && !isdigit((unsigned char)model[3]))
        model++;
    return model;
}

int cell_model_of_cr(char model[CELL_WORD_MAX], unsigned cr, err *e)
{
    char changed[CELL_WORD_MAX];
    const char *at = cell_model_cr(model);
    size_t stem = at ? (size_t)(at - model) : strlen(model);
    const char *behind = at ? at + 3 + strspn(at + 3, "0123456789") : "-auto";
    int n = snprintf(changed, sizeof changed, "%.*s-cr%u%s", (int)stem, model, cr, behind);
    if (n < 0 || (size_t)n >= sizeof changed)
        return err_set(e, ERR_INVALID, "the model's name is too long");
    memcpy(model, changed, (size_t)n + 1);
    return ERR_NONE;
}
