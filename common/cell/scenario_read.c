/* From YAML to a scenario. */
#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/share.h"
#include "base/text.h"
#include "cell/scenario.h"
#include "cell/scenario_raw.h"
#include "io/config.h"
#include "io/file.h"

enum { PLACE_MAX = 64 };

/* A time in the timeline is within the longest simulation. */
#define AT_MAX_S 864000.0
#define DOWN_MAX_S 3600.0

void scenario_init(scenario *s)
{
    s->about[0] = '\0';
    cell_init(&s->cell);
    s->timeline.count = s->restarts = 0;
}

/* --- values -------------------------------------------------------------------------------------
 */

/* State of reading values; keeps the first of several failures. */
typedef struct taking {
    const config_reading *reading;
    char section[PLACE_MAX]; /* "groups/1/" */
    err *e;
    int status;
} taking;

/* Called after a value was rejected: adds its location, once. */
static void refused(taking *t, const char *key)
{
    char location[PLACE_MAX + CONFIG_KEY_MAX];
    snprintf(location, sizeof location, "%s%s", t->section, key);
    config_prefix(t->reading, location, t->e);
    t->status = t->e->code = ERR_FORMAT; /* the error is in the file, not the caller */
}

static bool wanted(const taking *t, const char *text)
{
    return text && t->status == ERR_NONE;
}

static void take_time(taking *t, const char *key, const char *text, double min, double max,
                      double *value)
{
    double v;
    if (!wanted(t, text))
        return;
    if (text_duration(text, 1, &v) && v >= min && v <= max) {
        *value = v;
        return;
    }
    err_set(t->e, ERR_FORMAT, "'%.64s' is not a time from %g s to %g s, such as 500ms or 30s", text,
            min, max);
    refused(t, key);
}

static void take_count(taking *t, const char *key, const char *text, double min, double max,
                       uint64_t *value)
{
    double v;
    if (!wanted(t, text))
        return;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): wanted() was true */
    if (isdigit((unsigned char)*text) && text_number(text, &v) && v == floor(v) && v >= min &&
        v <= max) {
        *value = (uint64_t)v;
        return;
    }
    err_set(t->e, ERR_FORMAT, "'%.64s' is not a whole number from %.0f to %.0f", text, min, max);
    refused(t, key);
}

/* Reads the keys that were given, and marks the uplink settings that belong to these UEs. */
static void take_keys(taking *t, const raw_keys *raw, cell *c, cell_ues *ues, bool own[SETTINGS])
{
    for (size_t i = 0; i < cell_key_count; i++) {
        const cell_key *k = &cell_keys[i];
        if (!wanted(t, raw->text[i]))
            continue;
        int status = k->flags & CELL_BY_GROUP
                         ? cell_key_take_for(k, NULL, raw->text[i], ues, t->e)
                         : cell_key_take(k, NULL, raw->text[i], cell_key_member(k, c), t->e);
        if (status != ERR_NONE)
            refused(t, k->name);
        if (k->flags & CELL_ON_AIR)
            own[cell_key_setting(k)] = true;
    }
}

static void take_about(taking *t, const char *text, scenario *s)
{
    if (!wanted(t, text))
        return;
    bool good = strlen(text) < sizeof s->about;
    for (const char *c = text; good && *c; c++)
        good = !iscntrl((unsigned char)*c) || *c == '\n' || *c == '\t';
    if (good) {
        snprintf(s->about, sizeof s->about, "%s", text);
        return;
    }
    err_set(t->e, ERR_FORMAT, "'%.64s' is not plain text of up to %zu bytes", text,
            sizeof s->about - 1);
    refused(t, "about");
}

static void take_setting(taking *t, setting_name name, const char *text, double *value)
{
    if (wanted(t, text) && setting_parse(name, text, value, t->e) != ERR_NONE)
        refused(t, setting_kinds[name].name);
}

static void missing(taking *t, const char *key, const char *what)
{
    if (t->status != ERR_NONE)
        return;
    err_set(t->e, ERR_FORMAT, "%s", what);
    refused(t, key);
}

static void take_group(taking *t, const raw_group *raw, cell *c)
{
    uint64_t count = 0;
    if (!raw->name || !raw->count)
        missing(t, raw->name ? "count" : "name", "a group of UEs needs a name and a count");
    take_count(t, "count", raw->count, 1, CELL_UES_MAX, &count);
    if (t->status != ERR_NONE)
        return;
    cell_group *g = cell_add_group(c, raw->name, (uint32_t)count, t->e);
    if (!g)
        refused(t, "name");
    else
        take_keys(t, &raw->keys, c, &g->has, g->own);
}

/* --- the timeline -------------------------------------------------------------------------------
 */

static void take_target(taking *t, const raw_event *raw, const scenario *s, target *who)
{
    uint64_t ue = 0;
    *who = (target){TARGET_ALL, 0};
    if (raw->group && raw->ue)
        missing(t, "ue", "an event names a group or one UE, not both");
    if (wanted(t, raw->group)) {
        *who = (target){TARGET_GROUP, cell_group_named(&s->cell, raw->group)};
        if (who->index == NO_GROUP) {
            err_set(t->e, ERR_FORMAT, "unknown group '%.64s'", raw->group);
            refused(t, "group");
        }
    }
    if (raw->ue) {
        take_count(t, "ue", raw->ue, 0, (double)s->cell.ues - 1, &ue);
        *who = (target){TARGET_UE, (uint32_t)ue};
    }
}

static void add_change(taking *t, scenario *s, const timeline_change *change, const char *key)
{
    if (t->status == ERR_NONE && timeline_add(&s->timeline, change, t->e) != ERR_NONE)
        refused(t, key);
}

static void take_set(taking *t, char *const value[SETTINGS], scenario *s, timeline_change change)
{
    bool any = false;
    for (int i = 0; i < SETTINGS; i++) {
        change.name = (setting_name)i;
        take_setting(t, change.name, value[i], &change.course.to);
        if (!wanted(t, value[i]))
            continue;
        any = true;
        change.course.from = change.course.to;
        add_change(t, s, &change, setting_kinds[i].name);
    }
    if (!any)
        missing(t, "", "a set without a setting: the settings are snr, loss, delay and jitter");
}

static void take_ramp(taking *t, const raw_ramp *raw, scenario *s, timeline_change change)
{
    bool any = false;
    if (!raw->over)
        missing(t, "over", "a ramp needs a duration, such as over: 30s");
    take_time(t, "over", raw->over, 0.001, AT_MAX_S, &change.course.over_s);
    for (int i = 0; i < SETTINGS; i++) {
        if (!raw->ends[i] || t->status != ERR_NONE)
            continue;
        any = true;
        change.name = (setting_name)i;
        take_setting(t, change.name, raw->ends[i][0], &change.course.from);
        take_setting(t, change.name, raw->ends[i][1], &change.course.to);
        if (isinf(change.course.from) || isinf(change.course.to))
            missing(t, setting_kinds[i].name, "a ramp needs finite ends");
        add_change(t, s, &change, setting_kinds[i].name);
    }
    if (!any)
        missing(
            t, "",
            "a ramp without a setting: the settings are snr, loss, delay and jitter, each [from, "
            "to]");
}

static void take_restart(taking *t, const raw_event *raw, double at_s, scenario *s)
{
    restart r = {.at_s = at_s};
    bool base_station = strcmp(raw->restart, restart_process_names[RESTART_BS_SERVER]) == 0;
    r.process = base_station ? RESTART_BS_SERVER : RESTART_CHANNEL_SIM;
    if (strcmp(raw->restart, restart_process_names[r.process]) != 0)
        missing(t, "restart", "a restart takes one of bs-server|channel-sim");
    take_time(t, "down", raw->down, 0, DOWN_MAX_S, &r.down_s);
    if (raw->group || raw->ue)
        missing(t, "restart",
                "a restart names no group or UE: there is one base station and one "
                "channel-sim for all UEs");
    if (s->restarts == RESTARTS_MAX)
        missing(t, "restart", "a timeline has at most 64 restarts");
    if (t->status != ERR_NONE)
        return;
    size_t at = s->restarts++;
    for (; at > 0 && s->restart[at - 1].at_s > at_s; at--)
        s->restart[at] = s->restart[at - 1];
    s->restart[at] = r;
}

static void take_event(taking *t, const raw_event *raw, scenario *s)
{
    timeline_change change = {0};
    char section[PLACE_MAX];
    snprintf(section, sizeof section, "%s", t->section);
    if (!raw->at)
        missing(t, "at", "an event needs its time, such as 10s");
    take_time(t, "at", raw->at, 0, AT_MAX_S, &change.course.start_s);
    take_target(t, raw, s, &change.who);
    if (!raw->set + !raw->ramp + !raw->restart != 2)
        missing(t, "at", "an event has exactly one of set, ramp and restart");
    if (raw->down && !raw->restart)
        missing(t, "down", "only a restart takes down");
    if (t->status != ERR_NONE)
        return;
    snprintf(t->section, sizeof t->section, "%.32s%s/", section, raw->set ? "set" : "ramp");
    if (raw->set)
        take_set(t, raw->set->value, s, change);
    else if (raw->ramp)
        take_ramp(t, raw->ramp, s, change);
    snprintf(t->section, sizeof t->section, "%s", section);
    if (raw->restart)
        take_restart(t, raw, change.course.start_s, s);
}

/* --- the whole ----------------------------------------------------------------------------------
 */

static int take(scenario *s, const raw_scenario *raw, const config_reading *reading, err *e)
{
    taking t = {.reading = reading, .e = e};
    bool own[SETTINGS]; /* unused: the keys at the top level belong to all groups */
    take_about(&t, raw->about, s);
    take_keys(&t, &raw->keys, &s->cell, &s->cell.all, own);
    for (unsigned i = 0; i < raw->groups_count && t.status == ERR_NONE; i++) {
        snprintf(t.section, sizeof t.section, "groups/%u/", i);
        take_group(&t, &raw->groups[i], &s->cell);
    }
    t.section[0] = '\0';
    if (s->cell.groups == 0)
        missing(&t, "groups", "no groups of UEs; write one, such as {name: ues, count: 8}");
    for (unsigned i = 0; i < raw->timeline_count && t.status == ERR_NONE; i++) {
        snprintf(t.section, sizeof t.section, "timeline/%u/", i);
        take_event(&t, &raw->timeline[i], s);
    }
    return t.status;
}

int scenario_parse(scenario *s, const char *text, size_t size, const char *file, err *e)
{
    err local = {0};
    if (!e)
        e = &local;
    config_reading reading = {.file = file, .text = text, .size = size};
    void *raw = NULL;
    int status = config_load(&reading, scenario_schema(), &raw, e);
    if (status == ERR_NONE)
        status = take(s, raw, &reading, e);
    err_one_line(e->text); /* a value may have several lines, and messages quote it */
    config_free(scenario_schema(), raw);
    return status;
}

static int refuse_name(const char *path, err *e)
{
    char names[ERR_TEXT_MAX / 2];
    share_list("scenarios", ".yaml", names, sizeof names);
    return err_set(e, ERR_IO, "unknown scenario '%.128s'%s%s", path,
                   names[0] ? "; csilink ships " : "", names);
}

int scenario_read(scenario *s, const char *path, err *e)
{
    void *text;
    size_t size;
    char shipped[PATH_MAX];
    if (share_find_named("scenarios", path, ".yaml", shipped, sizeof shipped))
        path = shipped;
    else if (access(path, F_OK) != 0)
        return refuse_name(path, e);
    int status = file_read(path, SCENARIO_BYTES_MAX, &text, &size, e);
    if (status == ERR_NONE)
        status = scenario_parse(s, text, size, path, e);
    free(text);
    return status;
}

int scenario_locate(const char *path, const char *key, err *e)
{
    void *text;
    size_t size;
    char shipped[PATH_MAX];
    if (share_find_named("scenarios", path, ".yaml", shipped, sizeof shipped))
        path = shipped;
    if (file_read(path, SCENARIO_BYTES_MAX, &text, &size, NULL) == ERR_NONE)
        config_prefix(&(config_reading){.file = path, .text = text, .size = size}, key, e);
    free(text);
    return e->code;
}
