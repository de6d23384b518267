#include "outcome.h"

#include <math.h>

#include "uplink/uplink.h"

/* Takes the stamps of the other processes from the answer. */
static chain_stamps all_stamps(const pending *p, const wire_answer *a, uint64_t now)
{
    chain_stamps s = p->stamps;
    s.answered = now;
    if (a->impaired) {
        s.sim_clock = a->impairment.clock;
        s.sim_received = a->impairment.received_ns;
        s.sim_forwarded = a->impairment.forwarded_ns;
        s.sim_delay = a->impairment.delay_ns;
        s.sim_returned = a->returned_ns;
    }
    s.bs_clock = a->clock;
    s.bs_received = a->received_ns;
    s.decode_start = a->decode_start_ns;
    s.uplink_decoded = a->uplink_decoded_ns;
    s.decode_end = a->decode_end_ns;
    s.bs_answered = a->answered_ns;
    return s;
}

chain_outcome outcome_of(const agent_config *config, uint64_t start_ns, chain_clocks *clocks,
                         const pending *p, const wire_answer *a, uint64_t now)
{
    uint64_t due_ns = p->stamps.due - start_ns;
    /* An agent connected directly to a base station has no impairment. */
    double snr_db = a->impaired ? a->impairment.snr_db : INFINITY;
    chain_stamps stamps = all_stamps(p, a, now);
    chain_outcome o = {.ue = a->ue,
                       .seq = a->seq,
                       .due_s = (double)due_ns * 1e-9,
                       .settled_s = (double)(now - start_ns) * 1e-9,
                       .warm_up = due_ns < (uint64_t)(config->warm_up_s * 1e9),
                       .failed = a->status != WIRE_RECONSTRUCTED,
                       .needs_key = a->status == WIRE_NEEDS_KEY,
                       .snr_db = snr_db,
                       .noise_power = a->impaired ? a->impairment.noise_power : 0,
                       .snr_estimated_db = (double)a->snr_estimated_db,
                       .bits = p->bits,
                       .remembers = p->remembers,
                       .key = p->key,
                       .channel_uses = uplink_channel_uses(p->symbols, p->side_bits, snr_db),
                       .ls_nmse = p->ls_nmse,
                       .se_ls = p->se_ls,
                       .se_perfect = p->se_perfect};
    o.compared = !o.failed && p->digest != 0 && a->digest != 0;
    o.undetected = o.compared && p->digest != a->digest;
    o.split = chain_latency_split(&stamps, clocks, &o.latency);
    return o;
}

/* Comparing a report with the channel at its use costs time, since one thread at a time computes a
 * UE's channel. So only some reports, spread over the UEs, are measured at their use. */
double outcome_age(const agent_config *c, const pending *p, const chain_outcome *o)
{
    if (o->failed || c->age_every == 0 || (o->seq + (uint64_t)o->ue) % c->age_every != 0 ||
        !measure_ages(chain_cell_group(&c->cell, (uint32_t)p->ue_index)->open))
        return NAN;
    uint64_t latency = o->latency.ns[o->split ? CHAIN_FEEDBACK : CHAIN_TOTAL];
    return isnan(c->use_after_s) ? (double)latency * 1e-9 : c->use_after_s;
}
