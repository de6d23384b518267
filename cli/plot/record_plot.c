#include "record_plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/hist.h"
#include "cell/cell.h"
#include "gnuplot.h"

enum {
    WIDTH = 900,
    HEIGHT = 520,
    FONT = 11,
    GROUPS_MAX = CELL_GROUPS_MAX,
    COLOURS = 8,
    FILE_MAX = 1024
};

static const char *const colours[COLOURS] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                             "#e69f00", "#56b4e9", "#666666", "#8a7500"};

/* The stages in the latency picture; reports.csv has the others. */
static const chain_stage shown[] = {CHAIN_ENCODE, CHAIN_UPLINK,   CHAIN_QUEUE,
                                    CHAIN_DECODE, CHAIN_FEEDBACK, CHAIN_TOTAL};
enum { SHOWN = sizeof shown / sizeof shown[0] };

typedef struct mean {
    double sum;
    uint64_t count;
} mean;

struct record_plot {
    double duration_s;
    uint32_t ues;
    const record_group *groups;
    size_t count;
    mean nmse[GROUPS_MAX][PLOT_TIMES], snr[GROUPS_MAX][PLOT_TIMES], ue[PLOT_UES];
    hist latency[SHOWN];
};

static void add(mean *m, double value)
{
    if (!isfinite(value))
        return;
    m->sum += value;
    m->count++;
}

record_plot *record_plot_create(double duration_s, uint32_t ues, const record_group *groups,
                                size_t count)
{
    record_plot *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->duration_s = duration_s;
    p->ues = ues ? ues : 1;
    p->groups = groups;
    p->count = count < GROUPS_MAX ? count : GROUPS_MAX;
    return p;
}

void record_plot_free(record_plot *p)
{
    free(p);
}

/* The interval of UEs that a UE is in; with few UEs each has its own. */
static size_t place_of(const record_plot *p, uint32_t ue)
{
    uint64_t places = p->ues < PLOT_UES ? p->ues : PLOT_UES;
    return (size_t)(ue * places / p->ues);
}

static size_t group_of(const record_plot *p, uint32_t ue)
{
    size_t i = 0;
    while (i < p->count && ue - p->groups[i].first >= p->groups[i].ues)
        i++;
    return i;
}

void record_plot_take(void *plot, const record_report *r)
{
    record_plot *p = plot;
    size_t group = p ? group_of(p, r->ue) : 0;
    if (!p || group == p->count || r->ue >= p->ues)
        return;
    double at = (double)r->due_ns * 1e-9 / p->duration_s * PLOT_TIMES;
    size_t time = at < PLOT_TIMES ? (size_t)at : PLOT_TIMES - 1;
    add(&p->nmse[group][time], r->figure[RECORD_NMSE]);
    add(&p->snr[group][time], r->figure[RECORD_SNR_DELIVERED]);
    add(&p->ue[place_of(p, r->ue)], r->figure[RECORD_NMSE]);
    for (size_t i = 0; i < SHOWN; i++)
        if (r->stage_ns[shown[i]] != RECORD_NO_TIME)
            hist_add(&p->latency[i], r->stage_ns[shown[i]]);
}

/* --- drawing ---------------------------------------------------------------------------------- */

/* `title` NULL: the title is only `of`; "": no title. */
static void put_style(FILE *to, const char *title, const char *of)
{
    char text[FILE_MAX];
    bool none = title && !title[0];
    snprintf(text, sizeof text, "%.400s%s%s", title ? title : "", title ? ": " : "", of);
    fprintf(to, "set title ");
    gnuplot_quoted(to, none ? "" : text);
    fprintf(to, "\nset datafile missing 'nan'\nset grid lc '#dddddd'\nset key outside below\n"
                "set border 3 lc '#555555'\nset tics nomirror textcolor '#333333'\n");
}

static double db(const mean *m)
{
    return m->count ? db_of_power(m->sum / (double)m->count) : NAN;
}

static void put_times(const record_plot *p, FILE *to)
{
    fprintf(to, "$d << EOD\n");
    for (size_t i = 0; i < PLOT_TIMES; i++) {
        fprintf(to, "%.6g", ((double)i + 0.5) / PLOT_TIMES * p->duration_s);
        for (size_t g = 0; g < p->count; g++) {
            const mean *snr = &p->snr[g][i];
            fprintf(to, " %.6g %.6g", db(&p->nmse[g][i]),
                    snr->count ? snr->sum / (double)snr->count : NAN);
        }
        fputc('\n', to);
    }
    fprintf(to, "EOD\n");
}

static bool any(const mean *m, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (m[i].count)
            return true;
    return false;
}

static void draw_nmse(const record_plot *p, const char *title, FILE *to)
{
    bool snr = any(p->snr[0], GROUPS_MAX * PLOT_TIMES);
    put_style(to, title, "NMSE and SNR over time");
    put_times(p, to);
    fprintf(to, "set xlabel 'time in s'\nset ylabel 'NMSE in dB'\nset xrange [0:%.6g]\n",
            p->duration_s);
    if (snr)
        fprintf(to, "set y2label 'SNR in dB'\nset y2tics\nset border 11\n");
    fprintf(to, "plot ");
    for (size_t g = 0; g < p->count; g++) {
        fprintf(to, "%s$d using 1:%zu with lines lw 1.6 lc '%s' title ", g ? ", " : "", 2 * g + 2,
                colours[g % COLOURS]);
        gnuplot_quoted(to, p->groups[g].name);
    }
    for (size_t g = 0; snr && g < p->count; g++)
        fprintf(to, ", $d using 1:%zu axes x1y2 with lines lw 1.2 dt 2 lc '%s' %s", 2 * g + 3,
                colours[g % COLOURS], g ? "notitle" : "title 'SNR delivered (dashed, right)'");
    fputc('\n', to);
}

/* Points from the fastest report to the slowest, denser near the slowest, where latency matters. */
static void put_distribution(const hist *h, size_t number, FILE *to)
{
    fprintf(to, "$h%zu << EOD\n", number);
    for (int i = 0; i <= 200; i++) {
        double q = i <= 100 ? i * 0.0099 : 1 - pow(10, -2 - (i - 100) * 0.03);
        if (1 - q < 0.5 / (double)h->count)
            break;
        fprintf(to, "%.6g %.8g\n", fmax((double)hist_percentile(h, q), 1) * 1e-3, 1 - q);
    }
    fprintf(to, "EOD\n");
}

static void draw_latency(const record_plot *p, const char *title, FILE *to)
{
    bool first = true;
    put_style(to, title, "share of reports that took longer");
    fprintf(to, "set logscale xy\nset format y '%%g'\nset xlabel 'latency in µs'\n"
                "set ylabel 'share of reports'\n");
    for (size_t i = 0; i < SHOWN; i++)
        if (p->latency[i].count)
            put_distribution(&p->latency[i], i, to);
    fprintf(to, "plot ");
    for (size_t i = 0; i < SHOWN; i++) {
        if (!p->latency[i].count)
            continue;
        fprintf(to, "%s$h%zu using 1:2 with lines lw %s lc '%s' title '%s'", first ? "" : ", ", i,
                shown[i] == CHAIN_TOTAL ? "2.5" : "1.5", colours[i], chain_stage_name(shown[i]));
        first = false;
    }
    fputc('\n', to);
}

static void draw_ues(const record_plot *p, const char *title, FILE *to)
{
    size_t places = p->ues < PLOT_UES ? p->ues : PLOT_UES;
    put_style(to, title, "NMSE of each UE");
    fprintf(to, "$d << EOD\n");
    for (size_t i = 0; i < places; i++) {
        uint32_t ue = (uint32_t)((i * p->ues + places - 1) / places);
        fprintf(to, "%u %.6g %zu\n", ue, db(&p->ue[i]), group_of(p, ue));
    }
    fprintf(to,
            "EOD\nset xlabel 'UE'\nset ylabel 'NMSE in dB'\nset xrange [-1:%u]\nset offsets 0, 0, "
            "0.5, 0.5\nplot ",
            p->ues);
    for (size_t g = 0; g < p->count; g++) {
        fprintf(to, "%s$d using 1:($3==%zu ? $2 : NaN) with points pt 7 ps 0.5 lc '%s' title ",
                g ? ", " : "", g, colours[g % COLOURS]);
        gnuplot_quoted(to, p->groups[g].name);
    }
    fputc('\n', to);
}

typedef void (*draw)(const record_plot *p, const char *title, FILE *to);

/* The settings that all pictures of a run share. */
typedef struct setting {
    const char *folder, *title;
    const figure_style *style;
} setting;

/* In a paper's style letters take more of the picture, so the key goes below, with at most one line
 * for each group, and the axes keep two thirds of the width. */
static double height_of(const record_plot *p, const figure_style *s, double width)
{
    if (!figure_style_is_paper(s))
        return HEIGHT;
    double line = 1.5 * figure_style_font(s, FONT), lines = p->count > 2 ? (double)p->count + 1 : 3;
    return width * 2 / 3 + lines * line;
}

static int draw_one(const record_plot *p, const setting *s, const char *name, draw how, err *e)
{
    double width = figure_style_width(s->style, WIDTH);
    int status = ERR_NONE;
    for (int pdf = 0; pdf <= figure_style_is_paper(s->style) && status == ERR_NONE; pdf++) {
        gnuplot g;
        char path[FILE_MAX];
        snprintf(path, sizeof path, "%.900s/%s.%s", s->folder, name, pdf ? "pdf" : "svg");
        status = gnuplot_start(&g, path, width, height_of(p, s->style, width),
                               figure_style_font(s->style, FONT), e);
        if (status != ERR_NONE)
            return status;
        how(p, s->style->untitled ? "" : s->title, g.to);
        status = gnuplot_finish(&g, e);
    }
    return status;
}

int record_plot_draw(const record_plot *p, const char *folder, const char *title,
                     const figure_style *style, err *e)
{
    const setting s = {folder, title, style};
    bool measured = any(p->ue, PLOT_UES), timed = false;
    int status = ERR_NONE;
    for (size_t i = 0; i < SHOWN; i++)
        timed = timed || p->latency[i].count > 1;
    if (measured)
        status = draw_one(p, &s, "nmse", draw_nmse, e);
    if (measured && status == ERR_NONE)
        status = draw_one(p, &s, "ues", draw_ues, e);
    if (timed && status == ERR_NONE)
        status = draw_one(p, &s, "latency", draw_latency, e);
    return status;
}
