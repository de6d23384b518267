#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/file.h"
#include "train.h"

/* Rows of a whole run, besides those of validations. */
enum { ROWS = 400, LINE_MAX_BYTES = 512 };

static int add_row(train_history *h, const train_row *row, bool best, err *e)
{
    if (h->count == h->room) {
        size_t room = h->room ? 2 * h->room : 256;
        train_row *rows = realloc(h->rows, room * sizeof *rows);
        if (!rows)
            return err_set(e, ERR_NOMEM, "no memory for the log");
        h->rows = rows;
        h->room = room;
    }
    h->rows[h->count] = *row;
    if (best) {
        h->best = h->count;
        h->has_best = true;
    }
    h->count++;
    return ERR_NONE;
}

static void write_head(const train_config *c, FILE *f)
{
    fprintf(f, "samples,seconds,rate,loss,gradient_norm,samples_per_s");
    for (size_t i = 0; i < c->checks; i++)
        fprintf(f, ",nmse_db_at_%g", c->check_snr_db[i]);
    fputc('\n', f);
}

/* Writes all digits of the NMSE, so that a resumed run reads back the exact best one. */
static void write_row(const train_config *c, const train_row *row, FILE *f)
{
    fprintf(f, "%" PRIu64 ",%.3f,%.6g,%.6g,%.6g,%.1f", row->samples, row->seconds, row->rate,
            row->loss, row->gradient_norm, row->samples_per_s);
    for (size_t i = 0; i < c->checks; i++)
        if (row->validated)
            fprintf(f, ",%.17g", row->nmse_db[i]);
        else
            fputc(',', f);
    fputc('\n', f);
}

/* False for a line that write_row did not write. */
static bool read_row(const train_config *c, const char *line, train_row *row)
{
    *row = (train_row){0};
    double *const number[] = {&row->seconds, &row->rate, &row->loss, &row->gradient_norm,
                              &row->samples_per_s};
    const char *at = text_whole_at(line, &row->samples);
    for (size_t i = 0; at && i < sizeof number / sizeof number[0]; i++)
        at = *at == ',' ? text_number_at(at + 1, number[i]) : NULL;
    for (size_t i = 0; at && i < c->checks; i++) {
        if (*at++ != ',')
            return false;
        if (*at == ',' || *at == '\n')
            continue;
        row->validated = true;
        at = text_number_at(at, &row->nmse_db[i]);
    }
    return at && *at == '\n';
}

/* Reads the rows up to `samples`. Skips lines that write_row did not write, such as another
 * version's. */
static int read_log(train_run *run, const char *path, uint64_t samples, err *e)
{
    char line[LINE_MAX_BYTES];
    const train_config *c = &run->recipe.config;
    FILE *f = fopen(path, "r");
    int status = ERR_NONE;
    train_row row;
    if (!f)
        return ERR_NONE;
    bool head = fgets(line, sizeof line, f) != NULL;
    while (head && status == ERR_NONE && fgets(line, sizeof line, f))
        if (read_row(c, line, &row) && row.samples <= samples) {
            const train_history *h = &run->history;
            bool best = row.validated && (!h->has_best || c->objective.lambda > 0 ||
                                          train_score_db(row.nmse_db, c->checks) <
                                              train_score_db(h->rows[h->best].nmse_db, c->checks));
            status = add_row(&run->history, &row, best, e);
        }
    fclose(f);
    return status;
}

int train_log_open(train_run *run, uint64_t samples, err *e)
{
    char path[PATH_MAX];
    const train_config *c = &run->recipe.config;
    train_path(run, "log.csv", path);
    int status = samples ? read_log(run, path, samples, e) : ERR_NONE;
    if (status != ERR_NONE)
        return status;
    file_writer *w = file_writer_open(path, e);
    if (!w)
        return ERR_IO;
    write_head(c, file_writer_stream(w));
    for (size_t i = 0; i < run->history.count; i++)
        write_row(c, &run->history.rows[i], file_writer_stream(w));
    if ((status = file_writer_close(w, e)) != ERR_NONE)
        return status;
    run->log = fopen(path, "ae");
    return run->log ? ERR_NONE : err_set(e, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
}

int train_log_take(train_run *run, err *e)
{
    const train_status *s = trainer_status(run->trainer);
    const train_config *c = &run->recipe.config;
    train_history *h = &run->history;
    uint64_t every = c->samples / ROWS;
    every = every < c->batch ? c->batch : every;
    h->loss_sum += s->loss;
    h->losses++;
    if (!s->validated && s->samples / every == (s->samples - c->batch) / every)
        return ERR_NONE;
    train_row row = {.samples = s->samples,
                     .seconds = s->seconds,
                     .rate = s->learning_rate,
                     .loss = h->loss_sum / (double)h->losses,
                     .gradient_norm = s->gradient_norm,
                     .samples_per_s = s->samples_per_s,
                     .validated = s->validated};
    memcpy(row.nmse_db, s->nmse_db, sizeof row.nmse_db);
    h->loss_sum = 0;
    h->losses = 0;
    write_row(c, &row, run->log);
    if (fflush(run->log) != 0)
        return err_set(e, ERR_IO, "cannot write log.csv: %s", strerror(errno));
    return add_row(h, &row, s->validated && s->score <= s->best_score, e);
}
