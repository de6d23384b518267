/* design.h: the moments of a codec's codewords over training samples. For `csilink model
 * denoiser`. */
#ifndef CODEC_DENOISER_DESIGN_H
#define CODEC_DENOISER_DESIGN_H

#include "codec/codec.h"
#include "codec/kind.h"

/* An additional use of each codeword; NULL: none. z[values], of mean power 1. */
typedef int denoiser_take_codeword(void *user, const float *z, uint32_t values, err *e);

/* Encodes every sample of a pass with `encoder`, a codec of values without memory, and computes
 * mean and covariance of the codewords, each scaled to mean power 1. *file (malloc'ed) receives the
 * *size bytes of the denoiser's file, `note` a line for the user. ERR_INVALID for another kind of
 * codec, one of more than DENOISER_VALUES_MAX values, or fewer samples than twice its values;
 * ERR_MISMATCH where the samples do not fit it. */
int denoiser_design(const codec *encoder, const codec_training *training,
                    denoiser_take_codeword *take, void *user, void **file, size_t *size,
                    char note[CODEC_NOTE_MAX], err *e);

#endif
