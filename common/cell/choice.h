/* choice.h: the model for a channel, where only a family and a compression ratio are given.
 *
 *     csilink-net-cr8-auto    over cost2100-outdoor: csilink-net-cr8-outdoor
 *     csilink-net             the same: a family by itself has CR 8
 *
 * The scenario is that of the channel (fading_scenario); several channels have the one they share,
 * else "universal". The universal pair replaces a missing one, then the indoor pair. Every command
 * and program uses this function, so the same words choose the same model everywhere. */
#ifndef CELL_CHOICE_H
#define CELL_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cell/cell.h"
#include "codec/onnx/pair.h"

#define CHAIN_MODEL_AUTO "-auto"
#define CHAIN_MODEL_FAMILY "csilink-net" /* the default */
#define CHAIN_MODEL_CR "8"
#define CHAIN_MODEL_DEFAULT CHAIN_MODEL_FAMILY "-cr" CHAIN_MODEL_CR CHAIN_MODEL_AUTO

/* Whether the channel determines the scenario of a name. */
bool chain_model_is_auto(const char *name);

typedef struct chain_choice {
    char name[CODEC_NAME_MAX];   /* a model with an existing part */
    char wanted[CODEC_NAME_MAX]; /* the one that would have fitted; the same, if it exists */
} chain_choice;

/* The model that an auto name means for these channels. ERR_IO, with the names that were tried,
 * where none exists; ERR_INVALID for a name that is too long. */
int chain_choose_model(const char *name, codec_side side, const char *const *channels, size_t count,
                       chain_choice *choice, err *e);

/* Returns `name` itself or, for an auto name or a family by itself, `chosen`: the encoder for these
 * channels. Logs it where it replaces another. NULL where there is none. */
const char *chain_resolve_model(const char *name, const char *const *channels, size_t count,
                                char chosen[CODEC_NAME_MAX], err *e);

/* The same for the channels of all groups of a cell. */
const char *chain_resolve_cell_model(const char *name, const cell *c, char chosen[CODEC_NAME_MAX],
                                     err *e);

#endif
