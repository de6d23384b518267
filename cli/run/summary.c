#include "summary.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell/keys.h"

enum { RECORD_BYTES_MAX = 64 << 20 };

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

static void add_number(cJSON *object, const char *name, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(object, name, value);
    else if (isinf(value))
        cJSON_AddStringToObject(object, name, value > 0 ? "inf" : "-inf");
    else
        cJSON_AddNullToObject(object, name);
}

/* What all groups have, the first group's where they differ. Of these the summary says more than
 * the key. */
static bool add_own_form(cJSON *o, const run_config *c, const cell_key *k)
{
    if (strcmp(k->name, "channel") == 0)
        cJSON_AddStringToObject(o, k->json, c->channels);
    else if (strcmp(k->name, "model") == 0)
        cJSON_AddStringToObject(o, k->json, c->models);
    else if (strcmp(k->name, "precision") == 0)
        cJSON_AddStringToObject(o, k->json, c->encoder_precision);
    else if (strcmp(k->name, "codeword") == 0)
        cJSON_AddStringToObject(o, k->json, c->codeword_format);
    else if (strcmp(k->name, "period") == 0) {
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
        add_number(o, k->json, (double)*(const uint64_t *)value * scale);
        break;
    case CELL_REAL:
    case CELL_TIME:
        if (k->words && isnan(*(const double *)value))
            cJSON_AddStringToObject(o, k->json, k->words);
        else
            add_number(o, k->json, *(const double *)value * scale);
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
    cJSON_AddNumberToObject(o, "needs_key", (double)c->needs_key); /* of those not decoded */
}

static double ls_nmse_db(const run_config *c, const chain_tally *t)
{
    bool estimated = strcmp(c->cell->estimation, "ls") == 0 && !isinf(c->cell->dl_snr_db);
    return estimated ? 10 * log10(t->sums.ls_nmse / (double)t->sums.reports) : -INFINITY;
}

static void add_quality(cJSON *root, const run_config *c, const chain_tally *t)
{
    const chain_sums *s = &t->sums;
    double n = (double)s->reports;
    cJSON *o = cJSON_AddObjectToObject(root, "quality");
    add_number(o, "nmse_db", chain_tally_nmse_db(t));
    add_number(o, "nmse_db_median", chain_tally_nmse_median_db(t));
    add_number(o, "nmse_db_standard_error", chain_tally_nmse_error_db(t));
    add_number(o, "rho", s->rho / n);
    add_number(o, "sgcs", s->sgcs / n);
    add_number(o, "ls_nmse_db", s->reports ? ls_nmse_db(c, t) : NAN);
    add_number(o, "snr_estimated_db", s->snr_estimated_db / n);
    add_number(o, "snr_delivered_db", chain_tally_snr_delivered_db(t));
    cJSON *se = cJSON_AddObjectToObject(o, "se_bps_hz");
    add_number(se, "perfect", s->se_perfect / n);
    add_number(se, "ls", s->se_ls / n);
    add_number(se, "feedback", s->se_feedback / n);
}

/* The CSI when it is used, beside what the same reports were at estimation. */
static void add_ageing(cJSON *root, const chain_tally *t)
{
    const chain_sums *s = &t->sums;
    double n = (double)s->aged;
    cJSON *o = cJSON_AddObjectToObject(root, "ageing");
    cJSON_AddNumberToObject(o, "reports", n);
    add_number(o, "age_ms", s->age_s / n * 1e3);
    add_number(o, "nmse_db", 10 * log10(s->nmse_young / n));
    add_number(o, "nmse_used_db", chain_tally_nmse_used_db(t));
    add_number(o, "sgcs_used", s->sgcs_used / n);
    add_number(o, "se_used_bps_hz", s->se_used / n);
}

static const struct {
    const char *name;
    double q;
} percentiles[] = {{"p50", 0.5},    {"p90", 0.9},      {"p99", 0.99},
                   {"p999", 0.999}, {"p9999", 0.9999}, {"max", 1}};
enum { PERCENTILES = sizeof percentiles / sizeof percentiles[0] };

static void add_latency_of(cJSON *parent, const char *name, const hist *h)
{
    cJSON *o = cJSON_AddObjectToObject(parent, name);
    cJSON_AddNumberToObject(o, "reports", (double)h->count);
    add_number(o, "mean", h->count ? hist_mean(h) * 1e-3 : NAN);
    for (size_t i = 0; i < PERCENTILES; i++)
        add_number(o, percentiles[i].name,
                   h->count ? (double)hist_percentile(h, percentiles[i].q) * 1e-3 : NAN);
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
    add_number(clocks, "uplink_downlink", t->access_error_s * 1e6);
    add_number(clocks, "transit_return", t->core_error_s * 1e6);
    cJSON_AddNumberToObject(o, "unsplit", (double)t->unsplit);
}

static double reports_per_s(const chain_tally *t)
{
    return t->elapsed_s > 0 ? (double)t->counts.acked / t->elapsed_s : 0;
}

static double uplink_kbit_s(const run_config *c, const chain_tally *t)
{
    return t->elapsed_s > 0 ? (double)t->uplink_bytes * 8e-3 / t->elapsed_s / c->cell->ues : 0;
}

static void add_per_snr(cJSON *root, const chain_tally *t)
{
    cJSON *array = cJSON_AddArrayToObject(root, "per_snr");
    for (size_t i = 0; i < t->snr_points; i++) {
        cJSON *o = cJSON_CreateObject();
        add_number(o, "snr_db", t->snr[i].snr_db);
        add_number(o, "nmse_db", 10 * log10(t->snr[i].nmse / (double)t->snr[i].reports));
        cJSON_AddNumberToObject(o, "reports", (double)t->snr[i].reports);
        cJSON_AddItemToArray(array, o);
    }
}

/* The figures of one group of UEs, from those of its UEs. */
typedef struct group_figures {
    uint64_t sent, acked, measured, aged;
    double nmse_db, nmse_used_db;
} group_figures;

static group_figures figures_of(const cell_group *g, const chain_tally *t)
{
    group_figures f = {0};
    double nmse = 0, used = 0;
    for (size_t i = 0; i < t->ues; i++) {
        const chain_ue_tally *u = &t->ue[i];
        if (u->ue < g->first || u->ue - g->first >= g->ues)
            continue;
        f.sent += u->counts.sent;
        f.acked += u->counts.acked;
        f.measured += u->measured;
        nmse += u->nmse;
        f.aged += u->aged;
        used += u->nmse_used;
    }
    f.nmse_db = f.measured ? 10 * log10(nmse / (double)f.measured) : NAN;
    f.nmse_used_db = f.aged ? 10 * log10(used / (double)f.aged) : NAN;
    return f;
}

/* Over the reports that were acknowledged. */
static double bits_per_report(const run_config *c, const chain_tally *t)
{
    double bits = 0, acked = 0;
    bool one = true;
    for (size_t i = 0; i < c->cell->groups; i++) {
        group_figures f = figures_of(&c->cell->group[i], t);
        one = one && c->group[i].bits == c->group[0].bits;
        bits += (double)f.acked * c->group[i].bits;
        acked += (double)f.acked;
    }
    return one ? c->group[0].bits : bits / acked;
}

static void add_per_group(cJSON *root, const run_config *c, const chain_tally *t)
{
    cJSON *array = cJSON_AddArrayToObject(root, "per_group");
    for (size_t i = 0; i < c->cell->groups; i++) {
        const cell_group *g = &c->cell->group[i];
        group_figures f = figures_of(g, t);
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "name", g->name);
        cJSON_AddStringToObject(o, "channel", g->has.channel);
        cJSON_AddStringToObject(o, "model", g->has.model);
        cJSON_AddStringToObject(o, "precision", g->has.precision);
        cJSON_AddStringToObject(o, "codeword_format", g->has.codeword);
        add_number(o, "speed_kmh", g->has.speed_kmh);
        add_number(o, "bits_per_report", c->group[i].bits);
        cJSON_AddNumberToObject(o, "first_ue", g->first);
        cJSON_AddNumberToObject(o, "ues", g->ues);
        cJSON_AddNumberToObject(o, "reports", (double)f.sent);
        cJSON_AddNumberToObject(o, "acked", (double)f.acked);
        add_number(o, "nmse_db", f.nmse_db);
        add_number(o, "nmse_used_db", f.nmse_used_db);
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
        add_number(o, "nmse_db", 10 * log10(t->ue[i].nmse / (double)t->ue[i].measured));
        add_number(o, "nmse_used_db", 10 * log10(t->ue[i].nmse_used / (double)t->ue[i].aged));
        cJSON_AddItemToArray(array, o);
    }
}

static void add_recorded(cJSON *root, const run_config *c, const run_recorded *recorded)
{
    cJSON *o = cJSON_AddObjectToObject(root, "record");
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
    add_number(throughput, "reports_per_s", reports_per_s(t));
    add_number(throughput, "uplink_kbit_s_per_ue", uplink_kbit_s(c, t));
    add_number(throughput, "bits_per_report", bits_per_report(c, t));
    add_number(throughput, "schedule_lateness_max_s", t->lateness_max_s);
    add_per_snr(root, t);
    add_per_group(root, c, t);
    add_per_ue(root, t);
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    return text;
}

static void print_quality(const run_config *c, const chain_tally *t)
{
    const chain_sums *s = &t->sums;
    double n = (double)s->reports;
    if (!s->reports) {
        printf("  quality    not measured: %s\n", !c->cell->genie
                                                      ? "the truth was left out (--no-genie)"
                                                      : "no report was acknowledged");
        return;
    }
    printf("  NMSE       %.2f dB mean, %.2f dB median; rho %.4f, SGCS %.4f\n",
           chain_tally_nmse_db(t), chain_tally_nmse_median_db(t), s->rho / n, s->sgcs / n);
    if (isfinite(ls_nmse_db(c, t)))
        printf("  LS         NMSE %.2f dB over the whole band, pilots at %g dB\n", ls_nmse_db(c, t),
               c->cell->dl_snr_db);
    printf("  rate       %.2f bit/s/Hz with fed-back CSI, %.2f with LS, %.2f with perfect CSI\n",
           s->se_feedback / n, s->se_ls / n, s->se_perfect / n);
    printf("  SNR        %.2f dB estimated by the base station\n", s->snr_estimated_db / n);
}

static void print_ageing(const run_config *c, const chain_tally *t)
{
    const chain_sums *s = &t->sums;
    double n = (double)s->aged;
    bool replayed = true;
    for (size_t i = 0; i < c->cell->groups; i++)
        replayed = replayed && fading_is_file(c->cell->group[i].has.channel);
    if (s->aged)
        printf(
            "  when used  NMSE %.2f dB, at estimation %.2f dB: the CSI is %.*f ms old (%s); SGCS "
            "%.4f, %.2f bit/s/Hz\n",
            chain_tally_nmse_used_db(t), 10 * log10(s->nmse_young / n), s->age_s < 0.1 * n ? 2 : 0,
            s->age_s / n * 1e3, isnan(c->cell->use_after_s) ? "measured" : "as set",
            s->sgcs_used / n, s->se_used / n);
    else if (s->reports && replayed)
        printf("  when used  not measured: a channel that is replayed does not move in time\n");
}

/* Of a group, where the groups differ in it. */
static void print_encoder_of(const run_config *c, const cell_ues *u)
{
    if (strcmp(c->encoder_precision, "mixed") == 0)
        printf("encoder in %s, ", u->precision);
    if (strcmp(c->codeword_format, "mixed") == 0)
        printf("codewords in %s, ", u->codeword);
}

/* One line for each group of a mixed cell. */
static void print_groups(const run_config *c, const chain_tally *t)
{
    for (size_t i = 0; c->cell->groups > 1 && i < c->cell->groups; i++) {
        const cell_group *g = &c->cell->group[i];
        group_figures f = figures_of(g, t);
        printf("  %-10s %s: UEs %u-%u on %s: ", i ? "" : "groups", g->name, g->first,
               g->first + g->ues - 1, g->has.channel);
        print_encoder_of(c, &g->has);
        if (f.measured)
            printf("NMSE %.2f dB, ", f.nmse_db);
        if (f.aged)
            printf("%.2f dB when used, ", f.nmse_used_db);
        printf("%llu of %llu reports acknowledged\n", (unsigned long long)f.acked,
               (unsigned long long)f.sent);
    }
}

static void print_percentiles(const char *name, const hist *h, const char *remark)
{
    printf("  %-12s", name);
    for (size_t k = 0; k < PERCENTILES; k++)
        printf(" %8.0f", (double)hist_percentile(h, percentiles[k].q) * 1e-3);
    printf("%s\n", remark);
}

/* What a reader must know before trusting the figures above it. */
static void print_trust(const run_config *c, const chain_tally *t)
{
    unsigned long long timed_out = t->counts.timed_out, unsplit = t->unsplit;
    if (timed_out)
        printf("  timed out  %llu reports took longer than %g s and are in no percentile\n",
               timed_out, c->cell->timeout_s);
    if (unsplit)
        printf("  stamps     %llu answers came with stamps that cannot be: they are in `total` "
               "alone\n",
               unsplit);
}

static void print_latency(const run_config *c, const chain_tally *t)
{
    printf("\n  latency, us       p50      p90      p99    p99.9   p99.99      max\n");
    for (int i = 0; i < CHAIN_STAGES; i++)
        print_percentiles(chain_stage_name((chain_stage)i), &t->latency[i],
                          i == CHAIN_SIMULATE   ? "   (the simulation's own work)"
                          : i == CHAIN_FEEDBACK ? "   (total less simulate)"
                                                : "");
    const hist *early = &t->warm_up[CHAIN_TOTAL];
    if (early->count) {
        char remark[80];
        snprintf(remark, sizeof remark, "   (total of %llu reports due in the first %g s)",
                 (unsigned long long)early->count, c->cell->warm_up_s);
        print_percentiles("warm-up", early, remark);
    }
    print_trust(c, t);
}

/* "mixed" as people say it. */
static const char *or_several(const char *word, const char *several)
{
    return strcmp(word, "mixed") == 0 ? several : word;
}

void run_summary_print(const run_config *c, const run_place *place, const chain_tally *t)
{
    const chain_counts *n = &t->counts;
    printf("\n%u UEs, %s (encoder in %s, codewords in %s) on %s, uplink SNR %g dB\n\n",
           c->cell->ues, c->models, or_several(c->encoder_precision, "several precisions"),
           or_several(c->codeword_format, "several formats"), c->channels,
           c->cell->all.uplink.value[SETTING_SNR]);
    printf("  reports    %llu sent = %llu acknowledged + %llu lost in the channel + %llu timed out "
           "+ %llu refused + %llu not decoded: %s\n",
           (unsigned long long)n->sent, (unsigned long long)n->acked,
           (unsigned long long)n->lost_channel, (unsigned long long)n->timed_out,
           (unsigned long long)n->refused, (unsigned long long)n->not_decoded,
           chain_counts_close(n) ? "nothing is unaccounted" : "THE ACCOUNTING DOES NOT CLOSE");
    print_quality(c, t);
    print_ageing(c, t);
    print_groups(c, t);
    printf("  throughput %.1f reports/s, %.1f kbit/s uplink per UE; %.0f bits per report\n",
           reports_per_s(t), uplink_kbit_s(c, t), bits_per_report(c, t));
    if (t->lateness_max_s > fmax(chain_schedule_period(&c->group[0].schedule, 0), 0.1))
        printf("  overload   reports started up to %.2f s behind their schedule: this machine is "
               "too slow for this load\n",
               t->lateness_max_s);
    print_latency(c, t);
    printf("\n  records    %s/summary.json\n", place->folder);
}
