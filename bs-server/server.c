#include "server.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "pool.h"
#include "uplink/noise.h"
#include "watch.h"
#include "wire/codeword.h"

enum { LINGER_MS = 200, QUEUE_MAX = 20000 };

struct server {
    link_service *service;
    server_config config;
    link_socket *socket;
    pool *pool;
    uint64_t clock;            /* whose stamps these are */
    csi_snr_tracker *trackers; /* by UE number */
    size_t tracker_count;
    watch_list watched;
    bool stopping;
    log_limit bad_reports;
    uint64_t received, reconstructed, refused, malformed, unroutable;
    double nmse_sum, snr_sum_db, bits_sum;
    uint64_t measured;
};

static void send_ack(server *s, zmq_msg_t *route, size_t route_count, const Csilink__CsiAck *ack)
{
    zmq_msg_t frames[JOB_ROUTE_MAX + 1];
    for (size_t i = 0; i < route_count; i++) {
        zmq_msg_init(&frames[i]);
        zmq_msg_copy(&frames[i], &route[i]);
    }
    size_t count = route_count;
    if (link_pack(&ack->base, &frames[count]) == ERR_NONE) {
        count++;
        if (link_socket_send(s->socket, frames, count) == ERR_NONE)
            return;
        s->unroutable++;
    }
    for (size_t i = 0; i < count; i++)
        zmq_msg_close(&frames[i]);
}

static void refuse(server *s, zmq_msg_t *route, size_t route_count, uint32_t ue, uint32_t seq,
                   const char *reason)
{
    s->refused++;
    log_limited(&s->bad_reports, LOG_WARNING, "UE %u, report %u refused: %s", ue, seq, reason);
    Csilink__CsiAck ack = CSILINK__CSI_ACK__INIT;
    ack.ue = ue;
    ack.seq = seq;
    ack.status = CSILINK__CSI_ACK__STATUS__REFUSED;
    ack.reason = (char *)(uintptr_t)reason; /* protobuf-c reads it only */
    ack.received_ns = clock_ns();
    send_ack(s, route, route_count, &ack);
}

static void fill_quality(Csilink__CsiAck *ack, Csilink__Quality *q, const job *j)
{
    csilink__quality__init(q);
    q->nmse = j->quality.nmse;
    q->rho = j->quality.rho;
    q->sgcs = j->quality.sgcs;
    q->se_feedback = j->quality.se_feedback;
    ack->quality = q;
}

/* A job is done: answer. Takes ownership. */
static void on_done(void *user, job *j)
{
    server *s = user;
    if (j->failure.code != ERR_NONE) {
        refuse(s, j->route, j->route_count, j->report->ue, j->report->seq, j->failure.text);
        job_free(j);
        return;
    }
    Csilink__CsiAck ack = CSILINK__CSI_ACK__INIT;
    Csilink__Quality quality;
    ack.ue = j->report->ue;
    ack.seq = j->report->seq;
    ack.status = CSILINK__CSI_ACK__STATUS__RECONSTRUCTED;
    ack.snr_estimated_db = j->snr_db;
    ack.impairment = j->report->impairment;
    ack.received_ns = j->received_ns;
    ack.decode_start_ns = j->decode_start_ns;
    ack.decode_end_ns = j->decode_end_ns;
    ack.clock = s->clock;
    if (j->reconstruction)
        ack.reconstruction = link_floats_view((const float *)j->reconstruction,
                                              2 * (size_t)s->config.dims.nt * s->config.dims.ni);
    if (j->measured) {
        fill_quality(&ack, &quality, j);
        s->nmse_sum += quality.nmse;
        s->measured++;
    }
    s->reconstructed++;
    s->snr_sum_db += (double)j->snr_db;
    s->bits_sum += chain_wire_bits_sent(j->report);
    ack.answered_ns = clock_ns();
    send_ack(s, j->route, j->route_count, &ack);
    watch_keep(&s->watched, j, &s->config.dims);
    job_free(j);
}

static int find_model(const server *s, const link_report *r, size_t *model, err *e)
{
    for (size_t i = 0; i < s->config.decoder_count; i++) {
        const onnx_info *info = onnx_part_info(s->config.decoders[i]);
        if (info->pair != r->pair)
            continue;
        *model = i;
        if (link_floats_count(&r->codeword) == info->codeword)
            return onnx_check_shift(info, r->delay_shift, r->angle_shift, r->blocks.data,
                                    r->blocks.len, e);
        return err_set(e, ERR_MISMATCH, "codeword of %zu values; %s takes %u",
                       link_floats_count(&r->codeword), info->name, info->codeword);
    }
    return err_set(e, ERR_MISMATCH,
                   "the UE encodes with pair %016llx; this base station decodes %s (%016llx)%s",
                   (unsigned long long)r->pair, onnx_part_info(s->config.decoders[0])->name,
                   (unsigned long long)onnx_part_info(s->config.decoders[0])->pair,
                   s->config.decoder_count > 1 ? " and others" : "");
}

static csi_snr_tracker *tracker_of(server *s, uint32_t ue)
{
    if (ue >= s->tracker_count) {
        size_t count = s->tracker_count ? s->tracker_count : 64;
        while (count <= ue)
            count *= 2;
        csi_snr_tracker *bigger = realloc(s->trackers, count * sizeof *bigger);
        if (!bigger)
            return NULL;
        memset(bigger + s->tracker_count, 0, (count - s->tracker_count) * sizeof *bigger);
        s->trackers = bigger;
        s->tracker_count = count;
    }
    return &s->trackers[ue];
}

/* Everything that is checked before a worker sees the report. */
static int admit(server *s, const link_report *r, size_t *model, float *snr_db, err *e)
{
    size_t references = link_floats_count(&r->reference);
    if (find_model(s, r, model, e) != ERR_NONE)
        return ERR_MISMATCH;
    if (references < CSI_REFERENCES_MIN || references > CSI_REFERENCES_MAX)
        return err_set(e, ERR_FORMAT, "%zu reference symbols; %d to %d are taken", references,
                       CSI_REFERENCES_MIN, CSI_REFERENCES_MAX);
    if (pool_in_flight(s->pool) >= QUEUE_MAX)
        return err_set(e, ERR_STATE, "the base station is overloaded: %d reports wait", QUEUE_MAX);
    csi_snr_tracker *tracker = tracker_of(s, r->ue);
    if (!tracker)
        return err_set(e, ERR_NOMEM, "the base station is out of memory");
    float received[CSI_REFERENCES_MAX];
    link_floats_copy(&r->reference, received);
    *snr_db = (float)csi_snr_track(tracker, received, references);
    return ERR_NONE;
}

static void on_report(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket;
    server *s = user;
    uint64_t now = clock_ns();
    size_t route = count - 1;
    s->received++;
    err e = {0};
    uint32_t ue = 0, seq = 0;
    bool known = false;
    link_report *r = NULL;
    if (route < 1 || route > JOB_ROUTE_MAX)
        err_set(&e, ERR_FORMAT, "%zu frames", count);
    else
        r = chain_wire_receive(&frames[route], &ue, &seq, &known, &e);
    size_t model = 0;
    float snr_db = 0;
    if (!r) {
        s->malformed++;
        log_limited(&s->bad_reports, LOG_WARNING, "a message that is no report: %s", e.text);
        if (known)
            refuse(s, frames, route, ue, seq, e.text);
        return;
    }
    job *j = NULL;
    if (admit(s, r, &model, &snr_db, &e) == ERR_NONE && !(j = job_create(frames, route, r)))
        err_set(&e, ERR_NOMEM, "the base station is out of memory");
    if (!j) {
        refuse(s, frames, route, ue, seq, e.text);
        link_report_free(r);
        return;
    }
    j->model = model;
    j->snr_db = snr_db;
    j->received_ns = now;
    watch_ask(&s->watched, j, &s->config.dims);
    pool_add(s->pool, j);
}

static void on_watched(void *user, uint32_t ue, bool on)
{
    server *s = user;
    watch_set(&s->watched, ue, on);
}

server *server_open(link_service *service, const server_config *config, err *e)
{
    server *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_NOMEM, "out of memory for the base station");
        return NULL;
    }
    s->service = service;
    s->config = *config;
    s->clock = clock_identity();
    pool_options decoding = {.dims = config->dims,
                             .decoders = config->decoders,
                             .decoder_count = config->decoder_count,
                             .workers = config->workers,
                             .done = on_done,
                             .user = s};
    link_socket_options socket = {ZMQ_ROUTER, config->listen, true, on_report, s};
    s->pool = pool_create(link_service_loop(service), &decoding, e);
    if (s->pool)
        s->socket =
            link_socket_open(link_service_loop(service), link_service_context(service), &socket, e);
    if (s->socket) {
        link_service_on_watched(service, on_watched, s);
        return s;
    }
    if (s->pool)
        pool_close(s->pool);
    free(s);
    return NULL;
}

/* Messages that were no report, those that broke the socket's own rules included. */
static uint64_t malformed(const server *s)
{
    return s->malformed + link_socket_malformed(s->socket);
}

void server_stop(server *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    pool_close(s->pool);
    s->malformed = malformed(s); /* the socket's own count goes with it */
    link_socket_close(s->socket, LINGER_MS);
    s->pool = NULL;
    s->socket = NULL;
    link_service_stop(s->service);
}

void server_telemetry(server *s, link_service *service)
{
    link_metric(service, "reports_received_total", (double)s->received);
    link_metric(service, "reports_reconstructed_total", (double)s->reconstructed);
    link_metric(service, "reports_refused_total", (double)s->refused);
    link_metric(service, "reports_malformed_total", (double)malformed(s));
    link_metric(service, "answers_unroutable_total", (double)s->unroutable);
    link_metric(service, "reports_in_flight", s->pool ? (double)pool_in_flight(s->pool) : 0);
    link_metric(service, "nmse_sum", s->nmse_sum);
    link_metric(service, "nmse_count", (double)s->measured);
    link_metric(service, "snr_estimated_db_sum", s->snr_sum_db);
    link_metric(service, "codeword_bits_sum", s->bits_sum); /* of a value, over the reconstructed */
    watch_fill(&s->watched, service);
}

void server_print(const server *s)
{
    log_info("%llu reports in: %llu reconstructed, %llu refused, %llu malformed; %llu answers "
             "without a way",
             (unsigned long long)s->received, (unsigned long long)s->reconstructed,
             (unsigned long long)s->refused, (unsigned long long)malformed(s),
             (unsigned long long)s->unroutable);
}

void server_free(server *s)
{
    if (s) {
        free(s->trackers);
        watch_clear(&s->watched);
    }
    free(s);
}
