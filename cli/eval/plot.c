/* NMSE over the uplink's SNR, a curve for each model, way of sending and channel, and the
 * separation limit of each channel. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/plot/figure.h"
#include "limit_plot.h"
#include "plot.h"

static int compare_rows(const void *a, const void *b)
{
    const chain_eval_row *x = a, *y = b;
    return (x->snr_db > y->snr_db) - (x->snr_db < y->snr_db);
}

/* The rows of a case, SNRs ascending. */
static void sort_rows(const eval_case *c, chain_eval_row row[CHAIN_EVAL_SNRS_MAX])
{
    for (size_t i = 0; i < c->config.snrs; i++)
        row[i] = c->result.row[i];
    qsort(row, c->config.snrs, sizeof row[0], compare_rows);
}

/* Adds the range of channel uses to the label of a named uplink. */
static void add_uses(figure_curve *curve, const eval_case *c)
{
    uses_range range = uses_none();
    char text[USES_TEXT_MAX];
    size_t used = strlen(curve->label);
    for (size_t i = 0; i < c->config.snrs; i++)
        uses_add(&range, c->result.row[i].channel_uses);
    if (eval_case_names_uplink(c) && range.low <= range.high)
        snprintf(curve->label + used, sizeof curve->label - used, ", %s", uses_text(range, text));
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
    add_uses(curve, c);
    curve->kind = number / each;
    curve->group = number % each;
    sort_rows(c, row);
    for (size_t i = 0; i < count; i++)
        figure_put(curve, row[i].snr_db, row[i].nmse_db);
    return ERR_NONE;
}

/* Adds the limit of the case's channel, for the most channel uses of any case over it. */
static int add_limit(figure *f, const eval_set *set, size_t number, err *e)
{
    const eval_case *c = &set->cases[number];
    const char *asked = eval_channel_asked(c->channel);
    size_t count = c->config.snrs, each = set->count / (set->models * set->sendings);
    double snr_db[CHAIN_EVAL_SNRS_MAX], uses[CHAIN_EVAL_SNRS_MAX] = {0};
    chain_eval_row row[CHAIN_EVAL_SNRS_MAX];
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(eval_channel_asked(set->cases[i].channel), asked) != 0)
            continue;
        sort_rows(&set->cases[i], row);
        for (size_t k = 0; k < count; k++) {
            snr_db[k] = row[k].snr_db;
            uses[k] = fmax(uses[k], row[k].channel_uses);
        }
    }
    return limit_plot_over_snr(f, limit_over(&set->limit, asked), c->channel->name, number % each,
                               snr_db, uses, count, e);
}

int eval_plot(const eval_set *set, const char *out, err *e)
{
    figure f = {.title = "NMSE of the reconstruction over the uplink SNR",
                .x_label = "SNR of the codeword on the uplink, dB",
                .y_label = "NMSE, dB",
                .beyond = "no noise"};
    size_t each = set->count / (set->models * set->sendings);
    int status = ERR_NONE;
    for (size_t i = 0; status == ERR_NONE && i < set->count; i++)
        if (!eval_case_gives_directions(&set->cases[i]))
            status = add_curve(&f, set, i, e);
    if (status == ERR_NONE && f.count == 0)
        status = err_set(e, ERR_UNSUPPORTED, "directions have no NMSE to plot");
    for (size_t i = 0; status == ERR_NONE && i < each; i++) /* a case for each channel */
        status = add_limit(&f, set, i, e);
    if (status == ERR_NONE)
        status = figure_draw(&f, out, e);
    figure_free(&f);
    return status;
}
