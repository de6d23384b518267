/* A league's list from a file: the YAML schema, and every value checked with its line. */
#include "list.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/share.h"
#include "base/text.h"
#include "cell/keys.h"
#include "expand.h"
#include "fading/config.h"
#include "io/config.h"
#include "io/file.h"
#include "uplink/digital/source.h"

enum { TEXT_MAX = 4096 };

/* The keys that league_list_set takes. */
#define FILE_KEYS(X)                                                                               \
    X(bits) X(uses) X(snr) X(rates) X(samples) X(choose) X(scout) X(sequence) X(seed)

struct league_file {
    char *title, *findings, *baseline;
#define KEY_MEMBER(key) char *key;
    FILE_KEYS(KEY_MEMBER)
#undef KEY_MEMBER
    league_channel *channels;
    unsigned channels_count;
    league_entrant *entrants;
    unsigned entrants_count;
    league_texts formats, uplinks;
};

typedef struct league_file league_file;

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_value_t text_schema = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, TEXT_MAX)};

static const cyaml_schema_field_t channel_fields[] = {
    CYAML_FIELD_STRING_PTR("channel", CYAML_FLAG_POINTER, league_channel, channel, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("carrier", OPTIONAL, league_channel, carrier, 0, TEXT_MAX),
    CYAML_FIELD_END};
static const cyaml_schema_value_t channel_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, league_channel, channel_fields)};

static const cyaml_schema_field_t entrant_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, league_entrant, name, 1, TEXT_MAX),
    CYAML_FIELD_SEQUENCE("codecs", CYAML_FLAG_POINTER, league_entrant, codecs.item, &text_schema, 1,
                         LEAGUE_TEMPLATES_MAX),
    CYAML_FIELD_SEQUENCE("uplinks", OPTIONAL, league_entrant, uplinks.item, &text_schema, 1,
                         LEAGUE_TEMPLATES_MAX),
    CYAML_FIELD_SEQUENCE("formats", OPTIONAL, league_entrant, formats.item, &text_schema, 1,
                         LEAGUE_TEMPLATES_MAX),
    CYAML_FIELD_STRING_PTR("samples", OPTIONAL, league_entrant, samples_text, 0, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("optional", OPTIONAL, league_entrant, optional_text, 0, TEXT_MAX),
    CYAML_FIELD_END};
static const cyaml_schema_value_t entrant_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, league_entrant, entrant_fields)};

static const cyaml_schema_field_t top_fields[] = {
    CYAML_FIELD_STRING_PTR("title", OPTIONAL, league_file, title, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("findings", OPTIONAL, league_file, findings, 1, TEXT_MAX),
    CYAML_FIELD_STRING_PTR("baseline", OPTIONAL, league_file, baseline, 1, TEXT_MAX),
#define KEY_FIELD(key) CYAML_FIELD_STRING_PTR(#key, OPTIONAL, league_file, key, 0, TEXT_MAX),
    FILE_KEYS(KEY_FIELD)
#undef KEY_FIELD
        CYAML_FIELD_SEQUENCE("channels", CYAML_FLAG_POINTER, league_file, channels, &channel_schema,
                             1, LEAGUE_NUMBERS_MAX),
    CYAML_FIELD_SEQUENCE("formats", OPTIONAL, league_file, formats.item, &text_schema, 1,
                         LEAGUE_TEMPLATES_MAX),
    CYAML_FIELD_SEQUENCE("uplinks", OPTIONAL, league_file, uplinks.item, &text_schema, 1,
                         LEAGUE_TEMPLATES_MAX),
    CYAML_FIELD_SEQUENCE("entrants", CYAML_FLAG_POINTER, league_file, entrants, &entrant_schema, 1,
                         LEAGUE_ENTRANTS_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, league_file, top_fields)};

void league_list_free(league_list *l)
{
    config_free(&schema, l->file);
    free(l->picked);
    *l = (league_list){0};
}

/* The defaults of the two lists, for a file without them. */
static char *default_formats[] = {"u{2:1:8}", "r{1.25:0.25:8}"};
static char *default_uplinks[] = {"digital:uses={uses}", "digital:uses={uses},margin=0", "analog",
                                  "analog:header=coded"};

static int place(const config_reading *at, err *e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int place(const config_reading *at, err *e, const char *format, ...)
{
    char text[2 * CONFIG_KEY_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return config_prefix(at, text, e);
}

static int check_name(const char *name, err *e)
{
    size_t length = strlen(name);
    bool good = length > 0 && length < LEAGUE_NAME_MAX && text_is_utf8(name) && !strchr(name, ',');
    for (const char *c = name; *c; c++)
        good = good && !iscntrl((unsigned char)*c);
    return good ? ERR_NONE
                : err_set(e, ERR_INVALID,
                          "'%.64s' is not 1 to %d characters of UTF-8 without a comma", name,
                          LEAGUE_NAME_MAX - 1);
}

static int check_codec(const char *text, err *e)
{
    static const char *const one[] = {"1"};
    static const league_word words[] = {{"scenario", 1, one}, {"bits", 1, one}};
    league_specs specs = {0};
    int rc = league_expand(text, words, 2, &specs, e);
    league_specs_free(&specs);
    return rc;
}

/* Checks an uplink with 256 data symbols, which suit every modulation and code. */
static int check_uplink(const char *text, err *e)
{
    static const char *const some[] = {"256"};
    static const league_word words[] = {{"uses", 1, some}};
    const cell_key *key = cell_key_named("uplink");
    league_specs specs = {0};
    int rc = league_expand(text, words, 1, &specs, e);
    for (size_t i = 0; rc == ERR_NONE && i < specs.count; i++)
        rc = key->check(specs.item[i], e);
    league_specs_free(&specs);
    return rc;
}

static int check_format(const char *text, err *e)
{
    league_specs specs = {0};
    digital_source source;
    int rc = league_expand(text, NULL, 0, &specs, e);
    for (size_t i = 0; rc == ERR_NONE && i < specs.count; i++) {
        rc = digital_source_parse(specs.item[i], &source, e);
        if (rc == ERR_NONE && source.quarters == 0)
            rc = err_set(e, ERR_INVALID, "'%.32s' has no number of bits, such as r2.5",
                         specs.item[i]);
    }
    league_specs_free(&specs);
    return rc;
}

/* `around` is "" or the path of the entrant's key, with a slash at its end. */
static int check_texts(const league_texts *t, int (*check)(const char *text, err *e),
                       const char *around, const char *key, const config_reading *at, err *e)
{
    for (unsigned i = 0; i < t->item_count; i++)
        if (check(t->item[i], e) != ERR_NONE)
            return place(at, e, "%s%s/%u", around, key, i);
    return ERR_NONE;
}

static bool read_flag(const char *text, bool *flag)
{
    *flag = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
    return *flag || strcmp(text, "no") == 0 || strcmp(text, "false") == 0;
}

static int take_entrant(league_list *l, league_file *f, unsigned i, const config_reading *at,
                        err *e)
{
    league_entrant *n = &f->entrants[i];
    char around[32];
    snprintf(around, sizeof around, "entrants/%u/", i);
    if (check_name(n->name, e) != ERR_NONE)
        return place(at, e, "%sname", around);
    for (unsigned k = 0; k < i; k++)
        if (strcmp(f->entrants[k].name, n->name) == 0) {
            err_set(e, ERR_INVALID, "'%.64s' is listed twice", n->name);
            return place(at, e, "%sname", around);
        }
    if (n->samples_text && !text_whole(n->samples_text, 2, 10000000, &n->samples)) {
        err_set(e, ERR_INVALID, "'%.64s' is not a whole number from 2 to 10000000",
                n->samples_text);
        return place(at, e, "%ssamples", around);
    }
    if (n->optional_text && !read_flag(n->optional_text, &n->optional)) {
        err_set(e, ERR_INVALID, "'%.64s' is not yes or no", n->optional_text);
        return place(at, e, "%soptional", around);
    }
    l->entrant[l->entrants++] = n;
    int rc = check_texts(&n->codecs, check_codec, around, "codecs", at, e);
    if (rc == ERR_NONE)
        rc = check_texts(&n->uplinks, check_uplink, around, "uplinks", at, e);
    return rc == ERR_NONE ? check_texts(&n->formats, check_format, around, "formats", at, e) : rc;
}

static int take_channel(league_list *l, league_channel *c, unsigned i, const config_reading *at,
                        err *e)
{
    if (c->carrier &&
        (!text_number(c->carrier, &c->carrier_hz) || c->carrier_hz < FADING_CARRIER_MIN_HZ ||
         c->carrier_hz > FADING_CARRIER_MAX_HZ)) {
        err_set(e, ERR_INVALID, "'%.64s' is not a carrier from %g to %g Hz", c->carrier,
                FADING_CARRIER_MIN_HZ, FADING_CARRIER_MAX_HZ);
        return place(at, e, "channels/%u/carrier", i);
    }
    for (unsigned k = 0; k < i; k++)
        if (strcmp(l->channel[k].channel, c->channel) == 0) {
            err_set(e, ERR_INVALID, "'%.64s' is listed twice", c->channel);
            return place(at, e, "channels/%u/channel", i);
        }
    l->channel[l->channels++] = *c;
    return ERR_NONE;
}

static int take_keys(league_list *l, const league_file *f, const config_reading *at, err *e)
{
    const struct {
        const char *key, *text;
    } given[] = {
#define KEY_TEXT(name) {#name, f->name},
        FILE_KEYS(KEY_TEXT)
#undef KEY_TEXT
    };
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        if (given[i].text && league_list_set(l, given[i].key, given[i].text, e) != ERR_NONE)
            return config_prefix(at, given[i].key, e);
    if (f->title && (!text_is_utf8(f->title) || strpbrk(f->title, "\r\n"))) {
        err_set(e, ERR_INVALID, "a title must be one line of UTF-8");
        return config_prefix(at, "title", e);
    }
    if (f->findings && !text_is_utf8(f->findings)) {
        err_set(e, ERR_INVALID, "findings must be Markdown in UTF-8");
        return config_prefix(at, "findings", e);
    }
    if (f->title)
        l->title = f->title;
    l->findings = f->findings;
    return ERR_NONE;
}

/* Called after the entrants are read, since the baseline must be one of them. */
static int take_baseline(league_list *l, const league_file *f, const config_reading *at, err *e)
{
    const char *names[LEAGUE_ENTRANTS_MAX];
    for (size_t i = 0; f->baseline && i < l->entrants; i++) {
        names[i] = l->entrant[i]->name;
        if (strcmp(names[i], f->baseline) == 0)
            l->baseline = names[i];
    }
    if (!f->baseline || l->baseline)
        return ERR_NONE;
    const char *nearest = text_nearest(f->baseline, names, l->entrants);
    err_set(e, ERR_INVALID, "the list has no entrant '%.40s'%s%.40s", f->baseline,
            nearest ? "; did you mean " : "", nearest ? nearest : "");
    return config_prefix(at, "baseline", e);
}

static int take_file(league_list *l, league_file *f, const config_reading *at, err *e)
{
    int rc = take_keys(l, f, at, e);
    for (unsigned i = 0; rc == ERR_NONE && i < f->channels_count; i++)
        rc = take_channel(l, &f->channels[i], i, at, e);
    l->formats = f->formats.item_count ? f->formats : (league_texts){default_formats, 2};
    l->uplinks = f->uplinks.item_count ? f->uplinks : (league_texts){default_uplinks, 4};
    if (rc == ERR_NONE)
        rc = check_texts(&l->formats, check_format, "", "formats", at, e);
    if (rc == ERR_NONE)
        rc = check_texts(&l->uplinks, check_uplink, "", "uplinks", at, e);
    for (unsigned i = 0; rc == ERR_NONE && i < f->entrants_count; i++)
        rc = take_entrant(l, f, i, at, e);
    if (rc == ERR_NONE)
        rc = take_baseline(l, f, at, e);
    if (rc == ERR_NONE && league_list_check(l, e) != ERR_NONE)
        rc = config_prefix(at, "", e);
    return rc;
}

int league_list_parse(league_list *l, const char *text, size_t size, const char *file, err *e)
{
    err local = {0};
    config_reading at = {.file = file, .text = text, .size = size};
    void *raw = NULL;
    if (!e)
        e = &local;
    if (size > LEAGUE_BYTES_MAX)
        return err_set(e, ERR_FORMAT, "%s: more than %d bytes; a league is smaller", file,
                       LEAGUE_BYTES_MAX);
    int rc = config_load(&at, &schema, &raw, e);
    if (rc == ERR_NONE) {
        l->file = raw;
        rc = take_file(l, raw, &at, e);
    }
    err_one_line(e->text); /* the message quotes a value, which can have line breaks */
    if (rc == ERR_INVALID) /* the file's fault, not the caller's */
        rc = e->code = ERR_FORMAT;
    return rc;
}

int league_list_read(league_list *l, const char *path, err *e)
{
    void *text;
    size_t size;
    char shipped[PATH_MAX], names[256];
    if (share_find_named("leagues", path, ".yaml", shipped, sizeof shipped))
        path = shipped;
    int rc = file_read(path, LEAGUE_BYTES_MAX, &text, &size, e);
    if (rc == ERR_IO && !strchr(path, '/')) {
        share_list("leagues", ".yaml", names, sizeof names);
        return err_set(e, rc, "no league '%.100s'; csilink ships %s", path,
                       *names ? names : "not there");
    }
    if (rc == ERR_NONE)
        rc = league_list_parse(l, text, size, path, e);
    free(text);
    return rc;
}
