/* memory.h: values of the report before (memory.c), for the layers that keep some. Internal to
 * train. */
#ifndef TRAIN_ARCHITECTURE_MEMORY_H
#define TRAIN_ARCHITECTURE_MEMORY_H

#include "train/architecture/emit.h"

/* m->at = the memory `name`, of the dims of `shape`: what arch_memory_write keeps in one report is
 * read in the next. Once for each name. */
int arch_memory_read(arch_emitter *m, const char *name, const arch_value *shape);

/* Keeps m->at, which goes on unchanged, as that memory. */
int arch_memory_write(arch_emitter *m, const char *name);

/* Behind the last layer: declares the outputs, in the order of the inputs; ERR_INVALID where a
 * memory is read and never written. */
int arch_memories_finish(arch_emitter *m);

#endif
