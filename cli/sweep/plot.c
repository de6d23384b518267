/* The pictures of a sweep. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist.h"
#include "base/log.h"
#include "cli/plot/figure.h"
#include "plot.h"

enum {
    PART_CR = 1,
    PART_CODEWORD = 2,
    PART_LAW = 4,
    QUANTILES = 200,
    BITS_CURVES = 12,
    BITS_SNRS = 3
};

/* "csilink-net" and "indoor" of csilink-net-cr8-indoor; the whole name and "" of another. */
static void take_apart(const char *name, char family[EVAL_NAME_MAX], const char **scenario)
{
    const char *at = strstr(name, "-cr");
    size_t digits = at ? strspn(at + 3, "0123456789") : 0;
    bool whole = digits > 0 && at[3 + digits] == '-';
    snprintf(family, EVAL_NAME_MAX, "%.*s", whole ? (int)(at - name) : EVAL_NAME_MAX - 1, name);
    *scenario = whole ? at + 4 + digits : "";
}

/* Whether curves differ in what `differ` looks at. */
static bool any_differ(const sweep *s, bool (*differ)(const eval_case *a, const eval_case *b))
{
    for (size_t i = 1; i < s->curves; i++)
        if (differ(s->curve[0], s->curve[i]))
            return true;
    return false;
}

static bool families_differ(const eval_case *a, const eval_case *b)
{
    char one[EVAL_NAME_MAX], other[EVAL_NAME_MAX];
    const char *scenario;
    take_apart(a->model->name, one, &scenario);
    take_apart(b->model->name, other, &scenario);
    return strcmp(one, other) != 0;
}

static bool precisions_differ(const eval_case *a, const eval_case *b)
{
    return strcmp(codec_info_of(a->model->encoder)->precision,
                  codec_info_of(b->model->encoder)->precision) != 0;
}

static bool codewords_differ(const eval_case *a, const eval_case *b)
{
    return strcmp(a->codeword, b->codeword) != 0;
}

static const char *law_name(const eval_case *c)
{
    static const char *const names[] = {"float", "float", "uniform", "mu-law", "Rice"};
    return names[c->format.law];
}

/* Whether a law comes in several numbers of bits: then its curves go over them. */
static bool law_has_formats(const sweep *s, const eval_case *c)
{
    for (size_t i = 0; i < s->curves; i++)
        if (strcmp(law_name(s->curve[i]), law_name(c)) == 0 && codewords_differ(s->curve[i], c))
            return true;
    return false;
}

static void append(char *label, const char *format, const char *text)
{
    size_t used = strlen(label);
    snprintf(label + used, FIGURE_LABEL_MAX - used, format, used ? ", " : "", text);
}

/* What tells a curve from the others: "CR 4, cost2100-indoor". A model of another scenario than
 * the channel's is named. */
static void make_label(const sweep *s, const eval_case *c, int parts, char label[FIGURE_LABEL_MAX])
{
    const codec_info *info = codec_info_of(c->model->encoder);
    char family[EVAL_NAME_MAX], text[EVAL_NAME_MAX + 64];
    const char *scenario, *own = fading_scenario(c->channel->path);
    take_apart(c->model->name, family, &scenario);
    label[0] = '\0';
    bool foreign = !own || strcmp(scenario, own) != 0;
    if (foreign || any_differ(s, families_differ)) {
        snprintf(text, sizeof text, "%s%s%s", family, foreign && *scenario ? " " : "",
                 foreign ? scenario : "");
        append(label, "%s%s", text);
    }
    snprintf(text, sizeof text, "CR %u", codec_ratio(info));
    if (parts & PART_CR)
        append(label, "%s%s", text);
    append(label, "%s%s", c->channel->name);
    if (any_differ(s, precisions_differ))
        append(label, "%s%s", strncmp(info->precision, "int8", 4) == 0 ? "int8" : info->precision);
    if (parts & PART_LAW)
        append(label, "%s%s", law_name(c));
    if ((parts & PART_CODEWORD) && any_differ(s, codewords_differ))
        append(label, "%s%s", c->codeword);
}

/* Curves of one channel are a group; what else they are is their kind. */
static void style(const sweep *s, size_t number, figure_curve *to)
{
    size_t channel = 0, first = 0;
    while (first + s->set[channel]->count <= number)
        first += s->set[channel++]->count;
    to->group = channel;
    to->kind = number - first;
}

typedef struct pair {
    double x, y;
} pair;

static int compare_pairs(const void *a, const void *b)
{
    const pair *p = a, *q = b;
    return (p->x > q->x) - (p->x < q->x);
}

static void put_sorted(figure_curve *to, pair *pairs, size_t count)
{
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < count; i++)
        figure_put(to, pairs[i].x, pairs[i].y);
}

static int fill_snr(const sweep *s, figure *f)
{
    for (size_t i = 0; i < s->curves; i++) {
        pair pairs[CHAIN_EVAL_SNRS_MAX];
        figure_curve *to = figure_add(f, s->snrs.snrs);
        if (!to)
            return ERR_NOMEM;
        make_label(s, s->curve[i], PART_CR | PART_CODEWORD, to->label);
        style(s, i, to);
        for (size_t k = 0; k < s->snrs.snrs; k++)
            pairs[k] = (pair){s->snrs.snr_db[k], s->point[i * s->snrs.snrs + k].nmse_db};
        put_sorted(to, pairs, s->snrs.snrs);
    }
    return ERR_NONE;
}

/* Curves over bits go, at one SNR, over the codeword formats of a law and a model or, where the law
 * has one, over compression ratios: all points of one label. */
static void label_bits(const sweep *s, const eval_case *c, size_t snr, char label[FIGURE_LABEL_MAX])
{
    char text[32];
    make_label(s, c, law_has_formats(s, c) ? PART_CR | PART_LAW : PART_CODEWORD, label);
    snprintf(text, sizeof text, "%g dB", s->snrs.snr_db[snr]);
    append(label, "%s%s", text);
}

static bool has_label(const figure *f, const char *label)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->curve[i].label, label) == 0)
            return true;
    return false;
}

static int add_bits(const sweep *s, figure *f, size_t first, size_t snr)
{
    char label[FIGURE_LABEL_MAX], other[FIGURE_LABEL_MAX];
    size_t count = 0, kind = 0;
    label_bits(s, s->curve[first], snr, label);
    if (has_label(f, label))
        return ERR_NONE;
    pair *pairs = calloc(s->curves, sizeof *pairs);
    figure_curve *to = pairs ? figure_add(f, s->curves) : NULL;
    for (size_t i = first; to && i < s->curves; i++) {
        label_bits(s, s->curve[i], snr, other);
        if (strcmp(other, label) == 0)
            pairs[count++] = (pair){s->point[i * s->snrs.snrs + snr].bits,
                                    s->point[i * s->snrs.snrs + snr].nmse_db};
    }
    if (to) {
        memcpy(to->label, label, sizeof label);
        style(s, first, to);
        for (size_t i = 0; i + 1 < f->count; i++)
            kind += f->curve[i].group == to->group;
        to->kind = kind;
        put_sorted(to, pairs, count);
    }
    free(pairs);
    return to ? ERR_NONE : ERR_NOMEM;
}

static size_t nearest_snr(const sweep *s, double snr_db)
{
    size_t best = 0;
    for (size_t k = 1; k < s->snrs.snrs; k++)
        if (fabs(s->snrs.snr_db[k] - snr_db) < fabs(s->snrs.snr_db[best] - snr_db))
            best = k;
    return best;
}

/* Of one channel with several models and laws, these have colour and mark, and the SNRs the dashes.
 */
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
        size_t nearest = nearest_snr(s, snr_db[k]);
        if (snrs == 0 || chosen[snrs - 1] != nearest)
            chosen[snrs++] = nearest;
    }
    for (size_t i = 0; status == ERR_NONE && i < s->curves; i++)
        for (size_t k = 0; status == ERR_NONE && k < snrs; k++)
            status = add_bits(s, f, i, chosen[k]);
    if (s->channels == 1 && f->count > snrs)
        style_one_channel(f, snrs);
    return status;
}

/* At the SNRs next to 0, 10 and 20 dB; next to 10 dB alone where that makes too many curves. */
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
        make_label(s, s->curve[i], PART_CR | PART_CODEWORD, to->label);
        style(s, i, to);
        for (int q = 0; q < QUANTILES; q++) {
            double share = (q + 0.5) / QUANTILES;
            figure_put(to, (double)hist_percentile(all, share) * 1e-6, share);
        }
    }
    free(all);
    free(one);
    return status;
}

/* Without gnuplot there are figures and no pictures. */
static int draw(const sweep *s, const char *name, figure *f, int (*fill)(const sweep *s, figure *f),
                err *e)
{
    static const char *const endings[] = {".svg", ".png"};
    int status = fill(s, f) == ERR_NONE ? ERR_NONE : err_set(e, ERR_NOMEM, "no memory for a plot");
    for (size_t i = 0; status == ERR_NONE && i < 2; i++) {
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
    int status = draw(s, "nmse-snr", &snr, fill_snr, e);
    if (status == ERR_NONE)
        status = draw(s, "nmse-bits", &bits, fill_bits, e);
    if (status == ERR_NONE && !s->options->offline)
        status = draw(s, "latency-cdf", &latency, fill_latency, e);
    return status;
}
