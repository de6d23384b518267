/* What a run shows while it lasts: one block redrawn in place on a terminal, plain lines elsewhere.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "run.h"

enum { METRICS_MAX = 64, METRIC_NAME = 40, BAR_WIDTH = 40, BLOCK_LINES = 5 };

typedef struct process_metrics {
    uint32_t pid;
    char role[16];
    size_t count;
    char name[METRICS_MAX][METRIC_NAME];
    double value[METRICS_MAX];
} process_metrics;

struct run_view {
    const run_config *config;
    const run_place *place;
    process_metrics process[RUN_PROCESSES_MAX];
    size_t processes;
    FILE *out;
    bool terminal, drawn;
    uint64_t first_draw_ns;
    double last_nmse_sum, last_nmse_count, last_acked;
};

run_view *run_view_create(const run_config *config, const run_place *place)
{
    run_view *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->config = config;
    v->place = place;
    v->out = config->json ? stderr : stdout;
    v->terminal = isatty(fileno(v->out)) && !config->json;
    return v;
}

void run_view_free(run_view *v)
{
    free(v);
}

void run_view_take(run_view *v, const link_telemetry *t)
{
    process_metrics *p = NULL;
    for (size_t i = 0; i < v->processes; i++)
        if (v->process[i].pid == t->pid)
            p = &v->process[i];
    if (!p && v->processes == RUN_PROCESSES_MAX)
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
static double metric(const run_view *v, const char *role, const char *name, bool largest)
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

double run_view_metric(const run_view *v, const char *role, const char *name)
{
    return metric(v, role, name, false);
}

static double ue_metric(const run_view *v, const char *name)
{
    double x = run_view_metric(v, "ue-agent", name);
    return isnan(x) ? 0 : x;
}

static void line(const run_view *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void line(const run_view *v, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(v->out, format, args);
    va_end(args);
    fputs(v->terminal ? "\033[K\n" : "\n", v->out);
}

static void draw_bar(const run_view *v, double share)
{
    char bar[BAR_WIDTH + 1];
    int filled = (int)(BAR_WIDTH * fmin(fmax(share, 0), 1));
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)filled);
    bar[BAR_WIDTH] = '\0';
    line(v, "[%s] %3.0f %%", bar, 100 * fmin(share, 1));
}

typedef struct figures {
    double sent, acked, lost, timed_out, refused, share, rate, nmse_db, nmse_now_db, snr_db,
        snr_estimated_db;
} figures;

static figures look(run_view *v)
{
    figures f = {.sent = ue_metric(v, "reports_sent_total"),
                 .acked = ue_metric(v, "reports_acked_total"),
                 .lost = ue_metric(v, "reports_lost_channel_total"),
                 .timed_out = ue_metric(v, "reports_timed_out_total"),
                 .refused = ue_metric(v, "reports_refused_total")};
    double sum = ue_metric(v, "nmse_sum"), count = ue_metric(v, "nmse_count");
    f.share = f.sent / run_reports(v->config);
    f.rate = f.acked - v->last_acked;
    f.nmse_db = 10 * log10(sum / count);
    f.nmse_now_db = 10 * log10((sum - v->last_nmse_sum) / (count - v->last_nmse_count));
    f.snr_db = run_view_metric(v, "channel-sim", "snr_asked_db");
    f.snr_estimated_db = ue_metric(v, "snr_estimated_db_sum") / count;
    v->last_acked = f.acked;
    v->last_nmse_sum = sum;
    v->last_nmse_count = count;
    return f;
}

static void draw_block(run_view *v, const figures *f)
{
    if (v->drawn)
        fprintf(v->out, "\033[%dA", BLOCK_LINES);
    line(v, "%llu UEs, %s, %s", (unsigned long long)v->config->ues, v->config->model,
         v->config->channel);
    draw_bar(v, f->share);
    line(v,
         "reports   %.0f sent, %.0f acknowledged, %.0f lost, %.0f timed out, %.0f refused; %.0f/s",
         f->sent, f->acked, f->lost, f->timed_out, f->refused, f->rate);
    line(v, "quality   NMSE %.2f dB (last second %.2f), SNR %.1f dB asked, %.1f estimated",
         f->nmse_db, f->nmse_now_db, f->snr_db, f->snr_estimated_db);
    line(v, "latency   median %.0f us, p99 %.0f us", metric(v, "ue-agent", "latency_p50_us", true),
         metric(v, "ue-agent", "latency_p99_us", true));
}

static void draw_line(run_view *v, const figures *f)
{
    double elapsed = (double)(clock_ns() - v->first_draw_ns) * 1e-9 + 1;
    line(v,
         "%5.0f s  %.0f sent, %.0f acknowledged, %.0f lost, %.0f timed out, %.0f refused  NMSE "
         "%.2f dB  SNR %.1f dB  latency p50 %.0f us, p99 %.0f us",
         elapsed, f->sent, f->acked, f->lost, f->timed_out, f->refused, f->nmse_now_db, f->snr_db,
         metric(v, "ue-agent", "latency_p50_us", true),
         metric(v, "ue-agent", "latency_p99_us", true));
}

void run_view_draw(run_view *v)
{
    figures f = look(v);
    if (!v->first_draw_ns)
        v->first_draw_ns = clock_ns();
    if (v->terminal)
        draw_block(v, &f);
    else
        draw_line(v, &f);
    v->drawn = true;
    fflush(v->out);
}

void run_view_end(run_view *v)
{
    if (v->terminal && v->drawn) {
        figures f = look(v);
        draw_block(v, &f);
    }
    fflush(v->out);
}
