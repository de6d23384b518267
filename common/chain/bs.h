/* bs.h: what the base station does for one report, without sockets: burst -> payload -> channel.
 * It knows what it received, its own estimate of the SNR and, for a codec with memory, what it made
 * of earlier reports; never the truth. A denoiser may stand between payload and decoder. */
#ifndef CHAIN_BS_H
#define CHAIN_BS_H

#include <complex.h>
#include <stdbool.h>

#include "base/error.h"
#include "codec/codec.h"
#include "codec/denoiser.h"
#include "uplink/uplink.h"

/* What a base station goes on with where a report's check failed. */
typedef enum chain_on_failure {
    CHAIN_HOLD, /* the UE's last CSI: of the last report that passed, zeros before the first */
    CHAIN_ZERO, /* no CSI: zeros. A precoder of zeros sends along antenna 0 (csi/precoding.h) */
    CHAIN_USE,  /* what the bits decode to all the same; as CHAIN_HOLD where they decode to nothing
                 */
} chain_on_failure;

typedef struct chain_bs chain_bs; /* workspaces of one thread for one codec over one uplink */

/* The decoder must outlive the chain; `spec` is the uplink, KIND[:ARGUMENTS]. NULL on failure. */
chain_bs *chain_bs_create(const codec *decoder, const char *spec, err *e);
void chain_bs_free(chain_bs *chain);

/* From now on the values of each payload pass through a denoiser that was loaded for this decoder,
 * and outlives the chain, before the decoder sees them. NULL: as they arrived, as at first. On
 * failure nothing changes. */
int chain_bs_set_denoiser(chain_bs *chain, const payload_denoiser *denoiser, err *e);

/* Owned by the chain. */
const uplink_info *chain_bs_uplink(const chain_bs *chain);

/* Takes the payload out of a received burst of a UE; snr_db is the receiver's own estimate.
 * *intact: false where the uplink's check failed (uplink/kind.h); the payload is then what was
 * received. ERR_FORMAT for a burst that no such uplink sends. */
int chain_bs_receive(chain_bs *chain, uint32_t ue, const uplink_burst *burst, double snr_db,
                     bool *intact, err *e);

/* Digest of the bits of the payload that chain_bs_receive took (uplink_digest). */
uint64_t chain_bs_digest(const chain_bs *chain);

/* Decodes the payload that chain_bs_receive took. `before` is this end's memory after the report
 * that it builds on (NULL: on nothing), `after` where the memory after it goes; both NULL for a
 * codec without. The result stays until the next call: chain_bs_reconstruction. ERR_FORMAT for a
 * payload that no such codec sends and where the result is not finite. No allocation. */
int chain_bs_decode(chain_bs *chain, const void *before, void *after, err *e);

/* After a report whose check failed (CHAIN_USE): decodes its payload as chain_bs_decode does, and
 * keeps no memory after it, since the UE will not build on it. Fails as chain_bs_decode does. */
int chain_bs_decode_failed(chain_bs *chain, const void *before, err *e);

/* Makes `held` the reconstruction, codec_output_size entries; NULL: zeros. */
void chain_bs_go_on_with(chain_bs *chain, const float complex *held);

/* codec_output_size entries: [nt][ni], or the precoders of a codec that gives directions. */
const float complex *chain_bs_reconstruction(const chain_bs *chain);

#endif
