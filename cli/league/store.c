#include "store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "cell/keys.h"
#include "cli/eval/settings.h"
#include "cli/ui/lines.h"
#include "io/json.h"

static const struct {
    const char *name;
    size_t at; /* of a double in league_figures */
} names[] = {
#define FIGURE_NAME(member, name) {name, offsetof(league_figures, member)},
    LEAGUE_FIGURES(FIGURE_NAME)
#undef FIGURE_NAME
};
enum { FIGURES = sizeof names / sizeof names[0] };

#define FIGURE_NONE(member, name) .member = NAN,
const league_figures league_no_figures = {LEAGUE_FIGURES(FIGURE_NONE)};
#undef FIGURE_NONE

static double *figure(league_figures *f, size_t i)
{
    return (double *)((char *)f + names[i].at);
}

/* Leaves out speed and period: they matter only to leagues of sequences, where the key of each
 * point names them (measure.c). */
static bool decides(const cell_key *k)
{
    bool of_points = strcmp(k->name, "speed") == 0 || strcmp(k->name, "period") == 0;
    return (k->takers & CELL_IN_LEAGUE) != 0 && !of_points;
}

static cJSON *settings_of(const cell *c)
{
    cJSON *settings = cJSON_CreateObject();
    for (size_t i = 0; i < cell_key_count; i++)
        if (decides(&cell_keys[i]))
            settings_put(settings, &cell_keys[i], c);
    return settings;
}

static int refuse_settings(const cJSON *kept, const cJSON *own, err *e)
{
    char *was = json_print_line(kept), *is = json_print_line(own);
    err_set(e, ERR_STATE, "its points were measured with '%s' %.80s, not %.80s", own->string,
            was ? was : "missing", is ? is : "?");
    free(was);
    free(is);
    return ERR_STATE;
}

/* Checks the settings in the first line. Parses this league's own from text, so that numbers are
 * rounded as in the file. */
static int check_settings(const cJSON *line, const char *own_text, err *e)
{
    cJSON *own = json_parse(NULL, own_text, strlen(own_text), NULL);
    const cJSON *kept = cJSON_GetObjectItemCaseSensitive(line, "league");
    int rc = own ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for a league's settings");
    if (rc == ERR_NONE && !cJSON_IsObject(kept))
        rc = err_set(e, ERR_FORMAT, "not a league's file of points");
    for (const cJSON *item = own ? own->child : NULL; rc == ERR_NONE && item; item = item->next) {
        const cJSON *other = cJSON_GetObjectItemCaseSensitive(kept, item->string);
        if (!other || !cJSON_Compare(item, other, true))
            rc = refuse_settings(other, item, e);
    }
    cJSON_Delete(own);
    return rc;
}

static int add_entry(league_store *s, const char *key, const league_figures *figures, err *e)
{
    if (s->count == s->room) {
        size_t room = s->room ? 2 * s->room : 256;
        league_entry *more = realloc(s->entry, room * sizeof *more);
        if (!more)
            return err_set(e, ERR_NOMEM, "out of memory for %zu points", room);
        s->entry = more;
        s->room = room;
    }
    league_entry entry = {hash_text(HASH_START, key), strdup(key), *figures};
    if (!entry.key)
        return err_set(e, ERR_NOMEM, "out of memory for a point");
    s->entry[s->count++] = entry;
    return ERR_NONE;
}

/* Checks the figures of a candidate, or a codec's times, on which the rest of a league relies. */
static bool is_sound(const league_figures *f)
{
    if (f->encode_us > 0 && f->decode_us > 0)
        return true;
    return f->reports > 0 && f->bits > 0 && f->channel_uses > 0 && f->bler >= 0 && f->bler <= 1;
}

static int take_point(league_store *s, const cJSON *line, err *e)
{
    const cJSON *key = cJSON_GetObjectItemCaseSensitive(line, "key");
    league_figures f = league_no_figures;
    for (size_t i = 0; i < FIGURES; i++)
        *figure(&f, i) = json_get_number(line, names[i].name);
    if (!cJSON_IsString(key) || strlen(key->valuestring) >= LEAGUE_KEY_MAX || !is_sound(&f))
        return err_set(e, ERR_FORMAT, "not a point of a league");
    if (league_store_find(s, key->valuestring))
        return err_set(e, ERR_FORMAT, "a point listed twice");
    return add_entry(s, key->valuestring, &f, e);
}

typedef struct reading {
    league_store *store;
    const char *settings;
} reading;

static int take_line(void *user, const char *text, size_t number, err *e)
{
    reading *r = user;
    cJSON *line = json_parse(NULL, text, strlen(text), e);
    if (!line)
        return e->code;
    int rc = number == 1 ? check_settings(line, r->settings, e) : take_point(r->store, line, e);
    cJSON_Delete(line);
    return rc;
}

static int begin(const league_store *s, const char *settings, err *e)
{
    cJSON *parsed = json_parse(NULL, settings, strlen(settings), e), *line = cJSON_CreateObject();
    cJSON_AddItemToObject(line, "league", parsed);
    char *text = json_print_line(line);
    int rc = text ? lines_add(s->fd, s->path, text, e)
                  : err_set(e, ERR_NOMEM, "out of memory for a league's settings");
    free(text);
    cJSON_Delete(line);
    return rc;
}

int league_store_open(league_store *s, const char *path, const cell *c, err *e)
{
    char busy[ERR_TEXT_MAX];
    cJSON *settings = settings_of(c);
    char *text = json_print_line(settings);
    size_t lines = 0;
    *s = (league_store){.fd = -1, .path = strdup(path)};
    snprintf(busy, sizeof busy, "another league is writing %.300s", path);
    int rc = text && s->path ? lines_open(path, busy, &s->fd, e)
                             : err_set(e, ERR_NOMEM, "out of memory for a league");
    if (rc == ERR_NONE)
        rc = lines_read(s->fd, path, take_line, &(reading){s, text}, &lines, e);
    if (rc == ERR_STATE && s->fd >= 0 && s->count == 0 && lines == 1)
        rc = err_prefix(e, "%s: give another --out, or remove it", path);
    if (rc == ERR_NONE && lines == 0)
        rc = begin(s, text, e);
    free(text);
    cJSON_Delete(settings);
    return rc;
}

void league_store_close(league_store *s)
{
    if (s->path && s->fd >= 0)
        close(s->fd);
    for (size_t i = 0; i < s->count; i++)
        free(s->entry[i].key);
    free(s->entry);
    free(s->path);
    *s = (league_store){.fd = -1};
}

const league_figures *league_store_find(const league_store *s, const char *key)
{
    uint64_t hash = hash_text(HASH_START, key);
    for (size_t i = 0; i < s->count; i++)
        if (s->entry[i].hash == hash && strcmp(s->entry[i].key, key) == 0)
            return &s->entry[i].figures;
    return NULL;
}

int league_store_keep(league_store *s, const char *key, const league_figures *figures, err *e)
{
    league_figures f = *figures;
    cJSON *line = cJSON_CreateObject();
    cJSON_AddStringToObject(line, "key", key);
    for (size_t i = 0; i < FIGURES; i++)
        if (!isnan(*figure(&f, i)))
            json_add_number(line, names[i].name, *figure(&f, i));
    char *text = json_print_line(line);
    int rc = text ? lines_add(s->fd, s->path, text, e)
                  : err_set(e, ERR_NOMEM, "out of memory for a point");
    free(text);
    cJSON_Delete(line);
    return rc == ERR_NONE ? add_entry(s, key, figures, e) : rc;
}
