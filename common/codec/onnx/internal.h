/* internal.h: what the files of the codec kind onnx share. */
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
    int snr_input; /* of a decoder; 0: none, since input 0 is the codeword */
    onnx_memory memory;
};

/* The most inputs or outputs of a file, memory included. */
enum { ONNX_PORTS_MAX = 2 + ONNX_MEMORIES_MAX };

/* Whether every value is finite; tests the exponent bits, which vectorises. */
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

/* What to assume about a file that does not say, and what to check; see onnx_load and
 * onnx_make_pair. NULL: nothing. */
typedef struct onnx_claims {
    const char *layout, *align;
    uint32_t nt, ni; /* of an image with symbolic rows and columns; 0: 32 */
} onnx_claims;

/* onnx_load; or, without `check_pair`, the same for a file whose csilink.pair is about to be
 * replaced: it is not read, and info.pair is 0. */
onnx_part *onnx_load_part(codec_side side, const char *path, onnx_claims claims, bool check_pair,
                          err *e);

/* The shape of an input for one sample. Memory may have the batch on any axis, the only symbolic
 * one. Symbolic rows and columns of an image, [n x 2 x rows x columns] or [n x rows x columns x 2],
 * become 32; returns false for any other symbolic size after the batch. */
bool onnx_fix_shape(const nn_port *port, nn_port *shape);

/* Fixes the symbolic axes of the file's first input: an encoder's image gets these rows and
 * columns; a decoder's codeword gets the first sizes tried at which its output is such an image.
 * ERR_MISMATCH where no size fits. Other symbolic sizes stay symbolic. */
int onnx_fix_sizes(nn_model *model, codec_side side, uint32_t rows, uint32_t columns, err *e);

/* Where the file has a fixed batch, or an image [n x rows x columns x 2], [n x 2 x a a] or [n x 2 a
 * a] (plane, row, column), replaces *model by one that computes the same with a free batch and its
 * image as [n x 2 x rows x columns]. It runs both to find out whether the batch can be freed;
 * ERR_MISMATCH where it cannot. Leaves any other model as it is. */
int onnx_normalize_form(nn_model **model, codec_side side, err *e);

/* The identity that travels with a report: a hash of csilink.pair, layout, alignment, and whether
 * the pair has memory: two ends that disagree about one of them would decode nonsense. Never 0. */
uint64_t onnx_pair_identity(const char *pair, const onnx_info *info);

#endif
