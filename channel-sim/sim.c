#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "backlog.h"
#include "base/clock.h"
#include "base/decibel.h"
#include "base/log.h"
#include "base/rng.h"
#include "controller.h"
#include "link/admission.h"
#include "link/peers.h"
#include "owners.h"
#include "returns.h"
#include "service/alarm.h"
#include "uplink/air.h"
#include "wire/answer.h"

enum { LINGER_MS = 200, WATCH_MS = 200, SILENT_MS = 1000 };

/* By how much a peer's schedule can run ahead of the time since its first report: an agent whose
 * first report came late catches up. */
enum { DUE_AHEAD_S = 600 };

struct sim {
    link_service *service;
    sim_config config;
    settings *settings;
    uint64_t start_ns; /* live ramps count from here */
    uint64_t clock;    /* identifies the clock of the stamps */
    link_socket *agents, *base_station;
    controller *control;
    link_peers *peers;
    owners *owners;
    backlog *backlog;
    returns *returns;
    link_alarm *watch;
    bool stopping;
    size_t outstanding;   /* reports at the base station without an answer */
    uint64_t answered_ns; /* time of its last answer or of the last check */
    log_limit bad_reports, bad_answers, strangers, full;
    uint64_t received, forwarded, lost, refused, malformed, answers, unroutable;
    uint64_t not_theirs, of_others, outside, no_room, pushed_out; /* refused, by reason */
    unsigned long turned_away; /* connections refused; set when the socket is closed */
    /* Bursts with noise, and sums over them of the noise power, relative to a burst's power of 1.
     */
    uint64_t noised;
    double noise_power, noise_power_asked;
};

static double seconds(const sim *s, uint64_t now_ns)
{
    return (double)(now_ns - s->start_ns) * 1e-9;
}

/* Answers an agent in place of the base station. */
static void answer(sim *s, zmq_msg_t *identity, uint32_t ue, uint32_t seq, wire_status status,
                   const char *reason)
{
    const wire_answer a = {.ue = ue, .seq = seq, .status = status, .reason = reason};
    zmq_msg_t frames[2];
    zmq_msg_init(&frames[0]);
    zmq_msg_copy(&frames[0], identity);
    if (wire_answer_pack(&a, &frames[1]) == ERR_NONE) {
        if (returns_send(s->returns, frames) == ERR_NONE)
            return;
        s->unroutable++;
        zmq_msg_close(&frames[1]);
    }
    zmq_msg_close(&frames[0]);
}

/* Refuses a report and tells its UE. Takes ownership. */
static void refuse_report(sim *s, passage *p, const char *reason)
{
    s->refused++;
    answer(s, &p->identity, p->report.ue, p->report.seq, WIRE_REFUSED, reason);
    passage_free(p);
}

/* --- forwarding to the base station
 * ------------------------------------------------------------------- */

/* The base station has one queue for all, which a flooding peer would fill. So it gets only as many
 * reports as keep it busy, and the rest waits here, where each peer has its own queue. */
static bool has_room(void *user)
{
    const sim *s = user;
    return s->outstanding < SIM_WINDOW;
}

/* Forwards a report to the base station. Takes ownership. */
static void forward(void *user, passage *p)
{
    sim *s = user;
    p->report.impairment.forwarded_ns = clock_ns();
    zmq_msg_t frames[2];
    if (wire_report_pack(&p->report, &frames[1]) != ERR_NONE) {
        refuse_report(s, p, "channel-sim is out of memory for the report");
        return;
    }
    if (zmq_msg_size(&frames[1]) > s->config.report_max + WIRE_STAMPS_BYTES_MAX) {
        zmq_msg_close(&frames[1]);
        refuse_report(s, p, "the report is too large for the base station after stamping");
        return;
    }
    frames[0] = p->identity;
    if (link_socket_send(s->base_station, frames, 2) != ERR_NONE) {
        zmq_msg_close(&frames[1]);
        p->identity = frames[0];
        refuse_report(s, p, "channel-sim cannot reach the base station");
        return;
    }
    if (s->outstanding++ == 0)
        s->answered_ns = p->report.impairment.forwarded_ns;
    s->forwarded++;
    zmq_msg_init(&p->identity);
    passage_free(p);
}

static void on_dropped(void *user, passage *p, const char *reason)
{
    sim *s = user;
    s->pushed_out++;
    refuse_report(s, p, reason);
}

/* The reports that it had were lost with the connection. */
static void on_base_station_ended(link_socket *socket, void *user, int connection)
{
    (void)socket, (void)connection;
    sim *s = user;
    s->outstanding = 0;
    backlog_pump(s->backlog);
}

/* A base station can fail to send answers, which then stay in the count. After a long silence the
 * count restarts, so that a wrong count does not stop the link. */
static void on_watch(void *user)
{
    sim *s = user;
    uint64_t now = clock_ns();
    link_alarm_set(s->watch, now + WATCH_MS * 1000000ull);
    if (s->outstanding < SIM_WINDOW || now - s->answered_ns < SILENT_MS * 1000000ull)
        return;
    s->outstanding = 0;
    s->answered_ns = now;
    backlog_pump(s->backlog);
}

/* Adds noise to the burst in the report, and replaces any impairment that the UE put there. */
static void impair(sim *s, wire_report *r, uint64_t received_ns, double snr_db)
{
    double noise = air_add_noise(s->config.seed, r->ue, r->seq, snr_db, r->symbol, r->symbols);
    r->impaired = true;
    r->impairment = (wire_impairment){
        .clock = s->clock, .received_ns = received_ns, .snr_db = snr_db, .noise_power = noise};
    if (noise <= 0)
        return;
    s->noised++;
    s->noise_power += noise;
    s->noise_power_asked += power_of_db(-snr_db);
}

static double random_unit(const sim *s, const wire_report *r, rng_purpose purpose)
{
    rng g = rng_at(s->config.seed, purpose, r->ue, r->seq);
    return rng_uniform(&g);
}

/* The time at which to forward a report; 0: at once. */
static uint64_t release_time(const sim *s, wire_report *r, const impairments *now)
{
    double delay_s = now->value[SETTING_DELAY];
    if (now->value[SETTING_JITTER] > 0)
        delay_s += now->value[SETTING_JITTER] * random_unit(s, r, RNG_JITTER);
    r->impairment.delay_ns = (uint64_t)(delay_s * 1e9);
    return delay_s > 0 ? r->impairment.received_ns + r->impairment.delay_ns : 0;
}

/* Adds noise, and delays or queues the report. Takes ownership of both. */
static void pass(sim *s, zmq_msg_t *identity, wire_report *r, link_peer *peer, uint64_t now,
                 const impairments *in_force)
{
    err e = {0};
    passage *p = passage_create(identity, r);
    if (!p) {
        s->refused++;
        answer(s, identity, r->ue, r->seq, WIRE_REFUSED, "channel-sim is out of memory");
        wire_report_clear(r);
        return;
    }
    int rc = backlog_reserve(s->backlog, peer, p, &e);
    if (rc == ERR_NONE) {
        impair(s, &p->report, now, in_force->value[SETTING_SNR]);
        p->release_ns = release_time(s, &p->report, in_force);
        rc = backlog_add(s->backlog, p, &e);
    }
    if (rc == ERR_NONE)
        return;
    s->no_room++;
    log_limited(&s->full, LOG_WARNING, "peer %s: %s", peer->name, e.text);
    refuse_report(s, p, e.text);
}

/* --- reports ---------------------------------------------------------------------------------- */

/* A schedule runs as fast as the clock. A report far ahead of it would shift the time of live
 * changes. */
static int check_due(link_peer *peer, const wire_report *r, uint64_t now, err *e)
{
    double elapsed_s = (double)(now - peer->first_ns) * 1e-9;
    if (isnan(peer->first_due_s))
        peer->first_due_s = r->due_s;
    if (r->due_s <= peer->first_due_s + elapsed_s + DUE_AHEAD_S)
        return ERR_NONE;
    return err_set(e, ERR_INVALID,
                   "the report was due at %g s; %g s after the peer's first one, which was due at "
                   "%g s, up to %g s is allowed",
                   r->due_s, elapsed_s, peer->first_due_s,
                   peer->first_due_s + elapsed_s + DUE_AHEAD_S);
}

/* Checks that this peer is allowed to send the UE's report. */
static int admit(sim *s, const zmq_msg_t *frames, const wire_report *r, uint64_t now,
                 link_peer **from, err *e)
{
    zmq_msg_t *identity = (zmq_msg_t *)(uintptr_t)&frames[0]; /* the C API lacks a const */
    link_peer *peer = link_peers_at(s->peers, zmq_msg_data(identity), zmq_msg_size(identity), now);
    if (!peer)
        return err_set(e, ERR_NOMEM, "channel-sim serves %zu peers already, the maximum",
                       link_peers_count(s->peers));
    if (peer->connection == LINK_NO_CONNECTION)
        peer->connection = link_socket_connection(&frames[1]);
    *from = peer;
    zmq_msg_t *sent = (zmq_msg_t *)(uintptr_t)&frames[1];
    int rc = link_sender_has_ue(link_service_keys(s->service), sent, r->ue, e);
    s->not_theirs += rc != ERR_NONE;
    if (rc == ERR_NONE)
        rc = check_due(peer, r, now, e);
    if (rc == ERR_NONE)
        rc = owners_claim(s->owners, r->ue, peer, now, e);
    s->outside += rc == ERR_INVALID;
    s->of_others += rc == ERR_STATE;
    if (rc == ERR_NONE && !peer->trusted) {
        peer->trusted = true;
        link_socket_trust(s->agents, peer->connection);
    }
    return rc;
}

/* Reads a report and checks the power of its burst, to which the SNR is relative. */
static int read_report(zmq_msg_t *frames, size_t count, wire_report *r, bool *known, err *e)
{
    if (count != 2)
        return err_set(e, ERR_FORMAT, "%zu frames where one was expected", count - 1);
    int rc = wire_report_unpack(&frames[1], r, known, e);
    return rc == ERR_NONE ? air_check_power(r->symbol, r->symbols, e) : rc;
}

static void on_report(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket;
    sim *s = user;
    uint64_t now = clock_ns();
    s->received++;
    err e = {0};
    bool known = false;
    wire_report r = {0};
    if (read_report(frames, count, &r, &known, &e) != ERR_NONE) {
        s->malformed++;
        log_limited(&s->bad_reports, LOG_WARNING, "a message that is not a report: %s", e.text);
        if (known)
            answer(s, &frames[0], r.ue, r.seq, WIRE_REFUSED, e.text);
        wire_report_clear(&r);
        return;
    }
    link_peer *peer = NULL;
    if (admit(s, frames, &r, now, &peer, &e) != ERR_NONE) {
        s->refused++;
        log_limited(&s->strangers, LOG_WARNING, "report %u of UE %u refused: %s", r.seq, r.ue,
                    e.text);
        answer(s, &frames[0], r.ue, r.seq, WIRE_REFUSED, e.text);
        wire_report_clear(&r);
        return;
    }
    settings_advance(s->settings, r.due_s);
    impairments in_force = settings_of(s->settings, r.ue, r.due_s, seconds(s, now));
    if (random_unit(s, &r, RNG_LOSS) < in_force.value[SETTING_LOSS]) {
        s->lost++;
        answer(s, &frames[0], r.ue, r.seq, WIRE_LOST_IN_CHANNEL, "");
        wire_report_clear(&r);
        return;
    }
    pass(s, &frames[0], &r, peer, now, &in_force);
}

static void on_agent_ended(link_socket *socket, void *user, int connection)
{
    (void)socket;
    sim *s = user;
    link_peers_ended(s->peers, connection);
}

/* --- answers ---------------------------------------------------------------------------------- */

/* Passes an answer back unread and without impairment, but stamped. */
static void on_answer(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket;
    sim *s = user;
    if (count != 2) {
        s->malformed++;
        log_limited(&s->bad_answers, LOG_WARNING, "an answer of %zu frames; two were expected",
                    count);
        return;
    }
    s->answered_ns = clock_ns();
    s->outstanding -= s->outstanding > 0;
    wire_answer_stamp_returned(&frames[1], s->answered_ns); /* without the stamp, the UE cannot
                                                               split the time */
    if (returns_send(s->returns, frames) == ERR_NONE)
        s->answers++;
    else
        s->unroutable++;
    backlog_pump(s->backlog);
}

static int open_sockets(sim *s, err *e)
{
    const sim_config *c = &s->config;
    uv_loop_t *loop = link_service_loop(s->service);
    link_socket_options agents = {.type = ZMQ_ROUTER,
                                  .endpoint = c->listen,
                                  .bind = true,
                                  .received = on_report,
                                  .user = s,
                                  .send_queue = RETURNS_QUEUE,
                                  .receive_queue = SIM_RECEIVE_QUEUE,
                                  .message_max = c->report_max,
                                  .connections_max = (int)c->peers_max,
                                  .ended = on_agent_ended,
                                  .admits = LINK_FOR_AGENTS};
    link_socket_options station = {.type = ZMQ_DEALER,
                                   .endpoint = c->connect,
                                   .bind = false,
                                   .received = on_answer,
                                   .user = s,
                                   .ended = on_base_station_ended};
    if (!(s->agents = link_service_socket(s->service, agents, e)) ||
        !(s->base_station = link_service_socket(s->service, station, e)))
        return ERR_IO;
    if (!(s->returns = returns_create(loop, s->agents, c->memory_max / 4, e)))
        return ERR_NOMEM;
    return ERR_NONE;
}

static int open_parts(sim *s, err *e)
{
    const sim_config *c = &s->config;
    uv_loop_t *loop = link_service_loop(s->service);
    backlog_options waiting = {.peers = s->peers,
                               .oldest = c->oldest_goes,
                               .room = has_room,
                               .forward = forward,
                               .dropped = on_dropped,
                               .user = s};
    controller_options control = {c->control, s->settings, s->start_ns, c->events};
    if (!(s->watch = link_alarm_open(loop, on_watch, s, e)))
        return ERR_IO;
    link_alarm_set(s->watch, s->start_ns + WATCH_MS * 1000000ull);
    if (!(s->backlog = backlog_create(loop, &waiting, e)) || open_sockets(s, e) != ERR_NONE)
        return ERR_IO;
    if (c->control && !(s->control = controller_open(s->service, &control, e)))
        return ERR_IO;
    return ERR_NONE;
}

/* Messages that were no report or no answer, including those that a socket rejected. */
static uint64_t malformed(const sim *s)
{
    return s->malformed + link_socket_malformed(s->agents) + link_socket_malformed(s->base_station);
}

/* Answers to agents that had disconnected or did not read. */
static uint64_t unroutable(const sim *s)
{
    return s->unroutable + (s->returns ? returns_dropped(s->returns) : 0);
}

static void close_parts(sim *s)
{
    s->malformed = malformed(s); /* before the sockets' counts are gone */
    s->unroutable = unroutable(s);
    s->turned_away = link_socket_turned_away(s->agents);
    returns_close(s->returns);
    link_socket_close(s->agents, LINGER_MS);
    link_socket_close(s->base_station, LINGER_MS);
    controller_close(s->control, LINGER_MS);
    backlog_close(s->backlog);
    link_alarm_close(s->watch);
    s->watch = NULL;
    s->agents = s->base_station = NULL;
    s->control = NULL;
    s->backlog = NULL;
    s->returns = NULL;
}

sim *sim_open(link_service *service, const sim_config *config, err *e)
{
    sim *s = calloc(1, sizeof *s);
    if (s) {
        s->service = service;
        s->config = *config;
        s->start_ns = clock_ns();
        s->clock = clock_identity();
        s->settings = settings_create(&config->initial, config->scenario, config->ues);
        s->peers = link_peers_create(LINK_PEERS_MAX, config->memory_max - config->memory_max / 4);
        s->owners = s->peers ? owners_create(s->peers, config->ues) : NULL;
    }
    if (!s || !s->settings || !s->owners)
        err_set(e, ERR_NOMEM, "out of memory for the channel simulator");
    else if (open_parts(s, e) == ERR_NONE)
        return s;
    else
        close_parts(s);
    sim_free(s);
    return NULL;
}

void sim_stop(sim *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    backlog_flush(s->backlog);
    close_parts(s);
    link_service_stop(s->service);
}

void sim_telemetry(sim *s, link_service *service)
{
    impairments all = settings_of_all(s->settings, seconds(s, clock_ns()));
    link_metric(service, "base_station_connected",
                s->base_station && link_socket_writable(s->base_station));
    link_metric(service, "snr_asked_db", all.value[SETTING_SNR]);
    link_metric(service, "snr_delivered_db", db_of_power((double)s->noised / s->noise_power));
    link_metric(service, "noised_bursts_total", (double)s->noised);
    link_metric(service, "noise_power_sum", s->noise_power);
    link_metric(service, "noise_power_asked_sum", s->noise_power_asked);
    link_metric(service, "loss_fraction", all.value[SETTING_LOSS]);
    link_metric(service, "delay_s", all.value[SETTING_DELAY]);
    link_metric(service, "jitter_s", all.value[SETTING_JITTER]);
    link_metric(service, "reports_received_total", (double)s->received);
    link_metric(service, "reports_forwarded_total", (double)s->forwarded);
    link_metric(service, "reports_lost_total", (double)s->lost);
    link_metric(service, "reports_refused_total", (double)s->refused);
    link_metric(service, "reports_not_theirs_total", (double)s->not_theirs);
    link_metric(service, "reports_refused_owner_total", (double)s->of_others);
    link_metric(service, "reports_refused_cell_total", (double)s->outside);
    link_metric(service, "reports_refused_full_total", (double)(s->no_room + s->pushed_out));
    link_metric(service, "reports_delayed", s->backlog ? (double)backlog_delayed(s->backlog) : 0);
    link_metric(service, "reports_waiting", s->backlog ? (double)backlog_waiting(s->backlog) : 0);
    link_metric(service, "reports_outstanding", (double)s->outstanding);
    link_metric(service, "answers_waiting", s->returns ? (double)returns_waiting(s->returns) : 0);
    link_metric(service, "memory_held_bytes", (double)link_peers_bytes(s->peers));
    link_metric(service, "memory_budget_bytes", (double)s->config.memory_max);
    link_metric(service, "peers", (double)link_peers_count(s->peers));
    link_metric(service, "connections_turned_away_total",
                (double)(s->turned_away + link_socket_turned_away(s->agents)));
    link_metric(service, "reports_malformed_total", (double)malformed(s));
    link_metric(service, "answers_total", (double)s->answers);
    link_metric(service, "answers_unroutable_total", (double)unroutable(s));
}

void sim_print(const sim *s)
{
    log_info("%llu reports in: %llu forwarded, %llu lost as simulated, %llu refused, %llu "
             "malformed; %llu answers back, %llu undeliverable",
             (unsigned long long)s->received, (unsigned long long)s->forwarded,
             (unsigned long long)s->lost, (unsigned long long)s->refused,
             (unsigned long long)malformed(s), (unsigned long long)s->answers,
             (unsigned long long)unroutable(s));
    if (s->of_others + s->outside + s->no_room + s->pushed_out + s->turned_away)
        log_info("of those refused: %llu of UEs that belong to another peer, %llu of UEs outside "
                 "the cell or due too far ahead, %llu for lack of memory, %llu displaced by newer "
                 "ones; %lu connections turned away",
                 (unsigned long long)s->of_others, (unsigned long long)s->outside,
                 (unsigned long long)s->no_room, (unsigned long long)s->pushed_out, s->turned_away);
}

void sim_free(sim *s)
{
    if (!s)
        return;
    owners_free(s->owners);
    link_peers_free(s->peers);
    settings_free(s->settings);
    free(s);
}
