/* fields.h: what a recipe holds. keys.h fills it in, recipe.h reads, settles and prints it. */
#ifndef TRAIN_RECIPE_FIELDS_H
#define TRAIN_RECIPE_FIELDS_H

#include "codec/onnx/pair.h"
#include "train/config.h"

enum { TRAIN_WORD_MAX = 41, TRAIN_RECIPE_BYTES_MAX = 1 << 16 };

typedef struct train_recipe {
    char *architecture, *start; /* one of them is NULL; owned */
    char *weights;     /* a pair that lends its weights to the architecture, or NULL; owned */
    char *skip, *wide; /* layers, or NULL; owned, config.quantize points to them */
    char family[TRAIN_WORD_MAX], scenario[TRAIN_WORD_MAX]; /* letters, digits, - _ . */
    uint32_t cr;                                           /* 0: not said; a start brings its own */
    char name[CODEC_NAME_MAX]; /* family-crN-scenario, by train_recipe_settle */
    uint64_t epochs, epoch;    /* in place of config.samples; settled into it */
    double time_s;             /* of one call; no property of the model, so never compared */
    uint64_t said;             /* bit i: key i was given; see train_recipe_says */
    char *channels[TRAIN_SOURCES_MAX]; /* owned; config.feed.sources points to them */
    train_config config;
} train_recipe;

#endif
