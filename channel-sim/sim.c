#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "delay.h"
#include "record/events.h"
#include "uplink/noise.h"
#include "wire/codeword.h"

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
    log_limit bad_reports, bad_answers, changes;
    uint64_t received, forwarded, lost, refused, malformed, answers, unroutable;
    /* Sums over codewords with noise, each codeword's own power being 1: the SNR delivered. */
    double signal_power, noise_power, noise_power_asked;
    float *codeword, *reference; /* scratch, LINK_VECTOR_BYTES_MAX each */
};

static double seconds(const sim *s, uint64_t now_ns)
{
    return (double)(now_ns - s->start_ns) * 1e-9;
}

/* Answers an agent for the base station. */
static void answer(sim *s, zmq_msg_t *identity, uint32_t ue, uint32_t seq,
                   Csilink__CsiAck__Status status, const char *reason)
{
    Csilink__CsiAck ack = CSILINK__CSI_ACK__INIT;
    ack.ue = ue;
    ack.seq = seq;
    ack.status = status;
    ack.reason = (char *)(uintptr_t)reason; /* protobuf-c reads it only */
    zmq_msg_t frames[2];
    zmq_msg_init(&frames[0]);
    zmq_msg_copy(&frames[0], identity);
    if (link_pack(&ack.base, &frames[1]) == ERR_NONE) {
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
    answer(s, &p->identity, p->report->ue, p->report->seq, CSILINK__CSI_ACK__STATUS__REFUSED,
           reason);
    zmq_msg_close(&p->identity);
    link_report_free(p->report);
}

/* Sends a report on to the base station; its time has come. Takes ownership. */
static void forward(void *user, passage *p)
{
    sim *s = user;
    p->report->impairment->forwarded_ns = clock_ns();
    zmq_msg_t frames[2];
    frames[0] = p->identity;
    bool sent = link_pack(&p->report->base, &frames[1]) == ERR_NONE;
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
    link_report_free(p->report);
}

/* Adds the noise to codeword and reference symbols, in the message itself, which is stamped. */
static void add_noise(sim *s, link_report *r, double snr_db)
{
    size_t n = link_floats_count(&r->codeword), references = link_floats_count(&r->reference);
    link_floats_copy(&r->codeword, s->codeword);
    link_floats_copy(&r->reference, s->reference);
    double signal = csi_codeword_power(s->codeword, n);
    double noise = csi_uplink_add_noise(s->seed, r->ue, r->seq, snr_db, s->codeword, n,
                                        s->reference, references);
    r->impairment->noise_power = noise > 0 ? noise / signal : 0;
    if (noise <= 0)
        return;
    s->signal_power += 1; /* per codeword, as the SNR is defined */
    s->noise_power += noise / signal;
    s->noise_power_asked += pow(10, -snr_db / 10);
    memcpy(r->codeword.data, s->codeword, r->codeword.len);
    if (references)
        memcpy(r->reference.data, s->reference, r->reference.len);
}

/* The field that tells what was done; the UE must not have filled it. */
static bool stamp(const sim *s, link_report *r, uint64_t received_ns, double snr_db)
{
    if (!r->impairment) {
        r->impairment = malloc(sizeof *r->impairment);
        if (!r->impairment)
            return false;
        csilink__impairment__init(r->impairment);
    }
    r->impairment->clock = s->clock;
    r->impairment->received_ns = received_ns;
    r->impairment->snr_db = snr_db;
    return true;
}

static double random_unit(const sim *s, const link_report *r, rng_purpose purpose)
{
    rng g = rng_at(s->seed, purpose, r->ue, r->seq);
    return rng_uniform(&g);
}

/* Delays the report, or sends it on. Takes ownership of both. */
static void pass(sim *s, zmq_msg_t *identity, link_report *r, const impairments *now)
{
    double delay_s = now->value[SETTING_DELAY];
    if (now->value[SETTING_JITTER] > 0)
        delay_s += now->value[SETTING_JITTER] * random_unit(s, r, RNG_JITTER);
    passage p = {.report = r};
    zmq_msg_init(&p.identity);
    zmq_msg_move(&p.identity, identity);
    r->impairment->delay_ns = (uint64_t)(delay_s * 1e9);
    p.release_ns = r->impairment->received_ns + r->impairment->delay_ns;
    if (delay_s <= 0)
        forward(s, &p);
    else if (delay_add(s->delayed, &p) != ERR_NONE)
        turn_back(s, &p, "too many reports are delayed in channel-sim");
}

static void refuse(sim *s, zmq_msg_t *identity, bool known, uint32_t ue, uint32_t seq,
                   const char *reason)
{
    s->malformed++;
    log_limited(&s->bad_reports, LOG_WARNING, "a message that is no report: %s", reason);
    if (known)
        answer(s, identity, ue, seq, CSILINK__CSI_ACK__STATUS__REFUSED, reason);
}

static void on_report(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket;
    sim *s = user;
    uint64_t now = clock_ns();
    s->received++;
    err e = {0};
    uint32_t ue = 0, seq = 0;
    bool known = false;
    link_report *r = NULL;
    if (count != 2)
        err_set(&e, ERR_FORMAT, "%zu frames where one was expected", count - 1);
    else
        r = chain_wire_receive(&frames[1], &ue, &seq, &known, &e);
    if (!r) {
        refuse(s, &frames[0], known, ue, seq, e.text);
        return;
    }
    settings_advance(s->settings, r->due_s);
    impairments in_force = settings_of(s->settings, r->ue, r->due_s, seconds(s, now));
    if (random_unit(s, r, RNG_LOSS) < in_force.value[SETTING_LOSS]) {
        s->lost++;
        answer(s, &frames[0], r->ue, r->seq, CSILINK__CSI_ACK__STATUS__LOST_IN_CHANNEL, "");
        link_report_free(r);
        return;
    }
    if (!stamp(s, r, now, in_force.value[SETTING_SNR])) {
        refuse(s, &frames[0], true, ue, seq, "channel-sim is out of memory");
        link_report_free(r);
        return;
    }
    add_noise(s, r, in_force.value[SETTING_SNR]);
    pass(s, &frames[0], r, &in_force);
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
    link_ack_stamp_returned(&frames[1], clock_ns()); /* without it, its way is not split */
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
    record_add_number(event, "value", c->value);
    if (c->ramped && c->from_given)
        record_add_number(event, "from", c->from);
    if (c->ramped)
        record_add_number(event, "over_s", c->over_s);
    record_add_number(event, "schedule_s", settings_time(s->settings));
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
    uv_loop_t *loop = link_service_loop(s->service);
    void *context = link_service_context(s->service);
    link_socket_options agents = {ZMQ_ROUTER, c->listen, true, on_report, s};
    link_socket_options station = {ZMQ_DEALER, c->connect, false, on_answer, s};
    link_socket_options control = {ZMQ_REP, c->control, true, on_control, s};
    s->delayed = delay_create(loop, forward, s, e);
    if (!s->delayed || !(s->agents = link_socket_open(loop, context, &agents, e)) ||
        !(s->base_station = link_socket_open(loop, context, &station, e)))
        return ERR_IO;
    if (c->control && !(s->control = link_socket_open(loop, context, &control, e)))
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

/* A record that cannot be written is said and stops nothing. */
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
        s->codeword = malloc(LINK_VECTOR_BYTES_MAX);
        s->reference = malloc(LINK_VECTOR_BYTES_MAX);
    }
    if (!s || !s->settings || !s->codeword || !s->reference)
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
    link_metric(service, "snr_delivered_db", 10 * log10(s->signal_power / s->noise_power));
    link_metric(service, "noised_codewords_total", s->signal_power);
    link_metric(service, "noise_power_relative_sum", s->noise_power);
    link_metric(service, "noise_power_relative_asked_sum", s->noise_power_asked);
    link_metric(service, "loss_fraction", all.value[SETTING_LOSS]);
    link_metric(service, "delay_s", all.value[SETTING_DELAY]);
    link_metric(service, "jitter_s", all.value[SETTING_JITTER]);
    link_metric(service, "reports_received_total", (double)s->received);
    link_metric(service, "reports_forwarded_total", (double)s->forwarded);
    link_metric(service, "reports_lost_total", (double)s->lost);
    link_metric(service, "reports_refused_total", (double)s->refused);
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
    free(s->codeword);
    free(s->reference);
    free(s);
}
