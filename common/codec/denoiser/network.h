/* network.h: a denoiser that is an ONNX file. Private to denoiser. */
#ifndef CODEC_DENOISER_NETWORK_H
#define CODEC_DENOISER_NETWORK_H

#include "nn/nn.h"

/* Whether a network takes codewords of `values` values [n x values] and, optionally, snr_db [n],
 * and gives as many values: ERR_MISMATCH says what it does instead. */
int denoiser_network_check(const nn_model *network, uint32_t values, err *e);

/* Runs z[values] at snr_db through a session of one codeword; *z^ belongs to the session.
 * ERR_FORMAT where the network cannot run on it. No allocation. */
int denoiser_network_run(nn_session *s, const float *z, double snr_db, const float **estimate,
                         err *e);

#endif
