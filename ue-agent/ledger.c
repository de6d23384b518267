#include "ledger.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "chain/memory.h"
#include "measurers.h"
#include "outcome.h"
#include "pending.h"
#include "snrs.h"
#include "truths.h"
#include "watch.h"

struct ledger {
    ledger_options options;
    const agent_config *config;
    pending_set *pending;
    memories *memories; /* NULL: the codec has none */
    snrs *snrs;
    truths *truths; /* NULL without genie, like the next */
    measurers *measurers;
    measurer *pictures; /* draws for subscribers that watch */
    measurer_config measuring;
    reports *reports; /* NULL: no record */
    chain_tally *tally;
    chain_clocks clocks;
    uint64_t start_ns;
    watch_list watched;
    log_limit refusals, bad_measures;
};

static chain_counts *counts_of(ledger *l, size_t ue_index)
{
    return &l->tally->ue[ue_index].counts;
}

#define COUNT(l, ue_index, field) ((l)->tally->counts.field++, counts_of((l), (ue_index))->field++)

static uint32_t ue_number(const ledger *l, size_t ue_index)
{
    return l->config->first_ue + (uint32_t)ue_index;
}

/* Settles a report that got no answer from the base station's decoder. */
static void record_outcome(ledger *l, size_t ue_index, uint32_t seq, record_status status)
{
    uint32_t ue = ue_number(l, ue_index);
    if (!reports_wants(l->reports, seq))
        return;
    record_report r =
        record_report_of(ue, seq, chain_schedule_due_ns(&l->config->schedule, ue, seq), status);
    r.figure[RECORD_SETTLED] = (double)(clock_ns() - l->start_ns) * 1e-9;
    reports_add(l->reports, &r);
}

/* --- acknowledgements -------------------------------------------------------------------- */

bool ledger_can_build(const ledger *l, size_t ue_index, uint32_t seq)
{
    uint32_t oldest, limit, delay = l->config->ack_delay;
    if (delay == 0 || (!l->memories && !l->options.adaptive) ||
        !chain_memory_limit(seq, delay, &limit))
        return true;
    return !pending_oldest(l->pending, ue_index, &oldest) || oldest > limit;
}

chain_acknowledged ledger_acknowledged(ledger *l, size_t ue_index, uint32_t seq)
{
    chain_acknowledged a = CHAIN_NOTHING_ACKNOWLEDGED;
    a.snr_db = snrs_acknowledged(l->snrs, ue_index, seq);
    a.memory = memories_base(l->memories, ue_index, seq, &a.builds_on);
    return a;
}

/* --- sending ---------------------------------------------------------------------------------- */

bool ledger_wants_reconstruction(const ledger *l)
{
    return l->measurers != NULL;
}

/* Takes the report's truth and gives it another buffer; NULL if the memory for truths is used up.
 */
static measure_truth *take_truth(ledger *l, chain_report *r)
{
    measure_truth *kept = l->truths ? truths_take(l->truths) : NULL;
    if (kept) {
        measure_truth other = *kept;
        *kept = r->truth;
        r->truth = other;
    }
    return kept;
}

bool ledger_sent(ledger *l, size_t ue_index, chain_report *r, uint64_t sent_ns, size_t bytes)
{
    const chain_schedule *schedule = &l->config->schedule;
    pending p = {.ue_index = ue_index,
                 .seq = r->seq,
                 .time_s = (double)r->seq * chain_schedule_period(schedule, r->ue),
                 .stamps = {.due = l->start_ns + chain_schedule_due_ns(schedule, r->ue, r->seq),
                            .simulate_start = r->simulate_start_ns,
                            .estimate_start = r->estimate_start_ns,
                            .encode_start = r->encode_start_ns,
                            .modulate_start = r->modulate_start_ns,
                            .modulate_end = r->modulate_end_ns,
                            .sent = sent_ns},
                 .ls_nmse = r->ls_nmse,
                 .se_perfect = r->se_perfect,
                 .se_ls = r->se_ls,
                 .bits = r->bits,
                 .digest = r->digest,
                 .remembers = l->memories != NULL,
                 .key = r->payload.builds_on == 0,
                 .symbols = r->burst.symbols,
                 .side_bits = r->charged_bits};
    p.truth = take_truth(l, r);
    if (!pending_add(l->pending, &p)) {
        if (p.truth)
            truths_give_back(l->truths, p.truth);
        ledger_refused(l, ue_index, r->seq, "the agent is out of memory");
        return false;
    }
    memories_keep(l->memories, ue_index, r->seq, r->payload.builds_on, r->after);
    COUNT(l, ue_index, sent);
    if (p.remembers && p.key)
        COUNT(l, ue_index, keys);
    else if (p.remembers)
        COUNT(l, ue_index, innovations);
    l->tally->uplink_bytes += bytes;
    return true;
}

void ledger_refused(ledger *l, size_t ue_index, uint32_t seq, const char *reason)
{
    COUNT(l, ue_index, sent);
    COUNT(l, ue_index, refused);
    chain_tally_refused(l->tally, reason, 1);
    record_outcome(l, ue_index, seq, RECORD_REFUSED);
}

void ledger_late_start(ledger *l, double lateness_s)
{
    l->tally->lateness_max_s = fmax(l->tally->lateness_max_s, lateness_s);
}

uint32_t ledger_next_seq(const ledger *l, size_t ue_index)
{
    return (uint32_t)l->tally->ue[ue_index].counts.sent;
}

/* --- answers ---------------------------------------------------------------------------------- */

static void count_outcome(ledger *l, size_t ue_index, const chain_outcome *o)
{
    if (o->failed)
        chain_tally_failed(l->tally, o);
    else
        chain_tally_answered(l->tally, ue_index, o);
    if (o->aged)
        chain_tally_aged(l->tally, ue_index, o);
    reports_add_answered(l->reports, o);
}

static void on_measured(void *user, measurement *m, const err *e)
{
    ledger *l = user;
    const chain_outcome *o = &m->outcome;
    if (!o->measured || (!isnan(m->age_s) && !o->aged))
        log_limited(&l->bad_measures, LOG_WARNING, "report %u of UE %u was not measured: %s",
                    o->seq, o->ue, e->text);
    if (o->measured && m->truth)
        watch_keep(&l->watched, o, l->pictures, m->truth, m->answer.reconstruction);
    truths_give_back(l->truths, m->truth);
    count_outcome(l, m->ue_index, o);
    l->options.report_ended(l->options.user, m->ue_index);
}

/* If the answer has a reconstruction to measure, takes it over and returns true. */
static bool start_measuring(ledger *l, const pending *p, const chain_outcome *o,
                            wire_answer *answer)
{
    size_t entries = measurer_entries(&l->measuring);
    if (!l->measurers || answer->entries == 0)
        return false;
    if (answer->entries != entries) {
        log_limited(
            &l->bad_measures, LOG_WARNING,
            "report %u of UE %u was not measured: a reconstruction of size %u; that of codec "
            "%s has %zu",
            o->seq, o->ue, answer->entries, codec_info_of(l->config->encoder)->name, entries);
        return false;
    }
    measurement m = {.ue_index = p->ue_index,
                     .time_s = p->time_s,
                     .age_s = outcome_age(l->config, p, o),
                     .truth = p->truth,
                     .outcome = *o,
                     .answer = *answer};
    if (measurers_add(l->measurers, &m) == ERR_NONE) {
        *answer = (wire_answer){0};
        return true;
    }
    log_limited(&l->bad_measures, LOG_WARNING, "out of memory to measure a report");
    return false;
}

static void measure_or_count(ledger *l, const pending *p, const chain_outcome *o, wire_answer *a)
{
    if (start_measuring(l, p, o, a))
        return;
    truths_give_back(l->truths, p->truth);
    count_outcome(l, p->ue_index, o);
}

static void count_acknowledged(ledger *l, const pending *p, wire_answer *a, uint64_t now)
{
    chain_outcome o = outcome_of(l->config, l->start_ns, &l->clocks, p, a, now);
    COUNT(l, p->ue_index, acked);
    if (o.compared)
        COUNT(l, p->ue_index, compared);
    if (o.undetected)
        COUNT(l, p->ue_index, undetected);
    chain_tally_latency(l->tally, &o.latency, o.split, o.warm_up);
    measure_or_count(l, p, &o, a);
}

/* The report reached the base station, which uses other CSI than this report's; the answer can
 * carry it. No figure includes this latency, since no new CSI arrived. */
static void count_not_decoded(ledger *l, const pending *p, wire_answer *a, uint64_t now)
{
    chain_outcome o = outcome_of(l->config, l->start_ns, &l->clocks, p, a, now);
    COUNT(l, p->ue_index, not_decoded);
    if (o.needs_key) { /* the next report builds on nothing, or on a key in flight */
        COUNT(l, p->ue_index, needs_key);
        memories_forget(l->memories, p->ue_index, a->seq);
    }
    measure_or_count(l, p, &o, a);
}

/* Settles a report that did not reach the base station or was refused. */
static void count_failure(ledger *l, const pending *p, const wire_answer *a)
{
    size_t ue_index = p->ue_index;
    record_status status = RECORD_REFUSED;
    truths_give_back(l->truths, p->truth);
    if (a->status == WIRE_LOST_IN_CHANNEL) {
        COUNT(l, ue_index, lost_channel);
        status = RECORD_LOST_CHANNEL;
    } else {
        COUNT(l, ue_index, refused);
        chain_tally_refused(l->tally, a->reason, 1);
        log_limited(&l->refusals, LOG_WARNING, "report %u of UE %u refused: %.200s", a->seq, a->ue,
                    a->reason);
    }
    record_outcome(l, ue_index, a->seq, status);
}

void ledger_answer(ledger *l, wire_answer *answer, uint64_t now_ns)
{
    uint64_t timeout = (uint64_t)(l->config->timeout_s * 1e9);
    if (now_ns > timeout)
        ledger_time_out(l, now_ns - timeout); /* first, so that a late answer counts as late
                                                 however late the sweep is */
    size_t ue_index = answer->ue - l->config->first_ue;
    uint32_t seq = answer->seq;
    bool acknowledged = answer->status == WIRE_RECONSTRUCTED;
    bool not_decoded = answer->status == WIRE_NOT_DECODED || answer->status == WIRE_NEEDS_KEY;
    pending p;
    if (!pending_take(l->pending, ue_index, seq, &p)) {
        l->tally->late++;
        wire_answer_clear(answer);
        return;
    }
    if (acknowledged || not_decoded) /* the report reached the base station */
        snrs_answered(l->snrs, ue_index, seq, (double)answer->snr_estimated_db);
    if (acknowledged)
        count_acknowledged(l, &p, answer, now_ns);
    else if (not_decoded)
        count_not_decoded(l, &p, answer, now_ns);
    else
        count_failure(l, &p, answer);
    memories_end_report(l->memories, ue_index, seq, acknowledged);
    wire_answer_clear(answer);
    l->options.report_ended(l->options.user, ue_index);
}

void ledger_time_out(ledger *l, uint64_t sent_before_ns)
{
    pending p;
    while (pending_take_older(l->pending, sent_before_ns, &p)) {
        COUNT(l, p.ue_index, timed_out);
        record_outcome(l, p.ue_index, p.seq, RECORD_TIMED_OUT);
        truths_give_back(l->truths, p.truth);
        memories_end_report(l->memories, p.ue_index, p.seq, false);
        l->options.report_ended(l->options.user, p.ue_index);
    }
}

bool ledger_first(const ledger *l, uint64_t *sent_ns)
{
    return pending_first(l->pending, sent_ns);
}

/* --- state ------------------------------------------------------------------------------------ */

void ledger_start(ledger *l, uint64_t start_ns)
{
    l->start_ns = start_ns;
}

void ledger_pump(ledger *l)
{
    if (l->measurers)
        measurers_pump(l->measurers);
}

void ledger_tick(ledger *l, uint64_t now_ns)
{
    reports_tick(l->reports, now_ns);
}

bool ledger_behind(const ledger *l)
{
    return l->measurers && measurers_waiting(l->measurers) > MEASURERS_WAITING_MAX;
}

size_t ledger_in_flight(const ledger *l)
{
    return pending_count(l->pending);
}

size_t ledger_busy(const ledger *l)
{
    return pending_count(l->pending) + (l->measurers ? measurers_busy(l->measurers) : 0);
}

memories_figures ledger_memory(const ledger *l, size_t ue_index)
{
    return memories_of(l->memories, ue_index);
}

const chain_tally *ledger_tally(const ledger *l)
{
    return l->tally;
}

void ledger_elapsed(ledger *l, double elapsed_s)
{
    l->tally->elapsed_s = elapsed_s;
}

void ledger_watch(ledger *l, int subscriber, uint32_t ue, bool on)
{
    if (ue == LINK_EVERY_UE && !on)
        watch_end(&l->watched, subscriber);
    else if (ue - l->config->first_ue < l->config->cell.ues)
        watch_set(&l->watched, subscriber, ue, on);
}

void ledger_fill_samples(ledger *l, link_service *service)
{
    watch_fill(&l->watched, service);
}

uint64_t ledger_end_reports(ledger *l)
{
    uint64_t lost = reports_close(l->reports);
    l->reports = NULL;
    return lost;
}

/* A failure to write the record is logged and does not stop the agent. */
static void open_reports(ledger *l, uv_loop_t *loop)
{
    err e = {0};
    const agent_config *c = l->config;
    if (!c->reports)
        return;
    l->reports = reports_open(loop, c->reports, c->reports_every, &e);
    if (!l->reports)
        log_error("%s; reports are not recorded, the link continues", e.text);
}

static int open_ledger(ledger *l, uv_loop_t *loop, err *e)
{
    const agent_config *c = l->config;
    l->measuring = chain_measuring(&c->chain, codec_info_of(c->encoder));
    measurers_options measuring = {.measure = l->measuring,
                                   .pool = l->options.pool,
                                   .ues = c->cell.ues,
                                   .workers = c->workers,
                                   .measured = on_measured,
                                   .user = l};
    l->pending = pending_create(c->cell.ues);
    l->tally = chain_tally_create(c->first_ue, c->cell.ues);
    for (size_t i = 0; l->tally && i < c->cell.groups; i++)
        chain_tally_group(l->tally, c->first_ue + c->cell.group[i].first, c->cell.group[i].ues);
    if (c->chain.genie)
        l->truths = truths_create(&c->chain.dims, TRUTHS_BYTES_MAX);
    size_t bytes = codec_memory_bytes(c->encoder);
    if (bytes > 0)
        l->memories = memories_create(c->cell.ues, bytes, c->ack_delay, c->key_age);
    l->snrs = snrs_create(c->cell.ues, c->ack_delay);
    if (!l->pending || !l->tally || !l->snrs || (c->chain.genie && !l->truths) ||
        (bytes > 0 && !l->memories))
        return err_set(e, ERR_NOMEM, "out of memory for the accounts of %u UEs", c->cell.ues);
    if (c->chain.genie && (!(l->measurers = measurers_create(loop, &measuring, e)) ||
                           !(l->pictures = measurer_create(&l->measuring, e))))
        return e->code;
    open_reports(l, loop);
    return ERR_NONE;
}

ledger *ledger_create(uv_loop_t *loop, const ledger_options *options, err *e)
{
    ledger *l = calloc(1, sizeof *l);
    if (!l) {
        err_set(e, ERR_NOMEM, "out of memory for an agent's accounts");
        return NULL;
    }
    l->options = *options;
    l->config = options->config;
    l->clocks.own = clock_identity();
    if (open_ledger(l, loop, e) == ERR_NONE)
        return l;
    ledger_free(l);
    return NULL;
}

void ledger_free(ledger *l)
{
    if (!l)
        return;
    memories_free(l->memories);
    snrs_free(l->snrs);
    pending p; /* after an incomplete end, pending reports still hold truths */
    while (l->pending && pending_take_older(l->pending, UINT64_MAX, &p))
        truths_give_back(l->truths, p.truth);
    measurers_free(l->measurers);
    measurer_free(l->pictures);
    truths_free(l->truths);
    reports_close(l->reports);
    pending_free(l->pending);
    chain_tally_free(l->tally);
    watch_clear(&l->watched);
    free(l);
}
