/* align.h: where the energy of an image stands, told beside the codeword.
 *
 * Absolute delay and direction are a shift of the image (csi/image.h, [2][nt][ni], angle rows x
 * delay columns), not information worth a codeword: with CSI_ALIGN_DELAY it is rolled so that its
 * strongest delay tap, power summed over the angles, stands at tap 0, with CSI_ALIGN_DELAY_ANGLE
 * also so that the strongest angle over the first CSI_ALIGN_TAPS taps stands at row nt / 2. A
 * receiver's timing advance and beam index play this part in practice.
 *
 * Which of the other clusters are there is the same kind of knowledge. CSI_ALIGN_BLOCKS_n rolls the
 * image as delay-angle does, one further on both axes, cuts it into blocks of CSI_BLOCK x CSI_BLOCK
 * taps, and puts the n blocks with the most power first, the strongest in front; the others follow
 * in their order. The report lists the n. What a block holds is then ordered by power, so that a
 * fixed code spends its values where the energy is:
 *
 *     aligned, row-major = block 0, block 1, ...; each [CSI_BLOCK angles][CSI_BLOCK taps]
 *
 * All of it is a permutation, the same in both planes, so that undoing it is exact. */
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

/* Where the image's energy is: rolled[a][d] = image[(a + angle) mod nt][(d + delay) mod ni], with
 * 0 <= delay < ni, 0 <= angle < nt, 0 where the mode leaves that axis alone; then the strongest
 * blocks of the rolled image by their number (row-major over [nt / 4][ni / 4]), all different. */
typedef struct csi_shift {
    uint16_t delay, angle;
    uint16_t blocks; /* how many are listed */
    uint8_t block[CSI_BLOCKS_LISTED_MAX];
} csi_shift;

/* "none", ..., as in csilink.align; NULL for a number out of range. -1 for an unknown name. */
const char *csi_align_name(csi_align align);
int csi_align_from_name(const char *name);

/* Whether images of those dimensions can be aligned so: blocks ask for nt and ni that are multiples
 * of CSI_BLOCK, at least as many blocks as are listed and at most CSI_BLOCKS_MAX. */
bool csi_align_fits(csi_align align, const csi_dims *dims);

/* How many blocks the mode lists. */
unsigned csi_align_blocks(csi_align align);

/* Whether an encoder that aligns so could have sent this list: as many as the mode lists, each in
 * range, none twice. The shifts are not looked at. */
bool csi_align_lists(csi_align align, const csi_dims *dims, const uint8_t *block, size_t count);

/* The shift of one image; the lowest index wins a tie. The mode must fit. */
csi_shift csi_align_find(csi_align align, const csi_dims *dims, const float *image);

/* in -> out, put in order by the shift, or back (csi_align_undo). They must not overlap. */
void csi_align_apply(const csi_dims *dims, const csi_shift *shift, const float *in, float *out);
void csi_align_undo(const csi_dims *dims, const csi_shift *shift, const float *in, float *out);

/* Bits that the shift takes in the report: ceil(log2 ni), plus ceil(log2 nt) with angles, plus
 * ceil(log2 blocks) for each block listed. */
unsigned csi_align_bits(csi_align align, const csi_dims *dims);

#endif
