/* design.h: principal components of training samples, as a file (file.h). Private to klt. */
#ifndef CODEC_KLT_DESIGN_H
#define CODEC_KLT_DESIGN_H

#include "codec/kind.h"

/* The `design` of codec_kind. Arguments, separated by commas:
 *
 *     cr=N            the lowest compression ratio to support: the file holds the components of
 *                     2 nt ni / N values; the default is 4
 *     form=complex    components of h as a vector of nt ni complex numbers (the default), or
 *     form=real       of 2 nt ni reals: the plain principal components
 *     scale=norm      weights samples as the mean NMSE does (the default), or
 *     scale=peak      as images do, whose largest real or imaginary part is 1
 *
 * With the same library on the same processor, the same samples give the same file. */
int klt_design(const char *arguments, const codec_training *training, void **file, size_t *size,
               char note[CODEC_NOTE_MAX], err *e);

#endif
