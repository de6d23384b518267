/* eval_samples.h: the state of an evaluation, and its samples one after the other (chain/eval.h).
 */
#ifndef CHAIN_EVAL_SAMPLES_H
#define CHAIN_EVAL_SAMPLES_H

#include "chain/eval.h"
#include "chain/memory.h"
#include "measure/sums.h"
#include "uplink/snr.h"

/* One SNR: the state of its base station, and the sums over the reports. */
typedef struct snr_end {
    snr_tracker *tracker;  /* [ues] */
    chain_memory **memory; /* [ues], of a codec with memory; NULL before the UE's first report */
    float complex **held;  /* [ues], with an uplink that can fail; NULL before the first report */
    chain_predictor **predictor; /* [ues], with config->predict; NULL before the first report */
    float **estimates;           /* [ues], of an adaptive uplink: the SNRs that the base station
                                    acknowledged for the last CHAIN_MEMORY_REPORTS; NULL before the
                                    first report */
    double *nmse;                /* [samples], of the measured ones, for the median */
    chain_sums sums;             /* answered: every report, decoded or not */
    size_t not_decoded, compared, undetected, lost;
    size_t in_use; /* reports after which the CSI in use was measured, lost ones included */
    double nmse_in_use, se_in_use;
} snr_end;

typedef struct evaluation {
    const chain_eval_config *config;
    const fading *channel;
    const codec *encoder, *decoder;
    chain_ue *ue;
    chain_bs *bs;
    measurer *measurer;
    fading_ue **channels;  /* [ues], created at their first report */
    chain_memory **memory; /* [ues], at the UE */
    chain_report report;
    uplink_burst received;
    snr_end *at;             /* [snrs] */
    size_t count, entries;   /* samples so far; entries of a reconstruction */
    bool acknowledged;       /* the present report, by every SNR's base station */
    float complex *ahead;    /* [entries], as predicted; NULL: nothing is predicted */
    chain_predict_work *net; /* with CHAIN_PREDICT_NET, else NULL */
    double ls_nmse, se_perfect, se_ls;
} evaluation;

/* `v` has the configuration, the channel and the codecs, and is zero otherwise. close it whatever
 * open returned. ERR_INVALID, ERR_NOMEM, ERR_MISMATCH. */
int chain_eval_open(evaluation *v, err *e);
void chain_eval_close(evaluation *v);

/* Runs sample i; from 0 on, in order. The message of an error names the UE and the report. */
int chain_eval_sample(evaluation *v, size_t i, err *e);

#endif
