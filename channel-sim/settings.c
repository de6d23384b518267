#include "settings.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define OVER_MAX_S 864000.0

/* A value that was set, and the schedule's time then. */
typedef struct live {
    bool set;
    course course;
    double after_s;
} live;

/* A value for one UE. The list is sorted by UE and short against the cell. */
typedef struct exception {
    uint32_t ue;
    setting_name name;
    live live;
} exception;

struct settings {
    const scenario *scenario; /* NULL: no groups, no timeline */
    uint32_t ues;             /* the cell has the numbers below it */
    double time_s;            /* of the schedule */
    live all[SETTINGS], group[CELL_GROUPS_MAX][SETTINGS];
    exception *exceptions;
    size_t count, capacity;
};

static live from_the_start(double value)
{
    return (live){true, {.from = value, .to = value}, -INFINITY};
}

settings *settings_create(const impairments *initial, const scenario *plan, uint32_t ues)
{
    settings *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->scenario = plan;
    s->ues = ues ? ues : WIRE_UE_MAX;
    s->time_s = -INFINITY;
    for (int i = 0; i < SETTINGS; i++)
        s->all[i] = from_the_start(initial->value[i]);
    for (size_t g = 0; plan && g < plan->cell.groups; g++)
        for (int i = 0; i < SETTINGS; i++)
            if (plan->cell.group[g].own[i])
                s->group[g][i] = from_the_start(plan->cell.group[g].has.uplink.value[i]);
    return s;
}

void settings_free(settings *s)
{
    if (s)
        free(s->exceptions);
    free(s);
}

/* Index of the first exception of a UE numbered `ue` or higher. */
static size_t lower_bound(const settings *s, uint32_t ue)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->exceptions[middle].ue < ue)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static exception *find_exception(const settings *s, uint32_t ue, setting_name name)
{
    for (size_t i = lower_bound(s, ue); i < s->count && s->exceptions[i].ue == ue; i++)
        if (s->exceptions[i].name == name)
            return &s->exceptions[i];
    return NULL;
}

static asked_for one_ue(const settings *s, uint32_t ue)
{
    uint32_t group = s->scenario ? cell_group_of(&s->scenario->cell, ue) : NO_GROUP;
    return (asked_for){TARGET_UE, group, ue};
}

static const live *live_for(const settings *s, setting_name name, asked_for who)
{
    const exception *x = who.kind == TARGET_UE ? find_exception(s, who.ue, name) : NULL;
    if (x)
        return &x->live;
    bool of_group = who.kind != TARGET_ALL && who.group != NO_GROUP;
    return of_group && s->group[who.group][name].set ? &s->group[who.group][name] : &s->all[name];
}

/* The course in force, and the time on its clock. */
static const course *course_for(const settings *s, setting_name name, asked_for who, double due_s,
                                double now_s, double *clock_s)
{
    const live *l = live_for(s, name, who);
    const timeline_change *change =
        s->scenario ? timeline_last(&s->scenario->timeline, name, who, due_s) : NULL;
    bool planned = change && change->course.start_s > l->after_s;
    *clock_s = planned ? due_s : now_s;
    return planned ? &change->course : &l->course;
}

static double value_for(const settings *s, setting_name name, asked_for who, double due_s,
                        double now_s)
{
    double clock_s;
    const course *c = course_for(s, name, who, due_s, now_s, &clock_s);
    return course_at(c, clock_s);
}

static impairments values_for(const settings *s, asked_for who, double due_s, double now_s)
{
    impairments in_force;
    for (int i = 0; i < SETTINGS; i++)
        in_force.value[i] = value_for(s, (setting_name)i, who, due_s, now_s);
    return in_force;
}

impairments settings_of(const settings *s, uint32_t ue, double due_s, double now_s)
{
    return values_for(s, one_ue(s, ue), due_s, now_s);
}

impairments settings_of_all(const settings *s, double now_s)
{
    return values_for(s, (asked_for){TARGET_ALL, NO_GROUP, 0}, s->time_s, now_s);
}

void settings_advance(settings *s, double due_s)
{
    s->time_s = fmax(s->time_s, due_s);
}

double settings_time(const settings *s)
{
    return isfinite(s->time_s) ? s->time_s : NAN;
}

/* Clears that setting of single UEs, in one group or (NO_GROUP) in all. */
static void forget_exceptions(settings *s, setting_name name, uint32_t group)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        bool inside = group == NO_GROUP || one_ue(s, s->exceptions[i].ue).group == group;
        if (s->exceptions[i].name != name || !inside)
            s->exceptions[kept++] = s->exceptions[i];
    }
    s->count = kept;
}

static int set_exception(settings *s, uint32_t ue, setting_name name, live l, err *e)
{
    exception *there = find_exception(s, ue, name);
    if (there) {
        there->live = l;
        return ERR_NONE;
    }
    if (s->count == SETTINGS_OF_SINGLE_UES_MAX)
        return err_set(e, ERR_STATE,
                       "%d settings of single UEs are in force, the maximum; a change for all UEs "
                       "clears the ones of its name",
                       SETTINGS_OF_SINGLE_UES_MAX);
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 64;
        exception *bigger = realloc(s->exceptions, capacity * sizeof *bigger);
        if (!bigger)
            return err_set(e, ERR_NOMEM, "out of memory for settings of single UEs");
        s->exceptions = bigger;
        s->capacity = capacity;
    }
    size_t at = lower_bound(s, ue);
    memmove(&s->exceptions[at + 1], &s->exceptions[at], (s->count - at) * sizeof *s->exceptions);
    s->exceptions[at] = (exception){ue, name, l};
    s->count++;
    return ERR_NONE;
}

static int find_group(const settings *s, const char *name, uint32_t *group, err *e)
{
    char list[160] = "";
    *group = s->scenario ? cell_group_named(&s->scenario->cell, name) : NO_GROUP;
    if (*group != NO_GROUP)
        return ERR_NONE;
    for (size_t i = 0, used = 0; s->scenario && i < s->scenario->cell.groups && used < sizeof list;
         i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                                 s->scenario->cell.group[i].name);
    return err_set(e, ERR_INVALID, "unknown group '%.40s'%s%s", name,
                   *list ? "; there are " : ": this cell has none", list);
}

static int find_target(const settings *s, const wire_change *change, asked_for *who, err *e)
{
    *who = (asked_for){TARGET_ALL, NO_GROUP, 0};
    if (change->for_one_ue && change->ue >= s->ues)
        return err_set(e, ERR_INVALID, "UE %u is not in the cell, whose numbers go up to %u",
                       change->ue, s->ues - 1);
    if (change->for_one_ue) {
        *who = one_ue(s, change->ue);
    } else if (change->group[0]) {
        who->kind = TARGET_GROUP;
        return find_group(s, change->group, &who->group, e);
    }
    return ERR_NONE;
}

static int find_course(const settings *s, const wire_change *change, setting_name name,
                       asked_for who, double now_s, course *c, err *e)
{
    *c = (course){.from = change->value, .to = change->value, .start_s = now_s};
    if (setting_check(name, change->value, e) != ERR_NONE)
        return ERR_INVALID;
    if (!change->ramped)
        return ERR_NONE;
    if (!(change->over_s > 0 && change->over_s <= OVER_MAX_S))
        return err_set(e, ERR_INVALID, "a ramp lasts from above 0 to %g s, not %g", OVER_MAX_S,
                       change->over_s);
    c->over_s = change->over_s;
    c->from = change->from_given ? change->from : value_for(s, name, who, s->time_s, now_s);
    if (setting_check(name, c->from, e) != ERR_NONE)
        return ERR_INVALID;
    if (isinf(c->from) || isinf(c->to))
        return err_set(e, ERR_INVALID, "a ramp needs finite ends, not %g to %g", c->from, c->to);
    return ERR_NONE;
}

int settings_apply(settings *s, const wire_change *change, double now_s, err *e)
{
    setting_name name = SETTING_SNR;
    asked_for who;
    live l = {.set = true, .after_s = s->time_s};
    if (setting_find(change->name, &name, e) != ERR_NONE ||
        find_target(s, change, &who, e) != ERR_NONE ||
        find_course(s, change, name, who, now_s, &l.course, e) != ERR_NONE)
        return ERR_INVALID;
    if (who.kind == TARGET_UE)
        return set_exception(s, who.ue, name, l, e);
    forget_exceptions(s, name, who.group);
    if (who.kind == TARGET_GROUP) {
        s->group[who.group][name] = l;
        return ERR_NONE;
    }
    for (size_t g = 0; g < CELL_GROUPS_MAX; g++)
        s->group[g][name].set = false;
    s->all[name] = l;
    return ERR_NONE;
}

/* --- the reply -------------------------------------------------------------------------------- */

static void list_setting(const settings *s, wire_control_reply *r, setting_name name, asked_for who,
                         double now_s)
{
    const setting_kind *k = &setting_kinds[name];
    double clock_s;
    const course *c = course_for(s, name, who, s->time_s, now_s, &clock_s);
    r->setting[r->settings++] = (wire_setting){
        .name = k->name,
        .unit = k->unit,
        .min = k->min,
        .max = k->max,
        .value = course_at(c, clock_s),
        .ramp_to = c->to,
        .ramp_left_s = course_left(c, clock_s),
        .for_one_ue = who.kind == TARGET_UE,
        .ue = who.ue,
        .group = who.kind == TARGET_GROUP ? s->scenario->cell.group[who.group].name : ""};
}

/* Lists a group if its course differs from that for all UEs. */
static void list_group(const settings *s, wire_control_reply *r, uint32_t group, double now_s)
{
    const cell_group *g = &s->scenario->cell.group[group];
    r->group[r->groups++] = (wire_group){g->name, g->first, g->ues};
    for (int i = 0; i < SETTINGS; i++) {
        asked_for all = {TARGET_ALL, NO_GROUP, 0}, who = {TARGET_GROUP, group, 0};
        double clock_s;
        if (course_for(s, (setting_name)i, all, s->time_s, now_s, &clock_s) !=
            course_for(s, (setting_name)i, who, s->time_s, now_s, &clock_s))
            list_setting(s, r, (setting_name)i, who, now_s);
    }
}

/* Lists single UEs from `first` on: those that a controller set, up to a page, then, while the page
 * has room, those of the timeline that no controller has set since. */
static void list_ues(const settings *s, wire_control_reply *r, uint32_t first, double now_s)
{
    size_t begin = lower_bound(s, first), end = begin;
    while (end < s->count &&
           (end - begin < WIRE_PAGE_MAX || s->exceptions[end].ue == s->exceptions[end - 1].ue))
        end++;
    r->next_ue = end < s->count ? s->exceptions[end].ue : 0;
    for (size_t i = begin; i < end; i++)
        list_setting(s, r, s->exceptions[i].name, one_ue(s, s->exceptions[i].ue), now_s);
    for (size_t i = 0; s->scenario && i < s->scenario->timeline.count; i++) {
        const timeline_change *c = &s->scenario->timeline.change[i];
        double clock_s;
        if (c->who.kind != TARGET_UE || find_exception(s, c->who.index, c->name) ||
            c->who.index < first || (r->next_ue && c->who.index >= r->next_ue))
            continue;
        asked_for who = one_ue(s, c->who.index);
        if (course_for(s, c->name, who, s->time_s, now_s, &clock_s) == &c->course)
            list_setting(s, r, c->name, who, now_s);
    }
}

int settings_reply(const settings *s, const char *error, uint32_t from_ue, double now_s,
                   zmq_msg_t *frame)
{
    size_t groups = s->scenario ? s->scenario->cell.groups : 0;
    size_t most = SETTINGS * (1 + groups) + WIRE_PAGE_MAX + SETTINGS + TIMELINE_MAX;
    wire_control_reply reply = {.error = error,
                                .setting = calloc(most, sizeof *reply.setting),
                                .group = calloc(groups + 1, sizeof *reply.group),
                                .time_s = fmax(0, s->time_s)};
    int rc = ERR_NOMEM;
    if (reply.setting && reply.group) {
        for (int i = 0; i < SETTINGS; i++)
            list_setting(s, &reply, (setting_name)i, (asked_for){TARGET_ALL, NO_GROUP, 0}, now_s);
        for (uint32_t g = 0; g < groups; g++)
            list_group(s, &reply, g, now_s);
        list_ues(s, &reply, from_ue, now_s);
        rc = wire_control_reply_pack(&reply, frame);
    }
    free(reply.setting);
    free(reply.group);
    return rc;
}
