/* Records side by side. */
#include <math.h>
#include <string.h>

#include "io/json.h"
#include "show.h"

enum { LABEL = 26, COLUMN = 20, VALUE_SHOWN = 46 };

typedef struct figure {
    const char *label, *place, *unit;
    int decimals;
    bool of_failures; /* shown if a run has them, or could have had them */
} figure;

static const figure figures[] = {
    {"reports sent", "reports/sent", "", 0, false},
    {"acknowledged", "reports/acked", "", 0, false},
    {"lost in the channel", "reports/lost_channel", "", 0, false},
    {"timed out", "reports/timed_out", "", 0, false},
    {"refused", "reports/refused", "", 0, false},
    {"not decoded", "reports/not_decoded", "", 0, false},
    {"of them, base missing", "reports/needs_key", "", 0, false},
    {"unknown", "reports/unknown", "", 0, false},
    {"block error rate", "quality/bler", "", 5, true},
    {"undetected errors", "quality/undetected_rate", "of those received", 7, true},
    {"bits per report", "throughput/bits_per_report", "", 0, false},
    {"channel uses", "throughput/channel_uses", "a report", 1, false},
    {"keys sent", "throughput/keys/sent", "", 0, false},
    {"bits of a key", "throughput/keys/bits_per_report", "", 0, false},
    {"channel uses of a key", "throughput/keys/channel_uses", "", 1, false},
    {"innovations sent", "throughput/innovations/sent", "", 0, false},
    {"bits of an innovation", "throughput/innovations/bits_per_report", "", 0, false},
    {"uses of an innovation", "throughput/innovations/channel_uses", "", 1, false},
    {"NMSE", "quality/nmse_db", "dB", 4, false},
    {"NMSE, median", "quality/nmse_db_median", "dB", 4, false},
    {"rho", "quality/rho", "", 5, false},
    {"SGCS", "quality/sgcs", "", 5, false},
    {"rate", "quality/se_bps_hz/feedback", "bit/s/Hz", 3, false},
    {"NMSE, with failed", "quality/nmse_all_db", "dB", 4, true},
    {"SGCS, with failed", "quality/sgcs_all", "", 5, true},
    {"rate, with failed", "quality/se_bps_hz/all", "bit/s/Hz", 3, true},
    {"NMSE at use", "ageing/nmse_used_db", "dB", 4, false},
    {"rho at use", "ageing/rho_used", "", 5, false},
    {"SGCS at use", "ageing/sgcs_used", "", 5, false},
    {"rate at use", "ageing/se_used_bps_hz", "bit/s/Hz", 3, false},
    {"rate, perfect CSI", "quality/se_bps_hz/perfect", "bit/s/Hz", 3, false},
    {"SNR asked", "config/snr_db", "dB", 2, false},
    {"SNR delivered", "quality/snr_delivered_db", "dB", 2, false},
    {"SNR estimated", "quality/snr_estimated_db", "dB", 2, false},
    {"throughput", "throughput/reports_per_s", "reports/s", 1, false},
    {"latency, p50", "latency_us/total/p50", "µs", 0, false},
    {"latency, p90", "latency_us/total/p90", "µs", 0, false},
    {"latency, p99", "latency_us/total/p99", "µs", 0, false},
    {"latency, p99.9", "latency_us/total/p999", "µs", 0, false},
    {"latency, p99.99", "latency_us/total/p9999", "µs", 0, false},
    {"latency, max", "latency_us/total/max", "µs", 0, false},
    {"encode, p50", "latency_us/stages/encode/p50", "µs", 0, false},
    {"modulate, p50", "latency_us/stages/modulate/p50", "µs", 0, false},
    {"uplink, p50", "latency_us/stages/uplink/p50", "µs", 0, false},
    {"queue, p50", "latency_us/stages/queue/p50", "µs", 0, false},
    {"demodulate, p50", "latency_us/stages/demodulate/p50", "µs", 0, false},
    {"decode, p50", "latency_us/stages/decode/p50", "µs", 0, false},
};
enum { FIGURES = sizeof figures / sizeof figures[0] };

const record_facts *show_scenario(const record *r)
{
    return &r->scenario;
}

const record_facts *show_versions(const record *r)
{
    return &r->versions;
}

static bool all_same(const show_difference *d, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (!d->value[i] != !d->value[0] || (d->value[i] && strcmp(d->value[i], d->value[0]) != 0))
            return false;
    return true;
}

void show_each_difference(record *const *runs, size_t count, show_facts of,
                          void (*each)(void *user, const show_difference *d), void *user)
{
    for (size_t r = 0; r < count; r++) {
        const record_facts *facts = of(runs[r]);
        for (size_t i = 0; i < facts->count; i++) {
            show_difference d = {.place = facts->fact[i].path};
            bool told = false;
            for (size_t k = 0; k < count; k++) {
                d.value[k] = record_facts_at(of(runs[k]), d.place);
                told = told || (k < r && d.value[k]);
            }
            if (!told && !all_same(&d, count))
                each(user, &d);
        }
    }
}

typedef struct printing {
    FILE *to;
    size_t count;
} printing;

static void print_difference(void *user, const show_difference *d)
{
    printing *p = user;
    FILE *to = p->to;
    size_t count = 0;
    p->count++;
    fprintf(to, "  %-*s", LABEL - 2, d->place);
    for (size_t i = 0; i < SHOW_RUNS_MAX; i++)
        count = d->value[i] ? i + 1 : count;
    for (size_t i = 0; i < count; i++)
        fprintf(to, "%s%.*s%s", i ? " | " : " ", VALUE_SHOWN, d->value[i] ? d->value[i] : "-",
                d->value[i] && strlen(d->value[i]) > VALUE_SHOWN ? "..." : "");
    fputc('\n', to);
}

static void print_differences(record *const *runs, size_t count, const char *what, show_facts of,
                              FILE *to)
{
    printing p = {to, 0};
    fprintf(to, "\n%s: what differs\n", what);
    show_each_difference(runs, count, of, print_difference, &p);
    if (p.count == 0)
        fprintf(to, "  nothing\n");
}

/* The last part of a folder's name is the time of the run. */
static const char *short_name(const record *r)
{
    const char *slash = strrchr(r->shown, '/');
    return slash ? slash + 1 : r->shown;
}

static void print_value(double value, int decimals, FILE *to)
{
    if (isnan(value))
        fprintf(to, " %*s", COLUMN - 1, "-");
    else
        fprintf(to, " %*.*f", COLUMN - 1, decimals, value);
}

/* True if a check failed in one of the runs, or bits that passed were compared with those sent. */
static bool have_check(record *const *runs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (record_number(runs[i], "quality/bler") > 0 ||
            !isnan(record_number(runs[i], "quality/undetected_rate")))
            return true;
    return false;
}

/* For two runs, adds the difference, the second less the first. */
static void print_figure(const figure *f, record *const *runs, size_t count, FILE *to)
{
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any = any || !isnan(record_number(runs[i], f->place));
    if (!any || (f->of_failures && !have_check(runs, count)))
        return;
    fprintf(to, "  %-*s", LABEL - 2, f->label);
    for (size_t i = 0; i < count; i++)
        print_value(record_number(runs[i], f->place), f->decimals, to);
    if (count == 2) {
        double d = record_number(runs[1], f->place) - record_number(runs[0], f->place);
        if (isnan(d))
            fprintf(to, " %*s", COLUMN - 6, "-");
        else
            fprintf(to, " %+*.*f", COLUMN - 6, f->decimals, d);
    }
    fprintf(to, "  %s\n", f->unit);
}

/* Texts of the summary. A long one is cut at its start, since two usually differ at the end. */
static void print_word(const char *label, const char *place, record *const *runs, size_t count,
                       FILE *to)
{
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any = any || record_text(runs[i], place);
    if (!any)
        return;
    fprintf(to, "  %-*s", LABEL - 2, label);
    for (size_t i = 0; i < count; i++) {
        const char *word = record_text(runs[i], place);
        size_t length = word ? strlen(word) : 0;
        if (count == 1)
            fprintf(to, " %s", word && *word ? word : "-");
        else if (length > COLUMN - 1)
            fprintf(to, " ..%s", word + length - (COLUMN - 3));
        else
            fprintf(to, " %*s", COLUMN - 1, length ? word : "-");
    }
    fputc('\n', to);
}

static const cJSON *group_named(const record *r, const char *name)
{
    const cJSON *g;
    cJSON_ArrayForEach(g, cJSON_GetObjectItemCaseSensitive(r->summary, "per_group"))
    {
        const char *own = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(g, "name"));
        if (own && strcmp(own, name) == 0)
            return g;
    }
    return NULL;
}

static double group_figure(const record *r, const char *name, const char *place)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(group_named(r, name), place);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

static void print_group(record *const *runs, size_t count, const char *name, const char *label,
                        const char *place, const char *unit, FILE *to)
{
    fprintf(to, "  %s of %-*.*s", label, LABEL - 10, LABEL - 10, name);
    for (size_t i = 0; i < count; i++)
        print_value(group_figure(runs[i], name, place), 4, to);
    fprintf(to, "  %s\n", unit);
}

/* Lists groups by the first run's names. Groups of directions have an SGCS in place of an NMSE. */
static void print_groups(record *const *runs, size_t count, FILE *to)
{
    const cJSON *groups = cJSON_GetObjectItemCaseSensitive(runs[0]->summary, "per_group"), *g;
    if (cJSON_GetArraySize(groups) < 2)
        return;
    cJSON_ArrayForEach(g, groups)
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(g, "name"));
        if (!name)
            continue;
        bool directions = true;
        for (size_t i = 0; i < count; i++)
            directions = directions && isnan(group_figure(runs[i], name, "nmse_db")) &&
                         !isnan(group_figure(runs[i], name, "sgcs"));
        if (directions)
            print_group(runs, count, name, "SGCS", "sgcs", "", to);
        else
            print_group(runs, count, name, "NMSE", "nmse_db", "dB", to);
    }
}

static void print_events(record *const *runs, size_t count, FILE *to)
{
    static const char *const labels[] = {"changes by the timeline", "changes by hand",
                                         "processes killed", "warnings"};
    for (size_t k = 0; k < sizeof labels / sizeof labels[0]; k++) {
        uint64_t sum = 0, value[SHOW_RUNS_MAX];
        for (size_t i = 0; i < count; i++) {
            const record_happened *h = &runs[i]->happened;
            const uint64_t all[] = {h->planned_changes, h->live_changes, h->killed, h->warnings};
            value[i] = all[k];
            sum += value[i];
        }
        if (sum == 0)
            continue;
        fprintf(to, "  %-*s", LABEL - 2, labels[k]);
        for (size_t i = 0; i < count; i++)
            fprintf(to, " %*llu", COLUMN - 1, (unsigned long long)value[i]);
        fputc('\n', to);
    }
}

/* The main figures of one run; the rest is in its files. */
static void print_facts(const record *r, FILE *to)
{
    static const char *const places[][2] = {{"command", "command"},
                                            {"program", "program/version"},
                                            {"source", "program/source"},
                                            {"processor", "machine/processor"},
                                            {"instructions", "machine/instructions"}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const char *value = record_facts_at(&r->versions, places[i][1]);
        if (value)
            fprintf(to, "  %-*s %s\n", LABEL - 2, places[i][0], value);
    }
    static const char *const settings[] = {"seed", "duration", "dl-snr"};
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        const char *value = record_facts_at(&r->scenario, settings[i]);
        if (value)
            fprintf(to, "  %-*s %s\n", LABEL - 2, settings[i], value);
    }
    const char *channel = record_text(r, "config/channel"), *model = record_text(r, "config/model");
    if (channel && model)
        fprintf(to, "  %-*s %.0f on %s\n  %-*s %s\n", LABEL - 2, "UEs",
                record_number(r, "config/ues"), channel, LABEL - 2, "model", model);
}

static void print_heads(record *const *runs, size_t count, FILE *to)
{
    fprintf(to, "%-*s", LABEL, "run");
    for (size_t i = 0; i < count; i++)
        fprintf(to, " %*.*s", COLUMN - 1, COLUMN - 1, short_name(runs[i]));
    fprintf(to, count == 2 ? " %*s\n" : "\n", COLUMN - 6, "difference");
}

/* Figures of two formats can be compared, but the reader must know. */
static void print_formats(record *const *runs, size_t count, FILE *to)
{
    bool other = false;
    for (size_t i = 0; i < count; i++)
        other = other || runs[i]->format != RECORD_FORMAT;
    if (!other)
        return;
    fprintf(to, "  %-*s", LABEL - 2, "record format");
    for (size_t i = 0; i < count; i++)
        fprintf(to, " %*d", COLUMN - 1, runs[i]->format);
    fprintf(to, "  (this csilink writes %d)\n", RECORD_FORMAT);
}

/* Warns first of runs that did not complete. */
static void print_incomplete(record *const *runs, size_t count, FILE *to)
{
    for (size_t i = 0; i < count; i++)
        if (record_incomplete(runs[i]))
            fprintf(to, "  %-*s %s%s%s\n", LABEL - 2, "INCOMPLETE",
                    count > 1 ? short_name(runs[i]) : "", count > 1 ? ": " : "",
                    record_incomplete(runs[i]));
}

static void print_refusals(record *const *runs, size_t count, FILE *to)
{
    for (size_t i = 0; i < count; i++) {
        const cJSON *item;
        cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(runs[i]->summary, "refusals"))
        {
            const char *reason =
                cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "reason"));
            fprintf(to, "  %-*s %s%s%.0f: %s\n", LABEL - 2, "refused, why",
                    count > 1 ? short_name(runs[i]) : "", count > 1 ? ": " : "",
                    json_get_number(item, "reports"), reason ? reason : "");
        }
    }
}

void show_print(record *const *runs, size_t count, FILE *to)
{
    print_heads(runs, count, to);
    print_incomplete(runs, count, to);
    if (count == 1)
        print_facts(runs[0], to);
    print_formats(runs, count, to);
    print_word("codec", "config/codec", runs, count, to);
    print_word("encoder in", "config/encoder_precision", runs, count, to);
    print_word("uplink", "config/uplink", runs, count, to);
    print_word("codewords in", "config/codeword_format", runs, count, to);
    for (size_t i = 0; i < FIGURES; i++)
        print_figure(&figures[i], runs, count, to);
    print_refusals(runs, count, to);
    print_groups(runs, count, to);
    print_events(runs, count, to);
    if (count == 1)
        return;
    print_differences(runs, count, "scenarios", show_scenario, to);
    print_differences(runs, count, "versions", show_versions, to);
}

const char *show_compared(const record_comparison *c)
{
    if (c->directions == 0)
        return "NMSE";
    return c->directions == c->measured ? "SGCS" : "NMSE or SGCS";
}

void show_comparison_print(const record_comparison *c, FILE *to)
{
    fprintf(to, "reports: %llu and %llu, %llu of the same UE and number; %s equal in %llu of %llu",
            (unsigned long long)c->reports[0], (unsigned long long)c->reports[1],
            (unsigned long long)c->joined, show_compared(c), (unsigned long long)c->equal,
            (unsigned long long)c->measured);
    if (c->largest_db > 0)
        fprintf(to, "; NMSE up to %.6f dB apart", c->largest_db);
    if (c->largest_sgcs > 0)
        fprintf(to, "; SGCS up to %.9f apart", c->largest_sgcs);
    if (c->differs)
        fprintf(to, ", first at UE %u, report %u", c->first.ue, c->first.seq);
    if (c->outcomes)
        fprintf(to, "; %llu ended differently", (unsigned long long)c->outcomes);
    fputc('\n', to);
}
