/* NMSE over the uplink's SNR, a curve for each model, codeword format and channel: models and
 * formats differ in colour, channels in the marks and dashes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "eval.h"
#include "gnuplot.h"

enum { WIDTH_PX = 900, HEIGHT_PX = 560, KEY_LINE_PX = 18, AXIS_PX = 60, FONT = 10 };

static const char *const colours[] = {"#1b6ca8", "#d1495b", "#2e8b57", "#e09f3e",
                                      "#6a4c93", "#4a4e69", "#00a6a6", "#a44a3f"};
static const int marks[] = {7, 5, 9, 13, 6, 4, 8, 12};
enum { STYLES = sizeof colours / sizeof colours[0] };

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The axis: every SNR has its place, none at all stands one step beyond the highest. */
typedef struct axis {
    size_t finite;
    double snr_db[CHAIN_EVAL_SNRS_MAX]; /* ascending */
    bool noiseless;
    double low, high, beyond;
} axis;

static axis make_axis(const chain_eval_config *config)
{
    axis a = {0};
    for (size_t i = 0; i < config->snrs; i++) {
        if (isinf(config->snr_db[i]))
            a.noiseless = true;
        else
            a.snr_db[a.finite++] = config->snr_db[i];
    }
    qsort(a.snr_db, a.finite, sizeof a.snr_db[0], compare);
    a.low = a.finite ? a.snr_db[0] : 0;
    a.high = a.finite ? a.snr_db[a.finite - 1] : 0;
    double step = a.finite > 1 ? (a.high - a.low) / (double)(a.finite - 1) : 0;
    a.beyond = a.high + fmax(step, 1);
    return a;
}

static void put_axes(FILE *to, const axis *a)
{
    double end = a->noiseless ? a->beyond : a->high, margin = fmax((end - a->low) * 0.04, 0.5);
    fprintf(to, "set xlabel 'SNR of the codeword on the uplink, dB'\nset ylabel 'NMSE, dB'\n");
    fprintf(to, "set xrange [%g:%g]\nset xtics (", a->low - margin, end + margin);
    for (size_t i = 0; i < a->finite; i++)
        fprintf(to, "%s'%g' %g", i ? ", " : "", a->snr_db[i], a->snr_db[i]);
    if (a->noiseless)
        fprintf(to, "%s'no noise' %g", a->finite ? ", " : "", a->beyond);
    fprintf(to, ")\nset offsets 0, 0, 0.5, 0.5\n");
}

static const chain_eval_row *row_at(const eval_case *c, double snr_db)
{
    size_t i = 0;
    while (i + 1 < c->config.snrs && c->result.row[i].snr_db != snr_db)
        i++;
    return &c->result.row[i];
}

/* A blank line ends the curve: no line leads to where there is no noise. */
static void put_data(FILE *to, const eval_case *c, const axis *a, size_t k)
{
    fprintf(to, "$c%zu << EOD\n", k);
    for (size_t i = 0; i < a->finite; i++) {
        double nmse_db = row_at(c, a->snr_db[i])->nmse_db;
        if (isfinite(nmse_db))
            fprintf(to, "%g %.9g\n", a->snr_db[i], nmse_db);
    }
    double nmse_db = row_at(c, INFINITY)->nmse_db;
    if (a->noiseless && isfinite(nmse_db))
        fprintf(to, "\n%g %.9g\n", a->beyond, nmse_db);
    fprintf(to, "EOD\n");
}

static void put_curve(FILE *to, const eval_set *set, size_t k)
{
    const eval_case *c = &set->cases[k];
    char name[EVAL_TITLE_MAX], title[EVAL_TITLE_MAX + EVAL_NAME_MAX + 8];
    size_t each = set->count / (set->models * set->codewords), colour = k / each;
    size_t channel = k % each;
    snprintf(title, sizeof title, "%s, %s", eval_case_title(set, c, name), c->channel->name);
    fprintf(to, "%s$c%zu using 1:2 with linespoints lw 1.6 ps 0.9 lc rgb '%s' pt %d dt %zu title ",
            k ? ", \\\n     " : "plot ", k, colours[colour % STYLES], marks[channel % STYLES],
            channel % 5 + 1);
    gnuplot_quoted(to, title);
}

/* The key stands below the axis, a line for each curve. */
static void put_style(FILE *to, size_t curves, double height)
{
    double key = (double)curves * KEY_LINE_PX + 12;
    fprintf(to,
            "set title 'NMSE of the reconstruction over the uplink SNR' font 'sans,13'\n"
            "set key at screen 0.5,%.4f center top vertical maxcols 1 samplen 4 Left reverse\n"
            "set bmargin at screen %.4f\nset lmargin 10\nset rmargin 4\n",
            key / height, (key + AXIS_PX) / height);
    fprintf(to, "set grid xtics ytics lt 1 lw 0.7 lc rgb '#dddddd'\n"
                "set border 3 lc rgb '#555555'\nset tics out nomirror textcolor '#333333'\n");
}

int eval_plot(const eval_set *set, const char *out, err *e)
{
    gnuplot g;
    axis a = make_axis(&set->cases[0].config);
    double height = HEIGHT_PX + (double)set->count * KEY_LINE_PX;
    int status = gnuplot_start(&g, out, WIDTH_PX, height, FONT, e);
    if (status != ERR_NONE)
        return status;
    put_style(g.to, set->count, height);
    put_axes(g.to, &a);
    for (size_t k = 0; k < set->count; k++)
        put_data(g.to, &set->cases[k], &a, k);
    for (size_t k = 0; k < set->count; k++)
        put_curve(g.to, set, k);
    fputc('\n', g.to);
    return gnuplot_finish(&g, e);
}
