/* subbands.h: the matched-filter precoders of each subband, which a codebook quantizes.
 *
 * Subband s of S covers subcarriers floor(s Nc / S) .. floor((s + 1) Nc / S) - 1. A precoder w
 * gives the gain |h^T w|^2 = |sum_k h[k] w[k]|^2 on a subcarrier whose channel is h[nt]; the
 * matched filter conj(h) / ||h|| maximises it (csi/precoding.h). The best single precoder of a
 * subband is the dominant eigenvector of
 *
 *     R_s = sum over its subcarriers of x x^H,   x = conj(h).
 *
 * The sum runs over a few points of each subband, not over every subcarrier, since a channel of Ni
 * delay taps varies no faster: at least 4 points, and at least 1.5 Ni in the whole band, in the
 * middle of equal parts of a subband. On the reference test sets (32 taps, 13 subbands of 79
 * subcarriers) the SGCS of the eigenvectors from 4 points equals that from all subcarriers to
 * 0.0001. The points are computed from the truncated angle-delay matrix, which also excludes the
 * noise of the other taps. */
#ifndef CSI_SUBBANDS_H
#define CSI_SUBBANDS_H

#include <complex.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/view.h"

enum { CSI_SUBBANDS_MAX = 64, CSI_SUBBANDS_NI_MAX = 256 };

/* The first subcarrier of subband s; of s = subbands: nc. */
static inline uint32_t csi_subband_first(uint32_t nc, uint32_t subbands, uint32_t s)
{
    return (uint32_t)((uint64_t)s * nc / subbands);
}

typedef struct csi_subbands csi_subbands;

/* For channels of nt antennas (1..CSI_NT_MAX) and ni taps (1..CSI_SUBBANDS_NI_MAX), in `subbands`
 * subbands (1..CSI_SUBBANDS_MAX). One object per thread: it owns workspace. NULL when memory ran
 * out. Free with csi_subbands_free (NULL allowed). */
csi_subbands *csi_subbands_create(uint32_t nt, uint32_t ni, uint32_t subbands, err *e);
void csi_subbands_free(csi_subbands *b);

/* Points in each subband. */
uint32_t csi_subbands_points(uint32_t ni, uint32_t subbands);

/* Real products of csi_subbands_filters and of csi_subbands_eigenvectors, for a codec's cost,
 * counting radix-2 FFTs. */
int64_t csi_subbands_filters_macs(uint32_t nt, uint32_t ni, uint32_t subbands);
int64_t csi_subbands_eigenvectors_macs(uint32_t nt, uint32_t ni, uint32_t subbands);

/* x[subbands][points][nt]: conj(h) at each point, at a common scale that puts the largest real or
 * imaginary part of the angle-delay matrix in [1/2, 1); all zero for a zero channel. *x is owned by
 * `b` and valid until the next call. ERR_MISMATCH for an estimate of other sizes or with fewer
 * subcarriers than subbands, ERR_FORMAT for one that is not finite. No allocation; a call with
 * another nc than the previous call computes a table. */
int csi_subbands_filters(csi_subbands *b, csi_view *csi, const float complex **x, err *e);

/* v[subbands][nt]: the dominant eigenvector of each subband, of unit norm and any phase, from the
 * latest csi_subbands_filters. For a subband without power: 1 / sqrt(nt) at each antenna. */
void csi_subbands_eigenvectors(csi_subbands *b, float complex *v);

#endif
