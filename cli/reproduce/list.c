/* Published figures from a file: the YAML schema, and every value checked with its line. */
#include "list.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "base/text.h"
#include "cli/ui/list.h"
#include "fading/config.h"
#include "io/config.h"
#include "io/file.h"

enum { TEXT_MAX = 4096 };

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT(key, type, member) CYAML_FIELD_STRING_PTR(key, OPTIONAL, type, member, 1, TEXT_MAX)

static const cyaml_schema_field_t row_fields[] = {
    CYAML_FIELD_STRING_PTR("net", CYAML_FLAG_POINTER, reproduce_row, net, 1, TEXT_MAX),
    TEXT("architecture", reproduce_row, architecture),
    TEXT("layout", reproduce_row, layout),
    TEXT("cr", reproduce_row, cr_text),
    TEXT("model", reproduce_row, model),
    TEXT("recipe", reproduce_row, recipe),
    TEXT("options", reproduce_row, options),
    TEXT("precision", reproduce_row, precision),
    TEXT("channel", reproduce_row, channel),
    TEXT("carrier", reproduce_row, carrier),
    TEXT("parameters", reproduce_row, parameters_text),
    TEXT("macs", reproduce_row, macs_text),
    TEXT("nmse", reproduce_row, nmse_text),
    TEXT("unfair", reproduce_row, unfair_text),
    TEXT("note", reproduce_row, note),
    CYAML_FIELD_END};
static const cyaml_schema_value_t row_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, reproduce_row, row_fields)};

static const cyaml_schema_field_t table_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, reproduce_table, name, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("title", CYAML_FLAG_POINTER, reproduce_table, title, 1, TEXT_MAX),
    TEXT("of", reproduce_table, of),
    TEXT("channel", reproduce_table, channel),
    TEXT("carrier", reproduce_table, carrier),
    TEXT("snr", reproduce_table, snr_text),
    TEXT("nmse-within", reproduce_table, nmse_within_text),
    TEXT("counts-within", reproduce_table, counts_within_text),
    CYAML_FIELD_SEQUENCE("rows", CYAML_FLAG_POINTER, reproduce_table, rows, &row_schema, 1,
                         REPRODUCE_ROWS_MAX),
    CYAML_FIELD_END};
static const cyaml_schema_value_t table_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, reproduce_table, table_fields)};

static const cyaml_schema_field_t top_fields[] = {
    CYAML_FIELD_STRING_PTR("title", CYAML_FLAG_POINTER, reproduce_list, title, 1, TEXT_MAX),
    TEXT("source", reproduce_list, source),
    TEXT("findings", reproduce_list, findings),
    TEXT("samples", reproduce_list, samples_text),
    TEXT("seed", reproduce_list, seed_text),
    CYAML_FIELD_SEQUENCE("tables", CYAML_FLAG_POINTER, reproduce_list, tables, &table_schema, 1,
                         REPRODUCE_TABLES_MAX),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, reproduce_list, top_fields)};

void reproduce_list_free(reproduce_list *l)
{
    config_free(&schema, l);
}

const char *reproduce_channel(const reproduce_table *t, const reproduce_row *r)
{
    return r->channel ? r->channel : t->channel;
}

double reproduce_carrier_hz(const reproduce_table *t, const reproduce_row *r)
{
    return r->carrier ? r->carrier_hz : t->carrier_hz;
}

static int place(const config_reading *at, err *e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int place(const config_reading *at, err *e, const char *format, ...)
{
    char text[2 * CONFIG_KEY_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return config_prefix(at, text, e);
}

/* A name of files and anchors: letters, digits, - _ and dots. */
static bool is_name(const char *text)
{
    size_t length = strlen(text);
    bool good = length > 0 && length < REPRODUCE_NAME_MAX && isalnum((unsigned char)text[0]);
    for (const char *c = text; *c; c++)
        good = good && (isalnum((unsigned char)*c) || strchr("-_.", *c));
    return good;
}

static bool is_line(const char *text)
{
    return !text || (text_is_utf8(text) && !text[strcspn(text, "\r\n\t\v\f\a\b")]);
}

/* Reads a number from `min` to `max`; `initial` without a text. */
static int take_number(const char *text, double initial, double min, double max, double *value,
                       err *e)
{
    *value = initial;
    if (!text)
        return ERR_NONE;
    if (!text_number(text, value) || !(*value >= min && *value <= max))
        return err_set(e, ERR_INVALID, "'%.64s' is not a number from %g to %g", text, min, max);
    return ERR_NONE;
}

/* "15.87, 5.64, -": a figure for each SNR, - where the paper has none. */
static int take_figures(reproduce_row *r, size_t snrs, err *e)
{
    for (size_t k = 0; k < CHAIN_EVAL_SNRS_MAX; k++)
        r->nmse_db[k] = (double)NAN;
    if (!r->nmse_text)
        return ERR_NONE;
    const char *text = r->nmse_text;
    size_t count = 0;
    for (;; text++, count++) {
        size_t n = strcspn(text, ",");
        char field[32] = "";
        double value = (double)NAN;
        while (n > 0 && *text == ' ')
            text++, n--;
        size_t end = n;
        while (end > 0 && text[end - 1] == ' ')
            end--;
        if (end < sizeof field)
            snprintf(field, sizeof field, "%.*s", (int)end, text);
        if (strcmp(field, "-") != 0 &&
            (!text_number(field, &value) || !(fabs(value) <= 200) || count >= snrs))
            break;
        if (count < snrs)
            r->nmse_db[count] = value;
        text += n;
        if (!*text) {
            count++;
            break;
        }
    }
    if (*text || count != snrs)
        return err_set(e, ERR_INVALID,
                       "'%.64s' is not %zu figures in dB with commas between, one for each SNR of "
                       "the table; - stands for none",
                       r->nmse_text, snrs);
    return ERR_NONE;
}

static int check_word(const char *text, const char *const *words, size_t count, err *e)
{
    for (size_t i = 0; i < count; i++)
        if (!text || strcmp(text, words[i]) == 0)
            return ERR_NONE;
    return err_set(e, ERR_INVALID, "'%.64s' is not one of %s|%s", text, words[0], words[1]);
}

/* Reads and checks a row. A failed check names the row's key in its message. */
static int take_row(reproduce_table *t, unsigned table, unsigned row, const config_reading *at,
                    err *e)
{
    static const char *const layouts[] = {"angle-delay", "delay-angle"};
    static const char *const precisions[] = {"float", "int8"}, *const yes_no[] = {"yes", "no"};
    reproduce_row *r = &t->rows[row];
    double cr = 0;
    const char *key = "net";
    int rc = is_line(r->net) && !strchr(r->net, '|')
                 ? ERR_NONE
                 : err_set(e, ERR_INVALID, "a name must be one line of UTF-8 without |");
#define CHECK_KEY(name, check)                                                                     \
    if (rc == ERR_NONE) {                                                                          \
        key = name;                                                                                \
        rc = check;                                                                                \
    }
    CHECK_KEY("cr", take_number(r->cr_text, 0, 1, 1024, &cr, e))
    CHECK_KEY("parameters",
              take_number(r->parameters_text, (double)NAN, 0, 1e15, &r->parameters, e))
    CHECK_KEY("macs", take_number(r->macs_text, (double)NAN, 0, 1e15, &r->macs, e))
    CHECK_KEY("nmse", take_figures(r, t->snrs.snrs, e))
    CHECK_KEY("carrier", take_number(r->carrier, 0, FADING_CARRIER_MIN_HZ, FADING_CARRIER_MAX_HZ,
                                     &r->carrier_hz, e))
    CHECK_KEY("layout", check_word(r->layout, layouts, 2, e))
    CHECK_KEY("precision", check_word(r->precision, precisions, 2, e))
    CHECK_KEY("unfair", check_word(r->unfair_text, yes_no, 2, e))
    CHECK_KEY("architecture",
              !r->architecture || (is_name(r->architecture) && cr >= 1 && cr == floor(cr))
                  ? ERR_NONE
                  : err_set(e, ERR_INVALID, "'%.64s' is not a name, or has no cr beside it",
                            r->architecture))
    CHECK_KEY("model", !r->model || is_name(r->model)
                           ? ERR_NONE
                           : err_set(e, ERR_INVALID, "'%.64s' is not a model's name", r->model))
    CHECK_KEY("nmse", !r->nmse_text || (r->model && reproduce_channel(t, r))
                          ? ERR_NONE
                          : err_set(e, ERR_INVALID, "it needs a model and a channel"))
    CHECK_KEY("note",
              is_line(r->note) && is_line(r->channel) && is_line(r->recipe) && is_line(r->options)
                  ? ERR_NONE
                  : err_set(e, ERR_INVALID, "every value must be one line of UTF-8"))
#undef CHECK_KEY
    r->cr = (uint32_t)cr;
    r->unfair = r->unfair_text && strcmp(r->unfair_text, "yes") == 0;
    return rc == ERR_NONE ? rc : place(at, e, "tables/%u/rows/%u/%s", table, row, key);
}

static int take_table(reproduce_list *l, unsigned table, const config_reading *at, err *e)
{
    static const char *const ofs[] = {"ue", "both"};
    reproduce_table *t = &l->tables[table];
    const char *key = "name";
    int rc = is_name(t->name) && is_line(t->title)
                 ? ERR_NONE
                 : err_set(e, ERR_INVALID, "'%.64s' is not a name of letters, digits, - _ and dots",
                           t->name);
    for (unsigned i = 0; rc == ERR_NONE && i < table; i++)
        if (strcmp(l->tables[i].name, t->name) == 0)
            rc = err_set(e, ERR_INVALID, "'%s' is listed twice", t->name);
    if (rc == ERR_NONE && (key = "of"))
        rc = check_word(t->of, ofs, 2, e);
    if (rc == ERR_NONE && (key = "snr"))
        rc = list_snrs(t->snr_text ? t->snr_text : "inf", &t->snrs, e);
    if (rc == ERR_NONE && (key = "carrier"))
        rc = take_number(t->carrier, 0, FADING_CARRIER_MIN_HZ, FADING_CARRIER_MAX_HZ,
                         &t->carrier_hz, e);
    if (rc == ERR_NONE && (key = "nmse-within"))
        rc = take_number(t->nmse_within_text, 1, 0, 100, &t->nmse_within_db, e);
    if (rc == ERR_NONE && (key = "counts-within"))
        rc = take_number(t->counts_within_text, 0.01, 0, 1, &t->counts_within, e);
    if (rc == ERR_NONE && (key = "channel") && !is_line(t->channel))
        rc = err_set(e, ERR_INVALID, "a channel must be one line of UTF-8");
    if (rc != ERR_NONE)
        return place(at, e, "tables/%u/%s", table, key);
    t->ue_alone = t->of && strcmp(t->of, "ue") == 0;
    for (unsigned i = 0; rc == ERR_NONE && i < t->rows_count; i++)
        rc = take_row(t, table, i, at, e);
    return rc;
}

static int take_file(reproduce_list *l, const config_reading *at, err *e)
{
    l->samples = 4000;
    l->seed = 1;
    const char *key = "title";
    int rc = is_line(l->title) ? ERR_NONE : err_set(e, ERR_INVALID, "it must be one line of UTF-8");
    if (rc == ERR_NONE && (key = "findings") &&
        ((l->findings && !text_is_utf8(l->findings)) || (l->source && !text_is_utf8(l->source))))
        rc = err_set(e, ERR_INVALID, "source and findings must be Markdown in UTF-8");
    if (rc == ERR_NONE && (key = "samples") && l->samples_text &&
        !text_whole(l->samples_text, 2, 10000000, &l->samples))
        rc = err_set(e, ERR_INVALID, "'%.64s' is not a whole number from 2 to 10000000",
                     l->samples_text);
    if (rc == ERR_NONE && (key = "seed") && l->seed_text &&
        !text_whole(l->seed_text, 0, INT64_MAX, &l->seed))
        rc = err_set(e, ERR_INVALID, "'%.64s' is not a seed", l->seed_text);
    if (rc != ERR_NONE)
        return config_prefix(at, key, e);
    for (unsigned i = 0; rc == ERR_NONE && i < l->tables_count; i++)
        rc = take_table(l, i, at, e);
    return rc;
}

int reproduce_list_parse(reproduce_list **out, const char *text, size_t size, const char *file,
                         err *e)
{
    err local = {0};
    config_reading at = {.file = file, .text = text, .size = size};
    void *raw = NULL;
    *out = NULL;
    if (!e)
        e = &local;
    if (size > REPRODUCE_BYTES_MAX)
        return err_set(e, ERR_FORMAT, "%s: more than %d bytes; a list of tables is smaller", file,
                       REPRODUCE_BYTES_MAX);
    int rc = config_load(&at, &schema, &raw, e);
    if (rc == ERR_NONE) {
        *out = raw;
        rc = take_file(raw, &at, e);
    }
    err_one_line(e->text); /* the message quotes a value, which can have line breaks */
    if (rc == ERR_INVALID) /* the file's fault, not the caller's */
        rc = e->code = ERR_FORMAT;
    return rc;
}

int reproduce_list_read(reproduce_list **out, const char *path, err *e)
{
    void *text;
    size_t size;
    char shipped[PATH_MAX], names[256];
    *out = NULL;
    if (share_find_named("reproductions", path, ".yaml", shipped, sizeof shipped))
        path = shipped;
    int rc = file_read(path, REPRODUCE_BYTES_MAX, &text, &size, e);
    if (rc == ERR_IO && !strchr(path, '/')) {
        share_list("reproductions", ".yaml", names, sizeof names);
        return err_set(e, rc, "no list '%.100s' of published tables; csilink ships %s", path,
                       *names ? names : "none");
    }
    if (rc == ERR_NONE)
        rc = reproduce_list_parse(out, text, size, path, e);
    free(text);
    return rc;
}
