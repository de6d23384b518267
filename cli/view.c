#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "view.h"

enum { METRICS_MAX = 64, METRIC_NAME = 40, BAR_WIDTH = 40, BLOCK_LINES = 5 };

static const uint64_t draw_interval_ns = 1000000000u;

typedef struct process_metrics {
    uint32_t pid;
    char role[16];
    size_t count;
    char name[METRICS_MAX][METRIC_NAME];
    double value[METRICS_MAX];
} process_metrics;

struct view {
    FILE *out;
    const char *title;
    double expected;
    process_metrics process[VIEW_PROCESSES_MAX];
    size_t processes;
    bool terminal, drawn;
    uint64_t start_ns, drawn_ns;
    double last_nmse_sum, last_nmse_count, last_acked;
};

view *view_create(FILE *out, const char *title, double expected)
{
    view *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->out = out;
    v->title = title;
    v->expected = expected;
    v->terminal = isatty(fileno(out));
    v->start_ns = v->drawn_ns = clock_ns();
    return v;
}

void view_free(view *v)
{
    free(v);
}

void view_take(view *v, const link_telemetry *t)
{
    process_metrics *p = NULL;
    for (size_t i = 0; i < v->processes; i++)
        if (v->process[i].pid == t->pid)
            p = &v->process[i];
    if (!p && v->processes == VIEW_PROCESSES_MAX)
        return;
    if (!p)
        p = &v->process[v->processes++];
    p->pid = t->pid;
    snprintf(p->role, sizeof p->role, "%s", t->role);
    p->count = t->n_metrics < METRICS_MAX ? t->n_metrics : METRICS_MAX;
    for (size_t i = 0; i < p->count; i++) {
        snprintf(p->name[i], METRIC_NAME, "%s", t->metrics[i]->name);
        p->value[i] = t->metrics[i]->value;
    }
}

/* Sum over the processes of a role, or the largest; NaN where no process has told. */
static double metric(const view *v, const char *role, const char *name, bool largest)
{
    double result = NAN;
    for (size_t i = 0; i < v->processes; i++) {
        const process_metrics *p = &v->process[i];
        if (strcmp(p->role, role) != 0)
            continue;
        for (size_t k = 0; k < p->count; k++)
            if (strcmp(p->name[k], name) == 0)
                result = isnan(result) ? p->value[k]
                         : largest     ? fmax(result, p->value[k])
                                       : result + p->value[k];
    }
    return result;
}

double view_metric(const view *v, const char *role, const char *name)
{
    return metric(v, role, name, false);
}

static double ue_metric(const view *v, const char *name)
{
    double x = view_metric(v, "ue-agent", name);
    return isnan(x) ? 0 : x;
}

static void line(const view *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void line(const view *v, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(v->out, format, args);
    va_end(args);
    fputs(v->terminal ? "\033[K\n" : "\n", v->out);
}

static void draw_bar(const view *v, double share)
{
    char bar[BAR_WIDTH + 1];
    int filled = (int)(BAR_WIDTH * fmin(fmax(share, 0), 1));
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)filled);
    bar[BAR_WIDTH] = '\0';
    line(v, "[%s] %3.0f %%", bar, 100 * fmin(share, 1));
}

/* "-14.20 dB", or "-" where nothing was measured. */
typedef struct db_text {
    char text[24];
} db_text;

static db_text db(double value)
{
    db_text t = {"-"};
    if (!isnan(value))
        snprintf(t.text, sizeof t.text, "%.2f dB", value);
    return t;
}

typedef struct figures {
    double sent, acked, lost, timed_out, refused, share, rate, nmse_db, nmse_now_db, snr_db,
        snr_estimated_db;
} figures;

static figures look(view *v)
{
    uint64_t now = clock_ns();
    double seconds = (double)(now - v->drawn_ns) * 1e-9;
    v->drawn_ns = now;
    figures f = {.sent = ue_metric(v, "reports_sent_total"),
                 .acked = ue_metric(v, "reports_acked_total"),
                 .lost = ue_metric(v, "reports_lost_channel_total"),
                 .timed_out = ue_metric(v, "reports_timed_out_total"),
                 .refused = ue_metric(v, "reports_refused_total")};
    double sum = ue_metric(v, "nmse_sum"), count = ue_metric(v, "nmse_count");
    f.share = v->expected > 0 ? f.sent / v->expected : 0;
    f.rate = (f.acked - v->last_acked) / seconds;
    f.nmse_db = 10 * log10(sum / count);
    f.nmse_now_db = 10 * log10((sum - v->last_nmse_sum) / (count - v->last_nmse_count));
    f.snr_db = view_metric(v, "channel-sim", "snr_asked_db");
    f.snr_estimated_db = ue_metric(v, "snr_estimated_db_sum") / count;
    v->last_acked = f.acked;
    v->last_nmse_sum = sum;
    v->last_nmse_count = count;
    return f;
}

static void draw_block(view *v, const figures *f)
{
    if (v->drawn)
        fprintf(v->out, "\033[%dA", BLOCK_LINES);
    line(v, "%s", v->title);
    if (v->expected > 0)
        draw_bar(v, f->share);
    else
        line(v, "watching for %.0f s", (double)(v->drawn_ns - v->start_ns) * 1e-9);
    line(v,
         "reports   %.0f sent, %.0f acknowledged, %.0f lost, %.0f timed out, %.0f refused; %.0f/s",
         f->sent, f->acked, f->lost, f->timed_out, f->refused, f->rate);
    line(v, "quality   NMSE %s (last second %s), SNR %.1f dB asked, %s estimated",
         db(f->nmse_db).text, db(f->nmse_now_db).text, f->snr_db, db(f->snr_estimated_db).text);
    line(v, "latency   median %.0f us, p99 %.0f us", metric(v, "ue-agent", "latency_p50_us", true),
         metric(v, "ue-agent", "latency_p99_us", true));
}

static void draw_line(view *v, const figures *f)
{
    double elapsed = (double)(v->drawn_ns - v->start_ns) * 1e-9;
    line(v,
         "%5.0f s  %.0f sent, %.0f acknowledged, %.0f lost, %.0f timed out, %.0f refused  NMSE %s  "
         "SNR %.1f dB  latency p50 %.0f us, p99 %.0f us",
         elapsed, f->sent, f->acked, f->lost, f->timed_out, f->refused, db(f->nmse_now_db).text,
         f->snr_db, metric(v, "ue-agent", "latency_p50_us", true),
         metric(v, "ue-agent", "latency_p99_us", true));
}

static void draw(view *v)
{
    figures f = look(v);
    if (v->terminal)
        draw_block(v, &f);
    else
        draw_line(v, &f);
    v->drawn = true;
    fflush(v->out);
}

void view_draw(view *v)
{
    if (clock_ns() - v->drawn_ns >= draw_interval_ns)
        draw(v);
}

void view_end(view *v)
{
    if (v->terminal && v->drawn)
        draw(v);
}
