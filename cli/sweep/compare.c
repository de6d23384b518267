#include "compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "best.h"
#include "cli/eval/limit_plot.h"
#include "curve.h"
#include "label.h"

static const sweep_point *point_of(const sweep *s, size_t curve, size_t snr)
{
    return &s->point[curve * s->snrs.snrs + snr];
}

/* The cost of a curve's points within --uses. */
static uses_range uses_of(const sweep *s, size_t curve)
{
    uses_range range = uses_none();
    for (size_t k = 0; k < s->snrs.snrs; k++)
        if (sweep_is_within(s, point_of(s, curve, k)))
            uses_add(&range, point_of(s, curve, k)->channel_uses);
    return range;
}

/* If uplinks are compared, a curve's label has its cost. */
static void label_uses(const sweep *s, size_t curve, char label[FIGURE_LABEL_MAX])
{
    uses_range range = uses_of(s, curve);
    char text[USES_TEXT_MAX];
    if ((s->options->uses || s->options->eval.uplinks) && range.low <= range.high)
        sweep_label_add(label, uses_text(range, text));
}

static int add_over_snr(const sweep *s, figure *f, size_t curve)
{
    curve_pair pairs[CHAIN_EVAL_SNRS_MAX];
    size_t count = 0;
    for (size_t k = 0; k < s->snrs.snrs; k++)
        if (sweep_is_within(s, point_of(s, curve, k)))
            pairs[count++] =
                (curve_pair){s->snrs.snr_db[k], sweep_point_compared_db(point_of(s, curve, k))};
    if (count == 0)
        return ERR_NONE;
    figure_curve *to = figure_add(f, count);
    if (!to)
        return ERR_NOMEM;
    sweep_label(s, s->curve[curve], SWEEP_CR | SWEEP_SENDING, to->label);
    label_uses(s, curve, to->label);
    sweep_style(s, curve, to);
    curve_put_sorted(to, pairs, count);
    return ERR_NONE;
}

/* Adds the best points of one kind over one channel, at every SNR. */
static int add_best(const sweep *s, figure *f, const sweep_best *best)
{
    curve_pair pairs[CHAIN_EVAL_SNRS_MAX];
    char text[SWEEP_BUDGET_TEXT_MAX];
    size_t count = s->snrs.snrs, most = 0;
    for (size_t k = 0; k < count; k++) {
        pairs[k] = (curve_pair){s->snrs.snr_db[k],
                                best[k].point ? sweep_point_compared_db(best[k].point) : NAN};
        most = best[k].among > most ? best[k].among : most;
    }
    if (most < 2) /* the only one is drawn already */
        return ERR_NONE;
    figure_curve *to = figure_add(f, count);
    if (!to)
        return ERR_NOMEM;
    snprintf(to->label, sizeof to->label, "best of %s, %.600s, %s", best->kind,
             s->set[best->channel]->channel->name, sweep_budget_text(&s->budget, text));
    to->group = best->channel;
    to->kind = s->set[best->channel]->count;
    for (size_t i = 0; i + 1 < f->count; i++)
        to->kind +=
            f->curve[i].kind >= s->set[best->channel]->count && f->curve[i].group == best->channel;
    curve_put_sorted(to, pairs, count);
    return ERR_NONE;
}

static int add_bests(const sweep *s, figure *f)
{
    sweep_best *best = NULL;
    size_t count = 0;
    int rc = s->options->uses ? sweep_find_best(s, &best, &count, NULL) : ERR_NONE;
    for (size_t i = 0; rc == ERR_NONE && i < count; i += s->snrs.snrs)
        rc = add_best(s, f, &best[i]);
    free(best);
    return rc;
}

/* The largest number of channel uses drawn over a channel at an SNR; NaN if nothing is drawn. */
static double most_uses(const sweep *s, size_t channel, size_t snr)
{
    uses_range range = uses_none();
    size_t first = 0;
    if (s->options->uses)
        return s->budget.high;
    for (size_t i = 0; i < channel; i++)
        first += s->set[i]->count;
    for (size_t i = first; i < first + s->set[channel]->count; i++)
        uses_add(&range, point_of(s, i, snr)->channel_uses);
    return range.low <= range.high ? range.high : NAN;
}

static int add_limit_over_snr(const sweep *s, figure *f, size_t channel)
{
    const eval_channel *c = s->set[channel]->channel;
    double snr_db[CHAIN_EVAL_SNRS_MAX], uses[CHAIN_EVAL_SNRS_MAX];
    curve_pair pairs[CHAIN_EVAL_SNRS_MAX];
    for (size_t k = 0; k < s->snrs.snrs; k++)
        pairs[k] = (curve_pair){s->snrs.snr_db[k], most_uses(s, channel, k)};
    curve_sort(pairs, s->snrs.snrs);
    for (size_t k = 0; k < s->snrs.snrs; k++) {
        snr_db[k] = pairs[k].x;
        uses[k] = pairs[k].y;
    }
    return limit_plot_over_snr(f, limit_over(&s->limit, c->path), c->name, channel, snr_db, uses,
                               s->snrs.snrs, NULL);
}

int sweep_fill_snr(const sweep *s, figure *f)
{
    int rc = ERR_NONE;
    for (size_t i = 0; rc == ERR_NONE && i < s->curves; i++)
        if (sweep_curve_is_drawn(s, i))
            rc = add_over_snr(s, f, i);
    if (rc == ERR_NONE)
        rc = add_bests(s, f);
    for (size_t i = 0; rc == ERR_NONE && i < s->channel.count; i++)
        rc = add_limit_over_snr(s, f, i);
    return rc;
}

size_t sweep_choose_uses(const sweep *s, size_t chosen[SWEEP_USES_SNRS])
{
    static const double usual[] = {0, 10, 20};
    size_t finite = 0, count = 0;
    for (size_t k = 0; k < s->snrs.snrs; k++) {
        if (finite < SWEEP_USES_SNRS && isfinite(s->snrs.snr_db[k]))
            chosen[finite] = k;
        finite += isfinite(s->snrs.snr_db[k]) ? 1 : 0;
    }
    if (finite <= SWEEP_USES_SNRS)
        return finite;
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        size_t nearest = sweep_nearest_snr(s, usual[i]);
        if (count == 0 || chosen[count - 1] != nearest)
            chosen[count++] = nearest;
    }
    return count;
}

static void label_series(const sweep *s, const eval_case *c, char label[FIGURE_LABEL_MAX])
{
    sweep_label(s, c, sweep_series_has_sizes(s, c) ? SWEEP_CR | SWEEP_SERIES : SWEEP_SENDING,
                label);
}

static int add_over_uses(const sweep *s, figure *f, size_t first, size_t snr)
{
    char label[FIGURE_LABEL_MAX], other[FIGURE_LABEL_MAX];
    size_t count = 0, kind = 0;
    label_series(s, s->curve[first], label);
    if (curve_is_there(f, label))
        return ERR_NONE;
    curve_pair *pairs = calloc(s->curves, sizeof *pairs);
    figure_curve *to = pairs ? figure_add(f, s->curves) : NULL;
    for (size_t i = first; to && i < s->curves; i++) {
        const sweep_point *p = point_of(s, i, snr);
        label_series(s, s->curve[i], other);
        if (strcmp(other, label) == 0 && !isnan(p->channel_uses))
            pairs[count++] = (curve_pair){p->channel_uses, sweep_point_compared_db(p)};
    }
    if (to) {
        memcpy(to->label, label, sizeof label);
        sweep_style(s, first, to);
        for (size_t i = 0; i + 1 < f->count; i++)
            kind += f->curve[i].group == to->group;
        to->kind = kind;
        curve_put_sorted(to, pairs, count);
    }
    free(pairs);
    return to ? ERR_NONE : ERR_NOMEM;
}

static int add_limit_over_uses(const sweep *s, figure *f, size_t channel, size_t snr)
{
    const eval_channel *c = s->set[channel]->channel;
    uses_range range = uses_none();
    for (size_t i = 0; i < s->curves; i++)
        uses_add(&range, point_of(s, i, snr)->channel_uses);
    if (range.low > range.high)
        return ERR_NONE;
    return limit_plot_over_uses(f, limit_over(&s->limit, c->path), c->name, channel,
                                s->snrs.snr_db[snr], range.low, range.high, NULL);
}

int sweep_fill_uses(const sweep *s, figure *f, size_t snr)
{
    int rc = ERR_NONE;
    for (size_t i = 0; rc == ERR_NONE && i < s->curves; i++)
        if (sweep_curve_is_drawn(s, i))
            rc = add_over_uses(s, f, i, snr);
    for (size_t i = 0; rc == ERR_NONE && i < s->channel.count; i++)
        rc = add_limit_over_uses(s, f, i, snr);
    return rc;
}
