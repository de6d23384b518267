/* eval.h: the whole link without processes or sockets: evaluates a codec over a channel at a list
 * of uplink SNRs. Every figure equals that of the running link with the same settings, since both
 * call the same functions with the same (seed, ue, seq).
 *
 *     report (chain/ue.h) -> air -> SNR estimate -> reconstruction (chain/bs.h) -> measure */
#ifndef CHAIN_EVAL_H
#define CHAIN_EVAL_H

#include <stddef.h>

#include "chain/bs.h"
#include "chain/cell.h"
#include "chain/predict.h"
#include "chain/predict_net.h"
#include "chain/ue.h"

enum { CHAIN_EVAL_SNRS_MAX = 64 };

typedef struct chain_eval_config {
    chain_ue_config ue; /* `genie` must be set */
    uint32_t ues; /* sample i is report i / ues of UE i mod ues; with as many UEs as samples, each
                     UE reports once */
    const chain_cell *cell; /* open: the channel of each of the `ues` UEs; NULL: all have the
                               channel given to chain_evaluate */
    const payload_denoiser *denoiser; /* at the base station, loaded for the decoder; NULL: none */
    size_t samples;
    double period_s; /* report seq is made at seq * period_s */
    bool snr_known;  /* the decoder uses the true SNR, limited to UPLINK_SNR_MIN_DB..MAX_DB, instead
                        of the estimate from the reference symbols */
    chain_on_failure on_failure; /* what the base station then uses: chain/bs.h */
    double loss; /* share of reports that the channel loses, the same ones as in the link: they are
                    neither decoded nor acknowledged, and count as free in `row` */
    uint32_t ack_delay; /* a codec with memory builds on the report so many before, and an adaptive
                           uplink uses the SNR estimated then, as in the link (chain/memory.h); 0
                           counts as 1 */
    uint32_t key_age;   /* a report that would build on one this old builds on nothing
                           (chain/memory.h); 0: none is too old */
    uint32_t sequence;  /* after so many reports of a UE both ends forget it and its CSI: the next
                           report is the first of another UE in that channel. 0: never */
    bool at_use; /* also compares the CSI with the channel use_after_s after its report was */
    double use_after_s;    /* due, as the link does; not for a channel that replays a file */
    chain_predict predict; /* what the base station uses then; needs at_use. Directions are held */
    const chain_predict_net *net; /* with CHAIN_PREDICT_NET, else NULL */
    size_t snrs;
    double snr_db[CHAIN_EVAL_SNRS_MAX]; /* +inf: no noise */
    void (*on_sample)(void *user);      /* after each sample, for a progress bar; NULL allowed */
    void *user;
} chain_eval_config;

/* Means over the samples, at one SNR; NaN where none was decoded. A codec that gives directions has
 * no NMSE and no rho: they are NaN, medians and errors included (measure/quality.h). */
typedef struct chain_eval_row {
    double snr_db;
    double snr_delivered_db; /* from the noise that was added, for a burst of power 1 */
    size_t samples;          /* decoded and measured */
    size_t lost;             /* in the channel (`loss`) */
    size_t not_decoded;      /* rejected by the receiver (uplink_receive, *intact) */
    double bler;             /* their share of the reports that were not lost */
    size_t compared;         /* decoded, with bits known at both ends (uplink_digest) */
    size_t undetected;       /* of these: decoded from other bits than those sent */
    double nmse_db;          /* 10 log10 of the mean of the samples' linear NMSE */
    double nmse_median_db;   /* of the samples' median */
    double nmse_error_db;    /* standard error of nmse_db, see csi_error_db */
    double rho, sgcs;
    double se_feedback; /* bit/s/Hz */
    double nmse_all_db; /* with the CSI that the base station uses where a report was not decoded;
                           equal to nmse_db where all were */
    double se_all;      /* the same, bit/s/Hz */
    double nmse_in_use_db; /* of all reports, lost ones included, with the CSI that the base station
                              has after each; NaN for directions */
    double se_in_use;      /* the same, bit/s/Hz */
    double nmse_used_db, sgcs_used,
        se_used;         /* at use, of the decoded reports; NaN without at_use */
    double bits;         /* per report, mean (uplink/uplink.h) */
    double channel_uses; /* complex, per report, mean: side bits charged at this SNR's capacity */
} chain_eval_row;

typedef struct chain_eval_result {
    double ls_nmse_db; /* -infinity where nothing was estimated; independent of the uplink SNR */
    double se_perfect, se_ls;
    chain_eval_row row[CHAIN_EVAL_SNRS_MAX];
} chain_eval_result;

/* Runs every sample once through encoder and channel and, at every SNR, through the uplink and the
 * decoder. `channel` (NULL with config->cell) was opened with the dimensions and seed of
 * config->ue. A sample of zeros cannot be measured and is left out of the counts. A report of
 * a codec with memory that is not decoded is not built on, as in the link; where the uplink can
 * fail, each SNR has a pass over all samples of its own, since the UE then sends other reports at
 * each. Threads may evaluate at the same time. */
int chain_evaluate(const chain_eval_config *config, const fading *channel, const codec *encoder,
                   const codec *decoder, chain_eval_result *result, err *e);

#endif
