#include "cell/cell.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Length of "COUNT@" at `text`; 0 where there is none. */
static size_t group_start(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && text[digits] == '@' ? digits + 1 : 0;
}

/* Bytes of the group at `text`: to the comma before the next COUNT@, or to the end. */
static size_t group_length(const char *text)
{
    const char *at = text;
    while ((at = strchr(at, ','))) {
        if (group_start(at + 1) > 0)
            return (size_t)(at - text);
        at++;
    }
    return strlen(text);
}

/* The whole number at `text`, `length` digits long; 0 for anything beyond `most`. */
static uint32_t read_count(const char *text, size_t length, uint32_t most)
{
    uint64_t count = 0;
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)text[i]))
            return 0;
        count = count * 10 + (uint64_t)(text[i] - '0');
        if (count > most)
            return 0;
    }
    return (uint32_t)count;
}

static int add_group(chain_cell *c, uint32_t ues, const char *channel, size_t length, err *e)
{
    if (c->groups == CHAIN_GROUPS_MAX)
        return err_set(e, ERR_INVALID, "a cell has at most %d groups of UEs", CHAIN_GROUPS_MAX);
    if (length == 0)
        return err_set(e, ERR_INVALID, "a group of UEs lacks its channel's name");
    if (length >= CHAIN_CHANNEL_MAX)
        return err_set(e, ERR_INVALID, "a channel's name of %zu bytes; %d can be", length,
                       CHAIN_CHANNEL_MAX - 1);
    chain_group *g = &c->group[c->groups++];
    *g = (chain_group){.first = c->ues, .ues = ues};
    memcpy(g->channel, channel, length);
    c->ues += ues;
    return ERR_NONE;
}

static int complain_count(const char *text, uint32_t most, err *e)
{
    return err_set(e, ERR_INVALID, "a cell has from 1 to %u, not '%.60s'", most, text);
}

static int parse_groups(chain_cell *c, const char *text, uint32_t ues_max, err *e)
{
    for (const char *at = text;; at++) {
        size_t length = group_length(at), start = group_start(at);
        if (start == 0)
            return err_set(e, ERR_INVALID,
                           "groups of UEs are written 4@cost2100-outdoor,4@uma-nlos, not '%.60s'",
                           at);
        uint32_t ues = read_count(at, start - 1, ues_max - c->ues);
        if (ues == 0)
            return complain_count(text, ues_max, e);
        int status = add_group(c, ues, at + start, length - start, e);
        at += length;
        if (status != ERR_NONE || !*at)
            return status;
    }
}

int chain_cell_parse(chain_cell *c, const char *text, const char *channel, const char *fallback,
                     uint32_t ues_max, err *e)
{
    *c = (chain_cell){0};
    size_t length = strlen(text);
    if (!strchr(text, '@')) {
        uint32_t ues = read_count(text, length, ues_max);
        const char *name = channel ? channel : fallback;
        return ues ? add_group(c, ues, name, strlen(name), e) : complain_count(text, ues_max, e);
    }
    if (channel)
        return err_set(e, ERR_INVALID, "each group of UEs names its channel: leave --channel out");
    if (length >= CHAIN_CELL_TEXT_MAX)
        return err_set(e, ERR_INVALID, "groups in %zu bytes; %d can be", length,
                       CHAIN_CELL_TEXT_MAX - 1);
    return parse_groups(c, text, ues_max, e);
}

void chain_cell_slice(const chain_cell *c, uint32_t first, uint32_t ues, chain_cell *slice)
{
    *slice = (chain_cell){.ues = ues};
    for (size_t i = 0; i < c->groups; i++) {
        const chain_group *g = &c->group[i];
        uint32_t begin = g->first > first ? g->first : first;
        uint32_t end = g->first + g->ues < first + ues ? g->first + g->ues : first + ues;
        if (begin >= end)
            continue;
        chain_group *part = &slice->group[slice->groups++];
        *part = *g;
        part->open = NULL;
        part->first = begin - first;
        part->ues = end - begin;
    }
}

void chain_cell_text(const chain_cell *c, char text[CHAIN_CELL_TEXT_MAX])
{
    size_t used = 0;
    for (size_t i = 0; i < c->groups && used < CHAIN_CELL_TEXT_MAX; i++) {
        const chain_group *g = &c->group[i];
        used += (size_t)snprintf(text + used, CHAIN_CELL_TEXT_MAX - used, "%s%u@%s", i ? "," : "",
                                 g->ues, g->channel);
    }
}

const chain_group *chain_cell_group(const chain_cell *c, uint32_t ue)
{
    size_t i = 0;
    while (i + 1 < c->groups && ue >= c->group[i + 1].first)
        i++;
    return &c->group[i];
}

/* The same channel, opened for an earlier group. */
static fading *opened_before(const chain_cell *c, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(c->group[k].channel, c->group[i].channel) == 0)
            return c->group[k].open;
    return NULL;
}

int chain_cell_open(chain_cell *c, const fading_config *config, err *e)
{
    for (size_t i = 0; i < c->groups; i++) {
        chain_group *g = &c->group[i];
        g->open = opened_before(c, i);
        if (!g->open)
            g->open = fading_open(g->channel, config, e);
        if (!g->open) {
            chain_cell_close(c);
            return e ? e->code : ERR_INVALID;
        }
    }
    return ERR_NONE;
}

void chain_cell_close(chain_cell *c)
{
    for (size_t i = c->groups; i-- > 0;) {
        if (!opened_before(c, i))
            fading_close(c->group[i].open);
        c->group[i].open = NULL;
    }
}
