/* plan.h: creates FFTW plans, one thread at a time.
 *
 * FFTW's planner is not thread-safe; execution is. csilink creates and destroys every plan through
 * these functions, with FFTW_ESTIMATE, so that the algorithm never depends on timing. */
#ifndef CSI_PLAN_H
#define CSI_PLAN_H

#include <complex.h>
#include <fftw3.h>
#include <stdint.h>

/* One loop of a batch: `n` steps of `in` and `out` elements. */
typedef fftwf_iodim csi_plan_loop;

/* DFTs along `axis`, repeated over `loops`; sign FFTW_FORWARD (-1) or FFTW_BACKWARD (+1), not
 * scaled. NULL when FFTW has no memory. */
fftwf_plan csi_plan_create(csi_plan_loop axis, int loop_count, const csi_plan_loop *loops,
                           float complex *in, float complex *out, int sign);
void csi_plan_free(fftwf_plan plan);

/* Real products of one DFT of n entries, for the cost that a codec reports: 2 n log2(n), as in a
 * radix-2 FFT. FFTW needs fewer. */
int64_t csi_plan_macs(uint32_t n);

#endif
