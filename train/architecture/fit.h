/* architecture_fit.h: a convolution of the decoder that starts as the best linear estimate of the
 * image from what stands in front of it. Internal to train.
 *
 * csilink.fit in a decoder's metadata names its weight. With f the values under the kernel and a 1,
 * over all positions of all images, and x the image's values there, the weights and the bias are
 * W = E{x f^T} (E{f f^T} + r I)^-1, r a millionth of the mean power of f. */
#ifndef TRAIN_ARCHITECTURE_FIT_H
#define TRAIN_ARCHITECTURE_FIT_H

#include <stddef.h>

#include "train/architecture/pair.h"

/* Does nothing where no layer asks. The encoder must have its start. images[count][size], with
 * count at least 1. ERR_MISMATCH: the layer's output has not the size of an image. */
int arch_fit(train_pair *pair, const float *images, size_t count, size_t size, err *e);

#endif
