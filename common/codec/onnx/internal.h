/* internal.h: what the files of the codec share. */
#ifndef CODEC_ONNX_INTERNAL_H
#define CODEC_ONNX_INTERNAL_H

#include "codec/onnx/pair.h"
#include "nn/nn.h"

struct onnx_part {
    codec_side side;
    nn_model *model;
    onnx_info info;
    char *path; /* for messages */
};

/* What to assume of a file that does not say, and what to check; see onnx_load and
 * onnx_make_pair. NULL: nothing. */
typedef struct onnx_claims {
    const char *layout, *align;
} onnx_claims;

/* onnx_load, or, without `check_pair`, the same for a file whose csilink.pair is about to be
 * replaced: it is not read, and info.pair is 0. */
onnx_part *onnx_load_part(codec_side side, const char *path, onnx_claims claims, bool check_pair,
                          err *e);

/* The identity that travels with a report: a hash of csilink.pair, of the layout and of the
 * alignment, since two ends that disagree about one of them decode nonsense. Never 0. */
uint64_t onnx_pair_identity(const char *pair, onnx_layout layout, csi_align align);

#endif
