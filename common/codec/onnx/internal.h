/* internal.h: what the files of the codec share. */
#ifndef CODEC_ONNX_INTERNAL_H
#define CODEC_ONNX_INTERNAL_H

#include <string.h>

#include "codec/onnx/memory.h"
#include "codec/onnx/pair.h"
#include "nn/nn.h"

struct onnx_part {
    codec_side side;
    nn_model *model;
    onnx_info info;
    char *path;    /* for messages */
    int snr_input; /* of a decoder; 0: none, for the codeword is input 0 */
    onnx_memory memory;
};

/* Inputs of a file, and outputs, memory included. */
enum { ONNX_PORTS_MAX = 2 + ONNX_MEMORIES_MAX };

/* True where every value is finite; by the exponent bits, which vectorises. */
static inline bool onnx_all_finite(const float *x, size_t n)
{
    uint32_t bad = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bad |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return bad == 0;
}

/* What to assume of a file that does not say, and what to check; see onnx_load and
 * onnx_make_pair. NULL: nothing. */
typedef struct onnx_claims {
    const char *layout, *align;
    uint32_t nt, ni; /* of an image whose rows and columns are symbolic; 0: 32 */
} onnx_claims;

/* onnx_load, or, without `check_pair`, the same for a file whose csilink.pair is about to be
 * replaced: it is not read, and info.pair is 0. */
onnx_part *onnx_load_part(codec_side side, const char *path, onnx_claims claims, bool check_pair,
                          err *e);

/* The shape of an input for one sample. Memory may have the batch on any axis, the only symbolic
 * one. The rows and columns of an image, [n x 2 x rows x columns] or [n x rows x columns x 2], are
 * 32 where they are symbolic; false for what else is symbolic behind the batch. */
bool onnx_settle_shape(const nn_port *port, nn_port *shape);

/* Says how large the symbolic axes of the file's first input are: an encoder's image has these rows
 * and columns, and a decoder's codeword the sizes, of those that are tried, at which its output is
 * such an image. ERR_MISMATCH where none does. What else is symbolic stays so. */
int onnx_settle_sizes(nn_model *model, codec_side side, uint32_t rows, uint32_t columns, err *e);

/* Replaces *model by one that computes the same with a free batch and its image as [n x 2 x rows x
 * columns], where the file has a fixed batch, or an image [n x rows x columns x 2], [n x 2 x a a]
 * or [n x 2 a a] (plane, row, column). ERR_MISMATCH where a fixed batch is not to be undone: that
 * it is, is found by running both. A model of no such form stays as it is. */
int onnx_settle_form(nn_model **model, codec_side side, err *e);

/* The identity that travels with a report: a hash of csilink.pair, of layout and alignment, and of
 * whether the pair has memory, since two ends that disagree about one of them decode nonsense.
 * Never 0. */
uint64_t onnx_pair_identity(const char *pair, const onnx_info *info);

#endif
