/* ue.h: what a UE does for one report, without sockets: channel, pilots, LS, angle-delay
 * transform, image, encoder. The ue-agent, `eval` and `bench` all run this code.
 *
 *     H (fading) -> Y = H X + Z -> Hhat = Y X^+ -> F_d Hhat F_a^H, truncated -> image -> codeword
 */
#ifndef CHAIN_UE_H
#define CHAIN_UE_H

#include <complex.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "codec/codec.h"
#include "csi/dims.h"
#include "csi/pilots.h"
#include "csi/uplink.h"
#include "fading/fading.h"

/* Subcarriers on which rho, SGCS and spectral efficiency are evaluated: every (nc/64)-th. A channel
 * of ni = 32 delay taps varies slowly against that spacing. */
enum { CHAIN_GRID = 64 };

typedef struct chain_ue_config {
    csi_dims dims;
    bool estimate;     /* pilots and LS; false: the UE knows its channel */
    double dl_snr_db;  /* on the pilots, and at which spectral efficiency is evaluated; +inf allowed
                          on the pilots, where spectral efficiency then uses 20 dB */
    csi_pilot_family pilots;
    uint32_t references;
    uint64_t seed;
    bool genie; /* compute the truth's figures for measuring */
} chain_ue_config;

/* The truth behind one report, for measuring only. */
typedef struct chain_genie {
    float complex *truth; /* [nt][ni] true truncated angle-delay matrix */
    float complex *grid;  /* [CHAIN_GRID][nt] true channel on the grid */
    double dl_snr_db;
    double ls_nmse;             /* of the LS estimate over the whole band; 0 when not estimated */
    double se_perfect, se_ls;   /* bit/s/Hz */
} chain_genie;

/* One report. Its memory belongs to the chain_report; see chain_report_init. */
typedef struct chain_report {
    uint32_t ue, seq;
    float scale;
    float *codeword;  /* codec_info.codeword values */
    float *reference; /* chain_ue_config.references values */
    uint64_t estimate_start_ns, encode_start_ns, encode_end_ns; /* clock_ns() */
    chain_genie genie;
} chain_report;

int chain_report_init(chain_report *report, const chain_ue_config *config, uint32_t codeword,
                      err *e);
void chain_report_free(chain_report *report);

typedef struct chain_ue chain_ue; /* workspaces of one thread */

chain_ue *chain_ue_create(const chain_ue_config *config, const codec_part *encoder, err *e);
void chain_ue_free(chain_ue *chain);

/* Makes report `seq` of a UE at time_s (seconds since the run's start), a pure function of
 * (config, ue, seq, time_s). No allocation. */
int chain_ue_report(chain_ue *chain, fading_ue *channel, uint32_t ue, uint32_t seq, double time_s,
                    chain_report *report, err *e);

#endif
