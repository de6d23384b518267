/* bs.h: what the base station does for one report, without sockets: decode with the SNR it
 * estimated, undo the image scaling; and, where the genie told the truth, measure. */
#ifndef CHAIN_BS_H
#define CHAIN_BS_H

#include <complex.h>
#include <stddef.h>

#include "base/error.h"
#include "codec/onnx/pair.h"
#include "csi/dims.h"

typedef struct chain_quality {
    double nmse; /* linear, truncated angle-delay domain */
    double rho, sgcs;
    double se_feedback; /* bit/s/Hz with the matched-filter precoder from the reconstruction */
} chain_quality;

typedef struct chain_bs chain_bs; /* workspaces of one thread */

/* As chain_ue_create; the sizes must allow measuring (chain_check_dims with genie). */
chain_bs *chain_bs_create(const csi_dims *dims, const onnx_part *decoder, err *e);
void chain_bs_free(chain_bs *chain);

/* Reconstructs n <= ONNX_BATCH_MAX reports: codewords (n x N_s, as received), SNR estimates,
 * scales, shifts (NULL: all zero). The results stay in the chain until the next call:
 * chain_bs_reconstruction(i). A report that cannot be decoded (ERR_FORMAT: a scale that is no
 * positive number, a shift out of range, a network output that is not finite) fails the call; the
 * others can then be decoded one by one. snr_db may be NULL where the decoder takes none. No
 * allocation. */
int chain_bs_reconstruct(chain_bs *chain, size_t n, const float *codewords, const float *snr_db,
                         const float *scales, const csi_shift *shifts, err *e);

/* [nt][ni] reconstructed truncated angle-delay matrix of report i of the last call. */
const float complex *chain_bs_reconstruction(const chain_bs *chain, size_t i);

/* Figures of merit of reconstruction i against the truth: [nt][ni] and [CHAIN_GRID][nt]; SE at
 * chain_se_snr_db(dl_snr_db). Changes nothing in the reconstruction. */
void chain_bs_measure(chain_bs *chain, size_t i, const float complex *truth,
                      const float complex *truth_grid, double dl_snr_db, chain_quality *quality);

#endif
