/* memory.h: values that layers keep from one report to the next (memory.c). Internal to train. */
#ifndef TRAIN_ARCHITECTURE_MEMORY_H
#define TRAIN_ARCHITECTURE_MEMORY_H

#include "train/architecture/emit.h"

/* Sets m->at to the memory `name`, with the dims of `shape`: the value that arch_memory_write kept
 * in the previous report. Once for each name. */
int arch_memory_read(arch_emitter *m, const char *name, const arch_value *shape);

/* Keeps m->at as that memory; m->at itself is unchanged. */
int arch_memory_write(arch_emitter *m, const char *name);

/* After the last layer: declares the outputs in the order of the inputs. ERR_INVALID for a memory
 * that is read but never written. */
int arch_memories_finish(arch_emitter *m);

#endif
