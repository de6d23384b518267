#include "agent.h"

#include <stdlib.h>

#include "account.h"
#include "base/clock.h"
#include "base/log.h"
#include "calendar.h"
#include "ledger.h"
#include "publish.h"
#include "report_pool.h"
#include "service/alarm.h"
#include "wire/report.h"

/* Answers that ZeroMQ holds while the loop is busy: some 34 MiB with reconstructions of 8 KiB. */
enum { ANSWERS_QUEUE = 4096 };
enum { CONNECT_POLL_MS = 5, SWEEP_MS = 20 };

/* Due reports of one UE that wait until the memory that they build on, or the SNR that they adapt
 * to, is known. */
typedef struct deferral {
    uint32_t first, count; /* consecutive sequence numbers */
} deferral;

struct agent {
    link_service *service;
    agent_config config;
    uint64_t codec_identity, uplink_identity;
    char uplink_label[UPLINK_LABEL_MAX];
    link_socket *socket;
    report_pool *pool;
    ledger *ledger;
    account *account;  /* NULL: no account */
    uint64_t start_ns; /* of the schedule; 0 until a channel-sim answers */
    calendar *calendar;
    deferral *deferred; /* [ues] */
    size_t deferrals;   /* reports, of all UEs */
    link_alarm *clock;  /* rings when the next report is due */
    link_alarm *late;   /* rings when the oldest report times out, or earlier, since it stays set
                           when that report is answered */
    bool late_is_set;
    uv_timer_t sweep;      /* waits for the link, then does work that is not urgent */
    size_t next_published; /* the first UE in the next telemetry message */
    bool stopping, abandoning, closed;
    log_limit refusals, failures, bad_answers;
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
        ledger_elapsed(a->ledger, (double)(clock_ns() - a->start_ns) * 1e-9);
    link_alarm_close(a->clock);
    link_alarm_close(a->late);
    a->clock = a->late = NULL;
    uv_close((uv_handle_t *)&a->sweep, NULL);
    link_socket_close(a->socket, 0);
    link_service_stop(a->service);
}

/* Stops the service when all reports have been made, sent, answered and measured. */
static void close_when_done(agent *a)
{
    if (schedule_is_over(a) && a->deferrals == 0 && report_pool_busy(a->pool) == 0 &&
        ledger_busy(a->ledger) == 0)
        close_agent(a);
}

static void arm_clock(agent *a)
{
    bool over = schedule_is_over(a);
    if (a->clock)
        link_alarm_set(a->clock, over ? 0 : a->start_ns + calendar_next(a->calendar)->due_ns);
}

/* On a channel's clock, every UE's first report is at 0. */
static double channel_time(const agent *a, uint32_t ue, uint32_t seq)
{
    return (double)seq * chain_schedule_period(&a->config.schedule, ue);
}

static void start_making(agent *a, size_t ue_index, uint32_t seq)
{
    uint32_t ue = a->config.first_ue + (uint32_t)ue_index;
    uint64_t due = a->start_ns + chain_schedule_due_ns(&a->config.schedule, ue, seq);
    chain_acknowledged acknowledged = ledger_acknowledged(a->ledger, ue_index, seq);
    ledger_late_start(a->ledger, (double)(clock_ns() - due) * 1e-9);
    report_pool_start(a->pool, ue_index, seq, channel_time(a, ue, seq), &acknowledged);
}

/* Starts a UE's oldest deferred report, if it can be built now and a thread is free. */
static void start_deferred(agent *a, size_t ue_index)
{
    deferral *d = &a->deferred[ue_index];
    if (d->count == 0 || ledger_behind(a->ledger) || !report_pool_ready(a->pool, ue_index) ||
        !ledger_can_build(a->ledger, ue_index, d->first))
        return;
    start_making(a, ue_index, d->first);
    d->first++;
    d->count--;
    a->deferrals--;
}

static void start_all_deferred(agent *a)
{
    for (size_t i = 0; a->deferrals > 0 && i < a->config.cell.ues; i++)
        start_deferred(a, i);
}

/* The report's memory is not known yet: defers it, and the schedule continues with the other UEs.
 */
static bool must_defer(const agent *a, size_t ue_index, uint32_t seq)
{
    return a->deferred[ue_index].count > 0 || !ledger_can_build(a->ledger, ue_index, seq);
}

static void defer(agent *a, size_t ue_index, uint32_t seq)
{
    deferral *d = &a->deferred[ue_index];
    if (d->count++ == 0)
        d->first = seq;
    a->deferrals++;
}

/* Starts every due report for which a thread is free. A late schedule catches up and skips no
 * report, since figures repeat only for the same number of reports. */
static void start_due(agent *a)
{
    uint64_t now = clock_ns();
    start_all_deferred(a);
    while (!schedule_is_over(a) && a->start_ns) {
        calendar_entry next = *calendar_next(a->calendar);
        size_t ue_index = next.ue - a->config.first_ue;
        if (a->start_ns + next.due_ns > now) {
            arm_clock(a);
            return;
        }
        if (must_defer(a, ue_index, next.seq)) {
            defer(a, ue_index, next.seq);
        } else {
            if (ledger_behind(a->ledger) || !report_pool_ready(a->pool, ue_index))
                return; /* on_ready and on_report_ended call this again */
            start_making(a, ue_index, next.seq);
        }
        calendar_advance(a->calendar);
    }
}

static void on_clock(void *user)
{
    start_due(user);
}

static uint64_t timeout_ns(const agent *a)
{
    return (uint64_t)(a->config.timeout_s * 1e9);
}

/* Set once per time-out, not for each report: an answer does not move the alarm. */
static void set_late(agent *a, uint64_t sent_ns)
{
    if (a->late_is_set || !a->late)
        return;
    a->late_is_set = true;
    link_alarm_set(a->late, sent_ns + timeout_ns(a) + 1);
}

static void on_late(void *user)
{
    agent *a = user;
    uint64_t now = clock_ns(), sent;
    a->late_is_set = false;
    if (now > timeout_ns(a))
        ledger_time_out(a->ledger, now - timeout_ns(a));
    if (ledger_first(a->ledger, &sent))
        set_late(a, sent);
    close_when_done(a);
}

static bool send_report(agent *a, size_t ue_index, chain_report *r)
{
    wire_report m = {.ue = r->ue,
                     .seq = r->seq,
                     .due_s =
                         (double)chain_schedule_due_ns(&a->config.schedule, r->ue, r->seq) * 1e-9,
                     .codec = a->codec_identity,
                     .uplink = a->uplink_identity,
                     .symbols = r->burst.symbols,
                     .symbol = r->burst.symbol,
                     .side_bits = r->burst.side_bits,
                     .side = r->burst.side,
                     .builds_on = r->payload.builds_on,
                     .want_reconstruction = ledger_wants_reconstruction(a->ledger)};
    zmq_msg_t frame;
    if (wire_report_pack(&m, &frame) != ERR_NONE)
        return false;
    size_t bytes = zmq_msg_size(&frame);
    uint64_t now = clock_ns();
    if (link_socket_send(a->socket, &frame, 1) != ERR_NONE) {
        zmq_msg_close(&frame);
        return false;
    }
    if (ledger_sent(a->ledger, ue_index, r, now, bytes))
        set_late(a, now);
    return true;
}

static void on_made(void *user, size_t ue_index, chain_report *r, const err *e)
{
    agent *a = user;
    uint32_t seq = ledger_next_seq(a->ledger, ue_index); /* a UE's reports are made in order */
    if (e->code != ERR_NONE) {
        ledger_refused(a->ledger, ue_index, seq, e->text);
        log_limited(&a->failures, LOG_WARNING, "UE %u could not make its report: %s",
                    a->config.first_ue + (uint32_t)ue_index, e->text);
    } else if (!send_report(a, ue_index, r)) {
        ledger_refused(a->ledger, ue_index, seq, "the agent reached no channel-sim");
        log_limited(&a->refusals, LOG_WARNING, "report of UE %u not sent: no channel-sim at %s",
                    r->ue, a->config.connect);
    }
}

static void on_ready(void *user)
{
    agent *a = user;
    if (a->abandoning)
        ledger_time_out(a->ledger, UINT64_MAX);
    ledger_pump(a->ledger); /* before the UE's next report occupies its channel */
    start_due(a);
    close_when_done(a);
}

static void on_report_ended(void *user, size_t ue_index)
{
    agent *a = user;
    start_deferred(a, ue_index);
    start_due(a);
    close_when_done(a);
}

static void on_answer(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket;
    agent *a = user;
    uint64_t now = clock_ns();
    err e = {0};
    wire_answer answer;
    int rc = wire_answer_unpack(&frames[count - 1], &answer, &e);
    if (rc == ERR_NONE && answer.ue - a->config.first_ue < a->config.cell.ues) {
        ledger_answer(a->ledger, &answer, now);
        return;
    }
    log_limited(&a->bad_answers, LOG_WARNING, "not an answer to this agent: %s",
                rc == ERR_NONE ? "the UE does not belong to this agent" : e.text);
    if (rc == ERR_NONE)
        wire_answer_clear(&answer);
}

/* Before the schedule starts, checks for a channel-sim; later, does work that is not urgent. */
static void on_sweep(uv_timer_t *timer)
{
    agent *a = timer->data;
    uint64_t now = clock_ns();
    if (!a->start_ns && !a->stopping && link_socket_writable(a->socket)) {
        a->start_ns = now;
        ledger_start(a->ledger, now);
        uv_timer_start(&a->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
        start_due(a);
    }
    ledger_tick(a->ledger, now);
    if (a->start_ns)
        ledger_elapsed(a->ledger, (double)(now - a->start_ns) * 1e-9);
    account_tick(a->account, now);
    close_when_done(a);
}

static int start_timers(agent *a, err *e)
{
    uv_loop_t *loop = link_service_loop(a->service);
    a->clock = link_alarm_open(loop, on_clock, a, e);
    a->late = a->clock ? link_alarm_open(loop, on_late, a, e) : NULL;
    if (!a->late) {
        link_alarm_close(a->clock);
        a->clock = NULL;
        return ERR_IO;
    }
    uv_timer_init(loop, &a->sweep);
    a->sweep.data = a;
    uv_timer_start(&a->sweep, on_sweep, CONNECT_POLL_MS, CONNECT_POLL_MS);
    return ERR_NONE;
}

static void on_watched(void *user, int subscriber, uint32_t ue, bool on)
{
    agent *a = user;
    ledger_watch(a->ledger, subscriber, ue, on);
}

/* A failure to write the account is logged and does not stop the agent, which tries again at its
 * end. */
static void open_account(agent *a)
{
    err e = {0};
    if (!a->config.record)
        return;
    a->account = account_open(a->config.record, ledger_tally(a->ledger), &e);
    if (!a->account)
        log_error("%s; the counts are not written to a file, the link continues", e.text);
}

static int open_parts(agent *a, err *e)
{
    const agent_config *c = &a->config;
    report_pool_options making = {.chain = c->chain,
                                  .encoder = c->encoder,
                                  .cell = &c->cell,
                                  .first_ue = c->first_ue,
                                  .workers = c->workers,
                                  .made = on_made,
                                  .ready = on_ready,
                                  .user = a};
    link_socket_options socket = {.type = ZMQ_DEALER,
                                  .endpoint = c->connect,
                                  .received = on_answer,
                                  .user = a,
                                  .receive_queue = ANSWERS_QUEUE};
    uv_loop_t *loop = link_service_loop(a->service);
    a->calendar = calendar_create(&c->schedule, c->first_ue, c->cell.ues);
    a->deferred = calloc(c->cell.ues, sizeof *a->deferred);
    if (!a->calendar || !a->deferred)
        return err_set(e, ERR_NOMEM, "out of memory for the schedule of %u UEs", c->cell.ues);
    if (!(a->pool = report_pool_create(loop, &making, e)))
        return e->code;
    a->codec_identity = codec_info_of(c->encoder)->identity;
    a->uplink_identity = report_pool_uplink(a->pool)->identity;
    uplink_label(report_pool_uplink(a->pool), a->uplink_label);
    ledger_options accounts = {.config = c,
                               .pool = a->pool,
                               .adaptive = report_pool_uplink(a->pool)->adaptive,
                               .report_ended = on_report_ended,
                               .user = a};
    if (!(a->ledger = ledger_create(loop, &accounts, e)))
        return e->code;
    open_account(a);
    link_service_on_watched(a->service, on_watched, a);
    if (!(a->socket = link_service_socket(a->service, socket, e)))
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
    if (open_parts(a, e) == ERR_NONE)
        return a;
    agent_free(a);
    return NULL;
}

/* Deferred reports will not be sent. */
static void forget_deferred(agent *a)
{
    for (size_t i = 0; i < a->config.cell.ues; i++)
        a->deferred[i].count = 0;
    a->deferrals = 0;
}

void agent_stop(agent *a, bool now)
{
    a->stopping = true;
    a->abandoning = now;
    forget_deferred(a);
    arm_clock(a);
    if (now)
        ledger_time_out(a->ledger, UINT64_MAX);
    close_when_done(a);
}

/* The lateness of the schedule: the time since the next report was due. */
static double lateness(const agent *a)
{
    const calendar_entry *next = a->start_ns && !a->stopping ? calendar_next(a->calendar) : NULL;
    uint64_t now = clock_ns();
    if (!next || a->start_ns + next->due_ns >= now)
        return 0;
    return (double)(now - a->start_ns - next->due_ns) * 1e-9;
}

void agent_telemetry(agent *a, link_service *service)
{
    const chain_tally *tally = ledger_tally(a->ledger);
    publish_figures(tally, &a->config, service);
    publish_ues(a->ledger, &a->next_published, link_service_form(service));
    publish_encoder(&a->config, a->uplink_label, link_service_form(service));
    ledger_fill_samples(a->ledger, service);
    link_metric(service, "schedule_late_s", lateness(a));
    link_metric(service, "reports_in_flight", (double)ledger_in_flight(a->ledger));
}

void agent_end_reports(agent *a)
{
    uint64_t lost = ledger_end_reports(a->ledger);
    account_close(a->account);
    a->account = NULL;
    if (lost)
        log_error("%s lacks %llu reports", a->config.reports, (unsigned long long)lost);
}

const chain_tally *agent_tally(const agent *a)
{
    return ledger_tally(a->ledger);
}

void agent_print(const agent *a)
{
    publish_summary(ledger_tally(a->ledger));
}

void agent_free(agent *a)
{
    if (!a)
        return;
    account_close(a->account);
    ledger_free(a->ledger);
    report_pool_free(a->pool);
    calendar_free(a->calendar);
    free(a->deferred);
    free(a);
}
