/* recipe.h: what to train and how, read from a YAML file of a few lines. docs/training.md has every
 * key. What a recipe leaves out has a default; the command line overrides by the same keys:
 *
 *     train_recipe r;
 *     train_recipe_init(&r);
 *     train_recipe_read(&r, "models/recipes/csilink-net-indoor.yaml", &e);
 *     train_recipe_set(&r, "optimizer.rate", "5e-4", &e);
 *     train_recipe_settle(&r, &e);
 *     use(&r.config);
 *     train_recipe_free(&r); */
#ifndef TRAIN_RECIPE_RECIPE_H
#define TRAIN_RECIPE_RECIPE_H

#include <stdio.h>

#include "train/recipe/fields.h"

/* Every default; nothing to free yet. */
void train_recipe_init(train_recipe *r);
void train_recipe_free(train_recipe *r);

/* Takes over what the file (or `size` bytes of `text`; `file` is for messages) says. A message of a
 * failure has file, line and key, and what is allowed there: ERR_FORMAT, or ERR_IO. After a failure
 * the recipe is good only for train_recipe_free. What is no path of a file may be the name of a
 * recipe that comes with csilink: "csilink-net-indoor". */
int train_recipe_read(train_recipe *r, const char *path, err *e);
int train_recipe_parse(train_recipe *r, const char *text, size_t size, const char *file, err *e);

/* One key by its path ("batch", "optimizer.rate"; "validate.snr" takes "inf,20,0"), as an override:
 * "samples" sets aside the recipe's epochs, "architecture" its start, and the reverse. ERR_INVALID
 * with what is allowed; an unknown key with the one most like it. */
int train_recipe_set(train_recipe *r, const char *key, const char *text, err *e);

/* One source in place of those that the recipe has, at the first one's speed; carrier 0: the
 * channel's own. */
int train_recipe_set_channel(train_recipe *r, const char *channel, double carrier_hz, err *e);

/* Whether a file or an override gave that key; false for one that does not exist. */
bool train_recipe_says(const train_recipe *r, const char *key);

/* Puts numbers where a default follows from other keys (threads, samples of epochs, validation,
 * warm-up, chunk; the run ends on a whole step), sets `name`, and checks what no key can see alone.
 * ERR_INVALID. */
int train_recipe_settle(train_recipe *r, err *e);

/* The settled recipe as a file that train_recipe_read reads back the same, every key given. */
void train_recipe_print(const train_recipe *r, FILE *to);

#endif
