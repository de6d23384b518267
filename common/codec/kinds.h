/* kinds.h: every kind of codec in this process: the table of registry.c, and the kinds that a
 * program that links the library has added. */
#ifndef CODEC_KINDS_H
#define CODEC_KINDS_H

#include <stddef.h>

#include "base/error.h"
#include "codec/kind.h"

enum { CODEC_KINDS_ADDED_MAX = 32 };

/* The i-th kind, from 0; NULL after the last. Any thread may call it, even while another adds a
 * kind. */
const codec_kind *codec_kind_at(size_t i);

/* Adds a kind, which must last as long as the process: codecs keep pointers to it. ERR_INVALID for
 * a name in use or not 1 to 15 of a-z, 0-9 and '-'; ERR_STATE where the table is full. */
int codec_kind_add(const codec_kind *kind, err *e);

#endif
