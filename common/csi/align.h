/* align.h: absolute delay and direction as a shift of the image, told beside the codeword.
 *
 * An image (csi/image.h, [2][nt][ni], angle rows x delay columns) is rolled so that its strongest
 * delay tap, power summed over the angles, stands at tap 0 and, with CSI_ALIGN_DELAY_ANGLE, the
 * strongest angle over the first CSI_ALIGN_TAPS taps at row nt / 2. Both shifts are circular, so
 * that undoing them is exact. A receiver's timing advance and beam index play this part in
 * practice. */
#ifndef CSI_ALIGN_H
#define CSI_ALIGN_H

#include <stddef.h>
#include <stdint.h>

#include "csi/dims.h"

typedef enum csi_align { CSI_ALIGN_NONE, CSI_ALIGN_DELAY, CSI_ALIGN_DELAY_ANGLE } csi_align;

enum { CSI_ALIGN_TAPS = 3 };

/* Where the image's energy begins: aligned[a][d] = image[(a + angle) mod nt][(d + delay) mod ni].
 * 0 <= delay < ni, 0 <= angle < nt; 0 where the mode leaves that axis alone. */
typedef struct csi_shift {
    uint16_t delay, angle;
} csi_shift;

/* "none", "delay", "delay-angle", as in csilink.align; NULL for a number out of range. -1 for an
 * unknown name. */
const char *csi_align_name(csi_align align);
int csi_align_from_name(const char *name);

/* The shift of one image; the lowest index wins a tie. */
csi_shift csi_align_find(csi_align align, const csi_dims *dims, const float *image);

/* in -> out, rolled by the shift, or back (csi_align_undo). They must not overlap. */
void csi_align_apply(const csi_dims *dims, csi_shift shift, const float *in, float *out);
void csi_align_undo(const csi_dims *dims, csi_shift shift, const float *in, float *out);

/* Bits that the two shifts take in the report: ceil(log2 ni), plus ceil(log2 nt) with angles. */
unsigned csi_align_bits(csi_align align, const csi_dims *dims);

#endif
