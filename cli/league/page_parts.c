#include "page_parts.h"

#include <math.h>
#include <string.h>

#include "score.h"

static double rate_of(const league_figures *f)
{
    return f->se_all;
}

const page_metric page_nmse = {"NMSE in dB", "%.2f", league_nmse_db, false, true};
const page_metric page_sgcs = {"SGCS", "%.4f", league_sgcs, true, false};
const page_metric page_rate = {"Rate in bit/s/Hz", "%.3f", rate_of, true, false};

void page_text(FILE *to, const char *text)
{
    for (; *text; text++)
        fprintf(to, *text == '|' ? "\\%c" : "%c", *text);
}

void page_number(FILE *to, const char *format, double value)
{
    if (isnan(value))
        fputs("-", to);
    else
        fprintf(to, format, value);
}

void page_count(FILE *to, double value)
{
    page_number(to, "%.0f", value > 0 ? value : NAN);
}

/* True if no other figure of its column is better. */
static bool is_best(const league *l, const page_metric *m, size_t channel, size_t number,
                    double value)
{
    for (size_t n = 0; n < l->list.entrants; n++) {
        const league_result *r = league_result_at(l, channel, n, number);
        double other = r->among ? m->value(&r->figures) : NAN;
        if (m->smaller ? other < value : other > value)
            return false;
    }
    return !isnan(value);
}

static void put_figure_of(FILE *to, const league *l, const page_metric *m, size_t channel,
                          size_t number, size_t entrant)
{
    const league_result *r = league_result_at(l, channel, entrant, number);
    double value = r->among ? m->value(&r->figures) : NAN;
    const char *mark = is_best(l, m, channel, number, value) ? "**" : "";
    fprintf(to, " %s", mark);
    page_number(to, m->format, value);
    fprintf(to, "%s |", mark);
}

/* The head of a table with a column for each channel and budget. */
static void put_heads(FILE *to, const league *l, const league_numbers *budgets, const char *unit)
{
    fputs("| # | entrant |", to);
    for (size_t c = 0; c < l->list.channels; c++)
        for (size_t i = 0; i < budgets->count; i++) {
            fputc(' ', to);
            page_text(to, l->list.channel[c].channel);
            fprintf(to, ", %.0f%s |", budgets->value[i], unit);
        }
    fputs("\n|--:|---|", to);
    for (size_t i = 0; i < l->list.channels * budgets->count; i++)
        fputs("--:|", to);
    fputc('\n', to);
}

void page_matrix(FILE *to, const league *l, const page_metric *m, const league_numbers *budgets,
                 const char *unit, size_t first, size_t step, const size_t *order)
{
    put_heads(to, l, budgets, unit);
    for (size_t i = 0; i < l->list.entrants; i++) {
        fprintf(to, "| %zu | ", i + 1);
        page_text(to, l->list.entrant[order[i]]->name);
        fputs(" |", to);
        for (size_t c = 0; c < l->list.channels; c++)
            for (size_t b = 0; b < budgets->count; b++)
                put_figure_of(to, l, m, c, first + b * step, order[i]);
        fputc('\n', to);
    }
}

void page_picture(FILE *to, const league *l, league_picture picture, size_t channel, double snr_db,
                  const char *what)
{
    char path[PATH_MAX], text[LEAGUE_CHANNEL_TEXT_MAX];
    league_picture_name(l, picture, channel, snr_db, path);
    const char *slash = strrchr(path, '/');
    fprintf(to, "\n![%s over ", what);
    page_text(to, league_channel_text(&l->list.channel[channel], text));
    fprintf(to, "](%s.svg)\n", slash ? slash + 1 : path);
}
