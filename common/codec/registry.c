/* The table of codec kinds: one row each. */
#include <stddef.h>

#include "codec/kind.h"

extern const codec_kind codec_beams;     /* beams/beams.c */
extern const codec_kind codec_delta_klt; /* delta/delta.c */
extern const codec_kind codec_delta_net; /* blocks/delta_net.c */
extern const codec_kind codec_dft;       /* dft/dft.c */
extern const codec_kind codec_dpcm;      /* dpcm/dpcm.c */
extern const codec_kind codec_entropy;   /* entropy/entropy.c */
extern const codec_kind codec_klt;       /* klt/klt.c */
extern const codec_kind codec_onnx;      /* onnx/kind.c */
extern const codec_kind codec_sparse;    /* sparse/sparse.c */
extern const codec_kind codec_transform; /* transform/transform.c */
extern const codec_kind codec_vq;        /* vq/vq.c */

const codec_kind *const codec_kinds[] = {
    &codec_onnx,    &codec_beams, &codec_delta_klt, &codec_delta_net, &codec_dft, &codec_dpcm,
    &codec_entropy, &codec_klt,   &codec_sparse,    &codec_transform, &codec_vq,  NULL,
};
