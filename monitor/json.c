#include "monitor/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/json.h"
#include "monitor/metrics.h"

static void add_exact(cJSON *to, const char *name, double value)
{
    json_add_number(to, name, value);
}

/* Rounded, so that an event stays small. */
static void add_number(cJSON *to, const char *name, double value)
{
    double places = fabs(value) < 100 ? 1e4 : 1e1;
    add_exact(to, name, isfinite(value) ? round(value * places) / places : value);
}

static char *print(cJSON *root)
{
    char *text = json_print_line(root);
    cJSON_Delete(root);
    return text;
}

static void add_reports(cJSON *root, const model *m)
{
    static const struct {
        const char *name;
        model_metric metric;
    } ends[] = {{"sent", MODEL_AGENT_SENT},       {"acked", MODEL_AGENT_ACKED},
                {"lost", MODEL_AGENT_LOST},       {"timed_out", MODEL_AGENT_TIMED_OUT},
                {"refused", MODEL_AGENT_REFUSED}, {"not_decoded", MODEL_AGENT_NOT_DECODED}};
    cJSON *total = cJSON_AddObjectToObject(root, "total");
    cJSON *rate = cJSON_AddObjectToObject(root, "rate");
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        add_number(total, ends[i].name, model_total(m, ends[i].metric));
        add_number(rate, ends[i].name, model_rate(m, ends[i].metric));
    }
    add_number(root, "uplink_kbit_s", model_rate(m, MODEL_AGENT_BYTES) * 8e-3);
    add_number(root, "in_flight", model_total(m, MODEL_AGENT_IN_FLIGHT));
}

static void add_quality(cJSON *root, const model *m)
{
    double with_nmse = model_total(m, MODEL_AGENT_NMSE_COUNT);
    double measured = model_total(m, MODEL_AGENT_MEASURED);
    add_number(root, "nmse_db", model_nmse_db(m));
    add_number(root, "nmse_used_db", model_nmse_used_db(m));
    add_number(root, "nmse_total_db", 10 * log10(model_total(m, MODEL_AGENT_NMSE) / with_nmse));
    add_number(root, "nmse_used_total_db",
               10 * log10(model_total(m, MODEL_AGENT_NMSE_USED) /
                          model_total(m, MODEL_AGENT_NMSE_USED_COUNT)));
    add_exact(root, "sgcs", model_sgcs(m));
    add_exact(root, "sgcs_total", model_total(m, MODEL_AGENT_SGCS) / measured);
    add_exact(root, "se_bps_hz", model_se(m));
    add_exact(root, "se_total_bps_hz", model_total(m, MODEL_AGENT_SE) / measured);
    add_exact(root, "bler", model_bler(m));
    add_exact(root, "bler_total", model_bler_total(m));
    add_number(root, "undetected_total",
               model_total(m, MODEL_AGENT_COMPARED) > 0 ? model_total(m, MODEL_AGENT_UNDETECTED)
                                                        : NAN);
    add_number(root, "nmse_all_total_db",
               10 * log10(model_total(m, MODEL_AGENT_NMSE_ALL) / model_total(m, MODEL_AGENT_ALL)));
    add_number(root, "keys_total", model_total(m, MODEL_STATION_KEYS));
    add_number(root, "innovation_total_db",
               10 * log10(model_total(m, MODEL_STATION_INNOVATION) /
                          model_total(m, MODEL_STATION_INNOVATIONS)));
    add_number(root, "bits_per_report", model_bits_per_report(m));
    add_number(root, "channel_uses", model_channel_uses(m));
    cJSON *snr = cJSON_AddObjectToObject(root, "snr");
    add_number(snr, "asked", model_snr_asked_db(m));
    add_number(snr, "delivered", model_snr_delivered_db(m));
    add_number(snr, "estimated", model_snr_estimated_db(m));
}

/* The setting for all UEs: a gauge of channel-sim, of which a link has one. */
static void add_settings(cJSON *root, const model *m)
{
    cJSON *set = cJSON_AddObjectToObject(root, "set");
    for (size_t i = 0; i < model_slots(m); i++) {
        const model_slot *s = model_slot_at(m, i);
        if (s->role != MODEL_CHANNEL)
            continue;
        add_exact(set, "snr_db", model_value(s, MODEL_CHANNEL_SNR));
        add_exact(set, "loss", model_value(s, MODEL_CHANNEL_LOSS));
        add_exact(set, "delay_ms", 1e3 * model_value(s, MODEL_CHANNEL_DELAY));
        add_exact(set, "jitter_ms", 1e3 * model_value(s, MODEL_CHANNEL_JITTER));
        return;
    }
}

/* For each stage p50, p90, p99, p99.9 in microseconds. */
static void add_latency(cJSON *root, const model *m)
{
    static const double quantiles[] = {0.5, 0.9, 0.99, 0.999};
    cJSON *latency = cJSON_AddObjectToObject(root, "latency_us");
    for (int stage = 0; stage < CHAIN_STAGES; stage++) {
        cJSON *list = cJSON_AddArrayToObject(latency, chain_stage_name((chain_stage)stage));
        for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
            double ns = model_recent_percentile(m, (chain_stage)stage, quantiles[i]);
            cJSON_AddItemToArray(list, isnan(ns) ? cJSON_CreateNull()
                                                 : cJSON_CreateNumber(round(ns * 1e-2) / 10));
        }
    }
}

static void add_encoder(cJSON *to, const model_slot *s)
{
    cJSON *encoder = cJSON_AddObjectToObject(to, "encoder");
    double counted = model_value(s, MODEL_AGENT_COUNTED);
    cJSON_AddStringToObject(encoder, "codec", s->encoder.codec);
    cJSON_AddStringToObject(encoder, "precision", s->encoder.precision);
    cJSON_AddStringToObject(encoder, "uplink", s->encoder.uplink);
    add_number(encoder, "bits_per_report", model_value(s, MODEL_AGENT_BITS) / counted);
    add_number(encoder, "channel_uses", model_value(s, MODEL_AGENT_USES) / counted);
    add_number(encoder, "ues", model_value(s, MODEL_AGENT_UES));
}

static void add_processes(cJSON *root, const model *m, uint64_t now_ns)
{
    cJSON *list = cJSON_AddArrayToObject(root, "processes");
    for (size_t i = 0; i < model_slots(m); i++) {
        const model_slot *s = model_slot_at(m, i);
        if (s->role == MODEL_UNKNOWN)
            continue;
        cJSON *item = cJSON_CreateObject();
        cJSON_AddItemToArray(list, item);
        cJSON_AddStringToObject(item, "role", model_role_name(s->role));
        cJSON_AddBoolToObject(item, "up", now_ns - s->heard_ns < METRICS_UP_MS * 1000000ull);
        cJSON_AddBoolToObject(item, "insecure", model_is_insecure(s));
        cJSON_AddNumberToObject(item, "restarts", (double)s->restarts);
        if (s->encoder.codec[0])
            add_encoder(item, s);
    }
}

char *json_state(const model *m, const json_access *access, uint64_t now_ns)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddBoolToObject(root, "insecure", access->insecure);
    cJSON_AddBoolToObject(root, "token", access->token);
    cJSON_AddNumberToObject(root, "time_ms", (double)(now_ns / 1000000u));
    cJSON_AddNumberToObject(root, "ues", (double)model_ues(m));
    add_reports(root, m);
    add_quality(root, m);
    add_settings(root, m);
    add_latency(root, m);
    add_processes(root, m, now_ns);
    return print(root);
}

typedef struct sort_key {
    const model_ue *ue;
    double key; /* ascending */
} sort_key;

static int compare_keys(const void *a, const void *b)
{
    const sort_key *x = a, *y = b;
    if (x->key < y->key || x->key > y->key)
        return x->key < y->key ? -1 : 1;
    return (x->ue->ue > y->ue->ue) - (x->ue->ue < y->ue->ue);
}

static double key_of(const model_ue *u, const char *sort)
{
    if (strcmp(sort, "nmse") == 0) /* without any comes last */
        return isnan(u->nmse) ? INFINITY : -u->nmse;
    if (strcmp(sort, "lost") == 0)
        return -(double)u->lost_channel;
    if (strcmp(sort, "timed_out") == 0)
        return -(double)u->timed_out;
    if (strcmp(sort, "refused") == 0)
        return -(double)u->refused;
    if (strcmp(sort, "not_decoded") == 0)
        return -(double)u->not_decoded;
    if (strcmp(sort, "keys") == 0)
        return -(double)u->keys;
    return u->ue;
}

static cJSON *row_of(const model_ue *u)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddNumberToObject(row, "ue", u->ue);
    cJSON_AddNumberToObject(row, "sent", (double)u->sent);
    cJSON_AddNumberToObject(row, "acked", (double)u->acked);
    cJSON_AddNumberToObject(row, "lost", (double)u->lost_channel);
    cJSON_AddNumberToObject(row, "timed_out", (double)u->timed_out);
    cJSON_AddNumberToObject(row, "refused", (double)u->refused);
    cJSON_AddNumberToObject(row, "not_decoded", (double)u->not_decoded);
    add_number(row, "nmse_db", 10 * log10(u->nmse));
    add_number(row, "nmse_used_db", 10 * log10(u->nmse_used));
    add_number(row, "nmse_recent_db", 10 * log10(u->nmse_recent));
    add_number(row, "keys", u->keys > 0 ? (double)u->keys : NAN); /* NaN: without memory */
    add_number(row, "memory_age", u->keys > 0 ? (double)u->memory_age : NAN);
    return row;
}

char *json_ues(const model *m, size_t from, size_t count, const char *sort)
{
    size_t ues = model_ues(m);
    sort_key *order = malloc((ues + 1) * sizeof *order);
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "ues", (double)ues);
    cJSON_AddNumberToObject(root, "from", (double)from);
    cJSON *rows = cJSON_AddArrayToObject(root, "rows");
    for (size_t i = 0; order && i < ues; i++)
        order[i] = (sort_key){model_ue_at(m, i), key_of(model_ue_at(m, i), sort)};
    if (order && strcmp(sort, "ue") != 0)
        qsort(order, ues, sizeof *order, compare_keys);
    for (size_t i = from; order && i < ues && i - from < count && i - from < JSON_UES_MAX; i++)
        /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): all were set */
        cJSON_AddItemToArray(rows, row_of(order[i].ue));
    free(order);
    return print(root);
}

static void add_bytes(cJSON *to, const char *name, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(2 * count + 1);
    if (!text)
        return;
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * count] = '\0';
    cJSON_AddStringToObject(to, name, text);
    free(text);
}

char *json_picture(const collector_picture *p)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "ue", p->ue);
    cJSON_AddBoolToObject(root, "known", p->known);
    if (p->known) {
        size_t count = (size_t)p->rows * p->columns;
        cJSON_AddNumberToObject(root, "seq", p->seq);
        cJSON_AddNumberToObject(root, "rows", p->rows);
        cJSON_AddNumberToObject(root, "columns", p->columns);
        cJSON_AddBoolToObject(root, "directions", p->directions);
        add_number(root, "nmse_db", p->directions ? NAN : 10 * log10(p->nmse));
        add_exact(root, "sgcs", p->sgcs);
        add_number(root, "snr_estimated_db", (double)p->snr_estimated_db);
        add_bytes(root, "truth", p->truth, count);
        add_bytes(root, "reconstruction", p->reconstruction, count);
    }
    return print(root);
}

/* The settings as the page writes them; `scale` leads to channel-sim's units. */
static const struct {
    const char *shown, *name;
    double scale;
} settings[CONTROL_SETTINGS_MAX] = {{"snr_db", "snr", 1},
                                    {"loss", "loss", 1},
                                    {"delay_ms", "delay", 1e-3},
                                    {"jitter_ms", "jitter", 1e-3}};

static int read_setting(const cJSON *item, control_change *change, err *e)
{
    for (size_t i = 0; i < CONTROL_SETTINGS_MAX; i++) {
        if (strcmp(item->string, settings[i].shown) != 0)
            continue;
        bool infinite = i == 0 && cJSON_IsString(item) && strcmp(item->valuestring, "inf") == 0;
        if (!infinite && !cJSON_IsNumber(item))
            return err_set(e, ERR_INVALID, "%s takes a number%s", item->string,
                           i == 0 ? " or \"inf\"" : "");
        if (!infinite && !isfinite(item->valuedouble))
            return err_set(e, ERR_INVALID, "the number for %s is out of range", item->string);
        for (size_t k = 0; k < change->count; k++)
            if (change->set[k].name == settings[i].name)
                return err_set(e, ERR_INVALID, "%s is given twice", item->string);
        change->set[change->count].name = settings[i].name;
        change->set[change->count++].value =
            infinite ? INFINITY : item->valuedouble * settings[i].scale;
        return ERR_NONE;
    }
    return err_set(e, ERR_INVALID,
                   "unknown '%.40s'; a change has snr_db, loss, delay_ms, jitter_ms, ue, group",
                   item->string);
}

static int read_ue(const cJSON *item, control_change *change, err *e)
{
    double ue = cJSON_IsNumber(item) ? item->valuedouble : -1;
    if (!(ue >= 0 && ue < WIRE_UE_MAX && floor(ue) >= ue))
        return err_set(e, ERR_INVALID, "ue takes a whole number from 0 to %d", WIRE_UE_MAX - 1);
    change->for_one_ue = true;
    change->ue = (uint32_t)ue;
    return ERR_NONE;
}

static int read_group(const cJSON *item, control_change *change, err *e)
{
    if (!cJSON_IsString(item) || strlen(item->valuestring) >= WIRE_NAME_MAX)
        return err_set(e, ERR_INVALID, "group takes the name of a group");
    strcpy(change->group, item->valuestring);
    return ERR_NONE;
}

static int read_item(const cJSON *item, control_change *change, err *e)
{
    if (strcmp(item->string, "ue") == 0)
        return read_ue(item, change, e);
    if (strcmp(item->string, "group") == 0)
        return read_group(item, change, e);
    return read_setting(item, change, e);
}

/* Checks what cJSON does not: control characters, which it takes for blanks, bytes that are not
 * text, and NUL characters, which end a name early. */
static bool is_text(const char *text, size_t size)
{
    static const char nul[] = "\\u0000";
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < ' ' && (text[i] == '\0' || !strchr("\t\r\n", text[i])))
            return false;
    if (!text_is_utf8(text))
        return false;
    for (const char *at = text; (at = strstr(at, nul)) != NULL; at++) {
        size_t slashes = 0;
        while (at - slashes > text && at[-(ptrdiff_t)slashes - 1] == '\\')
            slashes++;
        if (slashes % 2 == 0) /* the backslash is not itself one that is escaped */
            return false;
    }
    return true;
}

int json_change(const char *text, size_t size, control_change *change, err *e)
{
    *change = (control_change){0};
    char *copy = malloc(size + 1);
    if (!copy)
        return err_set(e, ERR_NOMEM, "out of memory for a change");
    memcpy(copy, text, size);
    copy[size] = '\0';
    bool good = is_text(copy, size);
    cJSON *root = good ? json_parse(NULL, copy, size, NULL) : NULL;
    free(copy);
    if (!good)
        return err_set(e, ERR_INVALID,
                       "the change is not text in UTF-8, or has control characters");
    int status = ERR_NONE;
    const cJSON *item;
    if (!cJSON_IsObject(root))
        status = err_set(e, ERR_INVALID, "not a single JSON object such as {\"snr_db\":5}");
    else
        cJSON_ArrayForEach(item, root)
        {
            if (status == ERR_NONE)
                status = read_item(item, change, e);
        }
    cJSON_Delete(root);
    if (status == ERR_NONE && change->for_one_ue && change->group[0])
        status = err_set(e, ERR_INVALID, "a change is for a ue or for a group, not both");
    return status;
}

/* The part of the reply about the scope of `change`. */
static void add_in_force(cJSON *to, const wire_control_reply *reply, const control_change *change)
{
    for (size_t i = 0; i < reply->settings; i++) {
        const wire_setting *s = &reply->setting[i];
        bool other =
            s->for_one_ue != change->for_one_ue || (change->for_one_ue && s->ue != change->ue);
        if (other || (!change->for_one_ue && strcmp(s->group, change->group) != 0))
            continue;
        for (size_t k = 0; k < CONTROL_SETTINGS_MAX; k++)
            if (strcmp(s->name, settings[k].name) == 0)
                add_exact(to, settings[k].shown, s->value / settings[k].scale);
    }
}

char *json_answer(const control_change *change, const wire_control_reply *in_force,
                  const char *error)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "error", error);
    if (in_force) {
        const control_change all = {0};
        add_in_force(cJSON_AddObjectToObject(root, "in_force"), in_force, &all);
        cJSON *groups = cJSON_AddArrayToObject(root, "groups");
        for (size_t i = 0; i < in_force->groups; i++)
            cJSON_AddItemToArray(groups, cJSON_CreateString(in_force->group[i].name));
        if (change->for_one_ue || change->group[0])
            add_in_force(cJSON_AddObjectToObject(root, change->for_one_ue ? "ue" : "group"),
                         in_force, change);
    }
    return print(root);
}
