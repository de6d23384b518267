/* fit.h: whether a codec was trained for the channel that it is used on. A wrong pair decodes as
 * well as a right one, to an NMSE above 0 dB, and nothing else would say why. */
#ifndef CELL_FIT_H
#define CELL_FIT_H

#include <stddef.h>

#include "codec/codec.h"

enum { CELL_FIT_TEXT_MAX = 512 };

/* The warning that is due, or "": where the codec's name has the scenario of other channels
 * ("indoor" on cost2100-outdoor, or on a model that no scenario stands for), or where it was
 * trained at other carriers than `carrier_hz` (0: the channel's own), a tenth off or more. A file
 * to replay whose name does not tell what it holds fits any codec, and a codec without a scenario
 * any channel. */
const char *cell_fit_text(const codec_info *info, const char *channel, double carrier_hz,
                          char text[CELL_FIT_TEXT_MAX]);

/* Logs it. */
void cell_warn_misfit(const codec_info *info, const char *channel, double carrier_hz);

#endif
