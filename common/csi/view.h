/* view.h: one channel estimate in the form that its reader asks for; each form is computed once.
 *
 * A codec receives a view, not a matrix: a codec that works in the truncated angle-delay domain
 * never pays for the whole band, and a codec that works on subcarriers gets every subcarrier. The
 * view belongs to one thread and holds one estimate at a time. */
#ifndef CSI_VIEW_H
#define CSI_VIEW_H

#include <complex.h>

#include "base/error.h"
#include "csi/denoise.h"
#include "csi/dims.h"
#include "csi/pilots.h"
#include "csi/transform.h"

typedef struct csi_view csi_view;

/* The transform must outlive the view. NULL when memory ran out. */
csi_view *csi_view_create(csi_transform *transform, err *e);
void csi_view_free(csi_view *v);

/* Passes estimates from received pilots through a denoiser from now on (csi/denoise.h); NULL, the
 * default: plain LS. The denoiser, for the transform's dimensions, must outlive the view. Noise is
 * beyond the kept taps as well, so the frequency form becomes the inverse of the denoised
 * angle-delay matrix, which also cuts the channel beyond those taps. The other two sources have no
 * noise that a UE could estimate, and are not denoised. */
void csi_view_set_denoiser(csi_view *v, csi_denoiser *denoiser);

/* Sets the next estimate, from one of three sources. The data pointed to must not change until the
 * next one:
 *   - received pilots y[nc][tp]: the LS estimate is computed when a reader asks for it. `pilots`
 *     and the transform must have the same dimensions
 *   - the channel in the frequency domain, h[nc][nt]
 *   - the truncated angle-delay matrix, h[nt][ni]: the frequency form is then its inverse */
void csi_view_from_pilots(csi_view *v, csi_pilots *pilots, const float complex *y);
void csi_view_from_frequency(csi_view *v, const float complex *h);
void csi_view_from_angle_delay(csi_view *v, const float complex *h);

/* Sets the image scale (csi/image.h) of an estimate replayed from a file when the user wants the
 * file's scale kept; valid until the next estimate. 0, the default: the codec computes the scale.
 */
void csi_view_set_image_scale(csi_view *v, float scale);
float csi_view_image_scale(const csi_view *v);

const csi_dims *csi_view_dims(const csi_view *v);

/* [nc][nt], every subcarrier. Owned by the view or its source, valid until the next estimate. NULL
 * before the first estimate, as is csi_view_angle_delay. */
const float complex *csi_view_frequency(csi_view *v);

/* [nt][ni], csi/transform.h: angle rows, delay columns. From pilots it equals csi_transform_forward
 * of the LS estimate, up to rounding, but never computes that estimate: it takes the kept taps of
 * the received pilots, applies X^+ and the DFT over antennas to those, then the denoiser, if any.
 */
const float complex *csi_view_angle_delay(csi_view *v);

#endif
