/* kinds.h: every kind of codec of this process: those of the table in registry.c, and those that a
 * program that links the library has added. */
#ifndef CODEC_KINDS_H
#define CODEC_KINDS_H

#include <stddef.h>

#include "base/error.h"
#include "codec/kind.h"

enum { CODEC_KINDS_ADDED_MAX = 32 };

/* The i-th kind, from 0; NULL behind the last. Any thread, while others add. */
const codec_kind *codec_kind_at(size_t i);

/* Adds a kind, which must last as long as the process: codecs keep pointers to it. ERR_INVALID for
 * a name that is taken or not 1 to 15 of a-z, 0-9 and '-'; ERR_STATE where there is no room. */
int codec_kind_add(const codec_kind *kind, err *e);

#endif
