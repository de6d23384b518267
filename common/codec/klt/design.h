/* design.h: principal components of training samples, as a file (file.h). Private to klt. */
#ifndef CODEC_KLT_DESIGN_H
#define CODEC_KLT_DESIGN_H

#include "codec/kind.h"

/* As codec_kind's design. Arguments, between commas:
 *
 *     cr=N            the lowest compression ratio that the file is to serve: it holds 2 nt ni / N
 *                     values' components; the default is 4
 *     form=complex    components of h as a vector of nt ni complex numbers (the default), or
 *     form=real       of 2 nt ni reals: the plain principal components
 *     scale=norm      samples weigh as they do in the mean NMSE (the default), or
 *     scale=peak      as images, whose largest real or imaginary part is 1
 *
 * The same samples give the same file, with the same library on the same processor. */
int klt_design(const char *arguments, const codec_training *training, void **file, size_t *size,
               char note[CODEC_NOTE_MAX], err *e);

#endif
