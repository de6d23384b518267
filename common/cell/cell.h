/* cell.h: which channel each UE of a cell lives in.
 *
 *     8                               eight UEs, all in the channel that --channel names
 *     4@cost2100-outdoor,4@uma-nlos   UEs 0-3 in one channel, UEs 4-7 in another
 *
 * A channel's name may hold commas ("2@rayleigh:0/0,30/-3,2@uma-nlos"): only a comma in front of
 * COUNT@ starts the next group. */
#ifndef CELL_CELL_H
#define CELL_CELL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "fading/fading.h"

enum { CHAIN_GROUPS_MAX = 16, CHAIN_CHANNEL_MAX = 512, CHAIN_CELL_TEXT_MAX = 1536 };

typedef struct chain_group {
    uint32_t first, ues;             /* its UEs, counted from the cell's first */
    char channel[CHAIN_CHANNEL_MAX]; /* as fading_open takes it */
    fading *open;                    /* between chain_cell_open and chain_cell_close; groups of one
                                        channel share it */
} chain_group;

typedef struct chain_cell {
    uint32_t ues; /* of all groups */
    size_t groups;
    chain_group group[CHAIN_GROUPS_MAX];
} chain_cell;

/* Reads `text`; `channel` serves a plain number of UEs, and is NULL where none was named: then
 * `fallback` serves. A channel named twice over (by `channel` and by a group), a count that is not
 * 1..ues_max in all, an empty or too long name, too many groups: ERR_INVALID. Whether the channels
 * exist is not looked at. */
int chain_cell_parse(chain_cell *cell, const char *text, const char *channel, const char *fallback,
                     uint32_t ues_max, err *e);

/* UEs first .. first + ues - 1 (there must be as many) as a cell of their own, not open. */
void chain_cell_slice(const chain_cell *cell, uint32_t first, uint32_t ues, chain_cell *slice);

/* The cell as chain_cell_parse reads it, every group with its channel, at most CHAIN_CELL_TEXT_MAX
 * bytes: a parsed cell fits. */
void chain_cell_text(const chain_cell *cell, char text[CHAIN_CELL_TEXT_MAX]);

/* The group of a UE, counted from the cell's first; ue < cell->ues. */
const chain_group *chain_cell_group(const chain_cell *cell, uint32_t ue);

/* Opens every channel once. On failure nothing is open, and the message names the channel. */
int chain_cell_open(chain_cell *cell, const fading_config *config, err *e);
void chain_cell_close(chain_cell *cell); /* also one that is not open */

#endif
