/* The page of a league: Markdown for people. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cpu.h"
#include "io/file.h"
#include "order.h"
#include "score.h"
#include "write.h"

typedef struct metric {
    const char *title, *format;
    double (*value)(const league_figures *f);
    bool by_sgcs, smaller; /* how rows are sorted, and whether less is better */
} metric;

static double rate_of(const league_figures *f)
{
    return f->se_all;
}

static const metric nmse = {"NMSE in dB", "%.2f", league_nmse_db, false, true};
static const metric sgcs = {"SGCS", "%.4f", league_sgcs, true, false};
static const metric rate = {"Rate in bit/s/Hz", "%.3f", rate_of, true, false};

/* Names come from a file, and may hold what ends a cell. */
static void put_text(FILE *to, const char *text)
{
    for (; *text; text++)
        fprintf(to, *text == '|' ? "\\%c" : "%c", *text);
}

static void put_number(FILE *to, const char *format, double value)
{
    if (isnan(value))
        fputs("-", to);
    else
        fprintf(to, format, value);
}

/* A number that a codec need not have. */
static void put_count(FILE *to, double value)
{
    put_number(to, "%.0f", value > 0 ? value : NAN);
}

/* Whether no other figure of its column is better. */
static bool is_best(const league *l, const metric *m, size_t channel, size_t number, double value)
{
    for (size_t n = 0; n < l->list.entrants; n++) {
        const league_result *r = league_result_at(l, channel, n, number);
        double other = r->among ? m->value(&r->figures) : NAN;
        if (m->smaller ? other < value : other > value)
            return false;
    }
    return !isnan(value);
}

static void put_figure_of(FILE *to, const league *l, const metric *m, size_t channel, size_t number,
                          size_t entrant)
{
    const league_result *r = league_result_at(l, channel, entrant, number);
    double value = r->among ? m->value(&r->figures) : NAN;
    const char *mark = is_best(l, m, channel, number, value) ? "**" : "";
    fprintf(to, " %s", mark);
    put_number(to, m->format, value);
    fprintf(to, "%s |", mark);
}

/* Of a table whose columns are channels by budgets. */
static void put_heads(FILE *to, const league *l, const league_numbers *budgets, const char *unit)
{
    fputs("| # | entrant |", to);
    for (size_t c = 0; c < l->list.channels; c++)
        for (size_t i = 0; i < budgets->count; i++) {
            fputc(' ', to);
            put_text(to, l->list.channel[c].channel);
            fprintf(to, ", %.0f%s |", budgets->value[i], unit);
        }
    fputs("\n|--:|---|", to);
    for (size_t i = 0; i < l->list.channels * budgets->count; i++)
        fputs("--:|", to);
    fputc('\n', to);
}

/* Entrants by channels and budgets, at one SNR or without noise: the cells first, first + step, ...
 * of each channel. */
static void put_matrix(FILE *to, const league *l, const metric *m, const league_numbers *budgets,
                       const char *unit, size_t first, size_t step, const size_t *order)
{
    put_heads(to, l, budgets, unit);
    for (size_t i = 0; i < l->list.entrants; i++) {
        fprintf(to, "| %zu | ", i + 1);
        put_text(to, l->list.entrant[order[i]]->name);
        fputs(" |", to);
        for (size_t c = 0; c < l->list.channels; c++)
            for (size_t b = 0; b < budgets->count; b++)
                put_figure_of(to, l, m, c, first + b * step, order[i]);
        fputc('\n', to);
    }
}

static void put_picture(FILE *to, const league *l, league_picture picture, size_t channel,
                        double snr_db, const char *what)
{
    char path[PATH_MAX], text[LEAGUE_CHANNEL_TEXT_MAX];
    league_picture_name(l, picture, channel, snr_db, path);
    const char *slash = strrchr(path, '/');
    fprintf(to, "\n![%s over ", what);
    put_text(to, league_channel_text(&l->list.channel[channel], text));
    fprintf(to, "](%s.svg)\n", slash ? slash + 1 : path);
}

/* --- at equal bits ------------------------------------------------------------------------------
 */

static void put_row_at_bits(FILE *to, const league *l, size_t place, size_t channel, size_t number,
                            size_t entrant)
{
    const league_result *r = league_result_at(l, channel, entrant, number);
    const league_figures *f = &r->figures;
    const char *colon = strchr(r->uplink, ':'); /* none for a codec of bits */
    size_t length = colon ? strcspn(colon + 1, ",") : 0;
    fprintf(to, "| %zu | ", place);
    put_text(to, l->list.entrant[entrant]->name);
    fputs(" | `", to);
    put_text(to, r->codec);
    fprintf(to, "` | %.*s | %.0f | ", (int)length, colon ? colon + 1 : "", f->bits);
    put_number(to, "%.2f", league_nmse_db(f));
    fputs(" | ", to);
    put_number(to, "%.2f", f->nmse_error_db);
    fprintf(to, " | %.4f | %.3f | ", league_sgcs(f), f->se_all);
    put_count(to, (double)r->macs);
    fprintf(to, " | %zu | ", r->weight_bytes);
    put_number(to, "%.1f", f->encode_us);
    fputs(" | ", to);
    put_number(to, "%.1f", f->decode_us);
    fprintf(to, " | %.0f |\n", f->reports);
}

static void put_bits(FILE *to, const league *l)
{
    const league_numbers *bits = &l->list.bits;
    size_t order[LEAGUE_ENTRANTS_MAX];
    char text[LEAGUE_CHANNEL_TEXT_MAX];
    fputs("\n## At equal bits\n\n"
          "Without uplink noise: what a report of at most so many bits is worth, everything in it "
          "counted.\n",
          to);
    for (int i = 0; i < 2; i++) {
        const metric *m = i == 0 ? &nmse : &sgcs;
        league_order(l, m->by_sgcs, 0, bits->count, order);
        fprintf(to, "\n%s, sorted by its mean over the columns:\n\n", m->title);
        put_matrix(to, l, m, bits, " bits", 0, 1, order);
    }
    for (size_t c = 0; c < l->list.channels; c++) {
        fputs("\n### ", to);
        put_text(to, league_channel_text(&l->list.channel[c], text));
        fputc('\n', to);
        for (size_t k = 0; k < bits->count; k++) {
            size_t count = league_order_cell(l, c, k, order);
            fprintf(to,
                    "\nAt most %.0f bits:\n\n"
                    "| # | entrant | codec | values as | bits | NMSE dB | +- | SGCS | bit/s/Hz | "
                    "MACs | bytes | encode us | decode us | samples |\n"
                    "|--:|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
                    bits->value[k]);
            for (size_t i = 0; i < count; i++)
                put_row_at_bits(to, l, i + 1, c, k, order[i]);
        }
        put_picture(to, l, LEAGUE_PICTURE_BITS, c, 0, "NMSE against bits");
        put_picture(to, l, LEAGUE_PICTURE_SGCS, c, 0, "SGCS against bits");
    }
}

/* --- at equal channel uses ----------------------------------------------------------------------
 */

/* What was chosen in the cells of one entrant at one budget, a column for each SNR. */
static void put_choices(FILE *to, const league *l, size_t channel, size_t entrant, size_t budget)
{
    size_t first = l->list.bits.count + budget * l->list.snr.count, there = 0;
    for (size_t s = 0; s < l->list.snr.count; s++)
        there += league_result_at(l, channel, entrant, first + s)->among;
    if (there == 0)
        return;
    fputs("| ", to);
    put_text(to, l->list.entrant[entrant]->name);
    fprintf(to, " | %.0f |", l->list.uses.value[budget]);
    for (size_t s = 0; s < l->list.snr.count; s++) {
        const league_result *r = league_result_at(l, channel, entrant, first + s);
        if (r->among == 0) {
            fputs(" - |", to);
            continue;
        }
        fputs(" `", to);
        put_text(to, r->codec);
        fprintf(to, "` over `%s`: ", r->uplink);
        fprintf(to, "%.0f bits, %.1f uses, ", r->figures.bits, r->figures.channel_uses);
        put_number(to, "%.2f dB", league_nmse_db(&r->figures));
        if (r->figures.bler > 0)
            fprintf(to, ", BLER %.3g", r->figures.bler);
        fputs(" |", to);
    }
    fputc('\n', to);
}

static void put_uses(FILE *to, const league *l)
{
    const league_list *of = &l->list;
    size_t order[LEAGUE_ENTRANTS_MAX], first = of->bits.count, snrs = of->snr.count;
    char text[LEAGUE_CHANNEL_TEXT_MAX];
    fputs("\n## At equal channel uses\n\n"
          "A report may occupy at most so many complex symbols: references, header and side bits "
          "included, side bits beside the burst at the capacity of the SNR. NMSE, SGCS and rate "
          "are of all reports; after one that failed its check the base station has no CSI, so "
          "that 0.00 dB is an entrant of which no report arrived.\n",
          to);
    for (size_t s = 0; s < snrs; s++) {
        const metric *const metrics[] = {&nmse, &sgcs, &rate};
        fprintf(to, "\n### Uplink at %g dB\n", of->snr.value[s]);
        for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
            league_order(l, metrics[i]->by_sgcs, first, of->uses.count * snrs, order);
            fprintf(to, "\n%s, sorted by the mean of %s over the columns of all SNRs:\n\n",
                    metrics[i]->title, metrics[i]->by_sgcs ? "SGCS" : "NMSE");
            put_matrix(to, l, metrics[i], &of->uses, " uses", first + s, snrs, order);
        }
        for (size_t c = 0; c < of->channels; c++)
            put_picture(to, l, LEAGUE_PICTURE_USES, c, of->snr.value[s],
                        "NMSE against channel uses");
    }
    fputs("\n### What was chosen\n", to);
    for (size_t c = 0; c < of->channels; c++) {
        fputs("\n", to);
        put_text(to, league_channel_text(&of->channel[c], text));
        fputs(":\n\n| entrant | uses |", to);
        for (size_t s = 0; s < snrs; s++)
            fprintf(to, " %g dB |", of->snr.value[s]);
        fputs("\n|---|--:|", to);
        for (size_t s = 0; s < snrs; s++)
            fputs("---|", to);
        fputc('\n', to);
        for (size_t n = 0; n < of->entrants; n++)
            for (size_t b = 0; b < of->uses.count; b++)
                put_choices(to, l, c, n, b);
    }
}

/* --- costs --------------------------------------------------------------------------------------
 */

/* Whether an earlier cell has the codec already. */
static bool is_first_of_its_codec(const league *l, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (l->result[i].among > 0 && strcmp(l->result[i].codec, l->result[number].codec) == 0)
            return false;
    return true;
}

static void put_costs(FILE *to, const league *l)
{
    size_t cells = l->list.channels * l->list.entrants * l->cells;
    fputs("\n## What the codecs cost\n\n"
          "Every codec that was chosen somewhere. Operations are multiply-accumulates of the "
          "encoder, bytes those of what it holds; - where a codec counts none. Times are of one "
          "report on one core of the machine below, the best of 20 rounds, over channels without "
          "noise: they belong to that machine and to what else it did.\n\n"
          "| codec | precision | parameters | MACs | bytes at the UE | encode us | decode us |\n"
          "|---|---|--:|--:|--:|--:|--:|\n",
          to);
    for (size_t i = 0; i < cells; i++) {
        const league_result *r = &l->result[i];
        if (r->among == 0 || !is_first_of_its_codec(l, i))
            continue;
        fputs("| `", to);
        put_text(to, r->codec);
        fprintf(to, "` | %s | ", r->precision);
        put_count(to, (double)r->parameters);
        fputs(" | ", to);
        put_count(to, (double)r->macs);
        fprintf(to, " | %zu | ", r->weight_bytes);
        put_number(to, "%.1f", r->figures.encode_us);
        fputs(" | ", to);
        put_number(to, "%.1f", r->figures.decode_us);
        fputs(" |\n", to);
    }
}

static void put_how(FILE *to, const league *l)
{
    const league_list *of = &l->list;
    char date[32], text[LEAGUE_CHANNEL_TEXT_MAX];
    time_t now = time(NULL);
    struct tm utc;
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &utc));
    fprintf(to, "# League\n\n%s. This page is what\n\n    %s\n\nwrote on %s, ", of->title,
            l->options->command, date);
    fprintf(to, "on a machine with %ld cores of \"%s\" (%s).\n\n", sysconf(_SC_NPROCESSORS_ONLN),
            cpu_model_name(), cpu_level_name(cpu_level()));
    fputs("An entrant is a list of codecs, and plays each cell of the tables by the best one of "
          "them, over the best format or uplink, that costs at most the cell's budget. - says "
          "that none does. The best figure of each column is bold.\n\n",
          to);
    fprintf(to,
            "- Samples: %" PRIu64 " of seed %" PRIu64 ", each of a UE of its own. Candidates were "
            "chosen by others: all of a cell by %" PRIu64 " of seed %" PRIu64 ", the best %d by "
            "%" PRIu64 ".\n",
            of->samples, of->seed, of->scout, of->seed + 1, LEAGUE_FINALISTS, of->choose);
    for (size_t n = 0; n < of->entrants; n++)
        if (of->entrant[n]->samples > 0 && of->entrant[n]->samples < of->samples) {
            fputs("- ", to);
            put_text(to, of->entrant[n]->name);
            fprintf(to, ": at most %" PRIu64 " samples at each stage, since it is slow.\n",
                    of->entrant[n]->samples);
        }
    fputs("- Channels: ", to);
    for (size_t c = 0; c < of->channels; c++) {
        fputs(c ? "; " : "", to);
        put_text(to, league_channel_text(&of->channel[c], text));
    }
    if (strcmp(l->cell.estimation, "ls") == 0)
        fprintf(to, ". UEs estimate them by LS from pilots at %g dB.\n", l->cell.dl_snr_db);
    else
        fputs(". UEs know their channels.\n", to);
    fprintf(to,
            "- NMSE is 10 log10 of the mean of ||H - H^||^2 / ||H||^2, +- its standard error; a "
            "codec that gives directions has none. Rate: spectral efficiency of the precoder at "
            "%g dB. Bits, channel uses and what the uplinks do: docs/uplink.md; the codecs: "
            "docs/codecs.md.\n",
            l->cell.dl_snr_db);
}

int league_write_page(const league *l, err *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s.md", l->options->out);
    file_writer *w = file_writer_open(path, e);
    if (!w)
        return e->code;
    FILE *to = file_writer_stream(w);
    put_how(to, l);
    if (l->list.bits.count > 0)
        put_bits(to, l);
    if (l->list.uses.count > 0)
        put_uses(to, l);
    put_costs(to, l);
    return file_writer_close(w, e);
}
