#include "summary.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "cell/codec.h"
#include "cell/keys.h"
#include "figures.h"
#include "io/json.h"
#include "record/record.h"

/* A whole file as text; NULL with a reason. */
static char *read_text(const char *path, err *e)
{
    FILE *f = fopen(path, "r");
    char *text = NULL;
    long size = -1;
    if (f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0 && size < RECORD_BYTES_MAX)
        text = malloc((size_t)size + 1);
    if (text) {
        rewind(f);
        size_t n = fread(text, 1, (size_t)size, f);
        text[n] = '\0';
    } else {
        err_set(e, ERR_IO, "cannot read %s", path);
    }
    if (f)
        fclose(f);
    return text;
}

static chain_tally *read_record(const char *path, err *e)
{
    char *text = read_text(path, e);
    if (!text)
        return NULL;
    cJSON *json = cJSON_Parse(text);
    chain_tally *tally = json ? chain_tally_from_json(json, e) : NULL;
    if (!json)
        err_set(e, ERR_FORMAT, "%s is not JSON", path);
    cJSON_Delete(json);
    free(text);
    return tally;
}

/* The agents' own records are merged into the summary and removed. */
chain_tally *run_collect(const run_config *c, const run_place *place, err *e)
{
    chain_tally *all = chain_tally_create(0, 0);
    if (!all)
        err_set(e, ERR_NOMEM, "out of memory for the summary");
    for (size_t i = 0; all && i < c->agents; i++) {
        char path[RUN_PATH_MAX + 32];
        snprintf(path, sizeof path, "%s/agent-%zu.json", place->folder, i);
        chain_tally *one = read_record(path, e);
        if (!one || chain_tally_merge(all, one, e) != ERR_NONE) {
            chain_tally_free(all);
            all = NULL;
        } else {
            remove(path);
        }
        chain_tally_free(one);
    }
    return all;
}

/* What all groups have, the first group's where they differ. Of these the summary says more than
 * the key: what the groups have between them, and in full where a short form was given. */
static bool add_own_form(cJSON *o, const run_config *c, const cell_key *k)
{
    const struct {
        const char *key, *text;
    } forms[] = {
        {"channel", c->channels},         {"model", c->models}, {"precision", c->encoder_precision},
        {"codeword", c->codeword_format}, {"codec", c->codecs}, {"uplink", c->uplinks}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(k->name, forms[i].key) == 0) {
            cJSON_AddStringToObject(o, k->json, forms[i].text);
            return true;
        }
    if (strcmp(k->name, "period") == 0) {
        const chain_schedule *s = &c->group[0].schedule;
        cJSON *periods = cJSON_AddArrayToObject(o, k->json);
        for (size_t i = 0; i < s->periods; i++)
            cJSON_AddItemToArray(periods, cJSON_CreateNumber(s->period_s[i] * 1e3));
    } else {
        return false;
    }
    return true;
}

static void add_key(cJSON *o, const cell_key *k, const void *value)
{
    double scale = k->json_scale == 0 ? 1 : k->json_scale;
    switch (k->kind) {
    case CELL_FLAG:
        cJSON_AddBoolToObject(o, k->json, *(const bool *)value);
        break;
    case CELL_COUNT:
        json_add_number(o, k->json, (double)*(const uint64_t *)value * scale);
        break;
    case CELL_REAL:
    case CELL_TIME:
        if (k->words && isnan(*(const double *)value))
            cJSON_AddStringToObject(o, k->json, k->words);
        else
            json_add_number(o, k->json, *(const double *)value * scale);
        break;
    case CELL_CHOICE:
    case CELL_TEXT:
        cJSON_AddStringToObject(o, k->json, value);
        break;
    }
}

/* Uplink settings are those for all, as the run started. */
static void add_config(cJSON *root, const run_config *c)
{
    cJSON *o = cJSON_AddObjectToObject(root, "config");
    cJSON_AddNumberToObject(o, "ues", c->cell->ues);
    cJSON_AddNumberToObject(o, "agents", (double)c->agents);
    cJSON_AddStringToObject(o, "transport", c->options.transport);
    for (size_t i = 0; i < cell_key_count; i++) {
        const cell_key *k = &cell_keys[i];
        bool of_group = (k->flags & CELL_BY_GROUP) && !(k->flags & CELL_ON_AIR);
        if (k->json && !add_own_form(o, c, k))
            add_key(o, k,
                    of_group ? cell_key_group_value(k, &c->cell->group[0].has)
                             : cell_key_value(k, c->cell));
    }
}

static void add_counts(cJSON *o, const chain_counts *c)
{
    cJSON_AddNumberToObject(o, "sent", (double)c->sent);
    cJSON_AddNumberToObject(o, "acked", (double)c->acked);
    cJSON_AddNumberToObject(o, "lost_channel", (double)c->lost_channel);
    cJSON_AddNumberToObject(o, "timed_out", (double)c->timed_out);
    cJSON_AddNumberToObject(o, "refused", (double)c->refused);
    cJSON_AddNumberToObject(o, "not_decoded", (double)c->not_decoded);
    cJSON_AddNumberToObject(o, "needs_key", (double)c->needs_key);
}

static void add_quality(cJSON *root, const run_config *c, const chain_tally *t)
{
    const chain_sums *s = &t->sums;
    const run_quality q = run_quality_all(t);
    double n = (double)s->reports;
    cJSON *o = cJSON_AddObjectToObject(root, "quality");
    json_add_number(o, "nmse_db", chain_tally_nmse_db(t));
    json_add_number(o, "nmse_db_median", chain_tally_nmse_median_db(t));
    json_add_number(o, "nmse_db_standard_error", chain_tally_nmse_error_db(t));
    json_add_number(o, "rho", q.rho);
    json_add_number(o, "sgcs", q.sgcs);
    json_add_number(o, "ls_nmse_db", s->reports ? run_ls_nmse_db(c, t) : NAN);
    json_add_number(o, "snr_estimated_db", run_snr_estimated_db(t));
    json_add_number(o, "snr_delivered_db", chain_tally_snr_delivered_db(t));
    cJSON *se = cJSON_AddObjectToObject(o, "se_bps_hz");
    json_add_number(se, "perfect", s->se_perfect / n);
    json_add_number(se, "ls", s->se_ls / n);
    json_add_number(se, "feedback", q.se);
}

/* The CSI when it is used, beside what the same reports were at estimation: the same figures, in
 * the same domain. */
static void add_ageing(cJSON *root, const chain_tally *t)
{
    const run_quality young = run_quality_young(t), used = run_quality_used(t);
    cJSON *o = cJSON_AddObjectToObject(root, "ageing");
    cJSON_AddNumberToObject(o, "reports", (double)t->sums.aged);
    json_add_number(o, "age_ms", t->sums.age_s / (double)t->sums.aged * 1e3);
    json_add_number(o, "nmse_db", young.nmse_db);
    json_add_number(o, "rho", young.rho);
    json_add_number(o, "sgcs", young.sgcs);
    json_add_number(o, "se_bps_hz", young.se);
    json_add_number(o, "nmse_used_db", used.nmse_db);
    json_add_number(o, "rho_used", used.rho);
    json_add_number(o, "sgcs_used", used.sgcs);
    json_add_number(o, "se_used_bps_hz", used.se);
}

static void add_latency_of(cJSON *parent, const char *name, const hist *h)
{
    cJSON *o = cJSON_AddObjectToObject(parent, name);
    cJSON_AddNumberToObject(o, "reports", (double)h->count);
    json_add_number(o, "mean", h->count ? hist_mean(h) * 1e-3 : NAN);
    for (size_t i = 0; i < RUN_PERCENTILES; i++)
        json_add_number(o, run_percentiles[i].name,
                        h->count ? (double)hist_percentile(h, run_percentiles[i].q) * 1e-3 : NAN);
}

static void add_stages(cJSON *o, const hist latency[CHAIN_STAGES])
{
    add_latency_of(o, "total", &latency[CHAIN_TOTAL]);
    add_latency_of(o, "feedback", &latency[CHAIN_FEEDBACK]);
    cJSON *stages = cJSON_AddObjectToObject(o, "stages");
    for (int i = 0; i < CHAIN_WAY; i++)
        add_latency_of(stages, chain_stage_name((chain_stage)i), &latency[i]);
}

/* Whole, for programs that draw it or add up runs: base/hist.h. */
static void add_histogram(cJSON *o, const char *name, const hist *h)
{
    char *text = hist_to_text(h);
    cJSON_AddStringToObject(o, name, text ? text : "");
    free(text);
}

static void add_latency(cJSON *root, const chain_tally *t)
{
    cJSON *o = cJSON_AddObjectToObject(root, "latency_us");
    add_stages(o, t->latency);
    add_stages(cJSON_AddObjectToObject(o, "warm_up"), t->warm_up);
    add_histogram(o, "feedback_histogram_ns", &t->latency[CHAIN_FEEDBACK]);
    cJSON *clocks = cJSON_AddObjectToObject(o, "clock_error");
    json_add_number(clocks, "uplink_downlink", t->access_error_s * 1e6);
    json_add_number(clocks, "transit_return", t->core_error_s * 1e6);
    cJSON_AddNumberToObject(o, "unsplit", (double)t->unsplit);
}

static void add_per_snr(cJSON *root, const chain_tally *t)
{
    cJSON *array = cJSON_AddArrayToObject(root, "per_snr");
    for (size_t i = 0; i < t->snr_points; i++) {
        cJSON *o = cJSON_CreateObject();
        json_add_number(o, "snr_db", t->snr[i].snr_db);
        json_add_number(o, "nmse_db", db_of_power(t->snr[i].nmse / (double)t->snr[i].reports));
        cJSON_AddNumberToObject(o, "reports", (double)t->snr[i].reports);
        cJSON_AddItemToArray(array, o);
    }
}

static void add_per_group(cJSON *root, const run_config *c, const chain_tally *t)
{
    cJSON *array = cJSON_AddArrayToObject(root, "per_group");
    for (size_t i = 0; i < c->cell->groups; i++) {
        const cell_group *g = &c->cell->group[i];
        run_group_figures f = run_figures_of(g, t);
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "name", g->name);
        cJSON_AddStringToObject(o, "channel", g->has.channel);
        cJSON_AddStringToObject(o, "model",
                                cell_names_codec(&g->has) ? g->has.codec : g->has.model);
        cJSON_AddStringToObject(o, "precision", g->has.precision);
        cJSON_AddStringToObject(o, "codec", c->group[i].codec);
        cJSON_AddStringToObject(o, "uplink", c->group[i].uplink);
        json_add_number(o, "speed_kmh", g->has.speed_kmh);
        json_add_number(o, "bits_per_report", f.bits_per_report);
        json_add_number(o, "channel_uses", f.channel_uses);
        cJSON_AddNumberToObject(o, "first_ue", g->first);
        cJSON_AddNumberToObject(o, "ues", g->ues);
        cJSON_AddNumberToObject(o, "reports", (double)f.counts.sent);
        cJSON_AddNumberToObject(o, "acked", (double)f.counts.acked);
        cJSON_AddNumberToObject(o, "not_decoded", (double)f.counts.not_decoded);
        json_add_number(o, "nmse_db", f.nmse_db);
        json_add_number(o, "nmse_used_db", f.nmse_used_db);
        cJSON_AddItemToArray(array, o);
    }
}

static void add_per_ue(cJSON *root, const chain_tally *t)
{
    cJSON *array = cJSON_AddArrayToObject(root, "per_ue");
    for (size_t i = 0; i < t->ues; i++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddNumberToObject(o, "ue", t->ue[i].ue);
        add_counts(o, &t->ue[i].counts);
        json_add_number(o, "nmse_db", db_of_power(t->ue[i].nmse / (double)t->ue[i].measured));
        json_add_number(o, "nmse_used_db", db_of_power(t->ue[i].nmse_used / (double)t->ue[i].aged));
        cJSON_AddItemToArray(array, o);
    }
}

static void add_recorded(cJSON *root, const run_config *c, const run_recorded *recorded)
{
    cJSON *o = cJSON_AddObjectToObject(root, "record");
    cJSON_AddNumberToObject(o, "format", RECORD_FORMAT);
    cJSON_AddStringToObject(o, "level", c->options.record);
    if (!recorded->wanted)
        return;
    cJSON_AddNumberToObject(o, "reports", (double)recorded->reports);
    cJSON_AddNumberToObject(o, "every", (double)recorded->every);
    cJSON_AddNumberToObject(o, "missing", (double)recorded->missing);
}

char *run_summary_json(const run_config *c, const chain_tally *t, const run_recorded *recorded)
{
    cJSON *root = cJSON_CreateObject();
    add_config(root, c);
    add_recorded(root, c, recorded);
    cJSON *reports = cJSON_AddObjectToObject(root, "reports");
    add_counts(reports, &t->counts);
    cJSON_AddNumberToObject(reports, "late", (double)t->late);
    add_quality(root, c, t);
    add_ageing(root, t);
    add_latency(root, t);
    cJSON *throughput = cJSON_AddObjectToObject(root, "throughput");
    json_add_number(throughput, "reports_per_s", run_reports_per_s(t));
    json_add_number(throughput, "uplink_kbit_s_per_ue", run_uplink_kbit_s(c, t));
    json_add_number(throughput, "bits_per_report", run_bits_per_report(t));
    json_add_number(throughput, "channel_uses", run_channel_uses(t));
    json_add_number(throughput, "schedule_lateness_max_s", t->lateness_max_s);
    add_per_snr(root, t);
    add_per_group(root, c, t);
    add_per_ue(root, t);
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    return text;
}
