/* Converts a tally to JSON and back, for the process that merges several agents. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "io/json.h"
#include "measure/tally.h"

#define COUNT_FIELDS(X)                                                                            \
    X(sent) X(acked) X(lost_channel) X(timed_out) X(refused) X(not_decoded) X(needs_key) X(unknown)

/* Fields that older tallies lack. */
#define LATER_COUNT_FIELDS(X) X(compared) X(undetected) X(keys) X(innovations)

static void put_counts(cJSON *object, const chain_counts *c)
{
#define PUT(field) json_add_number(object, #field, (double)c->field);
    COUNT_FIELDS(PUT)
    LATER_COUNT_FIELDS(PUT)
#undef PUT
}

static void put_hist(cJSON *object, const char *name, const hist *h)
{
    char *text = hist_to_text(h);
    cJSON_AddStringToObject(object, name, text ? text : "");
    free(text);
}

static void put_sums(cJSON *object, const chain_sums *s)
{
    json_add_number(object, "reports", (double)s->reports);
    json_add_number(object, "answered", (double)s->answered);
    json_add_number(object, "aged", (double)s->aged);
    json_add_number(object, "all", (double)s->all);
#define PUT(field) json_add_number(object, #field, s->field);
    CHAIN_SUMS_FIELDS(PUT)
    CHAIN_SUMS_LATER_FIELDS(PUT)
#undef PUT
#define PUT(field) json_add_number(object, #field, (double)s->field);
    CHAIN_SUMS_LATER_COUNTS(PUT)
#undef PUT
}

static void put_snr(cJSON *array, const chain_snr_point *p)
{
    cJSON *o = cJSON_CreateObject();
    json_add_number(o, "snr_db", p->snr_db);
    json_add_number(o, "group", p->group);
    json_add_number(o, "reports", (double)p->reports);
    json_add_number(o, "directions", (double)p->directions);
    json_add_number(o, "nmse", p->nmse);
    json_add_number(o, "sgcs", p->sgcs);
    cJSON_AddItemToArray(array, o);
}

static void put_ue(cJSON *array, const chain_ue_tally *u)
{
    cJSON *o = cJSON_CreateObject();
    json_add_number(o, "ue", u->ue);
    put_counts(o, &u->counts);
    json_add_number(o, "measured", (double)u->measured);
    json_add_number(o, "directions", (double)u->directions);
    json_add_number(o, "nmse", u->nmse);
    json_add_number(o, "sgcs", u->sgcs);
    json_add_number(o, "se", u->se);
    json_add_number(o, "aged", (double)u->aged);
    json_add_number(o, "aged_directions", (double)u->aged_directions);
    json_add_number(o, "nmse_used", u->nmse_used);
    json_add_number(o, "bits", u->bits);
    json_add_number(o, "channel_uses", u->channel_uses);
    cJSON_AddItemToArray(array, o);
}

static void put_stages(cJSON *root, const char *name, const hist stage[CHAIN_STAGES])
{
    cJSON *object = cJSON_AddObjectToObject(root, name);
    for (int i = 0; i < CHAIN_STAGES; i++)
        put_hist(object, chain_stage_name((chain_stage)i), &stage[i]);
}

cJSON *chain_tally_to_json(const chain_tally *t)
{
    cJSON *root = cJSON_CreateObject();
    put_counts(cJSON_AddObjectToObject(root, "counts"), &t->counts);
    json_add_number(root, "late", (double)t->late);
    put_sums(cJSON_AddObjectToObject(root, "sums"), &t->sums);
    put_hist(root, "nmse", &t->nmse);
    put_hist(root, "nmse_used", &t->nmse_used);
    put_stages(root, "latency", t->latency);
    put_stages(root, "warm_up", t->warm_up);
    json_add_number(root, "unsplit", (double)t->unsplit);
    json_add_number(root, "access_error_s", t->access_error_s);
    json_add_number(root, "core_error_s", t->core_error_s);
    json_add_number(root, "uplink_bytes", (double)t->uplink_bytes);
    json_add_number(root, "elapsed_s", t->elapsed_s);
    json_add_number(root, "lateness_max_s", t->lateness_max_s);
    cJSON *snr = cJSON_AddArrayToObject(root, "snr");
    for (size_t i = 0; i < t->snr_points; i++)
        put_snr(snr, &t->snr[i]);
    cJSON *refusals = cJSON_AddArrayToObject(root, "refusals");
    for (size_t i = 0; i < t->refusals; i++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "reason", t->refusal[i].reason);
        json_add_number(o, "reports", (double)t->refusal[i].reports);
        cJSON_AddItemToArray(refusals, o);
    }
    cJSON *ues = cJSON_AddArrayToObject(root, "ues");
    for (size_t i = 0; i < t->ues; i++)
        put_ue(ues, &t->ue[i]);
    return root;
}

/* Reading: the first missing or mistyped field sets *bad. */
static double number(const cJSON *object, const char *name, const char **bad)
{
    double value;
    if (json_read_number(cJSON_GetObjectItemCaseSensitive(object, name), &value))
        return value;
    *bad = *bad ? *bad : name;
    return 0;
}

static uint64_t count(const cJSON *object, const char *name, const char **bad)
{
    double v = number(object, name, bad);
    if (!(v >= 0 && v < 9e15))
        *bad = *bad ? *bad : name;
    return *bad ? 0 : (uint64_t)v;
}

/* A field that older tallies lack: 0 if missing. */
static double later_number(const cJSON *object, const char *name, const char **bad)
{
    return cJSON_GetObjectItemCaseSensitive(object, name) ? number(object, name, bad) : 0;
}

/* A sum, for which 0 would be a result: NaN if missing. */
static double later_sum(const cJSON *object, const char *name, const char **bad)
{
    return cJSON_GetObjectItemCaseSensitive(object, name) ? number(object, name, bad) : NAN;
}

static uint64_t later_count(const cJSON *object, const char *name, const char **bad)
{
    return cJSON_GetObjectItemCaseSensitive(object, name) ? count(object, name, bad) : 0;
}

static void get_counts(const cJSON *object, chain_counts *c, const char **bad)
{
#define GET(field) c->field = count(object, #field, bad);
    COUNT_FIELDS(GET)
#undef GET
#define GET(field) c->field = later_count(object, #field, bad);
    LATER_COUNT_FIELDS(GET)
#undef GET
}

static void get_hist(const cJSON *object, const char *name, hist *h, const char **bad)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsString(item) || hist_from_text(h, item->valuestring, NULL) != ERR_NONE)
        *bad = *bad ? *bad : name;
}

static void get_sums(const cJSON *object, chain_sums *s, const char **bad)
{
    s->reports = count(object, "reports", bad);
    s->answered = count(object, "answered", bad);
    s->aged = count(object, "aged", bad);
    s->all = later_count(object, "all", bad);
#define GET(field) s->field = number(object, #field, bad);
    CHAIN_SUMS_FIELDS(GET)
#undef GET
#define GET(field) s->field = later_number(object, #field, bad);
    CHAIN_SUMS_LATER_FIELDS(GET)
#undef GET
#define GET(field) s->field = later_count(object, #field, bad);
    CHAIN_SUMS_LATER_COUNTS(GET)
#undef GET
}

/* Older tallies have no groups. */
static uint32_t group_of(const cJSON *point, const char **bad)
{
    uint64_t group = later_count(point, "group", bad);
    if (group > UINT32_MAX)
        *bad = *bad ? *bad : "group";
    return (uint32_t)group;
}

static void get_arrays(const cJSON *json, chain_tally *t, const char **bad)
{
    const cJSON *o;
    cJSON_ArrayForEach(o, cJSON_GetObjectItemCaseSensitive(json, "snr"))
    {
        if (t->snr_points == CHAIN_SNR_POINTS) {
            *bad = *bad ? *bad : "snr";
            break;
        }
        t->snr[t->snr_points++] = (chain_snr_point){.snr_db = number(o, "snr_db", bad),
                                                    .group = group_of(o, bad),
                                                    .reports = count(o, "reports", bad),
                                                    .directions = later_count(o, "directions", bad),
                                                    .nmse = number(o, "nmse", bad),
                                                    .sgcs = later_sum(o, "sgcs", bad)};
    }
    cJSON_ArrayForEach(o, cJSON_GetObjectItemCaseSensitive(json, "refusals"))
    {
        const char *reason = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, "reason"));
        if (!reason)
            *bad = *bad ? *bad : "refusals";
        else
            chain_tally_refused(t, reason, count(o, "reports", bad));
    }
    size_t i = 0;
    cJSON_ArrayForEach(o, cJSON_GetObjectItemCaseSensitive(json, "ues"))
    {
        chain_ue_tally *u = &t->ue[i++];
        uint64_t ue = count(o, "ue", bad);
        if (ue > UINT32_MAX)
            *bad = *bad ? *bad : "ue";
        u->ue = (uint32_t)ue;
        get_counts(o, &u->counts, bad);
        u->measured = count(o, "measured", bad);
        u->directions = later_count(o, "directions", bad);
        u->nmse = number(o, "nmse", bad);
        u->sgcs = later_sum(o, "sgcs", bad);
        u->se = later_sum(o, "se", bad);
        u->aged = count(o, "aged", bad);
        u->aged_directions = later_count(o, "aged_directions", bad);
        u->nmse_used = number(o, "nmse_used", bad);
        u->bits = number(o, "bits", bad);
        u->channel_uses = number(o, "channel_uses", bad);
    }
}

static void get_stages(const cJSON *json, const char *name, hist stage[CHAIN_STAGES],
                       const char **bad)
{
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(json, name);
    for (int i = 0; i < CHAIN_STAGES; i++) {
        const char *of = chain_stage_name((chain_stage)i);
        if (!chain_stage_came_later((chain_stage)i) || cJSON_GetObjectItemCaseSensitive(object, of))
            get_hist(object, of, &stage[i], bad);
    }
}

chain_tally *chain_tally_from_json(const cJSON *json, err *e)
{
    const char *bad = NULL;
    const cJSON *ues = cJSON_GetObjectItemCaseSensitive(json, "ues");
    chain_tally *t = chain_tally_create(0, (size_t)cJSON_GetArraySize(ues));
    if (!t) {
        err_set(e, ERR_NOMEM, "out of memory for a tally");
        return NULL;
    }
    get_counts(cJSON_GetObjectItemCaseSensitive(json, "counts"), &t->counts, &bad);
    t->late = count(json, "late", &bad);
    get_sums(cJSON_GetObjectItemCaseSensitive(json, "sums"), &t->sums, &bad);
    get_hist(json, "nmse", &t->nmse, &bad);
    get_hist(json, "nmse_used", &t->nmse_used, &bad);
    get_stages(json, "latency", t->latency, &bad);
    get_stages(json, "warm_up", t->warm_up, &bad);
    t->unsplit = count(json, "unsplit", &bad);
    t->access_error_s = number(json, "access_error_s", &bad);
    t->core_error_s = number(json, "core_error_s", &bad);
    t->uplink_bytes = count(json, "uplink_bytes", &bad);
    t->elapsed_s = number(json, "elapsed_s", &bad);
    t->lateness_max_s = number(json, "lateness_max_s", &bad);
    get_arrays(json, t, &bad);
    if (!bad)
        return t;
    err_set(e, ERR_FORMAT, "the agent's record lacks a valid '%s'", bad);
    chain_tally_free(t);
    return NULL;
}
