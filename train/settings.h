/* settings.h: checks the settings of a training run, and writes them as text for comparison. */
#ifndef TRAIN_SETTINGS_H
#define TRAIN_SETTINGS_H

#include "train/config.h"

/* ERR_INVALID with a message that names the field, its value and the allowed range. The feed checks
 * its own settings. */
int train_settings_check(const train_config *config, err *e);

/* Lines "name value\n" of all settings that an exact continuation must share: everything except the
 * length of the run, the validation interval and the threads that draw samples. The caller frees
 * the text. NULL when memory runs out. */
char *train_settings_text(const train_config *config);

/* 0 when the texts are the same, else ERR_MISMATCH naming the first setting that differs. */
int train_settings_compare(const char *stored, const char *wanted, err *e);

#endif
