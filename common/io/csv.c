#include "io/csv.h"

#include <stdbool.h>
#include <string.h>

csv_reader csv_open(const char *file, char *text)
{
    return (csv_reader){.file = file, .at = text};
}

/* Moves the contents of a quoted field to `to`; leaves *at behind the closing quote. False if there
 * is none. */
static bool read_quoted(csv_reader *r, char **at, char *to)
{
    char *from = *at;
    for (; *from; from++) {
        if (*from == '"' && *++from != '"') {
            *to = '\0';
            *at = from;
            return true;
        }
        r->breaks += *from == '\n';
        *to++ = *from;
    }
    return false;
}

static int complain(const csv_reader *r, const char *what, err *e)
{
    return err_set(e, ERR_FORMAT, "%s:%zu: %s", r->file, r->line, what);
}

/* Reads one field; *last if it ends the row. Leaves r->at behind the separator, NULL at the end. */
static int read_field(csv_reader *r, char **field, bool *last, err *e)
{
    char *at = r->at;
    bool quoted = *at == '"';
    *field = at;
    at += quoted;
    if (quoted && !read_quoted(r, &at, *field))
        return complain(r, "a quote is not closed", e);
    if (!quoted)
        at += strcspn(at, ",\n");
    char end = *at;
    if (quoted && end == '\r' && at[1] == '\n')
        end = *++at;
    if (end != ',' && end != '\n' && end != '\0')
        return complain(r, "text after a closing quote", e);
    if (!quoted && end == '\n' && at > *field && at[-1] == '\r')
        at[-1] = '\0';
    if (!quoted)
        *at = '\0';
    r->breaks += end == '\n';
    *last = end != ',';
    r->at = end ? at + 1 : NULL;
    return ERR_NONE;
}

static int read_row(csv_reader *r, csv_row *row, err *e)
{
    bool last = false;
    row->count = 0;
    r->line = r->breaks + 1;
    while (!last) {
        if (row->count == CSV_FIELDS_MAX)
            return complain(r, "too many fields", e);
        int rc = read_field(r, &row->field[row->count++], &last, e);
        if (rc != ERR_NONE)
            return rc;
    }
    return ERR_NONE;
}

int csv_next(csv_reader *r, csv_row *row, err *e)
{
    row->count = 0;
    while (r->at && *r->at) {
        int rc = read_row(r, row, e);
        if (rc != ERR_NONE || row->count > 1 || *row->field[0])
            return rc;
        row->count = 0;
    }
    return ERR_NONE;
}

size_t csv_column(const csv_row *names, const char *name)
{
    size_t i = 0;
    while (i < names->count && strcmp(names->field[i], name) != 0)
        i++;
    return i;
}
