/* ue.h: what a UE does for one report, without sockets: channel, pilots, LS, codec, uplink. The
 * ue-agent, `eval` and `bench` all run this code.
 *
 *     H (fading) -> Y = H X + Z -> csi_view (LS, denoiser) -> codec -> payload -> uplink -> burst
 */
#ifndef CHAIN_UE_H
#define CHAIN_UE_H

#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "codec/codec.h"
#include "csi/denoise.h"
#include "csi/dims.h"
#include "csi/pilots.h"
#include "fading/fading.h"
#include "measure/quality.h"
#include "uplink/uplink.h"

typedef struct chain_ue_config {
    csi_dims dims;
    bool estimate;    /* pilots and LS; false: the UE knows its channel */
    double dl_snr_db; /* on the pilots, and for the spectral efficiency; +inf allowed on the pilots
                         (measure_se_snr_db) */
    bool file_scale;  /* images of a replayed file keep the file's scale; else each fills [0,1] */
    csi_pilot_family pilots;
    csi_denoise_method denoise;   /* of the LS estimate; only with `estimate` */
    char uplink[UPLINK_SPEC_MAX]; /* KIND[:ARGUMENTS] */
    uint64_t seed;
    bool genie; /* compute the truth's figures for measuring; this ends before estimate_start_ns, so
                   no latency includes it */
} chain_ue_config;

/* One report. The chain_report owns its memory; see chain_report_init. At estimate_start_ns the
 * pilots have been received: everything before (channel, pilot noise) is simulation, not the work
 * of a UE. */
typedef struct chain_report {
    uint32_t ue, seq;
    payload payload;
    uplink_burst burst;
    uint32_t bits;         /* of the payload in the uplink's digital form */
    uint32_t charged_bits; /* side bits charged in its channel uses */
    uint64_t digest;       /* of the bits sent (uplink_digest); 0: no bits were sent */
    void *after; /* the codec's memory after this report; NULL for a codec without memory */
    /* clock_ns(); at modulate_start_ns the uplink starts to make the burst. */
    uint64_t simulate_start_ns, estimate_start_ns, encode_start_ns, modulate_start_ns,
        modulate_end_ns;
    measure_truth truth; /* with chain_ue_config.genie; else its pointers are NULL, as are these: */
    double ls_nmse;      /* of the LS estimate over the whole band, before a denoiser; 0 when
                              nothing is estimated */
    double se_perfect, se_ls; /* bit/s/Hz; se_ls with the UE's estimate, denoised or not */
} chain_report;

/* What a UE knows from the answers to its earlier reports. */
typedef struct chain_acknowledged {
    const void *memory; /* the codec's, after the report that the next one builds on; NULL: none */
    uint32_t builds_on; /* 1 + that report's number; 0: none */
    double snr_db;      /* estimated by the base station; NaN: none yet */
} chain_acknowledged;

/* Before the first answer. */
#define CHAIN_NOTHING_ACKNOWLEDGED ((chain_acknowledged){.snr_db = (double)NAN})

/* How reconstructions of a codec are measured for UEs with this configuration. */
measurer_config chain_measuring(const chain_ue_config *config, const codec_info *info);

/* Whether the UE can denoise as `config` says: ERR_INVALID where it estimates nothing, else as
 * csi_denoise_check. */
int chain_check_denoise(const chain_ue_config *config, err *e);

typedef struct chain_ue chain_ue; /* workspaces of one thread */

/* Takes nt and ni from the codec, and at least as many pilots as antennas. Where a codec has no ni
 * (it gives directions), dims->ni stays, up to nc. `nt` is the user's, 0 without one: a number
 * other than the codec's is ERR_MISMATCH. */
int chain_dims_of_codec(csi_dims *dims, const codec_info *info, uint64_t nt, err *e);

/* 0 when a codec fits the link's sizes; else ERR_MISMATCH, also for more subbands than subcarriers,
 * or ERR_UNSUPPORTED for more than one receive antenna or layer. */
int chain_check_dims(const csi_dims *dims, const codec_info *info, err *e);

/* Checks everything in `config` against its range and against the encoder, which must outlive the
 * chain. NULL on failure. */
chain_ue *chain_ue_create(const chain_ue_config *config, const codec *encoder, err *e);
void chain_ue_free(chain_ue *chain);

/* Owned by the chain. */
const uplink_info *chain_ue_uplink(const chain_ue *chain);

/* Allocates a report of this chain. chain_report_free also on a zeroed report. */
int chain_report_init(chain_report *report, const chain_ue *chain, err *e);
void chain_report_free(chain_report *report);

/* Makes report `seq` of a UE at time_s (seconds since the run's start): a pure function of (config,
 * ue, seq, time_s, acknowledged), except for its time stamps. The channel belongs to the same `ue`
 * and seed. Fails where the channel does (fading.h) or the codec. No allocation. */
int chain_ue_report(chain_ue *chain, fading_ue *channel, uint32_t ue, uint32_t seq, double time_s,
                    const chain_acknowledged *acknowledged, chain_report *report, err *e);

/* Sends the report's payload once more, as with another acknowledged SNR: burst, bits and digest
 * change where the uplink is adaptive. No allocation. */
int chain_ue_send_again(chain_ue *chain, double snr_db, chain_report *report, err *e);

#endif
