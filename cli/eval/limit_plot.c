#include "limit_plot.h"

#include <math.h>
#include <stdio.h>

uses_range uses_none(void)
{
    return (uses_range){INFINITY, -INFINITY};
}

void uses_add(uses_range *r, double channel_uses)
{
    if (isnan(channel_uses))
        return;
    r->low = fmin(r->low, channel_uses);
    r->high = fmax(r->high, channel_uses);
}

const char *uses_text(uses_range r, char text[USES_TEXT_MAX])
{
    if (rint(r.low) == rint(r.high))
        snprintf(text, USES_TEXT_MAX, "%.0f uses", r.low);
    else
        snprintf(text, USES_TEXT_MAX, "%.0f-%.0f uses", r.low, r.high);
    return text;
}

static figure_curve *add(figure *f, size_t points, size_t group, err *e)
{
    figure_curve *to = figure_add(f, points);
    if (!to) {
        err_set(e, ERR_NOMEM, "no memory for a plot");
        return NULL;
    }
    to->bound = true;
    to->group = group;
    return to;
}

int limit_plot_over_snr(figure *f, const limit_curve *known, const char *name, size_t group,
                        const double *snr_db, const double *uses, size_t count, err *e)
{
    uses_range range = uses_none();
    char text[USES_TEXT_MAX];
    for (size_t i = 0; i < count; i++)
        if (isfinite(snr_db[i]) &&
            !isnan(limit_distortion_db(known, limit_bits(uses[i], snr_db[i]))))
            uses_add(&range, uses[i]);
    if (range.low > range.high)
        return ERR_NONE;
    figure_curve *to = add(f, count, group, e);
    if (!to)
        return ERR_NOMEM;
    snprintf(to->label, sizeof to->label, "separation limit, %.600s, %s", name,
             uses_text(range, text));
    for (size_t i = 0; i < count; i++)
        if (isfinite(snr_db[i]))
            figure_put(to, snr_db[i], limit_distortion_db(known, limit_bits(uses[i], snr_db[i])));
    return ERR_NONE;
}

int limit_plot_over_uses(figure *f, const limit_curve *known, const char *name, size_t group,
                         double snr_db, double low, double high, err *e)
{
    double bits_per_use = limit_bits(1, snr_db);
    if (isnan(limit_distortion_db(known, high * bits_per_use)))
        return ERR_NONE;
    figure_curve *to = add(f, 2 * known->count + 2, group, e);
    if (!to)
        return ERR_NOMEM;
    snprintf(to->label, sizeof to->label, "separation limit, %.600s", name);
    double nmse_db = limit_distortion_db(known, low * bits_per_use);
    figure_put(to, low, nmse_db);
    for (size_t i = 0; i < known->count; i++) {
        double at = known->point[i].bits / bits_per_use;
        if (at <= low || at > high)
            continue;
        figure_put(to, at, nmse_db); /* not finite below the first point: left out */
        nmse_db = known->point[i].nmse_db;
        figure_put(to, at, nmse_db);
    }
    figure_put(to, high, nmse_db);
    return ERR_NONE;
}
