/* fit.h: whether a codec was trained for the channel that it is used on. A wrong pair decodes like
 * a right one, to an NMSE above 0 dB, and nothing else would say why. */
#ifndef CELL_FIT_H
#define CELL_FIT_H

#include <stddef.h>

#include "codec/codec.h"

enum { CELL_FIT_TEXT_MAX = 512 };

/* The warning, or "". It warns where the codec's name has the scenario of other channels ("indoor"
 * on cost2100-outdoor, or on a model without a scenario), or where the codec was trained at
 * carriers a tenth or more away from `carrier_hz` (0: the channel's own). A replayed file with a
 * name that does not identify its channel fits any codec, and a codec without a scenario fits any
 * channel. */
const char *cell_fit_text(const codec_info *info, const char *channel, double carrier_hz,
                          char text[CELL_FIT_TEXT_MAX]);

/* Logs it. */
void cell_warn_misfit(const codec_info *info, const char *channel, double carrier_hz);

#endif
