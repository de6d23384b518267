/* align.h: rolls an image so that its energy is at a fixed position, and says by how much beside
 * the codeword.
 *
 * Absolute delay and direction are a shift of the image (csi/image.h, [2][nt][ni], angle rows x
 * delay columns), which needs no space in the codeword. CSI_ALIGN_DELAY rolls the image so that its
 * strongest delay tap, with power summed over the angles, is at tap 0; CSI_ALIGN_DELAY_ANGLE also
 * moves the strongest angle over the first CSI_ALIGN_TAPS taps to row nt / 2. In practice a
 * receiver's timing advance and beam index do the same.
 *
 * The positions of the other clusters can be sent the same way. CSI_ALIGN_BLOCKS_n rolls the image
 * as delay-angle does, one further on both axes, cuts it into blocks of CSI_BLOCK x CSI_BLOCK taps,
 * and puts the n blocks with the most power first, the strongest in front; the others follow in
 * their original order. The report lists the n blocks. The blocks are then ordered by power, so a
 * fixed code spends its values where the energy is:
 *
 *     aligned, row-major = block 0, block 1, ...; each [CSI_BLOCK angles][CSI_BLOCK taps]
 *
 * All of this is a permutation, the same in both planes, and can be undone exactly. */
#ifndef CODEC_ONNX_ALIGN_H
#define CODEC_ONNX_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csi/dims.h"

typedef enum csi_align {
    CSI_ALIGN_NONE,
    CSI_ALIGN_DELAY,
    CSI_ALIGN_DELAY_ANGLE,
    CSI_ALIGN_BLOCKS_8,
    CSI_ALIGN_BLOCKS_16,
    CSI_ALIGN_BLOCKS_24,
    CSI_ALIGNS
} csi_align;

/* The names below, for options and messages. */
#define CSI_ALIGN_NAMES "none|delay|delay-angle|blocks-8|blocks-16|blocks-24"

enum { CSI_ALIGN_TAPS = 3, CSI_BLOCK = 4, CSI_BLOCKS_LISTED_MAX = 24, CSI_BLOCKS_MAX = 256 };

/* Where the image's energy is: rolled[a][d] = image[(a + angle) mod nt][(d + delay) mod ni], with 0
 * <= delay < ni, 0 <= angle < nt, 0 for an axis that the mode does not roll; then the numbers of
 * the strongest blocks of the rolled image (row-major over [nt / 4][ni / 4]), all different. */
typedef struct csi_shift {
    uint16_t delay, angle;
    uint16_t blocks; /* how many are listed */
    uint8_t block[CSI_BLOCKS_LISTED_MAX];
} csi_shift;

/* "none", ..., as in csilink.align; NULL for a number out of range. -1 for an unknown name. */
const char *csi_align_name(csi_align align);
int csi_align_from_name(const char *name);

/* Whether the mode can align images of these dimensions: with blocks, nt and ni must be multiples
 * of CSI_BLOCK and give at least as many blocks as the mode lists, at most CSI_BLOCKS_MAX. */
bool csi_align_fits(csi_align align, const csi_dims *dims);

/* How many blocks the mode lists. */
unsigned csi_align_blocks(csi_align align);

/* Whether an encoder with this mode could have sent the list: as many blocks as the mode lists,
 * each in range, none twice. Does not check the shifts. */
bool csi_align_lists(csi_align align, const csi_dims *dims, const uint8_t *block, size_t count);

/* The shift of one image; the lowest index wins a tie. The mode must fit. */
csi_shift csi_align_find(csi_align align, const csi_dims *dims, const float *image);

/* Applies the shift, in -> out, or undoes it (csi_align_undo). The buffers must not overlap. */
void csi_align_apply(const csi_dims *dims, const csi_shift *shift, const float *in, float *out);
void csi_align_undo(const csi_dims *dims, const csi_shift *shift, const float *in, float *out);

/* Bits of the shift in the report: ceil(log2 ni), plus ceil(log2 nt) with angles, plus ceil(log2
 * blocks) for each block listed. */
unsigned csi_align_bits(csi_align align, const csi_dims *dims);

#endif
