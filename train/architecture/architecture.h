/* architecture.h: networks as data. An architecture is a YAML file of a few lines (models/
 * architectures/NAME.yaml). It lists the layers of an encoder and a decoder, with the codeword's
 * size, the CR and the layout as parameters, and says how every weight starts.
 * train_architecture_build makes a pair of ONNX models of it in memory, ready to train. */
#ifndef TRAIN_ARCHITECTURE_ARCHITECTURE_H
#define TRAIN_ARCHITECTURE_ARCHITECTURE_H

#include <stdint.h>

#include "codec/onnx/align.h"
#include "codec/onnx/pair.h"
#include "csi/dims.h"
#include "train/architecture/pair.h"

typedef struct train_architecture_config {
    const char *name; /* "csilink-net", in the folder of architectures, or a file's path */
    uint32_t cr;      /* 4, 8, 16, 32 or 64, if the architecture supports it */
    csi_dims dims;
    onnx_layout layout; /* which axis of the image is the rows, which become channels */
    uint64_t seed;      /* of the initial weights */
    bool density;       /* for training: the decoder also outputs the codeword's bits (density.h) */
} train_architecture_config;

/* Builds both models with their initial weights, and csilink.family, .cr and .layout in their
 * metadata. Free with train_pair_free. 0, or an error that names the file, the line and the key. */
int train_architecture_build(const train_architecture_config *config, train_pair *pair, err *e);

/* Initializes layers with init: klt or fit from these images ([count][2][rows][columns], in the
 * layout and alignment of the training); does nothing without such layers. klt takes the
 * Karhunen-Loeve transform: the first C eigenvectors of the second moment of a column (2 rows
 * values, less 0.5) in the encoder and their transpose in the decoder. If the pair has select and
 * spread, both models get the positions where the coefficients have the largest mean power. fit
 * takes the best linear estimate of the image from that layer's input, with codewords sent over a
 * noisy link. */
int train_architecture_start(train_pair *pair, const csi_dims *dims, const float *images,
                             size_t count, err *e);

#endif
