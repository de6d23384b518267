/* Compares the reports of two runs. */
#include <math.h>
#include <stdlib.h>

#include "base/decibel.h"
#include "record/record.h"

/* What is compared about a report. */
typedef struct line {
    uint32_t ue, seq, status;
    double nmse, sgcs;
} line;

typedef struct lines {
    line *line;
    size_t count, room;
} lines;

static int add(lines *all, const record_report *r, err *e)
{
    if (all->count == all->room) {
        size_t room = all->room ? 2 * all->room : 4096;
        line *bigger = realloc(all->line, room * sizeof *bigger);
        if (!bigger)
            return err_set(e, ERR_NOMEM, "out of memory for %zu reports", room);
        all->line = bigger;
        all->room = room;
    }
    all->line[all->count++] =
        (line){r->ue, r->seq, r->status, r->figure[RECORD_NMSE], r->figure[RECORD_SGCS]};
    return ERR_NONE;
}

static int compare(const void *a, const void *b)
{
    const line *x = a, *y = b;
    if (x->ue != y->ue)
        return x->ue < y->ue ? -1 : 1;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

static int read_lines(const record *r, lines *all, err *e)
{
    char path[RECORD_PATH_MAX];
    record_report report;
    int status = record_path(r->folder, "reports.csv", path, e);
    if (status != ERR_NONE)
        return status;
    record_reader *reader = record_reader_open(path, e);
    if (!reader)
        return ERR_IO;
    while ((status = record_reader_next(reader, &report, e)) > 0)
        if ((status = add(all, &report, e)) != ERR_NONE)
            break;
    record_reader_close(reader);
    if (status == ERR_NONE && all->count)
        qsort(all->line, all->count, sizeof *all->line, compare);
    return status;
}

static void compare_one(record_comparison *out, const line *a, const line *b)
{
    out->joined++;
    out->outcomes += a->status != b->status;
    bool nmse = !isnan(a->nmse) && !isnan(b->nmse);
    bool directions = isnan(a->nmse) && isnan(b->nmse) && !isnan(a->sgcs) && !isnan(b->sgcs);
    if (!nmse && !directions)
        return;
    out->measured++;
    out->directions += directions;
    if (nmse ? a->nmse == b->nmse : a->sgcs == b->sgcs) {
        out->equal++;
        return;
    }
    if (nmse)
        out->largest_db = fmax(out->largest_db, fabs(db_of_power(a->nmse / b->nmse)));
    else
        out->largest_sgcs = fmax(out->largest_sgcs, fabs(a->sgcs - b->sgcs));
    if (out->differs)
        return;
    out->differs = true;
    out->first = record_report_of(a->ue, a->seq, 0, (record_status)a->status);
    out->first.figure[RECORD_NMSE] = a->nmse;
    out->first.figure[RECORD_SGCS] = a->sgcs;
}

static void join(const lines *a, const lines *b, record_comparison *out)
{
    for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
        int order = compare(&a->line[i], &b->line[k]);
        if (order == 0)
            compare_one(out, &a->line[i], &b->line[k]);
        i += order <= 0;
        k += order >= 0;
    }
}

int record_compare(const record *a, const record *b, record_comparison *out, err *e)
{
    lines first = {0}, second = {0};
    *out = (record_comparison){0};
    int status = read_lines(a, &first, e);
    if (status == ERR_NONE)
        status = read_lines(b, &second, e);
    if (status == ERR_NONE) {
        out->reports[0] = first.count;
        out->reports[1] = second.count;
        join(&first, &second, out);
    }
    free(first.line);
    free(second.line);
    return status;
}
