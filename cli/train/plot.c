/* The log as curves. */
#include <math.h>

#include "base/decibel.h"
#include "base/log.h"
#include "cli/plot/gnuplot.h"
#include "train.h"

enum { WIDTH = 900, HEIGHT = 540, FONT = 11, COLOURS = TRAIN_CHECKS_MAX };
static const char *const colours[COLOURS] = {"#0072b2", "#56b4e9", "#009e73", "#e69f00",
                                             "#d55e00", "#cc79a7", "#666666", "#8a7500"};

/* Column 1: samples in millions; 2: loss in dB; from 3 on: validation, NaN where there was none. */
static void put_data(const train_run *run, FILE *to)
{
    const train_history *h = &run->history;
    fprintf(to, "$log << EOD\n");
    for (size_t i = 0; i < h->count; i++) {
        const train_row *row = &h->rows[i];
        fprintf(to, "%.9g %.6g", (double)row->samples * 1e-6, db_of_power(row->loss));
        for (size_t k = 0; k < run->recipe.config.checks; k++)
            fprintf(to, " %.6g", row->validated ? row->nmse_db[k] : NAN);
        fputc('\n', to);
    }
    fprintf(to, "EOD\n");
}

/* Leaves out rows without a validation, so that lines join the validations without gaps. */
static void put_curves(const train_run *run, FILE *to)
{
    const train_config *c = &run->recipe.config;
    fprintf(to, "plot $log using 1:2 with lines lc '#bbbbbb' lw 1.5 title 'training loss'");
    for (size_t k = 0; k < c->checks; k++) {
        fprintf(to, ", '' using 1:%zu with linespoints pt 7 ps 0.4 lw 1.5 lc '%s' title ", k + 3,
                colours[k]);
        if (isinf(c->check_snr_db[k]))
            fprintf(to, "'no noise'");
        else
            fprintf(to, "'SNR %g dB'", c->check_snr_db[k]);
    }
    fputc('\n', to);
}

static int draw(const train_run *run, const char *file, err *e)
{
    gnuplot g;
    char path[PATH_MAX];
    int status = gnuplot_start(&g, train_path(run, file, path), WIDTH, HEIGHT, FONT, e);
    if (status != ERR_NONE)
        return status;
    put_data(run, g.to);
    fprintf(g.to, "set title ");
    gnuplot_quoted(g.to, run->recipe.name);
    fprintf(g.to, "\nset xlabel 'samples in millions'\nset ylabel 'NMSE in dB'\n"
                  "set datafile missing 'nan'\nset grid lc '#dddddd'\nset key outside right top\n"
                  "set border 3 lc '#555555'\nset tics nomirror textcolor '#333333'\n");
    fprintf(g.to, "set xrange [0:%.9g]\n", (double)run->recipe.config.samples * 1e-6);
    put_curves(run, g.to);
    return gnuplot_finish(&g, e);
}

void train_plot(train_run *run)
{
    err e = {0};
    if (run->no_plots || run->history.count < 2)
        return;
    if (draw(run, "loss.svg", &e) == ERR_NONE && draw(run, "loss.png", &e) == ERR_NONE)
        return;
    run->no_plots = true;
    log_warning("%s", e.text);
}
