/* design.h: codebooks from training samples; codec/kind.h describes `design`. */
#ifndef CODEC_VQ_DESIGN_H
#define CODEC_VQ_DESIGN_H

#include "codec/kind.h"

int vq_design(const char *arguments, const codec_training *training, void **file, size_t *size,
              char note[CODEC_NOTE_MAX], err *e);

#endif
