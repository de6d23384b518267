/* select.h: the positions of the [channels, 1, columns] values that are sent, as constants of both
 * models. Internal to train.
 *
 * With positions p_0 < p_1 < ..., indices into the channels * columns values in their order, the
 * encoder gathers s_i = v[p_i] by the list const.NAME.index. The decoder computes v[j] = mask[j]
 * s[index[j]], where const.NAME.mask is 1 at the sent positions and 0 elsewhere, and
 * const.NAME.index is arbitrary where the mask is 0. csilink.select in a model's metadata is "NAME
 * channels columns count" until the positions have been chosen from images. */
#ifndef TRAIN_ARCHITECTURE_SELECT_H
#define TRAIN_ARCHITECTURE_SELECT_H

#include "codec/onnx/pair.h"
#include "train/architecture/pair.h"

typedef struct arch_selection {
    bool asked;
    char name[128];
    size_t channels, columns, count;
} arch_selection;

/* Reads csilink.select of a model. ERR_FORMAT if it is malformed. */
int arch_selection_find(const nn_model *model, arch_selection *s, err *e);

/* Refuses a pair if its two sides have different positions. */
int arch_selections_check(const train_pair *pair, err *e);

/* The `count` of `n` positions with the largest power, in ascending order; of equal powers it takes
 * the first. ERR_NOMEM only. */
int arch_choose(const double *power, size_t n, size_t count, int64_t *positions, err *e);

/* Puts the positions into the model and removes csilink.select. */
int arch_selection_put(nn_model *model, const arch_selection *s, codec_side side,
                       const int64_t *positions, err *e);

#endif
