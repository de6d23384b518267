/* Reads reports.csv, which is not trusted. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/text.h"
#include "record/report.h"

enum { COLUMNS_MAX = 256, LINE_BYTES_MAX = 8192 };
#define TIME_MAX_S 2e6 /* up to which a double distinguishes nanoseconds */

/* The meaning of a column of the file. */
typedef enum meaning {
    MEANS_NOTHING,
    MEANS_TIME,
    MEANS_UE,
    MEANS_SEQ,
    MEANS_STATUS,
    MEANS_CR,
    MEANS_BITS,
    MEANS_FIGURE,                                /* + record_figure */
    MEANS_STAGE = MEANS_FIGURE + RECORD_FIGURES, /* + chain_stage */
    MEANINGS = MEANS_STAGE + CHAIN_STAGES
} meaning;

struct record_reader {
    FILE *file;
    const char *path;
    size_t line; /* the last line read, from 1 */
    int columns;
    meaning column[COLUMNS_MAX];
    char text[LINE_BYTES_MAX];
};

static const char *const first_names[MEANS_FIGURE] = {"",       "time_s", "ue",  "seq",
                                                      "status", "cr",     "bits"};

static meaning meaning_of(const char *name)
{
    for (int i = 1; i < MEANS_FIGURE; i++)
        if (strcmp(name, first_names[i]) == 0)
            return (meaning)i;
    for (int i = 0; i < RECORD_FIGURES; i++)
        if (strcmp(name, record_figures[i].name) == 0)
            return (meaning)(MEANS_FIGURE + i);
    for (int i = 0; i < CHAIN_STAGES; i++) {
        const char *stage = chain_stage_name((chain_stage)i);
        size_t n = strlen(stage);
        if (strncmp(name, stage, n) == 0 && strcmp(name + n, "_us") == 0)
            return (meaning)(MEANS_STAGE + i);
    }
    return MEANS_NOTHING;
}

/* The next line, without its end: 1, 0 at the end of the file, or an error. */
static int next_line(record_reader *r, err *e)
{
    if (!fgets(r->text, sizeof r->text, r->file))
        return ferror(r->file) ? err_set(e, ERR_IO, "%s: cannot be read", r->path) : 0;
    r->line++;
    char *end = strchr(r->text, '\n');
    if (!end)
        return err_set(e, ERR_FORMAT, "%s:%zu: the line %s", r->path, r->line,
                       feof(r->file) ? "is cut off: its end is missing" : "is too long");
    *end = '\0';
    if (end > r->text && end[-1] == '\r')
        end[-1] = '\0';
    return 1;
}

static int read_header(record_reader *r, err *e)
{
    bool seen[MEANINGS] = {false};
    int status = next_line(r, e);
    if (status < 0)
        return status;
    if (status == 0)
        return err_set(e, ERR_FORMAT, "%s: is empty; a header is its first line", r->path);
    char *rest = r->text;
    for (char *name; (name = strsep(&rest, ",")) != NULL; r->columns++) {
        if (r->columns == COLUMNS_MAX)
            return err_set(e, ERR_FORMAT, "%s:1: more than %d columns", r->path, COLUMNS_MAX);
        meaning m = r->column[r->columns] = meaning_of(name);
        if (m != MEANS_NOTHING && seen[m])
            return err_set(e, ERR_FORMAT, "%s:1: two columns are called %.40s", r->path, name);
        seen[m] = true;
    }
    if (!seen[MEANS_UE] || !seen[MEANS_SEQ] || !seen[MEANS_STATUS])
        return err_set(e, ERR_FORMAT, "%s:1: the header lacks %s", r->path,
                       !seen[MEANS_UE]    ? "ue"
                       : !seen[MEANS_SEQ] ? "seq"
                                          : "status");
    return ERR_NONE;
}

record_reader *record_reader_open(const char *path, err *e)
{
    record_reader *r = calloc(1, sizeof *r);
    if (!r) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    r->path = path;
    r->file = fopen(path, "re");
    if (!r->file)
        err_set(e, ERR_IO, "%s: cannot be opened: %m", path);
    else if (read_header(r, e) == ERR_NONE)
        return r;
    record_reader_close(r);
    return NULL;
}

void record_reader_close(record_reader *r)
{
    if (r && r->file)
        fclose(r->file);
    free(r);
}

static bool take_status(const char *text, record_report *report)
{
    for (uint32_t i = 0; i < RECORD_STATUSES; i++) {
        if (strcmp(text, record_status_name((record_status)i)) == 0) {
            report->status = i;
            return true;
        }
    }
    return false;
}

static bool whole(double value, double max)
{
    return value >= 0 && value <= max && value == floor(value);
}

static bool take_number(meaning m, double value, record_report *report)
{
    bool is_whole = whole(value, UINT32_MAX);
    switch (m) {
    case MEANS_TIME:
        report->due_ns = value >= 0 && value < TIME_MAX_S ? (uint64_t)llrint(value * 1e9) : 0;
        return value >= 0 && value < TIME_MAX_S;
    case MEANS_UE:
        report->ue = is_whole ? (uint32_t)value : 0;
        return is_whole;
    case MEANS_SEQ:
        report->seq = is_whole ? (uint32_t)value : 0;
        return is_whole;
    case MEANS_CR:
        report->cr = is_whole ? (uint32_t)value : 0;
        return is_whole;
    case MEANS_BITS:
        report->bits = is_whole ? (uint32_t)value : 0;
        return is_whole;
    default:
        break;
    }
    if (m >= MEANS_STAGE) {
        bool good = value >= 0 && value < 1e12;
        report->stage_ns[m - MEANS_STAGE] = good ? (uint64_t)llrint(value * 1e3) : RECORD_NO_TIME;
        return good;
    }
    int figure = (int)m - MEANS_FIGURE;
    report->figure[figure] = record_figures[figure].is_db ? power_of_db(value) : value;
    return true;
}

static bool take_field(meaning m, const char *text, record_report *report)
{
    double value;
    if (m == MEANS_NOTHING)
        return true;
    if (m == MEANS_STATUS)
        return take_status(text, report);
    if (!*text)
        return m != MEANS_UE && m != MEANS_SEQ;
    return text_number(text, &value) && take_number(m, value, report);
}

/* The name of a column; the file's own header is gone by now. */
static const char *meaning_name(meaning m)
{
    return m >= MEANS_STAGE    ? chain_stage_name((chain_stage)(m - MEANS_STAGE))
           : m >= MEANS_FIGURE ? record_figures[m - MEANS_FIGURE].name
                               : first_names[m];
}

int record_reader_next(record_reader *r, record_report *report, err *e)
{
    int status = next_line(r, e), column = 0;
    if (status <= 0)
        return status;
    *report = record_report_of(0, 0, 0, RECORD_ACKED);
    char *rest = r->text;
    for (char *field; column <= r->columns && (field = strsep(&rest, ",")) != NULL; column++) {
        if (column == r->columns || take_field(r->column[column], field, report))
            continue;
        err_one_line(field);
        return err_set(e, ERR_FORMAT, "%s:%zu: column %s: '%.40s' is invalid", r->path, r->line,
                       meaning_name(r->column[column]), field);
    }
    if (column != r->columns)
        return err_set(e, ERR_FORMAT, "%s:%zu: %s fields than the header's %d", r->path, r->line,
                       column < r->columns ? "fewer" : "more", r->columns);
    return 1;
}
