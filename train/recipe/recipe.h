/* recipe.h: a recipe says what to train and how, in a YAML file of a few lines. docs/training.md
 * lists all keys. Missing keys have defaults; the command line overrides by the same keys:
 *
 *     train_recipe r;
 *     train_recipe_init(&r);
 *     train_recipe_read(&r, "models/recipes/csilink-net-indoor.yaml", &e);
 *     train_recipe_set(&r, "optimizer.rate", "5e-4", &e);
 *     train_recipe_complete(&r, &e);
 *     use(&r.config);
 *     train_recipe_free(&r); */
#ifndef TRAIN_RECIPE_RECIPE_H
#define TRAIN_RECIPE_RECIPE_H

#include <stdio.h>

#include "train/recipe/fields.h"

/* Sets every default. Allocates nothing. */
void train_recipe_init(train_recipe *r);
void train_recipe_free(train_recipe *r);

/* Sets the keys that the file gives (or `size` bytes of `text`; `file` is for messages). ERR_FORMAT
 * or ERR_IO with file, line, key and the allowed values. After a failure only train_recipe_free may
 * be called. If `path` is no file, it can be the name of a recipe that comes with csilink, such as
 * "csilink-net-indoor". */
int train_recipe_read(train_recipe *r, const char *path, err *e);
int train_recipe_parse(train_recipe *r, const char *text, size_t size, const char *file, err *e);

/* Overrides one key by its path ("batch", "optimizer.rate"; "validate.snr" takes "inf,20,0").
 * "samples" clears the recipe's epochs and "architecture" its start, and the reverse. ERR_INVALID
 * with the allowed values, or, for an unknown key, with the most similar one. */
int train_recipe_set(train_recipe *r, const char *key, const char *text, err *e);

/* Replaces all sources by one, at the speed of the first; carrier 0 means the channel's own. */
int train_recipe_set_channel(train_recipe *r, const char *channel, double carrier_hz, err *e);

/* True if a file or an override gave that key; false for an unknown key. */
bool train_recipe_says(const train_recipe *r, const char *key);

/* Fills in the defaults that follow from other keys (threads, samples from epochs, validation,
 * warm-up, chunk; rounds the run up to whole steps), sets `name` and checks keys against each
 * other. ERR_INVALID. */
int train_recipe_complete(train_recipe *r, err *e);

/* Prints the completed recipe with every key, as a file that train_recipe_read reads back
 * unchanged.
 */
void train_recipe_print(const train_recipe *r, FILE *to);

#endif
