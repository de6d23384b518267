/* denoiser.h: an optional step of the base station between receiving a codeword and decoding it.
 *
 * A payload's values y arrive with noise. A denoiser replaces them by an estimate of what was sent,
 * from what it learnt about the codec's codewords and from what the receiver knows: the power P of
 * the values as they were sent (payload.power) and its estimate of the SNR (payload.snr_db). Any
 * decoder can follow; it need not know of the denoiser. Both kinds work on codewords of mean power
 * 1, as an uplink sends them, so a report's own power does not matter:
 *
 *     z = y / sqrt(P),   n = 10^(-snr_db / 10), the variance of the noise on each z_i
 *
 *   linear    the linear MMSE estimate, from a file of `csilink model denoiser`:
 *                 z^ = m + sum_i l_i / (l_i + n) (u_i . (z - m)) u_i
 *             with the mean m of the codec's codewords and the eigenvalues l_i and eigenvectors u_i
 *             of their covariance. Its mean error over codewords of that mean and covariance is
 *             sum_i l_i n / (l_i + n): never above N n, that of the codeword as received
 *   network   an ONNX file: input z [n x N] and, optional, snr_db [n]; output z^ [n x N]
 *
 * The result is y^ = sqrt(P) z^, and the decoder gets an SNR of 60 dB, no noise: a mean of what may
 * have been sent is shrunk already, and a decoder that knew of the noise would shrink it again. At
 * 60 dB (UPLINK_SNR_MAX_DB), the estimate on a link without noise, the values do not change. */
#ifndef CODEC_DENOISER_H
#define CODEC_DENOISER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "codec/codec.h"
#include "payload/payload.h"

/* The longest name of a file, its NUL included; the limit of the key denoise-payload. */
enum { PAYLOAD_DENOISER_NAME_MAX = 256 };

/* The name that means no denoiser. */
#define PAYLOAD_DENOISER_NONE "none"

typedef struct payload_denoiser payload_denoiser;           /* immutable, shared by threads */
typedef struct payload_denoiser_work payload_denoiser_work; /* of one thread */

/* Whether `name`, from the key denoise-payload, asks for a denoiser: not "" and not "none". */
bool payload_denoiser_is_asked(const char *name);

/* Whether a codec's payloads can be denoised at all: ERR_INVALID, naming it, for one of bits. */
int payload_denoiser_check(const codec_info *of, err *e);

/* Loads the file `name`, a path or a file of models/ (codec/models.h), for a loaded codec. NULL on
 * failure: as payload_denoiser_check; ERR_IO; ERR_FORMAT for a file of neither kind or a damaged
 * one; ERR_MISMATCH for one made from another codec, or from codewords of another size. Free with
 * payload_denoiser_free (NULL allowed), after closing all workspaces. */
payload_denoiser *payload_denoiser_load(const char *name, const codec_info *of, err *e);
void payload_denoiser_free(payload_denoiser *d);

/* NULL on failure. The denoiser outlives it. */
payload_denoiser_work *payload_denoiser_open(const payload_denoiser *d, err *e);
void payload_denoiser_close(payload_denoiser_work *w); /* NULL allowed */

/* Replaces the values of a payload as an uplink received it (uplink/uplink.h), and its snr_db.
 * Where the uplink does not report their power, it follows from the values and the SNR. ERR_FORMAT
 * for a number of values other than the codec's, and for a result that is not finite. No
 * allocation. */
int payload_denoiser_apply(payload_denoiser_work *w, payload *p, err *e);

#endif
