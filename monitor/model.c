#include "monitor/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/decibel.h"

const model_kind model_kinds[MODEL_METRIC_COUNT] = {
#define MODEL_ROW(id, role, name, type, shown, help) {role, name, type, shown, help},
    MODEL_METRICS(MODEL_ROW)
#undef MODEL_ROW
};

/* The totals at one moment. `time_ns` is the mean time of the agents' last messages: a rate is over
 * the time in which its numbers arose, not over that in which they were looked at. */
typedef struct snapshot {
    double time_ns, total[MODEL_METRIC_COUNT];
    uint64_t latency[CHAIN_STAGES][HIST_COARSE];
} snapshot;

enum { RING = MODEL_LATENCY_TICKS + 1 };

struct model {
    size_t slots;
    model_slot slot[MODEL_SLOTS_MAX];
    model_ue *ue; /* by number */
    size_t ues, ue_capacity;
    snapshot ring[RING];
    uint64_t ticks;
};

static const char *const role_names[] = {[MODEL_UNKNOWN] = "unknown",
                                         [MODEL_AGENT] = "ue-agent",
                                         [MODEL_CHANNEL] = "channel-sim",
                                         [MODEL_STATION] = "bs-server"};

/* Counters beyond this are not exact as doubles, and no process reaches them. */
static const double counter_max = 9007199254740992.0;

const char *model_role_name(model_role role)
{
    return role_names[role];
}

model *model_create(size_t slots)
{
    model *m = slots <= MODEL_SLOTS_MAX ? calloc(1, sizeof *m) : NULL;
    if (m)
        m->slots = slots;
    return m;
}

size_t model_add_slot(model *m)
{
    return m->slots < MODEL_SLOTS_MAX ? m->slots++ : MODEL_SLOTS_MAX;
}

void model_free(model *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->slots; i++)
        free(m->slot[i].histogram);
    free(m->ue);
    free(m);
}

static model_role role_of(const char *name)
{
    for (int i = MODEL_AGENT; i <= MODEL_STATION; i++)
        if (strcmp(name, role_names[i]) == 0)
            return (model_role)i;
    return MODEL_UNKNOWN;
}

static size_t find_metric(model_role role, const char *name)
{
    size_t i = 0;
    while (i < MODEL_METRIC_COUNT &&
           !(model_kinds[i].role == role && strcmp(model_kinds[i].name, name) == 0))
        i++;
    return i;
}

static bool is_possible(size_t metric, double value)
{
    switch (model_kinds[metric].type) {
    case MODEL_COUNTER:
        return value >= 0 && value <= counter_max;
    default:
        return true;
    }
}

/* The histogram that a name means; MODEL_HISTOGRAMS for none. */
static size_t find_histogram(const char *name)
{
    for (size_t i = 0; i < CHAIN_STAGES; i++)
        if (strcmp(name, chain_stage_name((chain_stage)i)) == 0)
            return i;
    if (strcmp(name, "nmse_used_e8") == 0)
        return MODEL_NMSE_USED;
    return strcmp(name, "nmse_e8") == 0 ? MODEL_NMSE : MODEL_HISTOGRAMS;
}

static int check(const wire_telemetry *t, model_role role, err *e)
{
    if (role == MODEL_UNKNOWN)
        return err_set(e, ERR_FORMAT, "telemetry of a '%.40s', which is not part of a link",
                       t->role);
    for (size_t i = 0; i < t->metrics; i++) {
        size_t metric = find_metric(role, t->metric[i].name);
        if (metric < MODEL_METRIC_COUNT && !is_possible(metric, t->metric[i].value))
            return err_set(e, ERR_FORMAT, "%s of %s cannot be %g", t->metric[i].name, t->role,
                           t->metric[i].value);
    }
    return wire_telemetry_check(t, e);
}

/* True if the process has restarted. In containers every process can have id 1. */
static bool is_restarted(const model_slot *s, const wire_telemetry *t)
{
    if (s->pid != t->pid)
        return true;
    for (size_t i = 0; i < t->metrics; i++) {
        size_t k = find_metric(s->role, t->metric[i].name);
        if (k < MODEL_METRIC_COUNT && model_kinds[k].type == MODEL_COUNTER && s->known[k] &&
            t->metric[i].value < s->now[k])
            return true;
    }
    return false;
}

static void add_histogram(model_histogram *into, const model_histogram *from)
{
    for (size_t i = 0; i < HIST_COARSE; i++)
        into->count[i] += from->count[i];
    into->sum += from->sum;
}

static void keep_life(model_slot *s)
{
    s->restarts++;
    for (size_t k = 0; k < MODEL_METRIC_COUNT; k++) {
        if (model_kinds[k].type == MODEL_GAUGE)
            continue;
        s->before[k] += s->now[k];
        s->now[k] = 0;
    }
    for (size_t i = 0; s->histogram && i < MODEL_HISTOGRAMS; i++) {
        add_histogram(&s->histogram[MODEL_HISTOGRAMS + i], &s->histogram[i]);
        s->histogram[i] = (model_histogram){0};
    }
}

static void take_histogram(model_slot *s, const wire_histogram *h)
{
    size_t which = find_histogram(h->name);
    if (which == MODEL_HISTOGRAMS)
        return;
    model_histogram *out = &s->histogram[which];
    memset(out->count, 0, sizeof out->count);
    out->sum = h->sum;
    for (size_t i = 0; i < h->filled; i++)
        out->count[h->bucket[i]] = h->count[i];
}

static void take_text(char to[MODEL_TEXT_MAX], const char *text)
{
    snprintf(to, MODEL_TEXT_MAX, "%s", text);
    for (char *c = to; *c; c++)
        if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\')
            *c = '?';
}

static void take_encoder(model_slot *s, const wire_encoder *told)
{
    take_text(s->encoder.codec, told->codec);
    take_text(s->encoder.precision, told->precision);
    take_text(s->encoder.uplink, told->uplink);
}

/* The UE's row, made where it is new; NULL when there is no room. */
static model_ue *row_of(model *m, uint32_t ue)
{
    size_t low = 0, high = m->ues;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->ue[middle].ue < ue)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < m->ues && m->ue[low].ue == ue)
        return &m->ue[low];
    if (m->ues == MODEL_UES_MAX)
        return NULL;
    if (m->ues == m->ue_capacity) {
        size_t capacity = m->ue_capacity ? 2 * m->ue_capacity : 256;
        model_ue *bigger = realloc(m->ue, capacity * sizeof *bigger);
        if (!bigger)
            return NULL;
        m->ue = bigger;
        m->ue_capacity = capacity;
    }
    memmove(&m->ue[low + 1], &m->ue[low], (m->ues - low) * sizeof *m->ue);
    m->ues++;
    m->ue[low] = (model_ue){.ue = ue, .nmse = NAN, .nmse_used = NAN, .nmse_recent = NAN};
    return &m->ue[low];
}

static void take_ue(model *m, const wire_ue_figures *f)
{
    model_ue *u = row_of(m, f->ue);
    if (!u)
        return;
    bool fell = f->sent < u->sent || f->measured < u->measured || f->nmse_sum < u->nmse_sum;
    uint64_t measured = f->measured - (fell ? 0 : u->measured);
    double sum = f->nmse_sum - (fell ? 0 : u->nmse_sum);
    u->nmse_recent = measured ? sum / (double)measured : NAN;
    u->nmse = f->measured ? f->nmse_sum / (double)f->measured : NAN;
    u->nmse_used = f->aged ? f->nmse_used_sum / (double)f->aged : NAN;
    u->sent = f->sent;
    u->acked = f->acked;
    u->lost_channel = f->lost_channel;
    u->timed_out = f->timed_out;
    u->refused = f->refused;
    u->not_decoded = f->not_decoded;
    u->measured = f->measured;
    u->nmse_sum = f->nmse_sum;
    u->keys = f->keys;
    u->memory_age = f->memory_age;
}

/* Prepares the slot for the message's process: a new one, or another life of the same. */
static int admit(model_slot *s, const wire_telemetry *t, model_role role, err *e)
{
    if (s->role != role) {
        free(s->histogram);
        *s = (model_slot){.role = role, .pid = t->pid};
        if (role == MODEL_AGENT)
            s->histogram = calloc((size_t)2 * MODEL_HISTOGRAMS, sizeof *s->histogram);
        if (role == MODEL_AGENT && !s->histogram) {
            s->role = MODEL_UNKNOWN;
            return err_set(e, ERR_NOMEM, "out of memory for a process's histograms");
        }
    } else if (is_restarted(s, t)) {
        keep_life(s);
        s->pid = t->pid;
    }
    return ERR_NONE;
}

int model_take(model *m, size_t slot, const wire_telemetry *t, uint64_t now_ns, err *e)
{
    model_role role = role_of(t->role);
    model_slot *s = &m->slot[slot];
    if (check(t, role, e) != ERR_NONE || admit(s, t, role, e) != ERR_NONE)
        return e ? e->code : ERR_FORMAT;
    s->heard_ns = now_ns;
    for (size_t i = 0; i < t->metrics; i++) {
        size_t metric = find_metric(role, t->metric[i].name);
        if (metric == MODEL_METRIC_COUNT)
            continue;
        s->known[metric] = true;
        s->now[metric] = t->metric[i].value;
    }
    for (size_t i = 0; role == MODEL_AGENT && i < t->histograms; i++)
        take_histogram(s, &t->histogram[i]);
    for (size_t i = 0; role == MODEL_AGENT && i < t->ues; i++)
        take_ue(m, &t->ue[i]);
    if (role == MODEL_AGENT && t->encodes)
        take_encoder(s, &t->encoder);
    return ERR_NONE;
}

size_t model_slots(const model *m)
{
    return m->slots;
}

const model_slot *model_slot_at(const model *m, size_t slot)
{
    return &m->slot[slot];
}

bool model_is_insecure(const model_slot *s)
{
    static const model_metric metric[] = {[MODEL_AGENT] = MODEL_AGENT_OPEN,
                                          [MODEL_CHANNEL] = MODEL_CHANNEL_OPEN,
                                          [MODEL_STATION] = MODEL_STATION_OPEN};
    return s->role != MODEL_UNKNOWN && s->now[metric[s->role]] > 0;
}

double model_value(const model_slot *s, model_metric metric)
{
    return s->now[metric] + s->before[metric];
}

double model_total(const model *m, model_metric metric)
{
    double total = 0;
    for (size_t i = 0; i < m->slots; i++)
        if (m->slot[i].known[metric])
            total += model_value(&m->slot[i], metric);
    return total;
}

void model_add_histogram(const model_slot *s, size_t which, model_histogram *into)
{
    if (!s->histogram)
        return;
    add_histogram(into, &s->histogram[which]);
    add_histogram(into, &s->histogram[MODEL_HISTOGRAMS + which]);
}

static double mean_time(const model *m)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < m->slots; i++) {
        if (m->slot[i].role != MODEL_AGENT)
            continue;
        sum += (double)m->slot[i].heard_ns;
        count++;
    }
    return count ? sum / (double)count : 0;
}

void model_tick(model *m)
{
    snapshot *s = &m->ring[m->ticks++ % RING];
    memset(s, 0, sizeof *s);
    s->time_ns = mean_time(m);
    for (size_t k = 0; k < MODEL_METRIC_COUNT; k++)
        if (model_kinds[k].type != MODEL_GAUGE)
            s->total[k] = model_total(m, (model_metric)k);
    for (size_t i = 0; i < m->slots; i++) {
        const model_histogram *h = m->slot[i].histogram;
        for (size_t k = 0; h && k < CHAIN_STAGES; k++)
            for (size_t b = 0; b < HIST_COARSE; b++)
                s->latency[k][b] += h[k].count[b] + h[MODEL_HISTOGRAMS + k].count[b];
    }
}

/* The snapshot `ticks` before the last, or the oldest; NULL before the first. */
static const snapshot *look_back(const model *m, uint64_t ticks)
{
    if (m->ticks == 0)
        return NULL;
    uint64_t back = m->ticks - 1 < ticks ? m->ticks - 1 : ticks;
    return &m->ring[(m->ticks - 1 - back) % RING];
}

double model_recent(const model *m, model_metric metric)
{
    const snapshot *last = look_back(m, 0), *first = look_back(m, MODEL_RECENT_TICKS);
    return last ? last->total[metric] - first->total[metric] : 0;
}

double model_rate(const model *m, model_metric metric)
{
    const snapshot *last = look_back(m, 0), *first = look_back(m, MODEL_RECENT_TICKS);
    double seconds = last ? (last->time_ns - first->time_ns) * 1e-9 : 0;
    /* Nothing heard, or the very first message between the two: there is no interval. */
    return seconds > 0 && first->time_ns > 0 ? model_recent(m, metric) / seconds : 0;
}

double model_recent_percentile(const model *m, chain_stage stage, double q)
{
    const snapshot *last = look_back(m, 0), *first = look_back(m, MODEL_LATENCY_TICKS);
    uint64_t count[HIST_COARSE];
    if (!last)
        return NAN;
    for (size_t i = 0; i < HIST_COARSE; i++)
        count[i] = last->latency[stage][i] - first->latency[stage][i];
    return hist_coarse_percentile(count, q);
}

/* 10 log10(a / b); NaN where there is nothing to divide by. */
static double ratio_db(double a, double b)
{
    return b > 0 && a > 0 ? db_of_power(a / b) : NAN;
}

double model_nmse_db(const model *m)
{
    return ratio_db(model_recent(m, MODEL_AGENT_NMSE), model_recent(m, MODEL_AGENT_NMSE_COUNT));
}

double model_nmse_used_db(const model *m)
{
    return ratio_db(model_recent(m, MODEL_AGENT_NMSE_USED),
                    model_recent(m, MODEL_AGENT_NMSE_USED_COUNT));
}

double model_nmse_all_db(const model *m)
{
    return ratio_db(model_recent(m, MODEL_AGENT_NMSE_ALL), model_recent(m, MODEL_AGENT_ALL));
}

static double mean_of(const model *m, model_metric sum)
{
    double count = model_recent(m, MODEL_AGENT_MEASURED);
    return count > 0 ? model_recent(m, sum) / count : NAN;
}

double model_sgcs(const model *m)
{
    return mean_of(m, MODEL_AGENT_SGCS);
}

double model_se(const model *m)
{
    return mean_of(m, MODEL_AGENT_SE);
}

static double bler_of(const model *m, double (*count)(const model *m, model_metric metric))
{
    double not_decoded = count(m, MODEL_AGENT_NOT_DECODED);
    double received = count(m, MODEL_AGENT_ACKED) + not_decoded;
    return received > 0 ? (not_decoded - count(m, MODEL_AGENT_NEEDS_KEY)) / received : NAN;
}

double model_bler(const model *m)
{
    return bler_of(m, model_recent);
}

double model_bler_total(const model *m)
{
    return bler_of(m, model_total);
}

double model_snr_asked_db(const model *m)
{
    return ratio_db(model_recent(m, MODEL_CHANNEL_BURSTS),
                    model_recent(m, MODEL_CHANNEL_NOISE_ASKED));
}

double model_snr_delivered_db(const model *m)
{
    return ratio_db(model_recent(m, MODEL_CHANNEL_BURSTS), model_recent(m, MODEL_CHANNEL_NOISE));
}

double model_snr_estimated_db(const model *m)
{
    return ratio_db(model_recent(m, MODEL_AGENT_COUNTED),
                    model_recent(m, MODEL_AGENT_NOISE_ESTIMATED));
}

double model_bits_per_report(const model *m)
{
    double count = model_recent(m, MODEL_AGENT_COUNTED);
    return count > 0 ? model_recent(m, MODEL_AGENT_BITS) / count : NAN;
}

double model_channel_uses(const model *m)
{
    double count = model_recent(m, MODEL_AGENT_COUNTED);
    return count > 0 ? model_recent(m, MODEL_AGENT_USES) / count : NAN;
}

size_t model_ues(const model *m)
{
    return m->ues;
}

const model_ue *model_ue_at(const model *m, size_t index)
{
    return &m->ue[index];
}
