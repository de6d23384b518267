/* fit.h: init: fit, a convolution of the decoder that starts as the best linear estimate of the
 * image from its input. Internal to train.
 *
 * csilink.fit in a decoder's metadata names the weight. Let f be the values under the kernel,
 * followed by a 1, and x the image's values at that position. Over all positions of all images, the
 * weights and the bias are W = E{x f^T} (E{f f^T} + r I)^-1, r a millionth of the mean power of f.
 */
#ifndef TRAIN_ARCHITECTURE_FIT_H
#define TRAIN_ARCHITECTURE_FIT_H

#include <stddef.h>

#include "train/architecture/pair.h"

/* Does nothing if no layer has init fit. The encoder must have its initial weights already.
 * images[count][size], with count at least 1. ERR_MISMATCH if the layer's output is not of an
 * image's size. */
int arch_fit(train_pair *pair, const float *images, size_t count, size_t size, err *e);

#endif
