/* fields.h: the fields of a recipe. keys.h fills them in; recipe.h reads, completes and prints
 * them.
 */
#ifndef TRAIN_RECIPE_FIELDS_H
#define TRAIN_RECIPE_FIELDS_H

#include "codec/onnx/pair.h"
#include "train/config.h"

enum { TRAIN_WORD_MAX = 41, TRAIN_RECIPE_BYTES_MAX = 1 << 16 };

typedef struct train_recipe {
    char *architecture, *start; /* one of them is NULL; owned */
    char *weights;     /* a pair whose weights the architecture starts from, or NULL; owned */
    char *skip, *wide; /* layers, or NULL; owned, config.quantize points to them */
    char family[TRAIN_WORD_MAX], scenario[TRAIN_WORD_MAX]; /* letters, digits, - _ . */
    uint32_t cr;                                           /* 0: not given; a start has its own */
    char name[CODEC_NAME_MAX]; /* family-crN-scenario, by train_recipe_complete */
    uint64_t epochs, epoch;    /* train_recipe_complete turns them into config.samples */
    double time_s;             /* limit of one call; never compared, since the model does not
                                  depend on it */
    uint64_t said;             /* bit i: key i was given; see train_recipe_says */
    char *channels[TRAIN_SOURCES_MAX]; /* owned; config.feed.sources points to them */
    train_config config;
} train_recipe;

#endif
