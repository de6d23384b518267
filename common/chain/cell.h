/* cell.h: which channel each UE of a cell lives in, open.
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
    uint32_t first, ues;             /* its UEs, counted from the cell's first */
    char channel[CHAIN_CHANNEL_MAX]; /* as fading_open takes it */
    double speed_kmh;
    fading *open; /* groups of one channel and one speed share it */
} chain_group;

/* Zero-initialise. */
typedef struct chain_cell {
    uint32_t ues; /* of all groups */
    size_t groups;
    chain_group group[CHAIN_GROUPS_MAX];
} chain_cell;

/* Adds a group of UEs behind the others and opens its channel. The groups' configurations may
 * differ in speed_kmh alone. On failure the cell is as it was: what fading_open says, or
 * ERR_INVALID for no UEs, a name that is empty or too long, and too many groups. */
int chain_cell_add(chain_cell *cell, uint32_t ues, const char *channel, const fading_config *config,
                   err *e);

/* The group of a UE, counted from the cell's first; ue < cell->ues. */
const chain_group *chain_cell_group(const chain_cell *cell, uint32_t ue);

/* Closes every channel once; the cell is empty then. */
void chain_cell_close(chain_cell *cell);

#endif
