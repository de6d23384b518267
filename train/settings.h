/* settings.h: whether a training's settings make sense, and as text, to be compared. */
#ifndef TRAIN_SETTINGS_H
#define TRAIN_SETTINGS_H

#include "train/config.h"

/* ERR_INVALID with a message that names the field, its value and what would be right. The feed
 * checks its own part. */
int train_settings_check(const train_config *config, err *e);

/* Lines "name value\n" of what an exact continuation must share: everything but the length of the
 * run, the intervals of validation and the threads that draw samples. The caller frees the text;
 * NULL when memory ran out. */
char *train_settings_text(const train_config *config);

/* 0 when the texts are the same, else ERR_MISMATCH naming the first setting that differs. */
int train_settings_compare(const char *stored, const char *wanted, err *e);

#endif
