#include "cell/impairments.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

const setting_kind setting_kinds[SETTINGS] = {
    [SETTING_SNR] = {"snr", "dB", SETTING_SNR_MIN_DB, SETTING_SNR_MAX_DB,
                     "noise, relative to each codeword's own power"},
    [SETTING_LOSS] = {"loss", "fraction", 0, 1, "share of reports to lose"},
    [SETTING_DELAY] = {"delay", "s", 0, SETTING_DELAY_MAX_S, "delay of every report"},
    [SETTING_JITTER] = {"jitter", "s", 0, SETTING_DELAY_MAX_S,
                        "further delay, uniform from 0 to this"},
};

int setting_find(const char *name, setting_name *found, err *e)
{
    const char *names[SETTINGS];
    for (int i = 0; i < SETTINGS; i++) {
        names[i] = setting_kinds[i].name;
        if (strcmp(name, names[i]) == 0) {
            *found = (setting_name)i;
            return ERR_NONE;
        }
    }
    const char *nearest = text_nearest(name, names, SETTINGS);
    return err_set(e, ERR_INVALID, "unknown setting '%.40s'; %s%s%s", name,
                   nearest ? "did you mean " : "the settings are snr, loss, delay, jitter",
                   nearest ? nearest : "", nearest ? "?" : "");
}

int setting_check(setting_name name, double value, err *e)
{
    const setting_kind *k = &setting_kinds[name];
    if ((value >= k->min && value <= k->max) || (name == SETTING_SNR && value == INFINITY))
        return ERR_NONE;
    return err_set(e, ERR_INVALID, "%s takes %g to %g %s%s, not %g", k->name, k->min, k->max,
                   k->unit, name == SETTING_SNR ? ", or inf" : "", value);
}

int setting_parse(setting_name name, const char *text, double *value, err *e)
{
    static const char *const form[SETTINGS] = {"a number of dB, or inf", "a fraction from 0 to 1",
                                               "a time such as 2ms or 1.5s",
                                               "a time such as 2ms or 1.5s"};
    bool time = name == SETTING_DELAY || name == SETTING_JITTER;
    if (!(time ? text_duration(text, 1, value) : text_number(text, value)))
        return err_set(e, ERR_INVALID, "%s takes %s, not '%.40s'", setting_kinds[name].name,
                       form[name], text);
    return setting_check(name, *value, e);
}

double course_at(const course *c, double t_s)
{
    if (!(c->over_s > 0) || t_s >= c->start_s + c->over_s)
        return c->to;
    if (t_s <= c->start_s)
        return c->from;
    return c->from + (c->to - c->from) * (t_s - c->start_s) / c->over_s;
}

double course_left(const course *c, double t_s)
{
    return c->over_s > 0 ? fmax(0, fmin(c->over_s, c->start_s + c->over_s - t_s)) : 0;
}
