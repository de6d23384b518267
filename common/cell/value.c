/* The value of a key: from text, and to text. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "cell/keys.h"

enum { RANGE_MAX = 128 };

/* "a number from -30 to 100 dB, or inf", "0, or a number from 1e6 to 1e12 Hz". Prints all digits of
 * a whole number. */
static const char *range(const cell_key *k, const char *what, char text[RANGE_MAX])
{
    int digits = k->kind == CELL_COUNT ? 17 : 6;
    const char *unit = k->kind == CELL_TIME ? " s" : "";
    snprintf(text, RANGE_MAX, "%s%s from %.*g%s to %.*g%s%s%s%s",
             k->flags & CELL_OR_ZERO ? "0, or " : "", what, digits, k->min, unit, digits, k->max,
             unit, k->unit ? " " : "", k->unit ? k->unit : "",
             k->flags & CELL_OR_INF ? ", or inf" : "");
    return text;
}

static bool is_in_range(const cell_key *k, double v)
{
    return (v >= k->min && v <= k->max) || ((k->flags & CELL_OR_ZERO) && v == 0) ||
           ((k->flags & CELL_OR_INF) && v == INFINITY);
}

/* Through double: "1e3" is a whole number, too, and no range ends above 2^53. */
static int take_count(const cell_key *k, const char *called, const char *text, uint64_t *member,
                      err *e)
{
    double v;
    char allowed[RANGE_MAX];
    if (!isdigit((unsigned char)*text) || !text_number(text, &v) || v != floor(v) ||
        !is_in_range(k, v))
        return err_set(e, ERR_INVALID, "%s takes %s, not '%.64s'", called,
                       range(k, "a whole number", allowed), text);
    *member = (uint64_t)v;
    return ERR_NONE;
}

static int take_real(const cell_key *k, const char *called, const char *text, double *member,
                     err *e)
{
    double v;
    char allowed[RANGE_MAX];
    bool frequency = k->unit && strcmp(k->unit, "Hz") == 0;
    bool read = frequency ? text_frequency(text, &v) : text_number(text, &v);
    if (!read || !is_in_range(k, v))
        return err_set(e, ERR_INVALID, "%s takes %s%s, not '%.64s'", called,
                       range(k, "a number", allowed), frequency ? ", such as 20e6 or 3.5GHz" : "",
                       text);
    *member = v + 0.0; /* -0 becomes 0: they are equal but print differently */
    return ERR_NONE;
}

static int take_time(const cell_key *k, const char *called, const char *text, double *member,
                     err *e)
{
    double v;
    char allowed[RANGE_MAX];
    if (k->words && strcmp(text, k->words) == 0) { /* NaN: no time has this value */
        *member = NAN;
        return ERR_NONE;
    }
    if (!text_duration(text, 1, &v) || !is_in_range(k, v))
        return err_set(e, ERR_INVALID,
                       "%s takes %s, such as 2ms or 1.5s (a plain number is in s)%s%s, not '%.64s'",
                       called, range(k, "a time", allowed), k->words ? ", or " : "",
                       k->words ? k->words : "", text);
    *member = v + 0.0;
    return ERR_NONE;
}

/* The words of YAML, and those common in shells and containers for a variable. */
static int take_flag(const char *called, const char *text, bool *member, err *e)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *member = i % 2;
            return ERR_NONE;
        }
    }
    return err_set(e, ERR_INVALID, "%s takes yes or no, not '%.64s'", called, text);
}

static int take_choice(const cell_key *k, const char *called, const char *text, char *member,
                       err *e)
{
    size_t size = strlen(text);
    for (const char *w = k->words; *w; w += *w == '|') {
        size_t length = strcspn(w, "|");
        if (length == size && strncmp(w, text, size) == 0) {
            snprintf(member, k->size, "%s", text);
            return ERR_NONE;
        }
        w += length;
    }
    return err_set(e, ERR_INVALID, "%s takes one of %s, not '%.64s'", called, k->words, text);
}

/* The text goes into a file and onto a command line, and may be a path. */
static int take_text(const cell_key *k, const char *text, char *member, err *e)
{
    size_t length = strlen(text);
    bool good = length > 0 && length < k->size && text_is_utf8(text); /* as YAML is */
    for (const char *c = text; good && *c; c++)
        good = !iscntrl((unsigned char)*c);
    if (!good)
        return err_set(e, ERR_INVALID, "'%.64s' is not 1 to %zu bytes of plain text in UTF-8", text,
                       k->size - 1);
    if (k->check && k->check(text, e) != ERR_NONE)
        return ERR_INVALID;
    memcpy(member, text, length + 1);
    return ERR_NONE;
}

/* A check writes its own message ("a period is ..."). If an option supplied the value, the message
 * names that option. */
int cell_key_take(const cell_key *k, const char *called, const char *text, void *member, err *e)
{
    const char *name = called ? called : k->name;
    switch (k->kind) {
    case CELL_FLAG:
        return take_flag(name, text, member, e);
    case CELL_COUNT:
        return take_count(k, name, text, member, e);
    case CELL_REAL:
        return take_real(k, name, text, member, e);
    case CELL_TIME:
        return take_time(k, name, text, member, e);
    case CELL_CHOICE:
        return take_choice(k, name, text, member, e);
    case CELL_TEXT:
        if (take_text(k, text, member, e) == ERR_NONE)
            return ERR_NONE;
        return called && e ? err_prefix(e, "%s", called) : ERR_INVALID;
    }
    return ERR_INVALID;
}

bool cell_key_is_given(const cell_key *k, const void *member)
{
    if (k->flags & CELL_NO_STATE)
        return false;
    if (k->kind == CELL_CHOICE || k->kind == CELL_TEXT)
        return *(const char *)member != '\0';
    return k->kind != CELL_TIME || k->words || !isnan(*(const double *)member);
}

/* Unicode's line breaks (U+0085, U+2028, U+2029), which YAML would fold into a space: their escape,
 * and their length in bytes; NULL for anything else. */
static const char *line_break(const char *c, size_t *bytes)
{
    static const char *const breaks[][2] = {
        {"\xc2\x85", "\\N"}, {"\xe2\x80\xa8", "\\L"}, {"\xe2\x80\xa9", "\\P"}};
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        *bytes = strlen(breaks[i][0]);
        if (strncmp(c, breaks[i][0], *bytes) == 0)
            return breaks[i][1];
    }
    return NULL;
}

/* YAML can contain any text in double quotes. */
void cell_print_text(const char *text, FILE *to)
{
    size_t bytes = 1;
    fputc('"', to);
    for (const char *c = text; *c; c += bytes) {
        const char *escape = line_break(c, &bytes);
        bytes = escape ? bytes : 1;
        if (escape)
            fputs(escape, to);
        else if (*c == '\xc2' && (unsigned char)c[1] < 0xa0) { /* C1: in YAML only escaped */
            fprintf(to, "\\x%02x", (unsigned char)c[1]);
            bytes = 2;
        } else if (*c == '"' || *c == '\\')
            fprintf(to, "\\%c", *c);
        else if (*c == '\n' || *c == '\t')
            fputs(*c == '\n' ? "\\n" : "\\t", to);
        else
            fputc(*c, to);
    }
    fputc('"', to);
}

void cell_key_print(const cell_key *k, const void *member, const char *indent, FILE *to)
{
    if (!cell_key_is_given(k, member))
        return;
    fprintf(to, "%s%s: ", indent, k->name);
    switch (k->kind) {
    case CELL_FLAG:
        fputs(*(const bool *)member ? "yes" : "no", to);
        break;
    case CELL_COUNT:
        fprintf(to, "%llu", (unsigned long long)*(const uint64_t *)member);
        break;
    case CELL_REAL:
    case CELL_TIME:
        if (isnan(*(const double *)member))
            fputs(k->words, to);
        else
            fprintf(to, "%.17g", *(const double *)member); /* every double reads back the same */
        break;
    case CELL_CHOICE:
        fputs(member, to);
        break;
    case CELL_TEXT:
        cell_print_text(member, to);
        break;
    }
    fputc('\n', to);
}
