/* The pictures of a league: a curve for each entrant. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/plot/figure.h"
#include "score.h"
#include "write.h"

void league_picture_name(const league *l, league_picture picture, size_t channel, double snr_db,
                         char name[PATH_MAX])
{
    static const char *const names[] = {"bits", "sgcs", "uses"};
    char own[128], snr[32] = "";
    snprintf(own, sizeof own, "%.100s", l->list.channel[channel].channel);
    for (char *c = own; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
            *c = '-';
    if (picture == LEAGUE_PICTURE_USES)
        snprintf(snr, sizeof snr, isinf(snr_db) ? "-no-noise" : "-%gdB", snr_db);
    snprintf(name, PATH_MAX, "%.*s-%s-%s%s", PATH_MAX - 256, l->options->out, names[picture], own,
             snr);
}

/* Adds an entrant's curve over the budgets, which are cells first, first + step, ... Adds none if
 * the entrant has no figure in any of them. */
static int add_curve(figure *f, const league *l, size_t channel, size_t entrant, bool by_sgcs,
                     const league_numbers *budgets, size_t first, size_t step)
{
    figure_curve *to = NULL;
    for (size_t i = 0; i < budgets->count; i++) {
        const league_result *r = league_result_at(l, channel, entrant, first + i * step);
        double y = !r->among ? NAN
                   : by_sgcs ? league_sgcs(&r->figures)
                             : league_nmse_db(&r->figures);
        if (isnan(y))
            continue;
        if (!to && !(to = figure_add(f, budgets->count)))
            return ERR_NOMEM;
        figure_put(to, budgets->value[i], y);
    }
    if (to) {
        snprintf(to->label, sizeof to->label, "%s", l->list.entrant[entrant]->name);
        to->kind = entrant;
    }
    return ERR_NONE;
}

/* Without gnuplot it writes the page and no pictures. */
static int draw(const figure *f, const char *name, err *e)
{
    static const char *const endings[] = {".svg", ".png"};
    int rc = ERR_NONE;
    for (size_t i = 0; rc == ERR_NONE && f->count > 0 && i < 2; i++) {
        char path[PATH_MAX + 8];
        snprintf(path, sizeof path, "%s%s", name, endings[i]);
        rc = figure_draw(f, path, e);
        if (rc == ERR_UNSUPPORTED) {
            log_warning("no %s: %s", path, e->text);
            *e = (err){0};
            rc = ERR_NONE;
        }
    }
    return rc;
}

static int draw_picture(const league *l, league_picture picture, size_t channel, size_t snr, err *e)
{
    bool uses = picture == LEAGUE_PICTURE_USES, by_sgcs = picture == LEAGUE_PICTURE_SGCS;
    const league_numbers *budgets = uses ? &l->list.uses : &l->list.bits;
    double snr_db = uses ? l->list.snr.value[snr] : INFINITY;
    char title[LEAGUE_CHANNEL_TEXT_MAX + 64], over[LEAGUE_CHANNEL_TEXT_MAX], name[PATH_MAX];
    league_channel_text(&l->list.channel[channel], over);
    if (uses && isfinite(snr_db))
        snprintf(title, sizeof title, "%s, uplink at %g dB", over, snr_db);
    else
        snprintf(title, sizeof title, "%s, no uplink noise", over);
    figure f = {.title = title,
                .x_label = uses ? "complex channel uses of a report, at most"
                                : "bits of a report, at most",
                .y_label = by_sgcs ? "SGCS" : "NMSE, dB",
                .log_base = 2};
    int rc = ERR_NONE;
    for (size_t n = 0; rc == ERR_NONE && n < l->list.entrants; n++)
        rc = add_curve(&f, l, channel, n, by_sgcs, budgets, uses ? l->list.bits.count + snr : 0,
                       uses ? l->list.snr.count : 1);
    league_picture_name(l, picture, channel, snr_db, name);
    rc = rc == ERR_NONE ? draw(&f, name, e) : err_set(e, rc, "out of memory for a plot");
    figure_free(&f);
    return rc;
}

int league_write_plots(const league *l, err *e)
{
    int rc = ERR_NONE;
    for (size_t c = 0; rc == ERR_NONE && c < l->list.channels; c++) {
        if (l->list.bits.count > 0)
            rc = draw_picture(l, LEAGUE_PICTURE_BITS, c, 0, e);
        if (rc == ERR_NONE && l->list.bits.count > 0)
            rc = draw_picture(l, LEAGUE_PICTURE_SGCS, c, 0, e);
        for (size_t s = 0; rc == ERR_NONE && l->list.uses.count > 0 && s < l->list.snr.count; s++)
            rc = draw_picture(l, LEAGUE_PICTURE_USES, c, s, e);
    }
    return rc;
}
