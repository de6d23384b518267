/* follow.h: after a report is decoded, tracks its UE's channel (chain/predict.h), predicts it for
 * the time of its use, and watches it for drift. */
#ifndef BS_SERVER_FOLLOW_H
#define BS_SERVER_FOLLOW_H

#include "chain/bs.h"
#include "chain/predict.h"
#include "chain/predict_net.h"
#include "codec/codec.h"
#include "job.h"

typedef struct follow_options {
    chain_predict predict;
    const chain_predict_net *net; /* of CHAIN_PREDICT_NET, else NULL; outlives the pool */
    double use_after_s; /* time from due report to use of its CSI; unused with CHAIN_PREDICT_HOLD */
    double key_drift_db; /* a report that builds on another and has a larger innovation is
                            answered NEEDS_KEY; +inf: never */
} follow_options;

/* A requested key costs a report, and may be lost, so the base station requests no other within so
 * many reports of the UE. */
enum { FOLLOW_PATIENCE = 8 };

/* The number of entries in a predictor of this codec's reconstructions; 0: not tracked. Directions
 * are never tracked, since the phase of a precoder is free. Channels are tracked if they are
 * predicted, or if the codec has a memory, to watch its drift. */
size_t follow_entries(const follow_options *options, const codec_info *info, size_t memory_bytes);

/* For a job with status RECONSTRUCTED, whose reconstruction is in the chain. Sets the job's
 * innovation and, if the UE asked for its reconstruction, the prediction. If the innovation is
 * above key_drift_db, changes the status to NEEDS_KEY and forgets the codec's memory. `net` is
 * the calling thread's workspace of options->net for this codec, NULL without a network. Does
 * nothing for a UE without a predictor. */
void follow_report(const follow_options *options, chain_predict_work *net, const chain_bs *chain,
                   const codec_info *info, job *j);

#endif
