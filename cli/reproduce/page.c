/* The page: Markdown for people. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cpu.h"
#include "io/file.h"
#include "reproduce.h"

static void put_number(FILE *to, const char *format, double value)
{
    if (isnan(value))
        fputs("-", to);
    else
        fprintf(to, format, value);
}

/* "1,049 K", as papers print counts. */
static void put_count(FILE *to, double value)
{
    if (isnan(value))
        fputs("-", to);
    else if (value >= 999500)
        fprintf(to, "%.3f M", value / 1e6);
    else
        fprintf(to, "%.2f K", value / 1e3);
}

static bool any(const reproduce_table *t, size_t member)
{
    for (unsigned i = 0; i < t->rows_count; i++)
        if (!isnan(*(const double *)((const char *)&t->rows[i] + member)))
            return true;
    return false;
}

static bool any_nmse(const reproduce_table *t)
{
    for (unsigned i = 0; i < t->rows_count; i++)
        if (t->rows[i].nmse_text)
            return true;
    return false;
}

static void put_head(FILE *to, const char *const *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(to, "| %s ", columns[i]);
    fputs("|\n|---|", to);
    for (size_t i = 1; i < count; i++)
        fputs(i % 3 == 0 ? "---|" : "--:|", to);
    fputc('\n', to);
}

static void put_counted(FILE *to, const reproduce_table *t, double published, double measured)
{
    char verdict[REPRODUCE_VERDICT_MAX];
    fputs(" | ", to);
    put_count(to, published);
    fputs(" | ", to);
    put_count(to, measured);
    reproduce_verdict_count(t, published, measured, verdict);
    fprintf(to, " | %s", verdict);
}

static void put_counts(FILE *to, const reproduce_table *t, const reproduce_result *result)
{
    static const char *const columns[] = {
        "net", "parameters, published", "here", "", "operations", "here", ""};
    if (!any(t, offsetof(reproduce_row, parameters)) && !any(t, offsetof(reproduce_row, macs)))
        return;
    fprintf(to,
            "Counts of %s: trainable parameters, and multiply-accumulates beside the published "
            "operations.\n\n",
            t->ue_alone ? "the UE's part" : "both parts");
    put_head(to, columns, sizeof columns / sizeof columns[0]);
    for (unsigned i = 0; i < t->rows_count; i++) {
        const reproduce_row *row = &t->rows[i];
        if (isnan(row->parameters) && isnan(row->macs))
            continue;
        fprintf(to, "| %s", row->net);
        put_counted(to, t, row->parameters, result[i].parameters);
        put_counted(to, t, row->macs, result[i].macs);
        fputs(" |\n", to);
    }
    fputc('\n', to);
}

static void put_one_snr(FILE *to, const reproduce_table *t, const reproduce_result *result)
{
    static const char *const columns[] = {"net", "NMSE in dB, published", "here", ""};
    char verdict[REPRODUCE_VERDICT_MAX];
    put_head(to, columns, sizeof columns / sizeof columns[0]);
    for (unsigned i = 0; i < t->rows_count; i++) {
        const reproduce_row *row = &t->rows[i];
        if (!row->nmse_text)
            continue;
        fprintf(to, "| %s | ", row->net);
        put_number(to, "%.2f", row->nmse_db[0]);
        fputs(" | ", to);
        put_number(to, "%.2f", result[i].nmse_db[0]);
        reproduce_verdict_nmse(t, row->nmse_db[0], result[i].nmse_db[0], verdict);
        fprintf(to, " | %s |\n", verdict);
    }
    fputc('\n', to);
}

/* Writes the NMSE at each SNR of the table, as the cells of a row. */
static void put_figures(FILE *to, const reproduce_table *t, const double *nmse_db)
{
    for (size_t k = 0; k < t->snrs.snrs; k++) {
        fputc(' ', to);
        put_number(to, "%.2f", nmse_db[k]);
        fputs(" |", to);
    }
}

/* "3 of 10": the number of published figures that hold. */
static void put_held(FILE *to, const reproduce_table *t, const reproduce_row *row,
                     const reproduce_result *result)
{
    size_t held = 0, compared = 0;
    for (size_t k = 0; k < t->snrs.snrs; k++) {
        double over = result->nmse_db[k] - row->nmse_db[k];
        compared += isnan(over) ? 0 : 1;
        held += fabs(over) <= t->nmse_within_db ? 1 : 0;
    }
    if (compared > 0)
        fprintf(to, " %zu of %zu |\n", held, compared);
    else
        fputs(*result->codec ? " |\n" : " not measured |\n", to);
}

/* Writes a row of published figures, if there are any, and one of measured figures for each net. */
static void put_curves(FILE *to, const reproduce_table *t, const reproduce_result *result)
{
    fputs("NMSE in dB:\n\n| net | |", to);
    for (size_t k = 0; k < t->snrs.snrs; k++)
        fprintf(to, isinf(t->snrs.snr_db[k]) ? " no noise |" : " %g dB |", t->snrs.snr_db[k]);
    fputs(" holds |\n|---|---|", to);
    for (size_t k = 0; k <= t->snrs.snrs; k++)
        fputs("--:|", to);
    fputc('\n', to);
    for (unsigned i = 0; i < t->rows_count; i++) {
        const reproduce_row *row = &t->rows[i];
        if (!row->nmse_text)
            continue;
        bool published = reproduce_is_published(t, row);
        if (published) {
            fprintf(to, "| %s | published |", row->net);
            put_figures(to, t, row->nmse_db);
            fputs(" |\n", to);
        }
        fprintf(to, "| %s | %s |", published ? "" : row->net,
                row->unfair ? "here, unfair" : "here");
        put_figures(to, t, result[i].nmse_db);
        put_held(to, t, row, &result[i]);
    }
    fputc('\n', to);
}

static void put_command(FILE *to, const reproduce *r, const reproduce_table *t,
                        const reproduce_row *row, const reproduce_result *result)
{
    fprintf(to,
            "    csilink eval --codec \"%s\" --estimation none \\\n            --channel \"%s\"",
            result->codec, reproduce_channel(t, row));
    if (reproduce_carrier_hz(t, row) > 0)
        fprintf(to, " --carrier %g", reproduce_carrier_hz(t, row));
    fprintf(to, " --snr %s --samples %" PRIu64 " --seed %" PRIu64 "\n",
            row->unfair   ? "inf"
            : t->snr_text ? t->snr_text
                          : "inf",
            r->options->samples ? r->options->samples : r->list->samples, r->list->seed);
}

static void put_commands(FILE *to, const reproduce *r, const reproduce_table *t,
                         const reproduce_result *result)
{
    bool begun = false, missing = false;
    for (unsigned i = 0; i < t->rows_count; i++) {
        if (!t->rows[i].nmse_text || !*result[i].codec)
            continue;
        fputs(begun ? "" : "The rows alone:\n\n", to);
        begun = true;
        put_command(to, r, t, &t->rows[i], &result[i]);
    }
    fputs(begun ? "\n" : "", to);
    for (unsigned i = 0; i < t->rows_count; i++) {
        if (!t->rows[i].nmse_text || *result[i].codec)
            continue;
        fprintf(to, "%s`%s`",
                missing ? ", " : "Not there, and so not measured: ", t->rows[i].model);
        missing = true;
    }
    fputs(missing ? ".\n\n" : "", to);
}

static void put_notes(FILE *to, const reproduce_table *t)
{
    bool begun = false;
    for (unsigned i = 0; i < t->rows_count; i++)
        if (t->rows[i].note) {
            fprintf(to, "- %s: %s\n", t->rows[i].net, t->rows[i].note);
            begun = true;
        }
    fputs(begun ? "\n" : "", to);
}

static void put_table(FILE *to, const reproduce *r, unsigned table)
{
    const reproduce_table *t = &r->list->tables[table];
    const reproduce_result *result = r->result[table];
    fprintf(to, "\n## %s\n\n", t->title);
    put_counts(to, t, result);
    if (any_nmse(t) && t->snrs.snrs == 1)
        put_one_snr(to, t, result);
    else if (any_nmse(t))
        put_curves(to, t, result);
    for (int p = 0; p < REPRODUCE_PICTURES; p++) {
        char path[PATH_MAX];
        if (!reproduce_has_picture(r, table, (reproduce_picture)p))
            continue;
        reproduce_picture_name(r, table, (reproduce_picture)p, path);
        const char *slash = strrchr(path, '/');
        fprintf(to, "![%s](%s.svg)\n\n", t->title, slash ? slash + 1 : path);
    }
    put_notes(to, t);
    put_commands(to, r, t, result);
}

static void put_how(FILE *to, const reproduce *r)
{
    const reproduce_list *l = r->list;
    char date[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &utc));
    fprintf(to, "# %s\n\n", l->title);
    if (l->findings)
        fprintf(to, "%s\n", l->findings);
    fprintf(to,
            "This page is what\n\n    %s\n\nwrote on %s, on a machine with %ld cores of \"%s\" "
            "(%s).\n\n",
            r->options->command, date, sysconf(_SC_NPROCESSORS_ONLN), cpu_model_name(),
            cpu_level_name(cpu_level()));
    if (l->source)
        fprintf(to, "Published figures: %s\n\n", l->source);
    fprintf(to,
            "- NMSE is 10 log10 of the mean of ||H - H^||^2 / ||H||^2 over %" PRIu64 " samples of "
            "seed %" PRIu64 ", each of a UE of its own, against the true channel. UEs %s.\n"
            "- \"holds\": within %g dB, or within %g %% of a published count, unless a table says "
            "otherwise.\n"
            "- Every report goes over the link's own functions: the decoder sees what arrived, and "
            "the SNR that the base station estimated.\n",
            r->options->samples ? r->options->samples : l->samples, l->seed,
            strcmp(r->cell.estimation, "ls") == 0 ? "estimate it by LS from pilots"
                                                  : "know their channel",
            1.0, 1.0);
}

int reproduce_write_page(const reproduce *r, err *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.*s.md", PATH_MAX - 8, r->options->out);
    file_writer *w = file_writer_open(path, e);
    if (!w)
        return e->code;
    FILE *to = file_writer_stream(w);
    put_how(to, r);
    for (unsigned t = 0; t < r->list->tables_count; t++)
        if (reproduce_wants(r->options, r->list->tables[t].name))
            put_table(to, r, t);
    return file_writer_close(w, e);
}
