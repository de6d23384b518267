/* NMSE over the uplink's SNR, a curve for each model, way of sending and channel. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/plot/figure.h"
#include "plot.h"

static int compare_rows(const void *a, const void *b)
{
    const chain_eval_row *x = a, *y = b;
    return (x->snr_db > y->snr_db) - (x->snr_db < y->snr_db);
}

static int add_curve(figure *f, const eval_set *set, size_t number, err *e)
{
    const eval_case *c = &set->cases[number];
    chain_eval_row row[CHAIN_EVAL_SNRS_MAX];
    size_t count = c->config.snrs, each = set->count / (set->models * set->sendings);
    char title[EVAL_TITLE_MAX];
    figure_curve *curve = figure_add(f, count);
    if (!curve)
        return err_set(e, ERR_NOMEM, "no memory for a plot");
    snprintf(curve->label, sizeof curve->label, "%s, %.600s", eval_case_title(set, c, title),
             c->channel->name);
    curve->kind = number / each;
    curve->group = number % each;
    for (size_t i = 0; i < count; i++)
        row[i] = c->result.row[i];
    qsort(row, count, sizeof row[0], compare_rows);
    for (size_t i = 0; i < count; i++)
        figure_put(curve, row[i].snr_db, row[i].nmse_db);
    return ERR_NONE;
}

int eval_plot(const eval_set *set, const char *out, err *e)
{
    figure f = {.title = "NMSE of the reconstruction over the uplink SNR",
                .x_label = "SNR of the codeword on the uplink, dB",
                .y_label = "NMSE, dB",
                .beyond = "no noise"};
    int status = ERR_NONE;
    for (size_t i = 0; status == ERR_NONE && i < set->count; i++)
        status = add_curve(&f, set, i, e);
    if (status == ERR_NONE)
        status = figure_draw(&f, out, e);
    figure_free(&f);
    return status;
}
