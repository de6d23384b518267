#include "chain/cell.h"

#include <string.h>

/* The same channel at the same speed, opened for one of the first `groups` groups. */
static fading *opened_for(const chain_cell *c, size_t groups, const char *channel, double speed_kmh)
{
    for (size_t i = 0; i < groups; i++)
        if (strcmp(c->group[i].channel, channel) == 0 && c->group[i].speed_kmh == speed_kmh)
            return c->group[i].open;
    return NULL;
}

int chain_cell_add(chain_cell *c, uint32_t ues, const char *channel, const fading_config *config,
                   err *e)
{
    size_t length = strlen(channel);
    if (c->groups == CHAIN_GROUPS_MAX)
        return err_set(e, ERR_INVALID, "a cell has at most %d groups of UEs", CHAIN_GROUPS_MAX);
    if (ues == 0)
        return err_set(e, ERR_INVALID, "a group of UEs has at least one");
    if (length == 0 || length >= CHAIN_CHANNEL_MAX)
        return err_set(e, ERR_INVALID, "a channel's name has 1 to %d bytes, '%.64s...' has %zu",
                       CHAIN_CHANNEL_MAX - 1, channel, length);
    /* A COST 2100 environment or a data set is large: groups with the same channel share one. */
    fading *open = opened_for(c, c->groups, channel, config->speed_kmh);
    if (!open && !(open = fading_open(channel, config, e)))
        return e ? e->code : ERR_INVALID;
    chain_group *g = &c->group[c->groups++];
    *g = (chain_group){.first = c->ues, .ues = ues, .speed_kmh = config->speed_kmh, .open = open};
    memcpy(g->channel, channel, length + 1);
    c->ues += ues;
    return ERR_NONE;
}

const chain_group *chain_cell_group(const chain_cell *c, uint32_t ue)
{
    size_t i = 0;
    while (i + 1 < c->groups && ue >= c->group[i + 1].first)
        i++;
    return &c->group[i];
}

void chain_cell_close(chain_cell *c)
{
    for (size_t i = c->groups; i-- > 0;) {
        const chain_group *g = &c->group[i];
        if (!opened_for(c, i, g->channel, g->speed_kmh))
            fading_close(g->open);
    }
    *c = (chain_cell){0};
}
