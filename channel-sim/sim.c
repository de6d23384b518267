#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/decibel.h"
#include "base/log.h"
#include "base/rng.h"
#include "delay.h"
#include "io/json.h"
#include "link/admission.h"
#include "record/events.h"
#include "uplink/air.h"
#include "wire/answer.h"

enum { LINGER_MS = 200 };

struct sim {
    link_service *service;
    uint64_t seed;
    settings *settings;
    uint64_t start_ns; /* live ramps count from here */
    uint64_t clock;    /* whose stamps these are */
    record_events events;
    link_socket *agents, *base_station, *control;
    delay_queue *delayed;
    bool stopping;
    log_limit bad_reports, bad_answers, changes, strangers;
    uint64_t received, forwarded, lost, refused, malformed, answers, unroutable;
    uint64_t not_theirs; /* of the refused: the sender's certificate does not name the UE */
    /* Bursts with noise, and over these the noise's power, where a burst's own is 1: the SNR. */
    uint64_t noised;
    double noise_power, noise_power_asked;
};

static double seconds(const sim *s, uint64_t now_ns)
{
    return (double)(now_ns - s->start_ns) * 1e-9;
}

/* Answers an agent for the base station. */
static void answer(sim *s, zmq_msg_t *identity, uint32_t ue, uint32_t seq, wire_status status,
                   const char *reason)
{
    const wire_answer a = {.ue = ue, .seq = seq, .status = status, .reason = reason};
    zmq_msg_t frames[2];
    zmq_msg_init(&frames[0]);
    zmq_msg_copy(&frames[0], identity);
    if (wire_answer_pack(&a, &frames[1]) == ERR_NONE) {
        if (link_socket_send(s->agents, frames, 2) == ERR_NONE)
            return;
        s->unroutable++;
        zmq_msg_close(&frames[1]);
    }
    zmq_msg_close(&frames[0]);
}

/* Does not pass a report on, and says so to its UE. Takes ownership. */
static void turn_back(sim *s, passage *p, const char *reason)
{
    s->refused++;
    answer(s, &p->identity, p->report.ue, p->report.seq, WIRE_REFUSED, reason);
    zmq_msg_close(&p->identity);
    wire_report_clear(&p->report);
}

/* Sends a report on to the base station; its time has come. Takes ownership. */
static void forward(void *user, passage *p)
{
    sim *s = user;
    p->report.impairment.forwarded_ns = clock_ns();
    zmq_msg_t frames[2];
    frames[0] = p->identity;
    bool sent = wire_report_pack(&p->report, &frames[1]) == ERR_NONE;
    if (sent && link_socket_send(s->base_station, frames, 2) != ERR_NONE) {
        zmq_msg_close(&frames[1]);
        sent = false;
    }
    if (!sent) {
        p->identity = frames[0];
        turn_back(s, p, "channel-sim cannot reach the base station");
        return;
    }
    s->forwarded++;
    wire_report_clear(&p->report);
}

/* Adds the noise to the burst, in the report itself. Whatever impairment the UE claims is replaced.
 */
static void impair(sim *s, wire_report *r, uint64_t received_ns, double snr_db)
{
    double noise = air_add_noise(s->seed, r->ue, r->seq, snr_db, r->symbol, r->symbols);
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
    rng g = rng_at(s->seed, purpose, r->ue, r->seq);
    return rng_uniform(&g);
}

/* Delays the report, or sends it on. Takes ownership of both. */
static void pass(sim *s, zmq_msg_t *identity, const wire_report *r, const impairments *now)
{
    double delay_s = now->value[SETTING_DELAY];
    if (now->value[SETTING_JITTER] > 0)
        delay_s += now->value[SETTING_JITTER] * random_unit(s, r, RNG_JITTER);
    passage p = {.report = *r};
    wire_impairment *stamps = &p.report.impairment;
    zmq_msg_init(&p.identity);
    zmq_msg_move(&p.identity, identity);
    stamps->delay_ns = (uint64_t)(delay_s * 1e9);
    p.release_ns = stamps->received_ns + stamps->delay_ns;
    if (delay_s <= 0)
        forward(s, &p);
    else if (delay_add(s->delayed, &p) != ERR_NONE)
        turn_back(s, &p, "too many reports are delayed in channel-sim");
}

/* Reads a report and checks that it keeps to the power that the SNR is relative to. */
static int read_report(zmq_msg_t *frames, size_t count, wire_report *r, bool *known, err *e)
{
    if (count != 2)
        return err_set(e, ERR_FORMAT, "%zu frames where one was expected", count - 1);
    int rc = wire_report_unpack(&frames[1], r, known, e);
    return rc == ERR_NONE ? air_check_power(r->symbol, r->symbols, e) : rc;
}

/* A report for a UE that is not its sender's. Clears the report. */
static void refuse_stranger(sim *s, zmq_msg_t *identity, wire_report *r, const char *reason)
{
    s->refused++;
    s->not_theirs++;
    log_limited(&s->strangers, LOG_WARNING, "UE %u, report %u refused: %s", r->ue, r->seq, reason);
    answer(s, identity, r->ue, r->seq, WIRE_REFUSED, reason);
    wire_report_clear(r);
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
        log_limited(&s->bad_reports, LOG_WARNING, "a message that is no report: %s", e.text);
        if (known)
            answer(s, &frames[0], r.ue, r.seq, WIRE_REFUSED, e.text);
        wire_report_clear(&r);
        return;
    }
    if (link_sender_has_ue(link_service_keys(s->service), &frames[1], r.ue, &e) != ERR_NONE) {
        refuse_stranger(s, &frames[0], &r, e.text);
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
    impair(s, &r, now, in_force.value[SETTING_SNR]);
    pass(s, &frames[0], &r, &in_force);
}

/* The way back is not degraded, and not read, but stamped. */
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
    wire_answer_stamp_returned(&frames[1], clock_ns()); /* without it, its way is not split */
    if (link_socket_send(s->agents, frames, 2) == ERR_NONE)
        s->answers++;
    else
        s->unroutable++;
}

/* Who set what for whom, for the record. */
static void record_change(sim *s, const wire_control_request *request)
{
    const wire_change *c = &request->change;
    cJSON *event = s->events.fd >= 0 ? record_event("change") : NULL;
    if (!event)
        return;
    cJSON_AddStringToObject(event, "by", request->by[0] ? request->by : "unknown");
    cJSON_AddStringToObject(event, "what", c->name);
    if (c->for_one_ue)
        cJSON_AddNumberToObject(event, "ue", c->ue);
    else if (c->group[0])
        cJSON_AddStringToObject(event, "group", c->group);
    json_add_number(event, "value", c->value);
    if (c->ramped && c->from_given)
        json_add_number(event, "from", c->from);
    if (c->ramped)
        json_add_number(event, "over_s", c->over_s);
    json_add_number(event, "schedule_s", settings_time(s->settings));
    record_events_add(&s->events, event);
}

static void on_control(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    sim *s = user;
    err e = {0};
    double now_s = seconds(s, clock_ns());
    wire_control_request request;
    const wire_change *c = &request.change;
    if (wire_control_request_unpack(&frames[count - 1], &request, &e) == ERR_NONE &&
        request.changes && settings_apply(s->settings, c, now_s, &e) == ERR_NONE) {
        record_change(s, &request);
        log_limited(&s->changes, LOG_INFO, "%s goes to %g%s%s", c->name, c->value,
                    c->ramped ? " in a ramp" : "",
                    c->for_one_ue || c->group[0] ? " for some UEs" : "");
    }
    zmq_msg_t reply;
    if (settings_reply(s->settings, e.text, now_s, &reply) != ERR_NONE)
        return;
    if (link_socket_send(socket, &reply, 1) != ERR_NONE)
        zmq_msg_close(&reply);
}

static int open_sockets(sim *s, const sim_config *c, err *e)
{
    link_socket_options agents = {.type = ZMQ_ROUTER,
                                  .endpoint = c->listen,
                                  .bind = true,
                                  .received = on_report,
                                  .user = s,
                                  .admits = LINK_FOR_AGENTS};
    link_socket_options station = {
        .type = ZMQ_DEALER, .endpoint = c->connect, .received = on_answer, .user = s};
    link_socket_options control = {.type = ZMQ_REP,
                                   .endpoint = c->control,
                                   .bind = true,
                                   .received = on_control,
                                   .user = s,
                                   .admits = LINK_FOR_CONTROLLERS};
    s->delayed = delay_create(link_service_loop(s->service), forward, s, e);
    if (!s->delayed || !(s->agents = link_service_socket(s->service, agents, e)) ||
        !(s->base_station = link_service_socket(s->service, station, e)))
        return ERR_IO;
    if (c->control && !(s->control = link_service_socket(s->service, control, e)))
        return ERR_IO;
    return ERR_NONE;
}

/* Messages that were no report or no answer, those that broke a socket's own rules included. */
static uint64_t malformed(const sim *s)
{
    return s->malformed + link_socket_malformed(s->agents) + link_socket_malformed(s->base_station);
}

static void close_sockets(sim *s)
{
    s->malformed = malformed(s); /* the sockets' own counts go with them */
    link_socket_close(s->agents, LINGER_MS);
    link_socket_close(s->base_station, LINGER_MS);
    link_socket_close(s->control, LINGER_MS);
    if (s->delayed)
        delay_close(s->delayed);
    s->agents = s->base_station = s->control = NULL;
    s->delayed = NULL;
}

/* If the record cannot be written, the simulator logs that and goes on. */
static void open_events(sim *s, const char *path)
{
    err e = {0};
    s->events.fd = -1;
    if (path && record_events_open(&s->events, path, &e) != ERR_NONE)
        log_error("%s; changes are not recorded", e.text);
}

sim *sim_open(link_service *service, const sim_config *config, err *e)
{
    sim *s = calloc(1, sizeof *s);
    if (s) {
        s->service = service;
        s->seed = config->seed;
        open_events(s, config->events);
        s->start_ns = clock_ns();
        s->clock = clock_identity();
        s->settings = settings_create(&config->initial, config->scenario);
    }
    if (!s || !s->settings)
        err_set(e, ERR_NOMEM, "out of memory for the channel simulator");
    else if (open_sockets(s, config, e) == ERR_NONE)
        return s;
    else
        close_sockets(s);
    sim_free(s);
    return NULL;
}

void sim_stop(sim *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    delay_flush(s->delayed);
    close_sockets(s);
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
    link_metric(service, "reports_malformed_total", (double)malformed(s));
    link_metric(service, "answers_total", (double)s->answers);
    link_metric(service, "answers_unroutable_total", (double)s->unroutable);
}

void sim_print(const sim *s)
{
    log_info("%llu reports in: %llu forwarded, %llu lost as simulated, %llu refused, %llu "
             "malformed; %llu answers back, %llu without a way",
             (unsigned long long)s->received, (unsigned long long)s->forwarded,
             (unsigned long long)s->lost, (unsigned long long)s->refused,
             (unsigned long long)malformed(s), (unsigned long long)s->answers,
             (unsigned long long)s->unroutable);
}

void sim_free(sim *s)
{
    if (!s)
        return;
    record_events_close(&s->events);
    settings_free(s->settings);
    free(s);
}
