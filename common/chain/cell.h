/* cell.h: the open channel of each UE of a cell.
 *
 *     chain_cell c = {0};
 *     chain_cell_add(&c, 4, "cost2100-outdoor", &config, &e);     UEs 0-3
 *     chain_cell_add(&c, 4, "uma-nlos", &config, &e);             UEs 4-7
 *     fading_ue_create(chain_cell_group(&c, 5)->open, 5, &e);
 *     chain_cell_close(&c); */
#ifndef CHAIN_CELL_H
#define CHAIN_CELL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "fading/fading.h"

enum { CHAIN_GROUPS_MAX = 16, CHAIN_CHANNEL_MAX = 512 };

typedef struct chain_group {
    uint32_t first, ues;             /* its UEs, counted from the first UE of the cell */
    char channel[CHAIN_CHANNEL_MAX]; /* as for fading_open */
    double speed_kmh;
    fading *open; /* groups with the same channel and speed share it */
} chain_group;

/* Zero-initialise. */
typedef struct chain_cell {
    uint32_t ues; /* in all groups */
    size_t groups;
    chain_group group[CHAIN_GROUPS_MAX];
} chain_cell;

/* Adds a group of UEs after the others and opens its channel. The configurations of the groups may
 * differ only in speed_kmh. On failure the cell does not change: the error of fading_open, or
 * ERR_INVALID for no UEs, a name that is empty or too long, and too many groups. */
int chain_cell_add(chain_cell *cell, uint32_t ues, const char *channel, const fading_config *config,
                   err *e);

/* The group of a UE, counted from the first UE of the cell; ue < cell->ues. */
const chain_group *chain_cell_group(const chain_cell *cell, uint32_t ue);

/* Closes every channel once; the cell is then empty. */
void chain_cell_close(chain_cell *cell);

#endif
