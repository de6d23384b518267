/* bs.h: what the base station does for one report, without sockets: burst -> payload -> channel. It
 * knows what it received, its own estimate of the SNR and, for a codec with memory, its
 * reconstruction of earlier reports, but never the truth. A denoiser may run between payload and
 * decoder. */
#ifndef CHAIN_BS_H
#define CHAIN_BS_H

#include <complex.h>
#include <stdbool.h>

#include "base/error.h"
#include "codec/codec.h"
#include "codec/denoiser.h"
#include "uplink/uplink.h"

/* What a base station uses after a report with a failed check. */
typedef enum chain_on_failure {
    CHAIN_HOLD, /* the UE's last CSI: from the last report that passed, zeros before the first */
    CHAIN_ZERO, /* no CSI: zeros. A precoder of zeros sends along antenna 0 (csi/precoding.h) */
    CHAIN_USE,  /* what the bits decode to in spite of the failure; as CHAIN_HOLD where they decode
                   to nothing */
} chain_on_failure;

typedef struct chain_bs chain_bs; /* workspaces of one thread for one codec over one uplink */

/* The decoder must outlive the chain; `spec` is the uplink, KIND[:ARGUMENTS]. NULL on failure. */
chain_bs *chain_bs_create(const codec *decoder, const char *spec, err *e);
void chain_bs_free(chain_bs *chain);

/* From now on a denoiser, which was loaded for this decoder and outlives the chain, processes the
 * values of each payload before the decoder. NULL, the initial state: values stay as they arrived.
 * On failure nothing changes. */
int chain_bs_set_denoiser(chain_bs *chain, const payload_denoiser *denoiser, err *e);

/* Owned by the chain. */
const uplink_info *chain_bs_uplink(const chain_bs *chain);

/* Reads the payload from a UE's received burst; snr_db is the receiver's own estimate.
 * *intact: false where the uplink's check failed (uplink/kind.h); the payload is then what was
 * received. ERR_FORMAT for a burst that no such uplink sends. */
int chain_bs_receive(chain_bs *chain, uint32_t ue, const uplink_burst *burst, double snr_db,
                     bool *intact, err *e);

/* Hash of the bits of the payload that chain_bs_receive read (uplink_digest). */
uint64_t chain_bs_digest(const chain_bs *chain);

/* Decodes the payload that chain_bs_receive read. `before` is this end's memory after the report
 * that it builds on (NULL: on nothing); the memory after this report goes to `after`; both NULL for
 * a codec without memory. The result is valid until the next call: chain_bs_reconstruction.
 * ERR_FORMAT for a payload that no such codec sends and where the result is not finite. No
 * allocation. */
int chain_bs_decode(chain_bs *chain, const void *before, void *after, err *e);

/* For a report that failed its check (CHAIN_USE): decodes its payload as chain_bs_decode does, but
 * keeps no memory, since the UE will not build on it. Fails as chain_bs_decode does. */
int chain_bs_decode_failed(chain_bs *chain, const void *before, err *e);

/* Makes `held` the reconstruction, codec_output_size entries; NULL: zeros. */
void chain_bs_set_reconstruction(chain_bs *chain, const float complex *held);

/* codec_output_size entries: [nt][ni], or the precoders of a codec that gives directions. */
const float complex *chain_bs_reconstruction(const chain_bs *chain);

#endif
