/* select.h: which of [channels, 1, columns] values travel, as constants of both
 * models. Internal to train.
 *
 * With positions p_0 < p_1 < ..., indices into the channels * columns values in their order, the
 * encoder gathers s_i = v[p_i] by the list const.NAME.index. The decoder gathers the other way,
 * v[j] = mask[j] s[index[j]], with const.NAME.index (any value where none came) and const.NAME.mask
 * (1 where one came, else 0). csilink.select in a model's metadata is "NAME channels columns count"
 * until the positions were chosen from images. */
#ifndef TRAIN_ARCHITECTURE_SELECT_H
#define TRAIN_ARCHITECTURE_SELECT_H

#include "codec/onnx/pair.h"
#include "train/architecture/pair.h"

typedef struct arch_selection {
    bool asked;
    char name[128];
    size_t channels, columns, count;
} arch_selection;

/* What the model asks for; ERR_FORMAT where its metadata are none. */
int arch_selection_find(const nn_model *model, arch_selection *s, err *e);

/* Refuses a pair whose two sides have different positions. */
int arch_selections_check(const train_pair *pair, err *e);

/* The `count` of `n` positions with the largest power (of equals the first), in ascending order.
 * ERR_NOMEM only. */
int arch_choose(const double *power, size_t n, size_t count, int64_t *positions, err *e);

/* Puts the positions into the model, and takes away what asked for them. */
int arch_selection_put(nn_model *model, const arch_selection *s, codec_side side,
                       const int64_t *positions, err *e);

#endif
