#include "settings.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/option.h"

const setting_kind setting_kinds[SETTINGS] = {
    [SETTING_SNR] = {"snr", "dB", -30, 100},
    [SETTING_LOSS] = {"loss", "fraction", 0, 1},
    [SETTING_DELAY] = {"delay", "s", 0, 10},
    [SETTING_JITTER] = {"jitter", "s", 0, 10},
};

/* One value for one UE; kept sorted by UE, few beside the UEs of a cell. */
typedef struct exception {
    uint32_t ue;
    setting_name name;
    double value;
} exception;

struct settings {
    impairments all;
    exception *exceptions;
    size_t count, capacity;
};

settings *settings_create(const impairments *initial)
{
    settings *s = calloc(1, sizeof *s);
    if (s)
        s->all = *initial;
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

impairments settings_of(const settings *s, uint32_t ue)
{
    impairments in_force = s->all;
    for (size_t i = lower_bound(s, ue); i < s->count && s->exceptions[i].ue == ue; i++)
        in_force.value[s->exceptions[i].name] = s->exceptions[i].value;
    return in_force;
}

static int find_name(const char *name, setting_name *found, err *e)
{
    const char *names[SETTINGS];
    for (int i = 0; i < SETTINGS; i++) {
        names[i] = setting_kinds[i].name;
        if (strcmp(name, names[i]) == 0) {
            *found = (setting_name)i;
            return ERR_NONE;
        }
    }
    const char *nearest = option_nearest(name, names, SETTINGS);
    return err_set(e, ERR_INVALID, "there is no setting '%.40s'; %s%s%s", name,
                   nearest ? "did you mean " : "there are snr, loss, delay and jitter",
                   nearest ? nearest : "", nearest ? "?" : "");
}

static bool in_range(setting_name name, double value)
{
    const setting_kind *k = &setting_kinds[name];
    return (value >= k->min && value <= k->max) || (name == SETTING_SNR && value == INFINITY);
}

static void forget_exceptions(settings *s, setting_name name)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->exceptions[i].name != name)
            s->exceptions[kept++] = s->exceptions[i];
    s->count = kept;
}

static int set_exception(settings *s, uint32_t ue, setting_name name, double value, err *e)
{
    size_t at = lower_bound(s, ue);
    for (size_t i = at; i < s->count && s->exceptions[i].ue == ue; i++) {
        if (s->exceptions[i].name == name) {
            s->exceptions[i].value = value;
            return ERR_NONE;
        }
    }
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 64;
        exception *bigger = realloc(s->exceptions, capacity * sizeof *bigger);
        if (!bigger)
            return err_set(e, ERR_NOMEM, "out of memory for settings of single UEs");
        s->exceptions = bigger;
        s->capacity = capacity;
    }
    memmove(&s->exceptions[at + 1], &s->exceptions[at], (s->count - at) * sizeof *s->exceptions);
    s->exceptions[at] = (exception){ue, name, value};
    s->count++;
    return ERR_NONE;
}

int settings_apply(settings *s, const Csilink__ControlRequest__Set *set, err *e)
{
    setting_name name = SETTING_SNR;
    if (find_name(set->name, &name, e) != ERR_NONE)
        return ERR_INVALID;
    const setting_kind *k = &setting_kinds[name];
    if (!in_range(name, set->value))
        return err_set(e, ERR_INVALID, "%s takes %g to %g %s%s, not %g", k->name, k->min, k->max,
                       k->unit, name == SETTING_SNR ? ", or inf" : "", set->value);
    if (set->for_one_ue && set->ue >= LINK_UE_MAX)
        return err_set(e, ERR_INVALID, "UE %u: numbers go up to %d", set->ue, LINK_UE_MAX - 1);
    if (set->for_one_ue)
        return set_exception(s, set->ue, name, set->value, e);
    forget_exceptions(s, name);
    s->all.value[name] = set->value;
    return ERR_NONE;
}

static void fill_setting(Csilink__ControlReply__Setting *out, setting_name name, double value)
{
    csilink__control_reply__setting__init(out);
    out->name = (char *)(uintptr_t)setting_kinds[name].name; /* protobuf-c reads it only */
    out->unit = (char *)(uintptr_t)setting_kinds[name].unit;
    out->value = value;
    out->min = setting_kinds[name].min;
    out->max = setting_kinds[name].max;
}

int settings_reply(const settings *s, const char *error, zmq_msg_t *frame)
{
    size_t count = SETTINGS + s->count;
    Csilink__ControlReply__Setting *list = calloc(count, sizeof *list);
    Csilink__ControlReply__Setting **pointers = calloc(count, sizeof *pointers);
    int status = ERR_NOMEM;
    if (list && pointers) {
        for (size_t i = 0; i < count; i++) {
            pointers[i] = &list[i];
            if (i < SETTINGS) {
                fill_setting(&list[i], (setting_name)i, s->all.value[i]);
                continue;
            }
            const exception *x = &s->exceptions[i - SETTINGS];
            fill_setting(&list[i], x->name, x->value);
            list[i].for_one_ue = true;
            list[i].ue = x->ue;
        }
        Csilink__ControlReply reply = CSILINK__CONTROL_REPLY__INIT;
        reply.error = (char *)(uintptr_t)error;
        reply.settings = pointers;
        reply.n_settings = count;
        status = link_pack(&reply.base, frame);
    }
    free(list);
    free(pointers);
    return status;
}
