/* The figures for other programs: a row for each published or measured one. */
#include <math.h>
#include <stdio.h>

#include "cli/ui/quoted.h"
#include "io/file.h"
#include "reproduce.h"

static void put_row(FILE *to, const reproduce_table *t, const reproduce_row *row,
                    const reproduce_result *result, const char *quantity, double snr_db,
                    const double figures[3], const char *verdict)
{
    fprintf(to, "%s,", t->name);
    put_quoted(to, row->net);
    fputc(',', to);
    put_quoted(to, row->model ? row->model : "");
    fputc(',', to);
    put_quoted(to, result->codec);
    fprintf(to, ",%s", quantity);
    put_figure(to, snr_db);
    for (int i = 0; i < 3; i++)
        put_figure(to, figures[i]);
    fputc(',', to);
    put_quoted(to, verdict);
    fputc('\n', to);
}

static void put_count(FILE *to, const reproduce_table *t, const reproduce_row *row,
                      const reproduce_result *result, const char *quantity, double published,
                      double measured)
{
    char verdict[REPRODUCE_VERDICT_MAX];
    const double figures[3] = {published, measured, (double)NAN};
    if (isnan(published))
        return;
    reproduce_verdict_count(t, published, measured, verdict);
    put_row(to, t, row, result, quantity, (double)NAN, figures, verdict);
}

static void put_rows(FILE *to, const reproduce_table *t, const reproduce_row *row,
                     const reproduce_result *result)
{
    put_count(to, t, row, result, "parameters", row->parameters, result->parameters);
    put_count(to, t, row, result, "macs", row->macs, result->macs);
    for (size_t k = 0; row->nmse_text && k < t->snrs.snrs; k++) {
        char verdict[REPRODUCE_VERDICT_MAX];
        const double figures[3] = {row->nmse_db[k], result->nmse_db[k], result->error_db[k]};
        reproduce_verdict_nmse(t, row->nmse_db[k], result->nmse_db[k], verdict);
        put_row(to, t, row, result, "nmse_db", t->snrs.snr_db[k], figures, verdict);
    }
}

int reproduce_write_csv(const reproduce *r, err *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.*s.csv", PATH_MAX - 8, r->options->out);
    file_writer *w = file_writer_open(path, e);
    if (!w)
        return e->code;
    FILE *to = file_writer_stream(w);
    fputs("table,net,model,codec,quantity,snr_db,published,measured,standard_error,verdict\n", to);
    for (unsigned t = 0; t < r->list->tables_count; t++)
        for (unsigned i = 0; i < r->list->tables[t].rows_count; i++)
            if (r->result[t][i].wanted)
                put_rows(to, &r->list->tables[t], &r->list->tables[t].rows[i], &r->result[t][i]);
    return file_writer_close(w, e);
}
