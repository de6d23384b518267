#include "measure/latency.h"

const char *chain_stage_name(chain_stage stage)
{
    static const char *const names[CHAIN_STAGES] = {
        "wait",   "simulate", "estimate", "encode",   "modulate", "send",
        "uplink", "delay",    "impair",   "transit",  "queue",    "demodulate",
        "decode", "answer",   "return",   "downlink", "feedback", "total"};
    return names[stage];
}

bool chain_stage_came_later(chain_stage stage)
{
    return stage == CHAIN_MODULATE || stage == CHAIN_DEMODULATE;
}

static uint64_t uplink_decoded(const chain_stamps *s)
{
    return s->uplink_decoded ? s->uplink_decoded : s->decode_start;
}

static bool ordered(const uint64_t *stamps, int count)
{
    for (int i = 1; i < count; i++)
        if (stamps[i] < stamps[i - 1])
            return false;
    return true;
}

/* The stamps of each side must ascend by its clock. */
static bool plausible(const chain_stamps *s)
{
    const uint64_t ue[] = {s->due,          s->simulate_start, s->estimate_start,
                           s->encode_start, s->modulate_start, s->modulate_end,
                           s->sent,         s->answered};
    const uint64_t sim[] = {1, s->sim_received, s->sim_forwarded, s->sim_returned};
    const uint64_t bs[] = {
        1, s->bs_received, s->decode_start, uplink_decoded(s), s->decode_end, s->bs_answered};
    return ordered(ue, 8) && ordered(sim, 4) && ordered(bs, 6);
}

bool chain_latency_split(const chain_stamps *s, chain_clocks *c, chain_latency *l)
{
    *l = (chain_latency){0};
    l->ns[CHAIN_TOTAL] = s->answered > s->due ? s->answered - s->due : 0;
    /* Each hop is a separate round trip: everything beyond it counts as time at its far end. */
    if (!plausible(s) ||
        !clock_offset_update(&c->sim, c->own, s->sim_clock, s->sent, s->sim_received,
                             s->sim_returned, s->answered) ||
        !clock_offset_update(&c->bs, s->sim_clock, s->bs_clock, s->sim_forwarded, s->bs_received,
                             s->bs_answered, s->sim_returned))
        return false;
    uint64_t at_sim = clock_offset_ours(&c->sim, s->sim_received);
    uint64_t from_sim = clock_offset_ours(&c->sim, s->sim_returned);
    uint64_t at_bs = clock_offset_ours(&c->bs, s->bs_received);
    uint64_t from_bs = clock_offset_ours(&c->bs, s->bs_answered);
    if (at_sim < s->sent || from_sim > s->answered || at_bs < s->sim_forwarded ||
        from_bs > s->sim_returned)
        return false;
    uint64_t held = s->sim_forwarded - s->sim_received;
    uint64_t imposed = s->sim_delay < held ? s->sim_delay : held;
    uint64_t way[CHAIN_WAY] = {[CHAIN_WAIT] = s->simulate_start - s->due,
                               [CHAIN_SIMULATE] = s->estimate_start - s->simulate_start,
                               [CHAIN_ESTIMATE] = s->encode_start - s->estimate_start,
                               [CHAIN_ENCODE] = s->modulate_start - s->encode_start,
                               [CHAIN_MODULATE] = s->modulate_end - s->modulate_start,
                               [CHAIN_SEND] = s->sent - s->modulate_end,
                               [CHAIN_UPLINK] = at_sim - s->sent,
                               [CHAIN_DELAY] = imposed,
                               [CHAIN_IMPAIR] = held - imposed,
                               [CHAIN_TRANSIT] = at_bs - s->sim_forwarded,
                               [CHAIN_QUEUE] = s->decode_start - s->bs_received,
                               [CHAIN_DEMODULATE] = uplink_decoded(s) - s->decode_start,
                               [CHAIN_DECODE] = s->decode_end - uplink_decoded(s),
                               [CHAIN_ANSWER] = s->bs_answered - s->decode_end,
                               [CHAIN_RETURN] = s->sim_returned - from_bs,
                               [CHAIN_DOWNLINK] = s->answered - from_sim};
    for (int i = 0; i < CHAIN_WAY; i++)
        l->ns[i] = way[i];
    l->ns[CHAIN_FEEDBACK] = l->ns[CHAIN_TOTAL] - l->ns[CHAIN_SIMULATE];
    l->access_error_ns = clock_offset_error_ns(&c->sim);
    l->core_error_ns = clock_offset_error_ns(&c->bs);
    return true;
}
