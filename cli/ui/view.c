#include "view.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/decibel.h"
#include "latency.h"
#include "screen.h"
#include "ui/program.h"

enum {
    METRIC_NAME = 40,
    TEXT_MAX = 96,
    BAR_WIDTH = 40,
    GROUPS_MAX = 64,
    NAME_WIDTH_MAX = 24,
    PAGE_COLUMNS = 100 /* of the page that remains at the end */
};

static const uint64_t page_interval_ns = 200000000u, line_interval_ns = 1000000000u;

/* Where `-` starts when there was no noise. */
static const double snr_below_inf_db = 40;

typedef struct process_metrics {
    uint32_t pid;
    char role[16];
    char codec[TEXT_MAX], precision[TEXT_MAX], uplink[TEXT_MAX]; /* of an agent */
    size_t count;
    char name[WIRE_METRICS_MAX][METRIC_NAME];
    double value[WIRE_METRICS_MAX];
} process_metrics;

/* The counts of some UEs since the start. */
typedef struct counted {
    double acked, measured, nmse;
} counted;

/* The counts of the same UEs a second ago, and their figures over that second. */
typedef struct recent {
    counted before;
    double rate, nmse_db;
} recent;

struct view {
    view_options options;
    screen *screen; /* NULL: lines */
    const char *note, *warning;
    process_metrics process[VIEW_PROCESSES_MAX];
    size_t processes;
    wire_control_reply settings; /* empty until they are known */
    counted *ue;                 /* [ues], by number */
    size_t ues, target;          /* of the keys: 0 all, then the groups */
    uint64_t start_ns, drawn_ns, window_ns;
    double elapsed_s, duration_s; /* of the run; duration_s 0: without an end, since start_ns */
    latency_window *latency;
    recent all, group[GROUPS_MAX];
};

view *view_create(const view_options *options)
{
    view *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->latency = latency_window_create();
    if (!v->latency) {
        free(v);
        return NULL;
    }
    v->options = *options;
    v->screen = screen_open(options->out, options->keys);
    v->start_ns = v->drawn_ns = v->window_ns = clock_ns();
    v->all.nmse_db = NAN;
    for (size_t i = 0; i < GROUPS_MAX; i++)
        v->group[i].nmse_db = NAN;
    return v;
}

void view_free(view *v)
{
    if (!v)
        return;
    screen_close(v->screen);
    wire_control_reply_clear(&v->settings);
    latency_window_free(v->latency);
    free(v->ue);
    free(v);
}

static counted *find_ue(view *v, uint32_t ue)
{
    if (ue >= v->ues) {
        size_t ues = (size_t)ue + 1 > 2 * v->ues ? (size_t)ue + 1 : 2 * v->ues;
        counted *more = realloc(v->ue, ues * sizeof *more);
        if (!more)
            return NULL;
        memset(more + v->ues, 0, (ues - v->ues) * sizeof *more);
        v->ue = more;
        v->ues = ues;
    }
    return &v->ue[ue];
}

static void take_ues(view *v, const wire_telemetry *t)
{
    for (size_t i = 0; i < t->ues; i++) {
        const wire_ue_figures *f = &t->ue[i];
        counted *c = find_ue(v, f->ue);
        if (c)
            *c = (counted){(double)f->acked, (double)f->measured, f->nmse_sum};
    }
}

void view_take(view *v, const wire_telemetry *t)
{
    process_metrics *p = NULL;
    take_ues(v, t);
    latency_window_take(v->latency, t);
    for (size_t i = 0; i < v->processes; i++)
        if (v->process[i].pid == t->pid)
            p = &v->process[i];
    if (!p && v->processes == VIEW_PROCESSES_MAX)
        return;
    if (!p)
        p = &v->process[v->processes++];
    p->pid = t->pid;
    snprintf(p->role, sizeof p->role, "%s", t->role);
    if (t->encodes) {
        snprintf(p->precision, TEXT_MAX, "%s", t->encoder.precision);
        snprintf(p->codec, TEXT_MAX, "%s", t->encoder.codec);
        snprintf(p->uplink, TEXT_MAX, "%s", t->encoder.uplink);
    }
    p->count = t->metrics;
    for (size_t i = 0; i < p->count; i++) {
        snprintf(p->name[i], METRIC_NAME, "%s", t->metric[i].name);
        p->value[i] = t->metric[i].value;
    }
}

void view_settings(view *v, wire_control_reply *reply)
{
    wire_control_reply_clear(&v->settings);
    v->settings = *reply;
    *reply = (wire_control_reply){0};
    if (v->settings.groups > GROUPS_MAX)
        v->settings.groups = GROUPS_MAX;
    if (v->target > v->settings.groups)
        v->target = 0;
}

void view_note(view *v, const char *note)
{
    v->note = note;
}

void view_time(view *v, double elapsed_s, double duration_s)
{
    v->elapsed_s = elapsed_s;
    v->duration_s = duration_s;
}

void view_warning(view *v, const char *warning)
{
    v->warning = warning;
}

/* Combines the processes of a role: the sum, the largest value, or the newest one. */
typedef enum over { SUM, LARGEST, NEWEST } over;

static double metric(const view *v, const char *role, const char *name, over how)
{
    double result = NAN;
    for (size_t i = 0; i < v->processes; i++) {
        const process_metrics *p = &v->process[i];
        if (strcmp(p->role, role) != 0)
            continue;
        for (size_t k = 0; k < p->count; k++)
            if (strcmp(p->name[k], name) == 0)
                result = isnan(result) || how == NEWEST ? p->value[k]
                         : how == LARGEST               ? fmax(result, p->value[k])
                                                        : result + p->value[k];
    }
    return result;
}

double view_metric(const view *v, const char *role, const char *name)
{
    return metric(v, role, name, SUM);
}

double view_metric_largest(const view *v, const char *role, const char *name)
{
    return metric(v, role, name, LARGEST);
}

static double ue_metric(const view *v, const char *name)
{
    double x = view_metric(v, "ue-agent", name);
    return isnan(x) ? 0 : x;
}

/* --- the last second -------------------------------------------------------------------------- */

static counted count_all(const view *v)
{
    return (counted){ue_metric(v, "reports_acked_total"), ue_metric(v, "nmse_count"),
                     ue_metric(v, "nmse_sum")};
}

static counted count_group(const view *v, const wire_group *g)
{
    counted sum = {0};
    for (size_t ue = g->first_ue; ue < v->ues && ue - g->first_ue < g->ues; ue++) {
        sum.acked += v->ue[ue].acked;
        sum.measured += v->ue[ue].measured;
        sum.nmse += v->ue[ue].nmse;
    }
    return sum;
}

static void advance(recent *r, counted now, double seconds)
{
    r->rate = (now.acked - r->before.acked) / seconds;
    if (now.measured > r->before.measured) /* otherwise keep the last values */
        r->nmse_db = db_of_power((now.nmse - r->before.nmse) / (now.measured - r->before.measured));
    r->before = now;
}

/* Updates rates and NMSE once a second, however often the page is drawn. */
static void look(view *v, uint64_t now)
{
    double seconds = (double)(now - v->window_ns) * 1e-9;
    if (now - v->window_ns < line_interval_ns)
        return;
    v->window_ns = now;
    latency_window_look(v->latency);
    advance(&v->all, count_all(v), seconds);
    for (size_t i = 0; i < v->settings.groups; i++)
        advance(&v->group[i], count_group(v, &v->settings.group[i]), seconds);
}

/* --- settings in force -------------------------------------------------------------------------
 */

/* The setting for all UEs (group NULL), or for a group, which has its own or that for all. NULL if
 * unknown. */
static const wire_setting *setting(const view *v, const char *name, const char *group)
{
    const wire_setting *found = NULL;
    for (size_t i = 0; i < v->settings.settings; i++) {
        const wire_setting *s = &v->settings.setting[i];
        bool for_all = !s->for_one_ue && !s->group[0];
        if (strcmp(s->name, name) == 0 && !s->for_one_ue &&
            (for_all || (group && strcmp(s->group, group) == 0)))
            found = s; /* a group's setting follows that for all */
    }
    return found;
}

typedef struct short_text {
    char text[40];
} short_text;

/* "-14.20 dB", or "-" where nothing was measured. */
static short_text db(double value)
{
    short_text t = {"-"};
    if (!isnan(value))
        snprintf(t.text, sizeof t.text, "%.2f dB", value);
    return t;
}

/* "0.9312", or "-" where nothing was measured. */
static short_text similarity(double value)
{
    short_text t = {"-"};
    if (!isnan(value))
        snprintf(t.text, sizeof t.text, "%.4f", value);
    return t;
}

/* "5915 µs", or "-" without an answer. */
static short_text us(double value)
{
    short_text t = {"-"};
    if (value > 0)
        snprintf(t.text, sizeof t.text, "%.0f µs", value);
    return t;
}

/* "10.0 dB", "inf", "3.2 -> 40 dB in 12 s". */
static short_text snr_in_force(const view *v, const char *group)
{
    const wire_setting *s = setting(v, "snr", group);
    short_text t;
    double plain = metric(v, "channel-sim", "snr_asked_db", NEWEST);
    if (s && s->ramp_left_s > 0)
        snprintf(t.text, sizeof t.text, "%.1f -> %.4g dB in %.0f s", s->value, s->ramp_to,
                 ceil(s->ramp_left_s));
    else
        snprintf(t.text, sizeof t.text, "%.1f dB", s ? s->value : plain);
    return t;
}

/* --- the page --------------------------------------------------------------------------------- */

/* "[####....]  50 %, 5 s, 5 s left": the bar counts reports, and shrinks with the terminal. */
static void put_bar(const view *v, size_t columns, FILE *f)
{
    enum { BESIDE = 32, LEAST = 6 };
    char bar[BAR_WIDTH + 1];
    size_t width = columns < LEAST + BESIDE ? LEAST : columns - BESIDE;
    width = width < BAR_WIDTH ? width : BAR_WIDTH;
    double share = ue_metric(v, "reports_sent_total") / v->options.expected;
    memset(bar, '.', width);
    memset(bar, '#', (size_t)((double)width * fmin(fmax(share, 0), 1)));
    bar[width] = '\0';
    fprintf(f, "[%s] %3.0f %%", bar, 100 * fmin(share, 1));
    if (v->duration_s > 0)
        fprintf(f, ", %.0f s, %.0f s left", v->elapsed_s,
                ceil(fmax(v->duration_s - v->elapsed_s, 0)));
    fputc('\n', f);
}

static void put_uplink(const view *v, FILE *f)
{
    const wire_setting *loss = setting(v, "loss", NULL), *delay = setting(v, "delay", NULL),
                       *jitter = setting(v, "jitter", NULL);
    fprintf(f, "uplink    SNR %s", snr_in_force(v, NULL).text);
    if (loss && delay && jitter)
        fprintf(f, ", loss %.3g %%, delay %.4g ms, jitter %.4g ms", 100 * loss->value,
                1e3 * delay->value, 1e3 * jitter->value);
    fputc('\n', f);
}

/* The agents' text; `several` if their texts differ, NULL if no agent has reported one. */
static const char *word_of_agents(const view *v, size_t offset, const char *several)
{
    const char *word = NULL;
    for (size_t i = 0; i < v->processes; i++) {
        const char *own = (const char *)&v->process[i] + offset;
        if (!own[0] || (word && strcmp(word, own) == 0))
            continue;
        if (word)
            return several;
        word = own;
    }
    return word;
}

static void put_codec(const view *v, FILE *f)
{
    const char *precision =
        word_of_agents(v, offsetof(process_metrics, precision), "several precisions");
    const char *codec = word_of_agents(v, offsetof(process_metrics, codec), "several codecs");
    const char *uplink = word_of_agents(v, offsetof(process_metrics, uplink), "several uplinks");
    double reports = ue_metric(v, "reports_counted_total");
    if (!codec || !precision || !uplink)
        return;
    fprintf(f, "codec     %s in %s over %s", codec, precision, uplink);
    if (reports > 0)
        fprintf(f, ": %.0f bits, %.1f channel uses a report",
                ue_metric(v, "report_bits_total") / reports,
                ue_metric(v, "channel_uses_total") / reports);
    fputc('\n', f);
}

/* A narrow terminal gets whole columns only: first the rates go, then the numbers of UEs. */
static void put_groups(const view *v, size_t columns, FILE *f)
{
    size_t groups = v->settings.groups, width = strlen("group");
    for (size_t i = 0; i < groups; i++) {
        size_t length = strlen(v->settings.group[i].name);
        width = length > width ? length : width;
    }
    width = width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX;
    bool rates = columns >= width + 46, ues = columns >= width + 36;
    if (groups < 2)
        return;
    fprintf(f, "\n  %-*s%s%s %10s  %s\n", (int)width, "group", ues ? "    UEs" : "",
            rates ? "  reports/s" : "", "NMSE", "SNR");
    for (size_t i = 0; i < groups; i++) {
        const wire_group *g = &v->settings.group[i];
        fprintf(f, "%c %-*.*s", v->target == i + 1 ? '>' : ' ', (int)width, (int)width, g->name);
        if (ues)
            fprintf(f, " %6u", g->ues);
        if (rates)
            fprintf(f, " %10.0f", v->group[i].rate);
        fprintf(f, " %10s  %s\n", db(v->group[i].nmse_db).text, snr_in_force(v, g->name).text);
    }
}

static void put_keys(const view *v, FILE *f)
{
    bool groups = v->settings.groups > 1;
    if (!v->options.keys || !v->screen)
        return;
    fprintf(f, "\nkeys      + -  SNR of %s by 1 dB%s   q  end\n",
            v->target ? v->settings.group[v->target - 1].name : "all UEs",
            groups ? "   g  next group" : "");
}

/* The mean SGCS since the start. */
static short_text sgcs(const view *v)
{
    return similarity(ue_metric(v, "sgcs_sum") / ue_metric(v, "measured_count"));
}

static void put_latency(const view *v, FILE *f)
{
    fprintf(f, "latency   median %s, p99 %s (last second %s, %s)\n",
            us(metric(v, "ue-agent", "latency_p50_us", LARGEST)).text,
            us(metric(v, "ue-agent", "latency_p99_us", LARGEST)).text,
            us(latency_window_us(v->latency, 0.5)).text,
            us(latency_window_us(v->latency, 0.99)).text);
}

static void put_page(const view *v, size_t columns, FILE *f)
{
    double count = ue_metric(v, "nmse_count");
    double elapsed = (double)(v->drawn_ns - v->start_ns) * 1e-9;
    fprintf(f, "%s\n", v->options.title);
    if (v->options.expected > 0)
        put_bar(v, columns, f);
    else
        fprintf(f, "watching for %.0f s\n", elapsed);
    fprintf(f,
            "reports   %.0f sent, %.0f acknowledged, %.0f lost, %.0f timed out, %.0f refused, %.0f "
            "not decoded; %.0f/s\n",
            ue_metric(v, "reports_sent_total"), ue_metric(v, "reports_acked_total"),
            ue_metric(v, "reports_lost_channel_total"), ue_metric(v, "reports_timed_out_total"),
            ue_metric(v, "reports_refused_total"), ue_metric(v, "reports_not_decoded_total"),
            v->all.rate);
    fprintf(f, "quality   NMSE %s (last second %s), SGCS %s, SNR %s estimated\n",
            db(db_of_power(ue_metric(v, "nmse_sum") / count)).text, db(v->all.nmse_db).text,
            sgcs(v).text,
            db(ue_metric(v, "snr_estimated_db_sum") / ue_metric(v, "reports_counted_total")).text);
    put_latency(v, f);
    put_codec(v, f);
    put_uplink(v, f);
    put_groups(v, columns, f);
    if (v->note)
        fprintf(f, "\n%s\n", v->note);
    if (v->warning)
        fprintf(f, "%s%s\n", v->note ? "" : "\n", v->warning);
}

static void put_line(const view *v, FILE *f)
{
    bool directions = ue_metric(v, "nmse_count") == 0 && ue_metric(v, "measured_count") > 0;
    fprintf(f,
            "%5.0f s  %.0f sent, %.0f acknowledged, %.0f lost, %.0f timed out, %.0f refused, "
            "%.0f not decoded  %s %s  SNR %s  latency p50 %s, p99 %s\n",
            (double)(v->drawn_ns - v->start_ns) * 1e-9, ue_metric(v, "reports_sent_total"),
            ue_metric(v, "reports_acked_total"), ue_metric(v, "reports_lost_channel_total"),
            ue_metric(v, "reports_timed_out_total"), ue_metric(v, "reports_refused_total"),
            ue_metric(v, "reports_not_decoded_total"), directions ? "SGCS" : "NMSE",
            directions ? sgcs(v).text : db(v->all.nmse_db).text, snr_in_force(v, NULL).text,
            us(latency_window_us(v->latency, 0.5)).text,
            us(latency_window_us(v->latency, 0.99)).text);
}

static void draw_page(view *v)
{
    char *text = NULL, *keys = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size), *k = open_memstream(&keys, &size);
    if (f)
        put_page(v, screen_columns(v->screen), f);
    if (k)
        put_keys(v, k);
    bool whole = f && fclose(f) == 0;
    whole = k && fclose(k) == 0 && whole;
    if (whole)
        screen_show(v->screen, text, keys);
    free(text);
    free(keys);
}

/* Errors of standard output are reported at the program's end. */
static void flush(FILE *out)
{
    if (out == stdout)
        program_output();
    else
        fflush(out);
}

void view_draw(view *v)
{
    uint64_t now = clock_ns();
    if (now - v->drawn_ns < (v->screen ? page_interval_ns : line_interval_ns))
        return;
    v->drawn_ns = now;
    look(v, now);
    if (v->screen) {
        draw_page(v);
    } else {
        put_line(v, v->options.out);
        flush(v->options.out);
    }
}

void view_end(view *v, bool keep)
{
    bool page = v->screen != NULL;
    screen_close(v->screen);
    v->screen = NULL;
    v->note = v->warning = NULL;
    v->target = 0;
    if (page && keep)
        put_page(v, PAGE_COLUMNS, v->options.out);
    flush(v->options.out);
}

/* --- keys ------------------------------------------------------------------------------------- */

static view_action move_snr(view *v, double step, wire_change *change)
{
    const char *group = v->target ? v->settings.group[v->target - 1].name : "";
    const wire_setting *s = setting(v, "snr", v->target ? group : NULL);
    if (!s || (isinf(s->value) && step > 0))
        return VIEW_NOTHING;
    double value = isinf(s->value) ? snr_below_inf_db : s->value + step;
    *change = (wire_change){.name = "snr", .value = fmin(fmax(value, s->min), s->max)};
    snprintf(change->group, sizeof change->group, "%s", group);
    return VIEW_SET;
}

view_action view_key(view *v, wire_change *change)
{
    switch (screen_key(v->screen)) {
    case 'q':
    case 'Q':
        return VIEW_QUIT;
    case '+':
    case '=':
        return move_snr(v, 1, change);
    case '-':
    case '_':
        return move_snr(v, -1, change);
    case 'g':
    case 'G':
        if (v->settings.groups > 1)
            v->target = (v->target + 1) % (v->settings.groups + 1);
        v->drawn_ns = 0; /* the page shows it at once */
        return VIEW_NOTHING;
    default:
        return VIEW_NOTHING;
    }
}
