/* The pictures of a sweep. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist.h"
#include "base/log.h"
#include "cli/plot/figure.h"
#include "compare.h"
#include "curve.h"
#include "label.h"
#include "losses.h"
#include "plot.h"

enum { QUANTILES = 200, BITS_CURVES = 12, BITS_SNRS = 3 };

/* Points of the same label form a curve over bits, at one SNR: the codeword formats of a law and a
 * model or, if the law has only one format, the compression ratios. */
static void label_bits(const sweep *s, const eval_case *c, size_t snr, char label[FIGURE_LABEL_MAX])
{
    char text[32];
    sweep_label(s, c, sweep_law_has_formats(s, c) ? SWEEP_CR | SWEEP_LAW : SWEEP_SENDING, label);
    snprintf(text, sizeof text, "%g dB", s->snrs.snr_db[snr]);
    sweep_label_add(label, text);
}

static int add_bits(const sweep *s, figure *f, size_t first, size_t snr)
{
    char label[FIGURE_LABEL_MAX], other[FIGURE_LABEL_MAX];
    size_t count = 0, kind = 0;
    label_bits(s, s->curve[first], snr, label);
    if (curve_is_there(f, label))
        return ERR_NONE;
    curve_pair *pairs = calloc(s->curves, sizeof *pairs);
    figure_curve *to = pairs ? figure_add(f, s->curves) : NULL;
    for (size_t i = first; to && i < s->curves; i++) {
        label_bits(s, s->curve[i], snr, other);
        if (strcmp(other, label) == 0)
            pairs[count++] =
                (curve_pair){s->point[i * s->snrs.snrs + snr].bits,
                             sweep_point_compared_db(&s->point[i * s->snrs.snrs + snr])};
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

/* Over one channel, gives each model and law a colour and mark, and each SNR its own dashes. */
static void style_one_channel(figure *f, size_t snrs)
{
    for (size_t i = 0; i < f->count; i++) {
        f->curve[i].kind = i / snrs;
        f->curve[i].group = i % snrs;
    }
}

static int fill_at(const sweep *s, figure *f, const double *snr_db, size_t count)
{
    size_t chosen[BITS_SNRS], snrs = 0;
    int status = ERR_NONE;
    for (size_t k = 0; k < count; k++) {
        size_t nearest = sweep_nearest_snr(s, snr_db[k]);
        if (snrs == 0 || chosen[snrs - 1] != nearest)
            chosen[snrs++] = nearest;
    }
    for (size_t i = 0; status == ERR_NONE && i < s->curves; i++)
        for (size_t k = 0; status == ERR_NONE && k < snrs && sweep_curve_is_drawn(s, i); k++)
            status = add_bits(s, f, i, chosen[k]);
    if (s->channels == 1 && f->count > snrs)
        style_one_channel(f, snrs);
    return status;
}

/* Uses the SNRs closest to 0, 10 and 20 dB or, if that gives too many curves, only that closest to
 * 10 dB. */
static int fill_bits(const sweep *s, figure *f)
{
    figure all = {0};
    int status = fill_at(s, &all, (const double[]){0, 10, 20}, BITS_SNRS);
    bool many = all.count > BITS_CURVES;
    figure_free(&all);
    if (status != ERR_NONE)
        return status;
    return many ? fill_at(s, f, (const double[]){10}, 1)
                : fill_at(s, f, (const double[]){0, 10, 20}, BITS_SNRS);
}

/* The latencies of a curve's runs, all SNRs together, since none of them depends on the SNR. */
static int fill_latency(const sweep *s, figure *f)
{
    hist *all = malloc(sizeof *all), *one = malloc(sizeof *one);
    int status = all && one ? ERR_NONE : ERR_NOMEM;
    for (size_t i = 0; status == ERR_NONE && i < s->curves; i++) {
        memset(all, 0, sizeof *all);
        for (size_t k = 0; k < s->snrs.snrs; k++) {
            const sweep_point *p = &s->point[i * s->snrs.snrs + k];
            if (p->histogram && hist_from_text(one, p->histogram, NULL) == ERR_NONE)
                hist_merge(all, one);
        }
        figure_curve *to = figure_add(f, QUANTILES);
        status = to ? ERR_NONE : ERR_NOMEM;
        if (!to || all->count == 0)
            continue;
        sweep_label(s, s->curve[i], SWEEP_CR | SWEEP_SENDING, to->label);
        sweep_style(s, i, to);
        for (int q = 0; q < QUANTILES; q++) {
            double share = (q + 0.5) / QUANTILES;
            figure_put(to, (double)hist_percentile(all, share) * 1e-6, share);
        }
    }
    free(all);
    free(one);
    return status;
}

/* Without gnuplot it writes the figures and no pictures. */
static int draw(const sweep *s, const char *name, figure *f, int filled, err *e)
{
    static const char *const endings[] = {".svg", ".png", ".pdf"};
    const figure_style *style = &s->options->style;
    size_t forms = style->width_mm > 0 || style->font_pt > 0 ? 3 : 2;
    f->style = style;
    int status = filled == ERR_NONE ? ERR_NONE : err_set(e, ERR_NOMEM, "no memory for a plot");
    if (status == ERR_NONE && f->count == 0) {
        log_warning("no %s/%s: no point has this figure", s->options->out, name);
        return ERR_NONE;
    }
    for (size_t i = 0; status == ERR_NONE && i < forms; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s%s", s->options->out, name, endings[i]);
        status = figure_draw(f, path, e);
        if (status == ERR_UNSUPPORTED) {
            log_warning("no %s: %s", path, e->text);
            *e = (err){0};
            status = ERR_NONE;
        }
    }
    figure_free(f);
    return status;
}

/* A picture for each chosen SNR. */
static int draw_uses(const sweep *s, err *e)
{
    size_t chosen[SWEEP_USES_SNRS], count = sweep_choose_uses(s, chosen);
    int status = ERR_NONE;
    for (size_t i = 0; status == ERR_NONE && i < count; i++) {
        char title[128], name[64];
        double snr_db = s->snrs.snr_db[chosen[i]];
        figure f = {.title = s->options->title ? s->options->title : title,
                    .x_label = "complex channel uses per report",
                    .y_label = "NMSE, dB",
                    .log_base = 2};
        snprintf(title, sizeof title,
                 "NMSE of the reconstruction against channel uses, uplink at %g dB", snr_db);
        snprintf(name, sizeof name, "nmse-uses-%gdB", snr_db);
        status = draw(s, name, &f, sweep_fill_uses(s, &f, chosen[i]), e);
    }
    return status;
}

static int draw_losses(const sweep *s, err *e)
{
    const char *title = s->options->title;
    figure nmse = {.title = title ? title : "NMSE of the reconstruction against loss",
                   .x_label = "share of reports that are lost",
                   .y_label = s->options->offline ? "NMSE of the CSI in use, dB"
                                                  : "NMSE of the reports that arrived, dB"};
    figure bits = {.title = title ? title : "Bits per report against loss",
                   .x_label = "share of reports that are lost",
                   .y_label = "bits per report"};
    int status = draw(s, "nmse-loss", &nmse, sweep_fill_losses(s, &nmse, false), e);
    return status == ERR_NONE ? draw(s, "bits-loss", &bits, sweep_fill_losses(s, &bits, true), e)
                              : status;
}

int sweep_plot(const sweep *s, err *e)
{
    const char *title = s->options->title;
    figure snr = {.title = title ? title : "NMSE of the reconstruction against uplink SNR",
                  .x_label = "SNR of the codeword on the uplink, dB",
                  .y_label = "NMSE, dB",
                  .beyond = "no noise"};
    figure bits = {.title = title ? title : "NMSE of the reconstruction against bits per report",
                   .x_label = "bits per report",
                   .y_label = "NMSE, dB",
                   .log_base = 2};
    figure latency = {.title = title ? title : "Feedback latency, from when a report was due",
                      .x_label = "latency, ms",
                      .y_label = "share of reports",
                      .log_base = 10,
                      .shares = true};
    int status = draw(s, "nmse-snr", &snr, sweep_fill_snr(s, &snr), e);
    if (status == ERR_NONE)
        status = draw_uses(s, e);
    if (status == ERR_NONE)
        status = draw(s, "nmse-bits", &bits, fill_bits(s, &bits), e);
    if (status == ERR_NONE && s->losses > 1)
        status = draw_losses(s, e);
    if (status == ERR_NONE && !s->options->offline)
        status = draw(s, "latency-cdf", &latency, fill_latency(s, &latency), e);
    return status;
}
