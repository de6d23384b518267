#include "monitor/collector.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/decibel.h"
#include "base/log.h"
#include "link/socket.h"
#include "monitor/names.h"

enum { WATCH_MS = 2000, TURN_MS = 2000, GONE_MS = 1000, NO_NAME = NAMES_MAX };

typedef struct endpoint {
    collector *collector;
    size_t slot;
    size_t name; /* index of the given endpoint with this address; NO_NAME: given as an address */
    names_endpoint at;
    char server[ENDPOINT_NAME_MAX]; /* for addresses of a name: the expected certificate, or "" */
    link_socket *socket;
} endpoint;

typedef struct watched {
    uint64_t asked_ns; /* 0: free */
    collector_picture picture;
    uint64_t since_ns; /* watched without a break */
} watched;

struct collector {
    model *model;
    link_service *service;
    names *names;
    endpoint endpoint[MODEL_SLOTS_MAX];
    size_t count;
    watched watched[WIRE_SAMPLES_MAX];
    uv_timer_t timer;
    bool ticking;
    void (*ticked)(void *user);
    void *user;
    uint64_t messages, malformed;
    log_limit bad;
};

static void draw(uint8_t *out, const float *values, size_t count, double largest)
{
    for (size_t i = 0; i < count; i++) {
        double below_db = -db_of_amplitude((double)values[i] / largest);
        double level = 255 * (1 - below_db / COLLECTOR_PICTURE_DB);
        out[i] = (uint8_t)fmin(fmax(level, 0), 255); /* zero is infinitely far below */
    }
}

static double largest_of(const float *values, size_t count)
{
    float largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmaxf(largest, values[i]);
    return largest > 0 ? (double)largest : 1;
}

void collector_draw(collector_picture *p, const wire_csi_sample *s)
{
    size_t count = (size_t)s->rows * s->columns;
    double largest = largest_of(s->truth, count);
    p->seq = s->seq;
    p->rows = s->rows;
    p->columns = s->columns;
    p->directions = s->directions;
    p->nmse = s->nmse;
    p->sgcs = s->sgcs;
    p->snr_estimated_db = s->snr_estimated_db;
    p->known = true;
    draw(p->truth, s->truth, count, largest);
    draw(p->reconstruction, s->reconstruction, count, largest);
}

static void take_sample(collector *c, const wire_csi_sample *s)
{
    for (size_t i = 0; i < WIRE_SAMPLES_MAX; i++)
        if (c->watched[i].asked_ns && c->watched[i].picture.ue == s->ue)
            collector_draw(&c->watched[i].picture, s);
}

static void on_telemetry(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket;
    endpoint *at = user;
    collector *c = at->collector;
    err e = {0};
    wire_telemetry t;
    if (wire_telemetry_unpack(&frames[count - 1], &t, &e) == ERR_NONE &&
        model_take(c->model, at->slot, &t, clock_ns(), &e) == ERR_NONE) {
        c->messages++;
        for (size_t i = 0; i < t.samples; i++)
            take_sample(c, &t.sample[i]);
    } else {
        c->malformed++;
        log_limited(&c->bad, LOG_WARNING, "not telemetry of a link: %s", e.text);
    }
    wire_telemetry_clear(&t);
}

static void subscribe_to(const endpoint *at, uint32_t ue, bool on)
{
    char topic[32];
    snprintf(topic, sizeof topic, "csi/%u", ue);
    if (at->socket)
        link_socket_subscribe(at->socket, topic, on);
}

/* ZeroMQ carries the topic to every process, at once or when it comes; only an agent heeds
 * it. */
static void subscribe(collector *c, uint32_t ue, bool on)
{
    for (size_t i = 0; i < c->count; i++)
        subscribe_to(&c->endpoint[i], ue, on);
}

static void end_idle_watches(collector *c, uint64_t now)
{
    for (size_t i = 0; i < WIRE_SAMPLES_MAX; i++) {
        watched *w = &c->watched[i];
        if (!w->asked_ns || now - w->asked_ns < WATCH_MS * 1000000ull)
            continue;
        subscribe(c, w->picture.ue, false);
        w->asked_ns = 0;
    }
}

/* A slot for one more UE. If all are taken, the UE that has been watched longest makes room after
 * its two seconds, so that a client with several UEs leaves some slots to others. */
static watched *place_to_watch(collector *c, uint64_t now_ns)
{
    watched *oldest = &c->watched[0];
    for (size_t i = 0; i < WIRE_SAMPLES_MAX; i++) {
        watched *w = &c->watched[i];
        if (!w->asked_ns)
            return w;
        if (w->since_ns < oldest->since_ns)
            oldest = w;
    }
    if (now_ns - oldest->since_ns < TURN_MS * 1000000ull)
        return NULL;
    subscribe(c, oldest->picture.ue, false);
    return oldest;
}

const collector_picture *collector_watch(collector *c, uint32_t ue)
{
    uint64_t now_ns = clock_ns();
    for (size_t i = 0; i < WIRE_SAMPLES_MAX; i++) {
        watched *w = &c->watched[i];
        if (w->asked_ns && w->picture.ue == ue) {
            w->asked_ns = now_ns;
            return &w->picture;
        }
    }
    watched *w = place_to_watch(c, now_ns);
    if (!w)
        return NULL;
    w->asked_ns = w->since_ns = now_ns;
    w->picture.ue = ue;
    w->picture.known = false;
    subscribe(c, ue, true);
    return &w->picture;
}

static void on_tick(uv_timer_t *timer)
{
    collector *c = timer->data;
    end_idle_watches(c, clock_ns());
    model_tick(c->model);
    c->ticked(c->user);
}

static int connect_endpoint(collector *c, endpoint *at, const char *address, err *e)
{
    char whose[NAMES_ENDPOINT_MAX + ENDPOINT_NAME_MAX];
    link_socket_options o = {
        .type = ZMQ_SUB, .endpoint = address, .received = on_telemetry, .user = at};
    if (at->server[0]) { /* an address of a name must also have its certificate */
        snprintf(whose, sizeof whose, "%s@%s", at->server, address);
        o.endpoint = whose;
    }
    link_socket_close(at->socket, 0);
    at->socket = link_service_socket(c->service, o, e);
    for (size_t i = 0; at->socket && i < WIRE_SAMPLES_MAX; i++)
        if (c->watched[i].asked_ns)
            subscribe_to(at, c->watched[i].picture.ue, true);
    return at->socket ? ERR_NONE : ERR_IO;
}

/* --- names ------------------------------------------------------------------------------------ */

static bool is_among(const char *address, const names_endpoint *found, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(address, found[i].text) == 0)
            return true;
    return false;
}

static bool is_silent(const collector *c, const endpoint *at)
{
    uint64_t heard = model_slot_at(c->model, at->slot)->heard_ns;
    return heard == 0 || clock_ns() - heard > GONE_MS * 1000000ull;
}

/* The place for a new address of a name: that of a process which has gone; a further one where the
 * name has more addresses than places; none as long as the one that it will replace still talks. */
static endpoint *place_for(collector *c, size_t which, const names_endpoint *found, size_t count)
{
    size_t places = 0;
    for (size_t i = 0; i < c->count; i++) {
        endpoint *at = &c->endpoint[i];
        if (at->name != which)
            continue;
        places++;
        if (!is_among(at->at.text, found, count) && is_silent(c, at))
            return at;
    }
    if (places >= count || c->count == MODEL_SLOTS_MAX)
        return NULL;
    endpoint *more = &c->endpoint[c->count++];
    *more = (endpoint){.collector = c, .slot = model_add_slot(c->model), .name = which};
    for (size_t i = 0; i + 1 < c->count; i++)
        if (c->endpoint[i].name == which)
            strcpy(more->server, c->endpoint[i].server);
    return more;
}

static bool is_held(const collector *c, size_t which, const char *address)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->endpoint[i].name == which && strcmp(c->endpoint[i].at.text, address) == 0)
            return true;
    return false;
}

static void on_found(void *user, size_t which, const names_endpoint *found, size_t count)
{
    collector *c = user;
    for (size_t i = 0; i < count; i++) {
        endpoint *at = is_held(c, which, found[i].text) ? NULL : place_for(c, which, found, count);
        if (!at)
            continue;
        at->at = found[i];
        err e = {0};
        if (connect_endpoint(c, at, at->at.text, &e) != ERR_NONE)
            log_limited(&c->bad, LOG_WARNING, "%s", e.text);
    }
}

/* Every given endpoint has a slot, so that a process keeps its number from run to run; that of a
 * name waits for its first address. */
static int add_endpoint(collector *c, size_t which, const char *asked, err *e)
{
    link_endpoint read;
    int rc = link_endpoint_parse(asked, false, &read, e);
    if (rc != ERR_NONE)
        return rc;
    bool named = names_add(c->names, which, read.address);
    endpoint *at = &c->endpoint[c->count++];
    *at = (endpoint){
        .collector = c, .slot = model_add_slot(c->model), .name = named ? which : NO_NAME};
    if (!named)
        return connect_endpoint(c, at, asked, e);
    strcpy(at->server, read.server);
    return ERR_NONE;
}

collector *collector_open(link_service *service, const char *const *endpoints, size_t count,
                          void (*ticked)(void *user), void *user, err *e)
{
    uv_loop_t *loop = link_service_loop(service);
    collector *c = calloc(1, sizeof *c);
    if (!c || count > MODEL_SLOTS_MAX || !(c->model = model_create(0)) ||
        !(c->names = names_open(loop, on_found, c, e))) {
        collector_free(c);
        err_set(e, ERR_NOMEM, "no room for %zu telemetry endpoints (up to %d)", count,
                MODEL_SLOTS_MAX);
        return NULL;
    }
    c->service = service;
    c->ticked = ticked;
    c->user = user;
    int status = ERR_NONE;
    for (size_t i = 0; i < count && status == ERR_NONE; i++)
        status = add_endpoint(c, i, endpoints[i], e);
    if (status != ERR_NONE) {
        collector_close(c);
        uv_run(loop, UV_RUN_NOWAIT);
        collector_free(c);
        return NULL;
    }
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    c->ticking = true;
    uv_timer_start(&c->timer, on_tick, MODEL_TICK_MS, MODEL_TICK_MS);
    return c;
}

void collector_close(collector *c)
{
    for (size_t i = 0; i < c->count; i++)
        link_socket_close(c->endpoint[i].socket, 0);
    names_close(c->names);
    if (c->ticking)
        uv_close((uv_handle_t *)&c->timer, NULL);
}

void collector_free(collector *c)
{
    if (c) {
        model_free(c->model);
        names_free(c->names);
    }
    free(c);
}

const model *collector_model(const collector *c)
{
    return c->model;
}

uint64_t collector_messages(const collector *c)
{
    return c->messages;
}

uint64_t collector_malformed(const collector *c)
{
    return c->malformed;
}
