/* From YAML to a scenario. libcyaml hands over every value as its text, so that one place converts
 * and complains. */
#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/share.h"
#include "base/text.h"
#include "cell/scenario.h"
#include "cell/schedule.h"
#include "io/config.h"
#include "io/file.h"
#include "measure/age.h"
#include "uplink/noise.h"

enum { TEXT_MAX = 2048, PLACE_MAX = 64 };

typedef struct raw_ues {
    char *channel, *model, *cr, *period, *speed, *precision, *codeword;
    char *uplink[SETTINGS];
} raw_ues;

typedef struct raw_group {
    char *name, *count;
    raw_ues ues;
} raw_group;

typedef struct raw_set {
    char *value[SETTINGS];
} raw_set;

typedef struct raw_ramp {
    char **ends[SETTINGS]; /* from, to */
    char *over;
} raw_ramp;

typedef struct raw_event {
    char *at, *group, *ue, *restart, *down;
    raw_set *set;
    raw_ramp *ramp;
} raw_event;

typedef struct raw_scenario {
    char *about, *duration, *seed, *timeout, *dl_snr, *estimation, *pilots, *carrier, *bandwidth;
    char *nc, *references, *genie, *warm_up, *use_after, *age_every;
    raw_ues ues;
    raw_group *groups;
    unsigned groups_count;
    raw_event *timeline;
    unsigned timeline_count;
} raw_scenario;

/* --- the schema ---------------------------------------------------------------------------------
 */

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT(type, key, member) CYAML_FIELD_STRING_PTR(key, OPTIONAL, type, member, 0, TEXT_MAX)
#define UPLINK(type, array)                                                                        \
    TEXT(type, "snr", array[SETTING_SNR]), TEXT(type, "loss", array[SETTING_LOSS]),                \
        TEXT(type, "delay", array[SETTING_DELAY]), TEXT(type, "jitter", array[SETTING_JITTER])
#define UES(type)                                                                                  \
    TEXT(type, "channel", ues.channel), TEXT(type, "model", ues.model), TEXT(type, "cr", ues.cr),  \
        TEXT(type, "period", ues.period), TEXT(type, "speed", ues.speed),                          \
        TEXT(type, "precision", ues.precision), TEXT(type, "codeword", ues.codeword),              \
        UPLINK(type, ues.uplink)
#define ENDS(key, name)                                                                            \
    CYAML_FIELD_SEQUENCE_FIXED(key, OPTIONAL, raw_ramp, ends[name], &text_value, 2)

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, TEXT_MAX)};

static const cyaml_schema_field_t group_fields[] = {TEXT(raw_group, "name", name),
                                                    TEXT(raw_group, "count", count), UES(raw_group),
                                                    CYAML_FIELD_END};

static const cyaml_schema_value_t group_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_group, group_fields)};

static const cyaml_schema_field_t set_fields[] = {UPLINK(raw_set, value), CYAML_FIELD_END};

static const cyaml_schema_field_t ramp_fields[] = {
    ENDS("snr", SETTING_SNR),       ENDS("loss", SETTING_LOSS),   ENDS("delay", SETTING_DELAY),
    ENDS("jitter", SETTING_JITTER), TEXT(raw_ramp, "over", over), CYAML_FIELD_END};

static const cyaml_schema_field_t event_fields[] = {
    TEXT(raw_event, "at", at),
    TEXT(raw_event, "group", group),
    TEXT(raw_event, "ue", ue),
    CYAML_FIELD_MAPPING_PTR("set", OPTIONAL, raw_event, set, set_fields),
    CYAML_FIELD_MAPPING_PTR("ramp", OPTIONAL, raw_event, ramp, ramp_fields),
    TEXT(raw_event, "restart", restart),
    TEXT(raw_event, "down", down),
    CYAML_FIELD_END};

static const cyaml_schema_value_t event_value = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_event, event_fields)};

static const cyaml_schema_field_t top_fields[] = {
    TEXT(raw_scenario, "about", about),
    TEXT(raw_scenario, "duration", duration),
    TEXT(raw_scenario, "seed", seed),
    TEXT(raw_scenario, "timeout", timeout),
    TEXT(raw_scenario, "dl-snr", dl_snr),
    TEXT(raw_scenario, "estimation", estimation),
    TEXT(raw_scenario, "pilots", pilots),
    TEXT(raw_scenario, "carrier", carrier),
    TEXT(raw_scenario, "bandwidth", bandwidth),
    TEXT(raw_scenario, "nc", nc),
    TEXT(raw_scenario, "references", references),
    TEXT(raw_scenario, "genie", genie),
    TEXT(raw_scenario, "warm-up", warm_up),
    TEXT(raw_scenario, "use-after", use_after),
    TEXT(raw_scenario, "age-every", age_every),
    UES(raw_scenario),
    CYAML_FIELD_SEQUENCE("groups", OPTIONAL, raw_scenario, groups, &group_value, 0,
                         CHAIN_GROUPS_MAX),
    CYAML_FIELD_SEQUENCE("timeline", OPTIONAL, raw_scenario, timeline, &event_value, 0,
                         TIMELINE_MAX + RESTARTS_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_scenario, top_fields)};

/* --- values -------------------------------------------------------------------------------------
 */

/* One value on its way; the first failure of several stands. */
typedef struct taking {
    const config_reading *reading;
    char section[PLACE_MAX]; /* "groups/1/" */
    err *e;
    int status;
} taking;

/* After a value was refused: with its place, once. */
static void refused(taking *t, const char *key)
{
    char place[PLACE_MAX + CONFIG_KEY_MAX];
    snprintf(place, sizeof place, "%s%s", t->section, key);
    config_place(t->reading, place, t->e);
    t->status = t->e->code = ERR_FORMAT; /* the file's fault, not the caller's */
}

static bool wanted(const taking *t, const char *text)
{
    return text && t->status == ERR_NONE;
}

static void take_real(taking *t, const char *key, const char *text, double min, double max,
                      double *value)
{
    double v;
    if (!wanted(t, text))
        return;
    if (text_number(text, &v) && v >= min && v <= max) {
        *value = v;
        return;
    }
    err_set(t->e, ERR_FORMAT, "'%.64s' is not a number from %g to %g", text, min, max);
    refused(t, key);
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
    if (isdigit((unsigned char)*text) && text_number(text, &v) && v == floor(v) && v >= min &&
        v <= max) {
        *value = (uint64_t)v;
        return;
    }
    err_set(t->e, ERR_FORMAT, "'%.64s' is not a whole number from %.0f to %.0f", text, min, max);
    refused(t, key);
}

static void take_choice(taking *t, const char *key, const char *text, const char *choices,
                        char *value, size_t size)
{
    if (!wanted(t, text))
        return;
    for (const char *c = choices; *c; c += *c == '|') {
        size_t length = strcspn(c, "|");
        if (strlen(text) == length && strncmp(c, text, length) == 0) {
            snprintf(value, size, "%s", text);
            return;
        }
        c += length;
    }
    err_set(t->e, ERR_FORMAT, "'%.64s' is none of %s", text, choices);
    refused(t, key);
}

static void take_bool(taking *t, const char *key, const char *text, bool *value)
{
    char word[8] = "";
    take_choice(t, key, text, "yes|no|true|false", word, sizeof word);
    if (*word)
        *value = *word == 'y' || *word == 't';
}

/* Text that goes to a program: it may be a path. */
static void take_text(taking *t, const char *key, const char *text, bool lines, char *value,
                      size_t size)
{
    if (!wanted(t, text))
        return;
    size_t length = strlen(text);
    bool good = length < size && (lines || length > 0);
    for (const char *c = text; good && *c; c++)
        good = !iscntrl((unsigned char)*c) || (lines && (*c == '\n' || *c == '\t'));
    if (good) {
        memcpy(value, text, length + 1);
        return;
    }
    err_set(t->e, ERR_FORMAT, "'%.64s' is not 1 to %zu bytes of plain text", text, size - 1);
    refused(t, key);
}

static void take_period(taking *t, const char *text, char value[SCENARIO_WORD_MAX])
{
    chain_schedule schedule;
    if (!wanted(t, text))
        return;
    if (chain_schedule_parse_periods(&schedule, text, t->e) != ERR_NONE)
        refused(t, "period");
    else
        take_text(t, "period", text, false, value, SCENARIO_WORD_MAX);
}

static void take_use(taking *t, const char *text, double *use_after_s)
{
    if (wanted(t, text) && chain_age_parse_use(text, use_after_s, t->e) != ERR_NONE)
        refused(t, "use-after");
}

static void take_cr(taking *t, const char *text, char model[SCENARIO_WORD_MAX])
{
    uint64_t cr = 0;
    take_count(t, "cr", text, 1, 1024, &cr);
    if (wanted(t, text) && scenario_model_of_cr(model, (unsigned)cr, t->e) != ERR_NONE)
        refused(t, "cr");
}

static void take_setting(taking *t, setting_name name, const char *text, double *value)
{
    if (wanted(t, text) && setting_parse(name, text, value, t->e) != ERR_NONE)
        refused(t, setting_kinds[name].name);
}

static void take_ues(taking *t, const raw_ues *raw, scenario_ues *ues, bool own[SETTINGS])
{
    take_text(t, "channel", raw->channel, false, ues->channel, sizeof ues->channel);
    take_text(t, "model", raw->model, false, ues->model, sizeof ues->model);
    take_cr(t, raw->cr, ues->model);
    take_period(t, raw->period, ues->period);
    take_real(t, "speed", raw->speed, 0, 2000, &ues->speed_kmh);
    take_choice(t, "precision", raw->precision, "int8|float", ues->precision,
                sizeof ues->precision);
    take_text(t, "codeword", raw->codeword, false, ues->codeword, sizeof ues->codeword);
    for (int i = 0; i < SETTINGS; i++) {
        take_setting(t, (setting_name)i, raw->uplink[i], &ues->uplink.value[i]);
        own[i] = raw->uplink[i] != NULL;
    }
}

static void take_top(taking *t, const raw_scenario *raw, scenario *s)
{
    bool own[SETTINGS];
    take_text(t, "about", raw->about, true, s->about, sizeof s->about);
    take_time(t, "duration", raw->duration, 0.001, 864000, &s->duration_s);
    take_count(t, "seed", raw->seed, 0, 9e15, &s->seed);
    take_time(t, "timeout", raw->timeout, 0.001, 3600, &s->timeout_s);
    take_real(t, "dl-snr", raw->dl_snr, -30, INFINITY, &s->dl_snr_db);
    take_choice(t, "estimation", raw->estimation, "ls|none", s->estimation, sizeof s->estimation);
    take_choice(t, "pilots", raw->pilots, "dft|hadamard", s->pilots, sizeof s->pilots);
    take_real(t, "carrier", raw->carrier, 0, 1e11, &s->carrier_hz);
    take_real(t, "bandwidth", raw->bandwidth, 1e5, 1e10, &s->bandwidth_hz);
    take_count(t, "nc", raw->nc, 32, 8192, &s->nc);
    take_count(t, "references", raw->references, CSI_REFERENCES_MIN, CSI_REFERENCES_MAX,
               &s->references);
    take_bool(t, "genie", raw->genie, &s->genie);
    take_time(t, "warm-up", raw->warm_up, 0, 864000, &s->warm_up_s);
    take_use(t, raw->use_after, &s->use_after_s);
    take_count(t, "age-every", raw->age_every, 0, 1e6, &s->age_every);
    take_ues(t, &raw->ues, &s->all, own);
}

static void missing(taking *t, const char *key, const char *what)
{
    if (t->status != ERR_NONE)
        return;
    err_set(t->e, ERR_FORMAT, "%s", what);
    refused(t, key);
}

static void take_group(taking *t, const raw_group *raw, scenario *s)
{
    uint64_t count = 0;
    if (!raw->name || !raw->count)
        missing(t, raw->name ? "count" : "name", "a group of UEs needs a name and a count");
    take_count(t, "count", raw->count, 1, SCENARIO_UES_MAX, &count);
    if (t->status != ERR_NONE)
        return;
    scenario_group *g = scenario_add_group(s, raw->name, (uint32_t)count, t->e);
    if (!g)
        refused(t, "name");
    else
        take_ues(t, &raw->ues, &g->has, g->own);
}

/* --- the timeline -------------------------------------------------------------------------------
 */

static void take_target(taking *t, const raw_event *raw, const scenario *s, target *who)
{
    uint64_t ue = 0;
    *who = (target){TARGET_ALL, 0};
    if (raw->group && raw->ue)
        missing(t, "ue", "an event is for a group or for one UE, not for both");
    if (wanted(t, raw->group)) {
        *who = (target){TARGET_GROUP, scenario_group_named(s, raw->group)};
        if (who->index == NO_GROUP) {
            err_set(t->e, ERR_FORMAT, "there is no group '%.64s'", raw->group);
            refused(t, "group");
        }
    }
    if (raw->ue) {
        take_count(t, "ue", raw->ue, 0, (double)s->ues - 1, &ue);
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
        missing(t, "", "nothing is set: there are snr, loss, delay and jitter");
}

static void take_ramp(taking *t, const raw_ramp *raw, scenario *s, timeline_change change)
{
    bool any = false;
    if (!raw->over)
        missing(t, "over", "a ramp needs to know how long it takes, such as 30s");
    take_time(t, "over", raw->over, 0.001, 864000, &change.course.over_s);
    for (int i = 0; i < SETTINGS; i++) {
        if (!raw->ends[i] || t->status != ERR_NONE)
            continue;
        any = true;
        change.name = (setting_name)i;
        take_setting(t, change.name, raw->ends[i][0], &change.course.from);
        take_setting(t, change.name, raw->ends[i][1], &change.course.to);
        if (isinf(change.course.from) || isinf(change.course.to))
            missing(t, setting_kinds[i].name, "a ramp has finite ends");
        add_change(t, s, &change, setting_kinds[i].name);
    }
    if (!any)
        missing(t, "", "a ramp of nothing: there are snr, loss, delay and jitter, each [from, to]");
}

static void take_restart(taking *t, const raw_event *raw, double at_s, scenario *s)
{
    char word[SCENARIO_NAME_MAX] = "";
    restart r = {.at_s = at_s};
    take_choice(t, "restart", raw->restart, "bs-server|channel-sim", word, sizeof word);
    take_time(t, "down", raw->down, 0, 3600, &r.down_s);
    if (raw->group || raw->ue)
        missing(t, "restart", "there is one base station and one channel-sim for all UEs");
    if (s->restarts == RESTARTS_MAX)
        missing(t, "restart", "a timeline has at most 64 restarts");
    if (t->status != ERR_NONE)
        return;
    r.process = strcmp(word, "bs-server") == 0 ? RESTART_BS_SERVER : RESTART_CHANNEL_SIM;
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
    take_time(t, "at", raw->at, 0, 864000, &change.course.start_s);
    take_target(t, raw, s, &change.who);
    if (!raw->set + !raw->ramp + !raw->restart != 2)
        missing(t, "at", "an event is one of set, ramp and restart");
    if (raw->down && !raw->restart)
        missing(t, "down", "only a restart has a time in which the process is down");
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
    take_top(&t, raw, s);
    for (unsigned i = 0; i < raw->groups_count && t.status == ERR_NONE; i++) {
        snprintf(t.section, sizeof t.section, "groups/%u/", i);
        take_group(&t, &raw->groups[i], s);
    }
    t.section[0] = '\0';
    if (s->groups == 0)
        missing(&t, "groups", "there are no groups of UEs; one is written {name: ues, count: 8}");
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
    int status = config_load(&reading, &schema, &raw, e);
    if (status == ERR_NONE)
        status = take(s, raw, &reading, e);
    err_one_line(e->text); /* a value may have lines, and messages quote it */
    config_free(&schema, raw);
    return status;
}

static int refuse_name(const char *path, err *e)
{
    char names[ERR_TEXT_MAX / 2];
    share_list("scenarios", ".yaml", names, sizeof names);
    return err_set(e, ERR_IO, "there is no scenario '%.128s'%s%s", path,
                   names[0] ? "; there are " : "", names);
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

int scenario_place(const char *path, const char *place, err *e)
{
    void *text;
    size_t size;
    char shipped[PATH_MAX];
    if (share_find_named("scenarios", path, ".yaml", shipped, sizeof shipped))
        path = shipped;
    if (file_read(path, SCENARIO_BYTES_MAX, &text, &size, NULL) == ERR_NONE)
        config_place(&(config_reading){.file = path, .text = text, .size = size}, place, e);
    free(text);
    return e->code;
}
