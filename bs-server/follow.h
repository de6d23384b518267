/* follow.h: after a report was decoded: its UE's channel is followed (chain/predict.h), predicted
 * for the time of its use, and watched for drift. */
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
    double
        use_after_s; /* when CSI is used after its report was due; with CHAIN_PREDICT_HOLD unused */
    double key_drift_db; /* a report that builds on another and whose innovation is above is
                            answered NEEDS_KEY; +inf: none */
} follow_options;

/* A key that was asked for costs a report, and may be lost: no other is asked for within so many
 * reports of the UE. */
enum { FOLLOW_PATIENCE = 8 };

/* Entries that a predictor of this codec's reconstructions has; 0: they are not followed.
 * Directions never are: a precoder has a free phase. Channels are where they are predicted, or
 * where a codec has a memory, whose drift is watched. */
size_t follow_entries(const follow_options *options, const codec_info *info, size_t memory_bytes);

/* The chain holds the reconstruction of a job whose status is RECONSTRUCTED. Sets the job's
 * innovation and, where the UE asked for its reconstruction, what is predicted; turns the status to
 * NEEDS_KEY, and forgets what the codec remembered, where the innovation is above key_drift_db.
 * `net` is the calling thread's workspace of options->net for this codec, NULL without a network.
 * Does nothing for a UE without a predictor. */
void follow_report(const follow_options *options, chain_predict_work *net, const chain_bs *chain,
                   const codec_info *info, job *j);

#endif
