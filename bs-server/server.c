#include "server.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "ues.h"
#include "wire/limits.h"

enum { LINGER_MS = 200 };

struct server {
    link_service *service;
    server_config config;
    link_socket *socket;
    pool *pool;
    ue_table *ues;
    uint64_t clock; /* identifies the clock of the stamps */
    bool stopping;
    log_limit bad_reports;
    uint64_t no_room; /* refused for lack of memory */
    uint64_t received, reconstructed, refused, not_decoded, needs_key, malformed, unroutable;
    double snr_sum_db;
    uint64_t keys, keys_asked; /* decoded reports that build on nothing; keys requested because
                                  of drift */
    /* Sums of linear innovations and their counts, of reports that build on another and of keys. */
    double innovation_sum, key_innovation_sum;
    uint64_t innovations, key_innovations;
};

static void send_answer(server *s, zmq_msg_t *route, size_t route_count, const wire_answer *answer)
{
    zmq_msg_t frames[JOB_ROUTE_MAX + 1];
    for (size_t i = 0; i < route_count; i++) {
        zmq_msg_init(&frames[i]);
        zmq_msg_copy(&frames[i], &route[i]);
    }
    size_t count = route_count;
    if (wire_answer_pack(answer, &frames[count]) == ERR_NONE) {
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
    wire_answer answer = {
        .ue = ue, .seq = seq, .status = WIRE_REFUSED, .reason = reason, .received_ns = clock_ns()};
    send_answer(s, route, route_count, &answer);
}

/* Of codecs with memory. */
static void count_innovation(server *s, const job *j)
{
    if (!j->memory || !j->memory->reports)
        return;
    bool key = j->report.builds_on == 0;
    s->keys += key && j->status == WIRE_RECONSTRUCTED;
    s->keys_asked += j->status == WIRE_NEEDS_KEY && !isnan(j->innovation);
    if (isnan(j->innovation))
        return;
    *(key ? &s->key_innovation_sum : &s->innovation_sum) += j->innovation;
    *(key ? &s->key_innovations : &s->innovations) += 1;
}

static void count_done(server *s, const job *j)
{
    count_innovation(s, j);
    switch (j->status) {
    case WIRE_RECONSTRUCTED:
        s->reconstructed++;
        s->snr_sum_db += j->snr_db;
        break;
    case WIRE_NEEDS_KEY:
        s->needs_key++;
        s->not_decoded++;
        break;
    default:
        s->not_decoded++;
    }
}

/* Answers a finished job. Takes ownership. */
static void on_done(void *user, job *j)
{
    server *s = user;
    if (j->status == WIRE_REFUSED) {
        ue_table_release(j->memory);
        refuse(s, j->route, j->route_count, j->report.ue, j->report.seq, j->failure.text);
        job_free(j);
        return;
    }
    wire_answer answer = {.ue = j->report.ue,
                          .seq = j->report.seq,
                          .status = j->status,
                          .snr_estimated_db = (float)j->snr_db,
                          .impaired = j->report.impaired,
                          .impairment = j->report.impairment,
                          .clock = s->clock,
                          .received_ns = j->received_ns,
                          .decode_start_ns = j->decode_start_ns,
                          .uplink_decoded_ns = j->uplink_decoded_ns,
                          .decode_end_ns = j->decode_end_ns,
                          .entries = j->entries,
                          .reconstruction = j->reconstruction,
                          .predicted = j->reconstruction ? j->predicted : NULL,
                          .digest = j->digest,
                          .answered_ns = clock_ns()};
    count_done(s, j);
    ue_table_release(j->memory);
    send_answer(s, j->route, j->route_count, &answer);
    job_free(j);
}

/* The link that a report names by the identities of its codec and uplink. */
static int find_link(const server *s, const wire_report *r, size_t *link, err *e)
{
    const codec_info *first = codec_info_of(s->config.links[0].decoder), *known = NULL;
    for (size_t i = 0; i < s->config.link_count; i++) {
        const codec_info *info = codec_info_of(s->config.links[i].decoder);
        if (info->identity != r->codec)
            continue;
        known = info;
        *link = i;
        if (pool_uplink(s->pool, i)->identity == r->uplink)
            return ERR_NONE;
    }
    if (known)
        return err_set(
            e, ERR_MISMATCH,
            "the UE sends over an uplink (%016llx) that this base station does not serve "
            "for %s; it serves %s (%016llx)",
            (unsigned long long)r->uplink, known->name, s->config.links[*link].uplink,
            (unsigned long long)pool_uplink(s->pool, *link)->identity);
    return err_set(e, ERR_MISMATCH,
                   "the UE encodes with codec %016llx; this base station decodes %s (%016llx)%s",
                   (unsigned long long)r->codec, first->name, (unsigned long long)first->identity,
                   s->config.link_count > 1 ? " and others" : "");
}

/* The checks before a report takes any resources. Sets the job's link. */
static int check(server *s, const wire_report *r, size_t *link, err *e)
{
    int rc = find_link(s, r, link, e);
    if (rc != ERR_NONE)
        return rc;
    const uplink_info *over = pool_uplink(s->pool, *link);
    const codec *decoder = s->config.links[*link].decoder;
    if (over->by_kind && !uplink_takes(over, r->symbols, r->builds_on))
        return err_set(e, ERR_MISMATCH,
                       "a burst of %u symbols in %s; over %s %s sends %u in a key and %u in an "
                       "innovation",
                       r->symbols, r->builds_on > 0 ? "an innovation" : "a key", over->name,
                       codec_info_of(decoder)->name, over->symbols_of_key,
                       over->symbols_of_innovation);
    if (!uplink_takes(over, r->symbols, r->builds_on))
        return err_set(e, ERR_MISMATCH, "a burst of %u symbols; %s sends at most %u over %s",
                       r->symbols, codec_info_of(decoder)->name, over->symbols, over->name);
    return ERR_NONE;
}

/* Sets the job's memory and SNR; the report is counted from here on. */
static int prepare(server *s, job *j, err *e)
{
    const wire_report *r = &j->report;
    const codec *decoder = s->config.links[j->link].decoder;
    bool holds = s->config.on_failure != CHAIN_ZERO && pool_uplink(s->pool, j->link)->can_fail;
    const codec_info *info = codec_info_of(decoder);
    size_t memory = codec_memory_bytes(decoder);
    const ue_keeps keeps = {.memory_bytes = memory,
                            .held = holds ? codec_output_size(info) : 0,
                            .followed = follow_entries(&s->config.follow, info, memory),
                            .predict = s->config.follow.predict};
    ue_state *ue = ue_table_at(s->ues, r->ue);
    if (!ue)
        return err_set(e, ERR_NOMEM, "the base station is out of memory for UE %u", r->ue);
    if ((keeps.memory_bytes > 0 || keeps.held > 0 || keeps.followed > 0) &&
        !(j->memory = ue_table_memory(s->ues, r->ue, j->link, &keeps, e)))
        return ERR_NOMEM;
    j->snr_db = snr_track(&ue->snr, r->symbol, pool_uplink(s->pool, j->link)->references);
    return ERR_NONE;
}

/* Takes over a well-formed report, which is then decoded or refused with a reason. */
static void admit(server *s, zmq_msg_t *route, size_t route_count, wire_report *r, uint64_t now)
{
    err e = {0};
    size_t link = 0;
    uint32_t ue = r->ue, seq = r->seq;
    int rc = check(s, r, &link, &e);
    job *j = rc == ERR_NONE ? job_create(route, route_count, r) : NULL;
    if (rc == ERR_NONE && !j)
        err_set(&e, ERR_NOMEM, "the base station is out of memory");
    if (!j) {
        refuse(s, route, route_count, ue, seq, e.text);
        wire_report_clear(r);
        return;
    }
    j->link = link;
    j->received_ns = now;
    rc = pool_reserve(s->pool, j, &e);
    s->no_room += rc == ERR_STATE;
    if (rc == ERR_NONE && (rc = prepare(s, j, &e)) != ERR_NONE)
        pool_give_up(s->pool, j);
    if (rc == ERR_NONE) {
        pool_add(s->pool, j);
        return;
    }
    refuse(s, j->route, j->route_count, ue, seq, e.text);
    job_free(j);
}

static void on_report(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket;
    server *s = user;
    uint64_t now = clock_ns();
    size_t route = count - 1;
    err e = {0};
    bool known = false;
    wire_report r = {0};
    s->received++;
    int rc = route < 1 || route > JOB_ROUTE_MAX
                 ? err_set(&e, ERR_FORMAT, "%zu frames", count)
                 : wire_report_unpack(&frames[route], &r, &known, &e);
    if (rc == ERR_NONE) {
        admit(s, frames, route, &r, now);
        return;
    }
    s->malformed++;
    log_limited(&s->bad_reports, LOG_WARNING, "a message that is not a report: %s", e.text);
    if (known)
        refuse(s, frames, route, r.ue, r.seq, e.text);
}

/* With prediction, an answer carries two channels. */
static int check_room(const server_config *config, err *e)
{
    for (size_t i = 0; config->follow.predict != CHAIN_PREDICT_HOLD && i < config->link_count;
         i++) {
        const codec_info *info = codec_info_of(config->links[i].decoder);
        size_t entries = follow_entries(&config->follow, info, 0);
        if (entries > WIRE_ENTRIES_MAX / 2)
            return err_set(e, ERR_UNSUPPORTED,
                           "codec %s gives channels of %zu entries; up to %d can be predicted: use "
                           "predict hold",
                           info->name, entries, WIRE_ENTRIES_MAX / 2);
    }
    return ERR_NONE;
}

server *server_open(link_service *service, const server_config *config, err *e)
{
    if (check_room(config, e) != ERR_NONE)
        return NULL;
    server *s = calloc(1, sizeof *s);
    if (s)
        s->ues = ue_table_create(config->link_count, config->ue_memory_max);
    if (!s || !s->ues) {
        free(s);
        err_set(e, ERR_NOMEM, "out of memory for the base station");
        return NULL;
    }
    s->service = service;
    s->config = *config;
    s->clock = clock_identity();
    pool_options decoding = {.links = config->links,
                             .link_count = config->link_count,
                             .workers = config->workers,
                             .on_failure = config->on_failure,
                             .follow = config->follow,
                             .memory_max = config->memory_max,
                             .oldest_goes = config->oldest_goes,
                             .done = on_done,
                             .user = s};
    link_socket_options socket = {.type = ZMQ_ROUTER,
                                  .endpoint = config->listen,
                                  .bind = true,
                                  .received = on_report,
                                  .user = s,
                                  .receive_queue = SERVER_RECEIVE_QUEUE,
                                  .message_max = config->report_max + WIRE_STAMPS_BYTES_MAX,
                                  .connections_max = (int)config->peers_max,
                                  .admits = LINK_FOR_STATIONS};
    s->pool = pool_create(link_service_loop(service), &decoding, e);
    if (s->pool)
        s->socket = link_service_socket(service, socket, e);
    if (s->socket)
        return s;
    if (s->pool)
        pool_close(s->pool);
    server_free(s);
    return NULL;
}

/* Messages that were not reports, including those that the socket rejected. */
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
    s->malformed = malformed(s); /* before the socket's count is gone */
    link_socket_close(s->socket, LINGER_MS);
    s->pool = NULL;
    s->socket = NULL;
    link_service_stop(s->service);
}

void server_telemetry(server *s, link_service *service)
{
    link_metric(service, "reports_received_total", (double)s->received);
    link_metric(service, "reports_reconstructed_total", (double)s->reconstructed);
    link_metric(service, "reports_not_decoded_total", (double)s->not_decoded);
    link_metric(service, "reports_needing_key_total", (double)s->needs_key);
    link_metric(service, "reports_refused_total", (double)s->refused);
    link_metric(service, "reports_malformed_total", (double)malformed(s));
    link_metric(service, "answers_unroutable_total", (double)s->unroutable);
    link_metric(service, "reports_in_flight", s->pool ? (double)pool_in_flight(s->pool) : 0);
    link_metric(service, "reports_refused_full_total", (double)s->no_room);
    link_metric(service, "memory_held_bytes", s->pool ? (double)pool_bytes(s->pool) : 0);
    link_metric(service, "memory_budget_bytes", (double)s->config.memory_max);
    link_metric(service, "snr_estimated_db_sum", s->snr_sum_db);
    link_metric(service, "ue_memory_bytes", (double)ue_table_bytes(s->ues));
    link_metric(service, "ues_forgotten_total", (double)ue_table_forgotten(s->ues));
    link_metric(service, "keys_total", (double)s->keys);
    link_metric(service, "keys_asked_total", (double)s->keys_asked);
    link_metric(service, "innovation_sum", s->innovation_sum);
    link_metric(service, "innovation_count", (double)s->innovations);
    link_metric(service, "key_innovation_sum", s->key_innovation_sum);
    link_metric(service, "key_innovation_count", (double)s->key_innovations);
}

/* Prints the figures of codecs with memory, if there are any. */
static void print_memory(const server *s)
{
    char off[64] = "";
    if (s->keys == 0)
        return;
    if (s->innovations > 0 && s->innovation_sum > 0)
        snprintf(off, sizeof off, ", innovations of %.2f dB",
                 10 * log10(s->innovation_sum / (double)s->innovations));
    log_info("%llu keys (%llu requested because of drift)%s; %.1f MiB of UE state, forgotten for "
             "%llu UEs",
             (unsigned long long)s->keys, (unsigned long long)s->keys_asked, off,
             (double)ue_table_bytes(s->ues) / (1 << 20),
             (unsigned long long)ue_table_forgotten(s->ues));
}

void server_print(const server *s)
{
    log_info(
        "%llu reports in: %llu reconstructed, %llu not decoded (%llu without the codec's memory), "
        "%llu refused (%llu for lack of room), %llu malformed; %llu answers undeliverable",
        (unsigned long long)s->received, (unsigned long long)s->reconstructed,
        (unsigned long long)s->not_decoded, (unsigned long long)s->needs_key,
        (unsigned long long)s->refused, (unsigned long long)s->no_room,
        (unsigned long long)malformed(s), (unsigned long long)s->unroutable);
    print_memory(s);
}

void server_free(server *s)
{
    if (!s)
        return;
    ue_table_free(s->ues);
    free(s);
}
