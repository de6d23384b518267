/* names.h: the names of values in scope. `as` gives them; `from` and `with` look them up. Internal
 * to train. */
#ifndef TRAIN_ARCHITECTURE_NAMES_H
#define TRAIN_ARCHITECTURE_NAMES_H

#include "train/architecture/emit.h"

/* Gives m->at a name in the current scope. */
int arch_bind(arch_emitter *m, const char *name);

/* The value of that name, the innermost scope first; "previous" is m->at. */
int arch_look_up(arch_emitter *m, const char *name, arch_value *value);

/* Refuses a name with characters that are not allowed. */
int arch_check_name(arch_emitter *m, const char *name);

#endif
