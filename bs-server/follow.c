#include "follow.h"

#include <math.h>
#include <stdlib.h>

size_t follow_entries(const follow_options *options, const codec_info *info, size_t memory_bytes)
{
    bool wanted = options->predict != CHAIN_PREDICT_HOLD || memory_bytes > 0;
    return wanted && !codec_gives_directions(info) ? codec_output_size(info) : 0;
}

/* A large innovation means a drift or a change of the channel. The base station cannot distinguish
 * them; a key corrects both. */
static bool wants_key(const follow_options *options, job *j)
{
    ue_memory *m = j->memory;
    if (m->patience > 0)
        m->patience--;
    if (j->report.builds_on == 0 || m->patience > 0 || options->key_drift_db == INFINITY ||
        !(j->innovation > pow(10, options->key_drift_db / 10)))
        return false;
    m->patience = FOLLOW_PATIENCE + 1;
    return true;
}

void follow_report(const follow_options *options, chain_predict_work *net, const chain_bs *chain,
                   const codec_info *info, job *j)
{
    chain_predictor *p = j->memory ? j->memory->predictor : NULL;
    if (!p)
        return;
    uint32_t seq = j->report.seq;
    size_t entries = codec_output_size(info);
    j->innovation = chain_predictor_add(p, net, seq, j->report.due_s, j->snr_db,
                                        chain_bs_reconstruction(chain));
    if (wants_key(options, j)) {
        chain_memory_drop(j->memory->reports, seq);
        j->status = WIRE_NEEDS_KEY;
        return;
    }
    if (options->predict == CHAIN_PREDICT_HOLD || !j->report.want_reconstruction ||
        !chain_predictor_follows(p, seq))
        return;
    /* When memory runs out, the base station uses the reconstruction, and the answer has no
     * prediction. */
    j->predicted = malloc(entries * sizeof *j->predicted);
    if (j->predicted)
        chain_predictor_at(p, options->use_after_s, j->predicted);
}
