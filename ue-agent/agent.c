#include "agent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "agers.h"
#include "base/clock.h"
#include "base/log.h"
#include "calendar.h"
#include "makers.h"
#include "pending.h"
#include "reports.h"
#include "service/alarm.h"
#include "tell.h"
#include "wire/codeword.h"

enum { CONNECT_POLL_MS = 5, SWEEP_MS = 20 };

struct agent {
    link_service *service;
    agent_config config;
    link_socket *socket;
    makers *makers;
    agers *agers;                  /* NULL where nothing ages */
    float complex *reconstruction; /* scratch, [nt][ni] */
    pending_set *pending;
    chain_clocks clocks;
    chain_tally *tally;
    reports *reports;  /* NULL: they are not recorded */
    uint64_t start_ns; /* of the schedule; 0 until there is a channel-sim to talk to */
    calendar *calendar;
    link_alarm *clock; /* rings when the next report is due */
    uv_timer_t sweep;  /* waits for the link, then times out */
    size_t told;       /* the UE whose figures the next telemetry message starts with */
    bool stopping, abandoning, closed;
    log_limit refusals, failures, bad_answers, bad_ages;
};

static bool schedule_is_over(const agent *a)
{
    return a->stopping || !calendar_next(a->calendar);
}

static void close_agent(agent *a)
{
    if (a->closed)
        return;
    a->closed = true;
    if (a->start_ns)
        a->tally->elapsed_s = (double)(clock_ns() - a->start_ns) * 1e-9;
    link_alarm_close(a->clock);
    a->clock = NULL;
    uv_close((uv_handle_t *)&a->sweep, NULL);
    link_socket_close(a->socket, 0);
    link_service_stop(a->service);
}

/* The end: nothing more to send, nothing in the making, nothing unanswered. */
static void close_when_done(agent *a)
{
    bool ageing = a->agers && agers_busy(a->agers) > 0;
    if (schedule_is_over(a) && makers_busy(a->makers) == 0 && pending_count(a->pending) == 0 &&
        !ageing)
        close_agent(a);
}

static void arm_clock(agent *a)
{
    bool over = schedule_is_over(a);
    if (a->clock)
        link_alarm_set(a->clock, over ? 0 : a->start_ns + calendar_next(a->calendar)->due_ns);
}

/* By a channel's clock, every UE's first report is made at 0. */
static double channel_time(const agent *a, uint32_t ue, uint32_t seq)
{
    return (double)seq * chain_schedule_period(&a->config.schedule, ue);
}

/* Starts every report that is due and for which there is a thread. A late schedule is caught up,
 * never thinned: the number of reports of a run is part of what makes it repeatable. */
static void start_due(agent *a)
{
    uint64_t now = clock_ns();
    while (!schedule_is_over(a) && a->start_ns) {
        calendar_entry next = *calendar_next(a->calendar);
        uint64_t due = a->start_ns + next.due_ns;
        size_t ue_index = next.ue - a->config.first_ue;
        if (due > now) {
            arm_clock(a);
            return;
        }
        bool behind = a->agers && agers_waiting(a->agers) > AGERS_WAITING_MAX;
        if (behind || !makers_ready(a->makers, ue_index))
            return; /* on_ready and on_aged come back here */
        a->tally->lateness_max_s = fmax(a->tally->lateness_max_s, (double)(now - due) * 1e-9);
        makers_start(a->makers, ue_index, next.seq, channel_time(a, next.ue, next.seq));
        calendar_advance(a->calendar);
    }
}

static void on_clock(void *user)
{
    start_due(user);
}

static chain_counts *counts_of(agent *a, size_t ue_index)
{
    return &a->tally->ue[ue_index].counts;
}

#define COUNT(a, ue_index, field) ((a)->tally->counts.field++, counts_of((a), (ue_index))->field++)

/* A report that ended without an answer to be measured. */
static void record_fate(agent *a, size_t ue_index, uint32_t seq, record_status status)
{
    uint32_t ue = a->config.first_ue + (uint32_t)ue_index;
    if (!reports_wants(a->reports, seq))
        return;
    record_report r =
        record_report_of(ue, seq, chain_schedule_due_ns(&a->config.schedule, ue, seq), status);
    r.figure[RECORD_SETTLED] = (double)(clock_ns() - a->start_ns) * 1e-9;
    reports_add(a->reports, &r);
}

/* Some reports, spread over the UEs, are asked back to see what age does to them. */
static bool will_age(const agent *a, const chain_report *r)
{
    if (!a->agers || (r->seq + (uint64_t)r->ue) % a->config.age_every != 0)
        return false;
    return chain_ages(chain_cell_group(&a->config.cell, r->ue - a->config.first_ue)->open);
}

/* The message of a report. *bytes: its size without the genie, what a real UE would send. */
static int pack_report(const agent *a, const chain_report *r, zmq_msg_t *frame, size_t *bytes)
{
    const onnx_info *info = onnx_part_info(a->config.encoder);
    const csi_dims *d = &a->config.chain.dims;
    Csilink__CsiReport m = CSILINK__CSI_REPORT__INIT;
    Csilink__Genie genie = CSILINK__GENIE__INIT;
    Csilink__CodewordFormat format;
    m.ue = r->ue;
    m.seq = r->seq;
    m.pair = info->pair;
    m.scale = r->scale;
    m.delay_shift = r->shift.delay;
    m.angle_shift = r->shift.angle;
    m.blocks = (ProtobufCBinaryData){r->shift.blocks, (uint8_t *)r->shift.block};
    chain_wire_pack(r, a->config.chain.codeword, info->codeword, &format, &m);
    m.reference = link_floats_view(r->reference, a->config.chain.references);
    *bytes = csilink__csi_report__get_packed_size(&m);
    m.due_s = (double)chain_schedule_due_ns(&a->config.schedule, r->ue, r->seq) * 1e-9;
    if (a->config.chain.genie) {
        genie.truth = link_floats_view((const float *)r->genie.truth, 2 * (size_t)d->nt * d->ni);
        genie.truth_grid =
            link_floats_view((const float *)r->genie.grid, 2 * (size_t)CHAIN_GRID * d->nt);
        genie.dl_snr_db = r->genie.dl_snr_db;
        genie.want_reconstruction = will_age(a, r);
        m.genie = &genie;
    }
    return link_pack(&m.base, frame);
}

static bool send_report(agent *a, size_t ue_index, const chain_report *r)
{
    pending p = {
        .ue_index = ue_index,
        .seq = r->seq,
        .time_s = channel_time(a, r->ue, r->seq),
        .stamps = {.due = a->start_ns + chain_schedule_due_ns(&a->config.schedule, r->ue, r->seq),
                   .simulate_start = r->simulate_start_ns,
                   .estimate_start = r->estimate_start_ns,
                   .encode_start = r->encode_start_ns,
                   .encode_end = r->encode_end_ns},
        .ls_nmse = r->genie.ls_nmse,
        .se_perfect = r->genie.se_perfect,
        .se_ls = r->genie.se_ls};
    zmq_msg_t frame;
    size_t bytes;
    if (pack_report(a, r, &frame, &bytes) != ERR_NONE)
        return false;
    p.stamps.sent = clock_ns();
    if (link_socket_send(a->socket, &frame, 1) != ERR_NONE) {
        zmq_msg_close(&frame);
        return false;
    }
    a->tally->uplink_bytes += bytes;
    return pending_add(a->pending, &p);
}

static void on_made(void *user, size_t ue_index, const chain_report *r, const err *e)
{
    agent *a = user;
    uint32_t seq = (uint32_t)counts_of(a, ue_index)->sent; /* a UE's are made in order */
    COUNT(a, ue_index, sent);
    if (e->code != ERR_NONE) {
        COUNT(a, ue_index, refused);
        record_fate(a, ue_index, seq, RECORD_REFUSED);
        log_limited(&a->failures, LOG_WARNING, "UE %u could not make its report: %s",
                    a->tally->ue[ue_index].ue, e->text);
    } else if (!send_report(a, ue_index, r)) {
        COUNT(a, ue_index, refused);
        record_fate(a, ue_index, seq, RECORD_REFUSED);
        log_limited(&a->refusals, LOG_WARNING, "report of UE %u not sent: no channel-sim at %s",
                    r->ue, a->config.connect);
    }
}

static void time_out(agent *a, uint64_t sent_before_ns)
{
    pending p;
    while (pending_take_older(a->pending, sent_before_ns, &p)) {
        COUNT(a, p.ue_index, timed_out);
        record_fate(a, p.ue_index, p.seq, RECORD_TIMED_OUT);
    }
}

static void on_ready(void *user)
{
    agent *a = user;
    if (a->abandoning)
        time_out(a, UINT64_MAX);
    if (a->agers)
        agers_pump(a->agers); /* before the UE's next report takes its channel */
    start_due(a);
    close_when_done(a);
}

/* What the others stamped on the report and its answer. */
static chain_stamps all_stamps(const pending *p, const link_ack *ack, uint64_t now)
{
    chain_stamps s = p->stamps;
    s.answered = now;
    if (ack->impairment) {
        s.sim_clock = ack->impairment->clock;
        s.sim_received = ack->impairment->received_ns;
        s.sim_forwarded = ack->impairment->forwarded_ns;
        s.sim_delay = ack->impairment->delay_ns;
        s.sim_returned = ack->returned_ns;
    }
    s.bs_clock = ack->clock;
    s.bs_received = ack->received_ns;
    s.decode_start = ack->decode_start_ns;
    s.decode_end = ack->decode_end_ns;
    s.bs_answered = ack->answered_ns;
    return s;
}

static chain_outcome outcome_of(agent *a, const pending *p, const link_ack *ack, uint64_t now)
{
    const Csilink__Quality *q = ack->quality;
    uint64_t due_ns = p->stamps.due - a->start_ns;
    chain_stamps stamps = all_stamps(p, ack, now);
    chain_outcome o = {.ue = ack->ue,
                       .seq = ack->seq,
                       .due_s = (double)due_ns * 1e-9,
                       .settled_s = (double)(now - a->start_ns) * 1e-9,
                       .warm_up = due_ns < (uint64_t)(a->config.warm_up_s * 1e9),
                       .snr_db = ack->impairment ? ack->impairment->snr_db : INFINITY,
                       .noise_power = ack->impairment ? ack->impairment->noise_power : 0,
                       .snr_estimated_db = (double)ack->snr_estimated_db,
                       .ls_nmse = p->ls_nmse,
                       .se_ls = p->se_ls,
                       .se_perfect = p->se_perfect,
                       .measured = q && isfinite(q->nmse) && q->nmse >= 0};
    if (o.measured)
        o.quality = (chain_quality){q->nmse, q->rho, q->sgcs, q->se_feedback};
    o.split = chain_latency_split(&stamps, &a->clocks, &o.latency);
    return o;
}

static void count_quality(agent *a, const pending *p, const chain_outcome *o)
{
    chain_sums *sums = &a->tally->sums;
    chain_tally_quality(a->tally, p->ue_index, o->snr_db, o->quality.nmse);
    sums->rho += o->quality.rho;
    sums->sgcs += o->quality.sgcs;
    sums->se_feedback += o->quality.se_feedback;
    sums->se_perfect += p->se_perfect;
    sums->se_ls += p->se_ls;
    sums->ls_nmse += p->ls_nmse;
    sums->snr_estimated_db += o->snr_estimated_db;
    sums->noise_power += o->noise_power;
}

static void on_aged(void *user, size_t ue_index, const chain_outcome *o, const err *e)
{
    agent *a = user;
    if (o->aged)
        chain_tally_aged(a->tally, ue_index, o->quality.nmse, &o->used);
    else
        log_limited(&a->bad_ages, LOG_WARNING, "report %u of UE %u: its age was not measured: %s",
                    o->seq, o->ue, e->text);
    reports_add_answered(a->reports, o);
    start_due(a);
    close_when_done(a);
}

/* An answer that holds its reconstruction is held against the channel at the time of its use:
 * true, and on_aged will be called. */
static bool age(agent *a, const pending *p, const chain_outcome *o, const link_ack *ack)
{
    const csi_dims *d = &a->config.chain.dims;
    size_t count = 2 * (size_t)d->nt * d->ni;
    if (!a->agers || !o->measured || link_floats_count(&ack->reconstruction) != count)
        return false;
    uint64_t latency = o->latency.ns[o->split ? CHAIN_FEEDBACK : CHAIN_TOTAL];
    double age_s = isnan(a->config.use_after_s) ? (double)latency * 1e-9 : a->config.use_after_s;
    link_floats_copy(&ack->reconstruction, (float *)a->reconstruction);
    if (agers_add(a->agers, p->ue_index, o, p->time_s, age_s, a->reconstruction) == ERR_NONE)
        return true;
    log_limited(&a->bad_ages, LOG_WARNING, "no memory to measure the age of a report");
    return false;
}

static void count_outcome(agent *a, const pending *p, const link_ack *ack, uint64_t now)
{
    chain_outcome o = outcome_of(a, p, ack, now);
    chain_tally_latency(a->tally, &o.latency, o.split, o.warm_up);
    if (o.measured)
        count_quality(a, p, &o);
    if (!age(a, p, &o, ack))
        reports_add_answered(a->reports, &o);
}

static void count_answer(agent *a, const link_ack *ack, uint64_t now)
{
    size_t ue_index = ack->ue - a->config.first_ue;
    pending p;
    if (!pending_take(a->pending, ue_index, ack->seq, &p)) {
        a->tally->late++;
        return;
    }
    switch (ack->status) {
    case CSILINK__CSI_ACK__STATUS__RECONSTRUCTED:
        COUNT(a, ue_index, acked);
        count_outcome(a, &p, ack, now);
        break;
    case CSILINK__CSI_ACK__STATUS__LOST_IN_CHANNEL:
        COUNT(a, ue_index, lost_channel);
        record_fate(a, ue_index, ack->seq, RECORD_LOST_CHANNEL);
        break;
    default:
        COUNT(a, ue_index, refused);
        record_fate(a, ue_index, ack->seq, RECORD_REFUSED);
        log_limited(&a->refusals, LOG_WARNING, "report %u of UE %u refused: %.200s", ack->seq,
                    ack->ue, ack->reason);
    }
}

static void on_answer(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket;
    agent *a = user;
    uint64_t now = clock_ns();
    err e = {0};
    link_ack *ack = link_ack_unpack(&frames[count - 1], &e);
    if (ack && ack->ue - a->config.first_ue < a->config.cell.ues)
        count_answer(a, ack, now);
    else
        log_limited(&a->bad_answers, LOG_WARNING, "not an answer to this agent: %s",
                    ack ? "the UE is not one of its own" : e.text);
    link_ack_free(ack);
    close_when_done(a);
}

/* Before the schedule starts: is there a channel-sim? After: does an answer come too late? */
static void on_sweep(uv_timer_t *timer)
{
    agent *a = timer->data;
    uint64_t now = clock_ns(), timeout = (uint64_t)(a->config.timeout_s * 1e9);
    if (!a->start_ns && !a->stopping && link_socket_writable(a->socket)) {
        a->start_ns = now;
        uv_timer_start(&a->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
        start_due(a);
    }
    if (now > timeout)
        time_out(a, now - timeout);
    reports_tick(a->reports, now);
    close_when_done(a);
}

static int start_timers(agent *a, err *e)
{
    uv_loop_t *loop = link_service_loop(a->service);
    a->clock = link_alarm_open(loop, on_clock, a, e);
    if (!a->clock)
        return ERR_IO;
    uv_timer_init(loop, &a->sweep);
    a->sweep.data = a;
    uv_timer_start(&a->sweep, on_sweep, CONNECT_POLL_MS, CONNECT_POLL_MS);
    return ERR_NONE;
}

/* Only where the truth is known and some channel moves. */
static int open_agers(agent *a, err *e)
{
    const agent_config *c = &a->config;
    bool moves = false;
    for (size_t i = 0; i < c->cell.groups; i++)
        moves = moves || chain_ages(c->cell.group[i].open);
    if (!moves || !c->chain.genie || c->age_every == 0)
        return ERR_NONE;
    agers_options options = {.dims = c->chain.dims,
                             .dl_snr_db = c->chain.dl_snr_db,
                             .makers = a->makers,
                             .workers = c->workers,
                             .aged = on_aged,
                             .user = a};
    size_t entries = (size_t)c->chain.dims.nt * c->chain.dims.ni;
    a->reconstruction = malloc(entries * sizeof *a->reconstruction);
    if (!a->reconstruction)
        return err_set(e, ERR_NOMEM, "out of memory to measure age with");
    a->agers = agers_create(link_service_loop(a->service), &options, e);
    return a->agers ? ERR_NONE : ERR_NOMEM;
}

/* A record that cannot be written is said and stops nothing. */
static void open_reports(agent *a)
{
    err e = {0};
    const agent_config *c = &a->config;
    if (!c->reports)
        return;
    a->reports = reports_open(link_service_loop(a->service), c->reports, c->reports_every, &e);
    if (!a->reports)
        log_error("%s; reports are not recorded, the link goes on", e.text);
}

static int open_parts(agent *a, err *e)
{
    const agent_config *c = &a->config;
    makers_options options = {.chain = c->chain,
                              .encoder = c->encoder,
                              .cell = &c->cell,
                              .first_ue = c->first_ue,
                              .workers = c->workers,
                              .made = on_made,
                              .ready = on_ready,
                              .user = a};
    link_socket_options socket = {ZMQ_DEALER, c->connect, false, on_answer, a};
    uv_loop_t *loop = link_service_loop(a->service);
    a->calendar = calendar_create(&c->schedule, c->first_ue, c->cell.ues);
    a->pending = pending_create(c->cell.ues);
    a->tally = chain_tally_create(c->first_ue, c->cell.ues);
    if (!a->calendar || !a->pending || !a->tally)
        return err_set(e, ERR_NOMEM, "out of memory for %u UEs", c->cell.ues);
    if (!(a->makers = makers_create(loop, &options, e)))
        return e ? e->code : ERR_NOMEM;
    if (open_agers(a, e) != ERR_NONE)
        return ERR_NOMEM;
    open_reports(a);
    if (!(a->socket = link_socket_open(loop, link_service_context(a->service), &socket, e)))
        return ERR_IO;
    if (start_timers(a, e) == ERR_NONE)
        return ERR_NONE;
    link_socket_close(a->socket, 0);
    return ERR_IO;
}

agent *agent_open(link_service *service, const agent_config *config, err *e)
{
    agent *a = calloc(1, sizeof *a);
    if (!a) {
        err_set(e, ERR_NOMEM, "out of memory for the agent");
        return NULL;
    }
    a->service = service;
    a->config = *config;
    a->clocks.own = clock_identity();
    if (open_parts(a, e) == ERR_NONE)
        return a;
    agent_free(a);
    return NULL;
}

void agent_stop(agent *a, bool now)
{
    a->stopping = true;
    a->abandoning = now;
    arm_clock(a);
    if (now)
        time_out(a, UINT64_MAX);
    close_when_done(a);
}

void agent_telemetry(agent *a, link_service *service)
{
    tell_figures(a->tally, &a->config, service);
    tell_ues(a->tally, &a->told, link_service_form(service));
    tell_encoder(&a->config, link_service_form(service));
    link_metric(service, "reports_in_flight", (double)pending_count(a->pending));
}

void agent_end_reports(agent *a)
{
    uint64_t lost = reports_close(a->reports);
    a->reports = NULL;
    if (lost)
        log_error("%s lacks %llu reports", a->config.reports, (unsigned long long)lost);
}

const chain_tally *agent_tally(const agent *a)
{
    return a->tally;
}

void agent_print(const agent *a)
{
    tell_end(a->tally);
}

void agent_free(agent *a)
{
    if (!a)
        return;
    agers_free(a->agers);
    free(a->reconstruction);
    reports_close(a->reports);
    makers_free(a->makers);
    calendar_free(a->calendar);
    pending_free(a->pending);
    chain_tally_free(a->tally);
    free(a);
}
