#include "summary.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <fnmatch.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/decibel.h"
#include "base/log.h"
#include "figures.h"
#include "io/file.h"
#include "io/json.h"
#include "record/record.h"

static cJSON *read_json(const char *path, err *e)
{
    void *text;
    size_t size;
    if (file_read(path, RECORD_BYTES_MAX, &text, &size, e) != ERR_NONE)
        return NULL;
    cJSON *json = json_parse(path, text, size, e);
    free(text);
    return json;
}

const char *run_account_path(const char *folder, size_t agent, char path[RUN_PATH_MAX + 32])
{
    snprintf(path, RUN_PATH_MAX + 32, "%.*s/agent-%zu.json", RUN_PATH_MAX - 1, folder, agent);
    return path;
}

void run_remove_accounts(const char *folder)
{
    char path[RUN_PATH_MAX + NAME_MAX + 2];
    DIR *list = opendir(folder);
    for (struct dirent *d; list && (d = readdir(list)) != NULL;) {
        if (fnmatch("agent-*.json", d->d_name, 0) != 0 &&
            fnmatch("*.????????.part", d->d_name, 0) != 0)
            continue;
        snprintf(path, sizeof path, "%.*s/%s", RUN_PATH_MAX - 1, folder, d->d_name);
        unlink(path);
    }
    if (list)
        closedir(list);
}

/* Reads the account that an agent printed or else the one in the folder, which may be a second
 * older. */
static chain_tally *read_account(const char *folder, size_t agent, const char *printed, err *e)
{
    char path[RUN_PATH_MAX + 32];
    cJSON *json = printed ? json_parse("an account", printed, strlen(printed), NULL) : NULL;
    if (!json)
        json = read_json(run_account_path(folder, agent, path), e);
    chain_tally *tally = json ? chain_tally_from_json(json, e) : NULL;
    if (tally && !cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "complete")))
        chain_tally_abandon(tally);
    cJSON_Delete(json);
    return tally;
}

chain_tally *run_collect(const char *folder, size_t agents, char *const printed[], err *e)
{
    chain_tally *all = chain_tally_create(0, 0);
    if (!all)
        err_set(e, ERR_NOMEM, "out of memory for the summary");
    for (size_t i = 0; all && i < agents; i++) {
        err own = {0};
        chain_tally *one = read_account(folder, i, printed ? printed[i] : NULL, &own);
        if (!one) {
            log_warning("agent %zu left no account of its reports: %s", i, own.text);
        } else if (chain_tally_merge(all, one, e) != ERR_NONE) {
            chain_tally_free(all);
            all = NULL;
        }
        chain_tally_free(one);
    }
    return all;
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
    cJSON_AddNumberToObject(o, "unknown", (double)c->unknown);
    cJSON_AddNumberToObject(o, "undetected", (double)c->undetected);
}

static void add_quality(cJSON *root, bool estimates, const chain_tally *t)
{
    const chain_sums *s = &t->sums;
    const run_quality q = run_quality_all(t), all = run_quality_with_failed(t);
    double n = (double)s->reports;
    cJSON *o = cJSON_AddObjectToObject(root, "quality");
    json_add_number(o, "nmse_db", chain_tally_nmse_db(t));
    json_add_number(o, "nmse_db_median", chain_tally_nmse_median_db(t));
    json_add_number(o, "nmse_db_standard_error", chain_tally_nmse_error_db(t));
    json_add_number(o, "rho", q.rho);
    json_add_number(o, "sgcs", q.sgcs);
    json_add_number(o, "ls_nmse_db", s->reports ? run_ls_nmse_db(estimates, t) : NAN);
    json_add_number(o, "snr_estimated_db", run_snr_estimated_db(t));
    json_add_number(o, "snr_delivered_db", chain_tally_snr_delivered_db(t));
    json_add_number(o, "bler", chain_counts_bler(&t->counts));
    json_add_number(o, "undetected_rate", chain_counts_undetected_rate(&t->counts));
    json_add_number(o, "nmse_all_db", all.nmse_db);
    json_add_number(o, "rho_all", all.rho);
    json_add_number(o, "sgcs_all", all.sgcs);
    cJSON *se = cJSON_AddObjectToObject(o, "se_bps_hz");
    json_add_number(se, "perfect", s->se_perfect / n);
    json_add_number(se, "ls", s->se_ls / n);
    json_add_number(se, "feedback", q.se);
    json_add_number(se, "all", all.se);
}

/* The figures of the CSI at its use, and of the same reports at estimation. */
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

/* The whole histogram, for programs that draw it or add up runs (base/hist.h). */
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

static void add_per_snr(cJSON *object, const chain_tally *t, uint32_t first, uint32_t ues)
{
    cJSON *array = cJSON_AddArrayToObject(object, "per_snr");
    chain_snr_point curve[CHAIN_SNR_POINTS];
    size_t points = run_snr_curve(t, first, ues, curve);
    for (size_t i = 0; i < points; i++) {
        const chain_snr_point *p = &curve[i];
        cJSON *o = cJSON_CreateObject();
        json_add_number(o, "snr_db", p->snr_db);
        json_add_number(o, "nmse_db", db_of_power(p->nmse / (double)chain_snr_with_nmse(p)));
        json_add_number(o, "sgcs", p->sgcs / (double)p->reports);
        cJSON_AddNumberToObject(o, "reports", (double)p->reports);
        cJSON_AddItemToArray(array, o);
    }
}

/* A number of UEs from a file, checked like all input. */
static uint32_t count_of(const cJSON *object, const char *name)
{
    double value = json_get_number(object, name);
    return value >= 0 && value <= CELL_UES_MAX ? (uint32_t)value : 0;
}

static void add_per_group(cJSON *root, const cJSON *groups, const chain_tally *t)
{
    cJSON *array = cJSON_AddArrayToObject(root, "per_group");
    const cJSON *group;
    cJSON_ArrayForEach(group, groups)
    {
        cJSON *o = json_copy(group);
        uint32_t first = count_of(group, "first_ue"), ues = count_of(group, "ues");
        run_group_figures f = run_figures_of(first, ues, t);
        cJSON_DeleteItemFromObjectCaseSensitive(o, "cr");
        cJSON_DeleteItemFromObjectCaseSensitive(o, "bits");
        json_add_number(o, "bits_per_report", f.bits_per_report);
        json_add_number(o, "channel_uses", f.channel_uses);
        cJSON_AddNumberToObject(o, "reports", (double)f.counts.sent);
        cJSON_AddNumberToObject(o, "acked", (double)f.counts.acked);
        cJSON_AddNumberToObject(o, "not_decoded", (double)f.counts.not_decoded);
        json_add_number(o, "nmse_db", f.nmse_db);
        json_add_number(o, "nmse_used_db", f.nmse_used_db);
        json_add_number(o, "sgcs", f.sgcs);
        json_add_number(o, "se_bps_hz", f.se);
        add_per_snr(o, t, first, ues);
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
        const chain_ue_tally *u = &t->ue[i];
        json_add_number(o, "nmse_db", db_of_power(u->nmse / (double)chain_ue_with_nmse(u)));
        json_add_number(o, "nmse_used_db",
                        db_of_power(u->nmse_used / (double)chain_ue_aged_with_nmse(u)));
        json_add_number(o, "sgcs", u->sgcs / (double)u->measured);
        cJSON_AddItemToArray(array, o);
    }
}

static void add_recorded(cJSON *root, const cJSON *head, const run_recorded *recorded)
{
    cJSON *o = cJSON_AddObjectToObject(root, "record");
    json_add_number(o, "format", json_get_number(head, "format"));
    cJSON_AddItemToObject(o, "level", json_copy(cJSON_GetObjectItemCaseSensitive(head, "level")));
    if (!recorded->wanted)
        return;
    cJSON_AddNumberToObject(o, "reports", (double)recorded->reports);
    cJSON_AddNumberToObject(o, "every", (double)recorded->every);
    cJSON_AddNumberToObject(o, "missing", (double)recorded->missing);
}

static void add_refusals(cJSON *root, const chain_tally *t)
{
    cJSON *array = cJSON_AddArrayToObject(root, "refusals");
    for (size_t i = 0; i < t->refusals; i++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "reason", t->refusal[i].reason);
        cJSON_AddNumberToObject(o, "reports", (double)t->refusal[i].reports);
        cJSON_AddItemToArray(array, o);
    }
}

/* Both are null if no codec has a memory. */
static void add_kinds(cJSON *throughput, const chain_tally *t)
{
    run_kind kinds[RUN_KINDS];
    run_kinds(t, kinds);
    for (size_t i = 0; i < RUN_KINDS; i++) {
        const run_kind *k = &kinds[i];
        if (!run_has_memory(t)) {
            cJSON_AddNullToObject(throughput, k->name);
            continue;
        }
        cJSON *o = cJSON_AddObjectToObject(throughput, k->name);
        cJSON_AddNumberToObject(o, "sent", (double)k->sent);
        cJSON_AddNumberToObject(o, "acked", (double)k->acked);
        json_add_number(o, "bits_per_report", k->bits);
        json_add_number(o, "channel_uses", k->channel_uses);
    }
}

char *run_summary_json(const cJSON *head, const chain_tally *t, const run_recorded *recorded,
                       const run_ending *ending)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddItemToObject(root, "config",
                          json_copy(cJSON_GetObjectItemCaseSensitive(head, "config")));
    cJSON_AddBoolToObject(root, "complete", ending->complete);
    if (!ending->complete)
        cJSON_AddStringToObject(root, "reason", ending->reason);
    add_recorded(root, head, recorded);
    cJSON *reports = cJSON_AddObjectToObject(root, "reports");
    json_add_number(reports, "planned", json_get_number(head, "planned"));
    add_counts(reports, &t->counts);
    cJSON_AddNumberToObject(reports, "late", (double)t->late);
    add_refusals(root, t);
    add_quality(root, cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(head, "estimates")), t);
    add_ageing(root, t);
    add_latency(root, t);
    cJSON *throughput = cJSON_AddObjectToObject(root, "throughput");
    json_add_number(throughput, "reports_per_s", run_reports_per_s(t));
    json_add_number(throughput, "uplink_kbit_s_per_ue",
                    run_uplink_kbit_s(json_get_number(head, "ues"), t));
    json_add_number(throughput, "bits_per_report", run_bits_per_report(t));
    json_add_number(throughput, "channel_uses", run_channel_uses(t));
    add_kinds(throughput, t);
    json_add_number(throughput, "schedule_lateness_max_s", t->lateness_max_s);
    add_per_snr(root, t, 0, UINT32_MAX);
    add_per_group(root, cJSON_GetObjectItemCaseSensitive(head, "groups"), t);
    add_per_ue(root, t);
    char *text = json_print(root);
    cJSON_Delete(root);
    return text;
}
