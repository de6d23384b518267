/* view.h: one channel estimate in whatever form its reader asks for; each form is computed once.
 *
 * A codec is handed a view, not a matrix: one that works in the truncated angle-delay domain never
 * pays for the whole band, one that works on subcarriers gets every subcarrier. The view belongs to
 * one thread and holds one estimate at a time. */
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

/* Estimates from received pilots pass through a denoiser from now on (csi/denoise.h); NULL: LS as
 * it is, as at first. The denoiser, for the transform's dimensions, must outlive the view. Its
 * noise is beyond the kept taps as well: the frequency form is then the inverse of the denoised
 * angle-delay matrix, and what the channel itself has beyond them is cut with the noise. The other
 * two sources have no noise that a UE could estimate, and stay as they are. */
void csi_view_set_denoiser(csi_view *v, csi_denoiser *denoiser);

/* Give it the next estimate, from one of three sources. What is pointed to must stay as it is until
 * the next one:
 *   - received pilots y[nc][tp]: the LS estimate is made of them when it is asked for. `pilots` and
 *     the transform must have been made for the same dimensions
 *   - the channel in the frequency domain, h[nc][nt]
 *   - the truncated angle-delay matrix, h[nt][ni]: the frequency form is then its inverse */
void csi_view_from_pilots(csi_view *v, csi_pilots *pilots, const float complex *y);
void csi_view_from_frequency(csi_view *v, const float complex *h);
void csi_view_from_angle_delay(csi_view *v, const float complex *h);

/* The scale that the estimate's image has where its channel was replayed from a file, and the user
 * wants it kept (csi/image.h); until the next estimate. 0, as without: the codec finds one. */
void csi_view_set_image_scale(csi_view *v, float scale);
float csi_view_image_scale(const csi_view *v);

const csi_dims *csi_view_dims(const csi_view *v);

/* [nc][nt], every subcarrier. Owned by the view or its source, valid until the next estimate. NULL
 * before the first one, as from csi_view_angle_delay. */
const float complex *csi_view_frequency(csi_view *v);

/* [nt][ni], csi/transform.h: angle rows, delay columns. From pilots, what csi_transform_forward
 * makes of the LS estimate, to rounding, but computed without the estimate: only the kept taps of
 * the received pilots, then X^+ and the DFT over antennas on those, then the denoiser, if any. */
const float complex *csi_view_angle_delay(csi_view *v);

#endif
