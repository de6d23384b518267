/* image.h: the angle-delay matrix as the network's input, 2 x Nt x Ni reals in [0,1].
 *
 * Plane 0 holds real parts, plane 1 imaginary parts; each sample has its own scale: image = h / (2
 * scale) + 0.5 with scale = max(|re|, |im|), so zero maps to 0.5 and the largest part to 0 or 1.
 * This is the convention of the field's public files. */
#ifndef CSI_IMAGE_H
#define CSI_IMAGE_H

#include <complex.h>

#include "csi/dims.h"

/* h_ad[nt][ni] -> image[2][nt][ni]; returns the scale, which csi_image_to_ad needs to invert this.
 * An all-zero h_ad gives 0.5 everywhere and scale 0. */
float csi_image_from_ad(const csi_dims *dims, const float complex *h_ad, float *image);

/* Its two steps: the scale max(|re|, |im|), 0 for an all-zero h_ad; and the image at a given scale,
 * which is in [0,1] if the given scale is at least that. */
float csi_image_scale(const csi_dims *dims, const float complex *h_ad);
void csi_image_scaled(const csi_dims *dims, const float complex *h_ad, float scale, float *image);

/* image[2][nt][ni] -> h_ad[nt][ni] = 2 scale (image - 0.5). */
void csi_image_to_ad(const csi_dims *dims, const float *image, float scale, float complex *h_ad);

/* Angle rows to delay rows: in[2][nt][ni] -> out[2][ni][nt], plane by plane, for models trained on
 * the transposed layout. For the inverse, swap nt and ni in `dims`. `in` and `out` must not
 * overlap. */
void csi_image_transpose(const csi_dims *dims, const float *in, float *out);

#endif
