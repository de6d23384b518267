/* grid.h: the sizes whose thresholds `csilink uplink table --measure` measures. */
#ifndef CLI_UPLINK_GRID_H
#define CLI_UPLINK_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "uplink/digital/modulation.h"

enum { GRID_POINTS_MAX = 1024 };

/* One code block (uplink/digital/adaptation_table.h), and a word that consists of such blocks. */
typedef struct grid_point {
    uint32_t bits, coded;           /* of a block: A up to 11, else K with its CRC; E_r */
    uint32_t word_bits, word_coded; /* A and E of the word to send */
} grid_point;

/* The points of a modulation, in the order of the table: by bits, then by coded bits. Polar codes
 * have four an octave of coded bits: the power of two, 9/8 of it, where they change their length,
 * and two on the way to the next. Short codes over QAM have all sizes up to 64. Returns their
 * number. */
size_t grid_points(modulation m, grid_point point[GRID_POINTS_MAX]);

#endif
