/* architecture.h: networks as data. An architecture is a YAML file of a few lines (models/
 * architectures/NAME.yaml): the layers of an encoder and of a decoder, with the codeword's size,
 * the CR and the layout as parameters, and how every weight starts. From it comes a pair of ONNX
 * models in memory, ready to train. */
#ifndef TRAIN_ARCHITECTURE_ARCHITECTURE_H
#define TRAIN_ARCHITECTURE_ARCHITECTURE_H

#include <stdint.h>

#include "codec/onnx/align.h"
#include "codec/onnx/pair.h"
#include "csi/dims.h"
#include "train/architecture/pair.h"

typedef struct train_architecture_config {
    const char *name; /* "csilink-net", found in the folder of architectures, or a file's path */
    uint32_t cr;      /* 4, 8, 16, 32, 64, where the architecture knows it */
    csi_dims dims;
    onnx_layout layout; /* which axis of the image is rows, so becomes channels */
    uint64_t seed;      /* of the initial weights */
    bool density;       /* the decoder also gives the codeword's bits (density.h), for training */
} train_architecture_config;

/* Both models with their initial weights and with csilink.family, .cr and .layout in their
 * metadata. Free with train_pair_free. 0, or an error that names the file, the line and the key. */
int train_architecture_build(const train_architecture_config *config, train_pair *pair, err *e);

/* Layers that ask for it are started from these images ([count][2][rows][columns], in the layout
 * and alignment of the training). init: klt, from their Karhunen-Loeve transform: the first C
 * eigenvectors of the second moment of a column (2 rows values, less 0.5), and their transpose in
 * the decoder. Where the pair has select and spread, the positions with the largest mean power of
 * the coefficients are chosen, for both models. init: fit, from the linear estimate of the image by
 * what the codewords, sent over a noisy link, make in front of that layer. Does nothing where no
 * layer asks. */
int train_architecture_start(train_pair *pair, const csi_dims *dims, const float *images,
                             size_t count, err *e);

#endif
