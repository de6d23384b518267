/* ue.h: what a UE does for one report, without sockets: channel, pilots, LS, angle-delay
 * transform, image, encoder. The ue-agent, `eval` and `bench` all run this code.
 *
 *     H (fading) -> Y = H X + Z -> Hhat = Y X^+ -> F_d Hhat F_a^H, truncated -> image -> codeword
 *     -> packed
 */
#ifndef CHAIN_UE_H
#define CHAIN_UE_H

#include <complex.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "codec/onnx/pair.h"
#include "csi/dims.h"
#include "csi/pilots.h"
#include "fading/fading.h"
#include "payload/codeword.h"
#include "uplink/noise.h"

/* Subcarriers on which rho, SGCS and spectral efficiency are evaluated: every (nc/64)-th. A channel
 * of ni = 32 delay taps varies slowly against that spacing. */
enum { CHAIN_GRID = 64 };

/* The SNR at which spectral efficiency is evaluated where the pilots are noiseless. */
#define CHAIN_SE_SNR_DB 20.0
double chain_se_snr_db(double dl_snr_db);

typedef struct chain_ue_config {
    csi_dims dims;
    bool estimate;    /* pilots and LS; false: the UE knows its channel */
    double dl_snr_db; /* on the pilots, and at which spectral efficiency is evaluated; +inf allowed
                         on the pilots, where spectral efficiency then uses 20 dB */
    csi_pilot_family pilots;
    uint32_t references;
    csi_codeword_format codeword; /* codeword bits; zero: float32 */
    uint64_t seed;
    bool genie; /* compute the truth's figures for measuring: before estimate_start_ns, so that
                   they are in no latency */
} chain_ue_config;

/* The truth behind one report, for measuring only. */
typedef struct chain_genie {
    float complex *truth; /* [nt][ni] true truncated angle-delay matrix */
    float complex *grid;  /* [CHAIN_GRID][nt] true channel on the grid */
    double dl_snr_db;
    double ls_nmse;           /* of the LS estimate over the whole band; 0 when not estimated */
    double se_perfect, se_ls; /* bit/s/Hz */
} chain_genie;

/* One report. Its memory belongs to the chain_report; see chain_report_init. genie.truth and
 * genie.grid are NULL unless chain_ue_config.genie. At estimate_start_ns the pilots have been
 * received: what comes before (channel, pilot noise) is simulation, not a UE's work. */
typedef struct chain_report {
    uint32_t ue, seq;
    float scale;
    csi_shift shift;          /* of the image, for a codec with alignment; else zero */
    float *codeword;          /* onnx_info.codeword values: the levels that are transmitted */
    uint8_t *packed;          /* the same in chain_ue_config.codeword's bits; NULL for float32 */
    csi_codeword_range range; /* of the packed levels */
    float *reference;         /* chain_ue_config.references values, at the levels' power */
    uint64_t simulate_start_ns, estimate_start_ns, encode_start_ns, encode_end_ns; /* clock_ns() */
    chain_genie genie;
} chain_report;

/* Allocates for a codec of `codeword` values. chain_report_free also on a zeroed report. */
int chain_report_init(chain_report *report, const chain_ue_config *config, uint32_t codeword,
                      err *e);
void chain_report_free(chain_report *report);

typedef struct chain_ue chain_ue; /* workspaces of one thread */

/* The link takes nt and ni from its model, and at least as many pilots as antennas. `nt` is what
 * the user asked for, 0 where nothing: another number than the model's is ERR_MISMATCH. */
int chain_dims_of_model(csi_dims *dims, const onnx_info *info, uint64_t nt, err *e);

/* 0 when a model with `info` fits the link's sizes, else ERR_MISMATCH. With `genie` also that the
 * grid can be measured: nc a multiple of CHAIN_GRID, ni at most CHAIN_GRID, else ERR_INVALID. */
int chain_check_dims(const csi_dims *dims, const onnx_info *info, bool genie, err *e);

/* Checks everything in `config` against its range and against the encoder, which must outlive the
 * chain. NULL on failure. */
chain_ue *chain_ue_create(const chain_ue_config *config, const onnx_part *encoder, err *e);
void chain_ue_free(chain_ue *chain);

/* Makes report `seq` of a UE at time_s (seconds since the run's start), a pure function of
 * (config, ue, seq, time_s), but for its time stamps. The channel is that of the same `ue` and
 * seed. Fails where the channel does (fading.h) or the network gives no finite codeword. No
 * allocation. */
int chain_ue_report(chain_ue *chain, fading_ue *channel, uint32_t ue, uint32_t seq, double time_s,
                    chain_report *report, err *e);

#endif
