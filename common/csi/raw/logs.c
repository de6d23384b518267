#include "csi/raw/logs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/file.h"

enum { HEADER = 5, HEADER_BYTES = 20, ANTENNAS_MAX = 256, SUBCARRIERS_MAX = 8192, NUMBERS_MAX = 9 };
#define LOG_BYTES_MAX ((size_t)8 << 30)

static int make_array(mat_array *out, size_t records, const size_t shape[3], err *e)
{
    *out = (mat_array){.rank = 4,
                       .dims = {records, shape[0], shape[1], shape[2]},
                       .count = records * shape[0] * shape[1] * shape[2],
                       .is_complex = true};
    out->data = calloc(out->count, 2 * sizeof *out->data);
    return out->data ? ERR_NONE
                     : err_set(e, ERR_NOMEM, "out of memory for %zu numbers", out->count);
}

/* --- binary ------------------------------------------------------------------------------------
 */

/* Reads the sizes in a record's header; false for impossible ones. */
static bool record_shape(const unsigned char *at, size_t shape[3])
{
    int32_t header[HEADER];
    memcpy(header, at, sizeof header);
    for (int i = 0; i < 3; i++) {
        if (header[2 + i] < 1 || header[2 + i] > (i < 2 ? ANTENNAS_MAX : SUBCARRIERS_MAX))
            return false;
        shape[i] = (size_t)header[2 + i];
    }
    return true;
}

static int take_records(const unsigned char *data, size_t size, mat_array *out, err *e)
{
    size_t shape[3], other[3];
    if (size < HEADER_BYTES || !record_shape(data, shape))
        return err_set(e, ERR_FORMAT,
                       "it does not begin with a record: frame, slot, 1 to %d antennas, 1 to %d "
                       "ports, 1 to %d subcarriers",
                       ANTENNAS_MAX, ANTENNAS_MAX, SUBCARRIERS_MAX);
    size_t numbers = shape[0] * shape[1] * shape[2], bytes = HEADER_BYTES + 4 * numbers;
    if (size % bytes != 0)
        return err_set(e, ERR_FORMAT, "%zu bytes are not records of %zu bytes: cut short?", size,
                       bytes);
    int rc = make_array(out, size / bytes, shape, e);
    for (size_t i = 0; !rc && i < size / bytes; i++) {
        const unsigned char *at = data + i * bytes;
        if (!record_shape(at, other) || memcmp(shape, other, sizeof shape) != 0)
            return err_set(e, ERR_MISMATCH, "record %zu has another shape than the first", i);
        for (size_t j = 0; j < 2 * numbers; j++) {
            int16_t part;
            memcpy(&part, at + HEADER_BYTES + 2 * j, sizeof part);
            out->data[2 * i * numbers + j] = part;
        }
    }
    return rc;
}

int csi_raw_log_binary(const char *path, mat_array *out, err *e)
{
    void *data;
    size_t size;
    *out = (mat_array){0};
    int rc = file_read(path, LOG_BYTES_MAX, &data, &size, e);
    if (rc)
        return rc;
    rc = take_records(data, size, out, e);
    free(data);
    if (!rc)
        return ERR_NONE;
    mat_array_free(out);
    return err_prefix(e, "'%s'", path);
}

/* --- text --------------------------------------------------------------------------------------
 */

typedef struct log_row {
    double key[3]; /* frame, slot, rnti */
    size_t at[3];  /* antenna, port, subcarrier */
    float part[2];
} log_row;

/* Reads rows line by line; `subcarriers` if a column sc follows rb. */
typedef struct log_reader {
    char *next;
    size_t line;
    bool subcarriers;
} log_reader;

/* Reads the fields of a line as numbers (the rnti is hexadecimal); returns their count, 0 for any
 * other line. */
static size_t read_numbers(char *line, double number[NUMBERS_MAX])
{
    size_t n = 0;
    for (char *field; (field = strsep(&line, ","));) {
        char *end;
        if (n == NUMBERS_MAX)
            return 0;
        if (strncmp(field, "0x", 2) == 0) {
            number[n] = (double)strtoul(field, &end, 16);
            if (*end || end == field + 2)
                return 0;
        } else if (!text_number(field, &number[n])) {
            return 0;
        }
        n++;
    }
    return n;
}

/* Returns 1 with a row, 0 at the end, or an error. */
static int next_row(log_reader *r, log_row *row, err *e)
{
    while (r->next && *r->next) {
        char *line = strsep(&r->next, "\n");
        size_t length = strlen(line), want = r->subcarriers ? 9 : 8;
        double x[NUMBERS_MAX];
        r->line++;
        if (length > 0 && line[length - 1] == '\r')
            line[length - 1] = '\0';
        if (!*line || *line == '#')
            continue;
        if (strncmp(line, "frame,", 6) == 0) {
            r->subcarriers = strstr(line, ",sc,") != NULL;
            continue;
        }
        bool sound = read_numbers(line, x) == want;
        for (size_t i = 3; sound && i + 2 < want; i++)
            sound = x[i] >= 0 &&
                    x[i] < (i < 5   ? ANTENNAS_MAX
                            : i < 6 ? SUBCARRIERS_MAX
                                    : 12) &&
                    x[i] == (double)(size_t)x[i];
        if (!sound || !(x[want - 2] >= -1e6 && x[want - 2] <= 1e6 && x[want - 1] >= -1e6 &&
                        x[want - 1] <= 1e6))
            return err_set(e, ERR_FORMAT,
                           "line %zu is not frame,slot,rnti,ant_rx,port_tx,rb,%sreal,imag", r->line,
                           r->subcarriers ? "sc," : "");
        memcpy(row->key, x, sizeof row->key);
        row->at[0] = (size_t)x[3];
        row->at[1] = (size_t)x[4];
        row->at[2] = r->subcarriers ? (size_t)x[5] * 12 + (size_t)x[6] : (size_t)x[5];
        row->part[0] = (float)x[want - 2];
        row->part[1] = (float)x[want - 1];
        return 1;
    }
    return 0;
}

/* Reads every row of the file, and the sizes that the rows span. */
static int read_rows(char *text, log_row **rows, size_t *count, size_t shape[3], err *e)
{
    log_reader r = {.next = text};
    size_t lines = 1;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    *rows = malloc(lines * sizeof **rows);
    if (!*rows)
        return err_set(e, ERR_NOMEM, "out of memory for %zu lines", lines);
    int more;
    memset(shape, 0, 3 * sizeof *shape);
    for (*count = 0; (more = next_row(&r, *rows + *count, e)) > 0; ++*count)
        for (int i = 0; i < 3; i++)
            if ((*rows)[*count].at[i] >= shape[i])
                shape[i] = (*rows)[*count].at[i] + 1;
    if (more < 0)
        return more;
    return *count ? ERR_NONE : err_set(e, ERR_FORMAT, "it has no row of an estimate");
}

static bool same_estimate(const log_row *a, const log_row *b)
{
    return a->key[0] == b->key[0] && a->key[1] == b->key[1] && a->key[2] == b->key[2];
}

/* The number of rows from row i on that belong to its estimate. */
static size_t run_of(const log_row *rows, size_t count, size_t i)
{
    size_t n = 1;
    while (i + n < count && same_estimate(&rows[i], &rows[i + n]))
        n++;
    return n;
}

static int gather(const log_row *rows, size_t count, const size_t shape[3], mat_array *out,
                  size_t *dropped, err *e)
{
    size_t per = shape[0] * shape[1] * shape[2], records = 0;
    *dropped = 0;
    for (size_t i = 0, n; i < count; i += n) {
        n = run_of(rows, count, i);
        records += n == per;
        *dropped += n != per;
    }
    if (records == 0)
        return err_set(e, ERR_FORMAT,
                       "no estimate has a row for each of %zu antennas x %zu ports x %zu "
                       "subcarriers",
                       shape[0], shape[1], shape[2]);
    int rc = make_array(out, records, shape, e);
    size_t record = 0;
    for (size_t i = 0, n; !rc && i < count; i += n) {
        n = run_of(rows, count, i);
        for (size_t j = i; n == per && j < i + n; j++) {
            const size_t *at = rows[j].at;
            size_t to = (record * shape[0] + at[0]) * shape[1] + at[1];
            memcpy(out->data + 2 * (to * shape[2] + at[2]), rows[j].part, sizeof rows[j].part);
        }
        record += n == per;
    }
    return rc;
}

int csi_raw_log_csv(const char *path, mat_array *out, size_t *dropped, err *e)
{
    void *data;
    size_t size, count = 0, shape[3] = {0}; /* gcc at -O1 warns without this */
    log_row *rows = NULL;
    *out = (mat_array){0};
    int rc = file_read(path, LOG_BYTES_MAX, &data, &size, e);
    if (rc)
        return rc;
    char *text = realloc(data, size + 1);
    if (!text) {
        free(data);
        return err_set(e, ERR_NOMEM, "out of memory for '%s'", path);
    }
    text[size] = '\0';
    rc = strlen(text) == size ? read_rows(text, &rows, &count, shape, e)
                              : err_set(e, ERR_FORMAT, "it is not text");
    if (!rc)
        rc = gather(rows, count, shape, out, dropped, e);
    free(rows);
    free(text);
    if (!rc)
        return ERR_NONE;
    mat_array_free(out);
    return err_prefix(e, "'%s'", path);
}
