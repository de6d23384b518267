#include "fading/profile.h"
#include "base/text.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"

/* 3GPP TS 36.104, annex B.2: delay in ns / relative power in dB. */
static const struct {
    const char *name, *list;
} standard[] = {
    {"epa", "0/0,30/-1,70/-2,90/-3,110/-8,190/-17.2,410/-20.8"},
    {"eva", "0/0,30/-1.5,150/-1.4,310/-3.6,370/-0.6,710/-9.1,1090/-7,1730/-12,2510/-16.9"},
    {"etu", "0/-1,50/-1,120/-1,200/0,230/0,500/0,1600/-3,2300/-5,5000/-7"},
};

static const double DEFAULT_DECAY = 2, MAX_DECAY = 9; /* samples; 9 makes 63 paths */

static int parse_exponential(fading_profile *p, const char *text, err *e)
{
    double decay = DEFAULT_DECAY;
    if ((*text && !text_number(text, &decay)) || !(decay > 0 && decay <= MAX_DECAY))
        return err_set(e, ERR_INVALID,
                       "rayleigh:exponential takes a decay above 0 and up to %g samples, not "
                       "'%.32s'",
                       MAX_DECAY, text);
    p->paths = 1 + (int)(decay * log(1000)); /* down to -30 dB */
    for (int l = 0; l < p->paths; l++) {
        p->delay[l] = l;
        p->power[l] = exp(-l / decay);
    }
    return ERR_NONE;
}

static int parse_uniform(fading_profile *p, const char *text, err *e)
{
    uint64_t paths;
    if (!text_whole(text, 1, FADING_MAX_PATHS, &paths))
        return err_set(e, ERR_INVALID, "rayleigh:uniform takes 1 to %d paths, not '%.32s'",
                       FADING_MAX_PATHS, text);
    p->paths = (int)paths;
    for (int l = 0; l < p->paths; l++) {
        p->delay[l] = l;
        p->power[l] = 1;
    }
    return ERR_NONE;
}

/* Reads one "NS/DB"; returns the text after it, NULL if it is malformed. */
static const char *parse_path(const char *text, double *ns, double *db)
{
    const char *end = text_number_at(text, ns);
    if (!end || *end != '/')
        return NULL;
    end = text_number_at(end + 1, db);
    if (!end || (*end && *end != ',') || !(*ns >= 0 && *ns < 1e12) || !(fabs(*db) <= 200))
        return NULL;
    return end;
}

static int parse_list(fading_profile *p, const char *text, double bandwidth_hz, err *e)
{
    for (p->paths = 0;; p->paths++, text++) {
        double ns, db;
        const char *end = parse_path(text, &ns, &db);
        if (!end)
            return err_set(e, ERR_INVALID,
                           "'%.32s' is not a list of delays in ns and powers in dB, such as "
                           "0/0,100/-3,250/-9",
                           text);
        if (p->paths == FADING_MAX_PATHS)
            return err_set(e, ERR_INVALID, "a profile has at most %d paths", FADING_MAX_PATHS);
        p->delay[p->paths] = ns * 1e-9 * bandwidth_hz;
        p->power[p->paths] = power_of_db(db);
        text = end;
        if (!*text)
            break;
    }
    p->paths++;
    return ERR_NONE;
}

/* The text after "name" or "name:"; NULL if it begins with neither. */
static const char *after(const char *text, const char *name)
{
    size_t n = strlen(name);
    if (strncmp(text, name, n) != 0 || (text[n] && text[n] != ':'))
        return NULL;
    return text + n + (text[n] == ':');
}

static int parse_any(fading_profile *p, const char *text, double bandwidth_hz, err *e)
{
    const char *rest;
    if (!*text)
        return parse_exponential(p, "", e);
    if ((rest = after(text, "exponential")))
        return parse_exponential(p, rest, e);
    if ((rest = after(text, "uniform")))
        return parse_uniform(p, rest, e);
    for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++)
        if (strcmp(text, standard[i].name) == 0)
            return parse_list(p, standard[i].list, bandwidth_hz, e);
    if (strchr(text, '/'))
        return parse_list(p, text, bandwidth_hz, e);
    return err_set(e, ERR_INVALID,
                   "unknown profile '%.32s'; the profiles are exponential[:DECAY], uniform:L, "
                   "epa, eva, etu and lists of NS/DB",
                   text);
}

int fading_profile_parse(fading_profile *p, const char *text, double bandwidth_hz, double max_delay,
                         err *e)
{
    int code = parse_any(p, text, bandwidth_hz, e);
    if (code)
        return code;
    double sum = 0;
    for (int l = 0; l < p->paths; l++) {
        if (!(p->delay[l] < max_delay))
            return err_set(e, ERR_INVALID,
                           "a path of delay %g samples; a symbol of %g subcarriers has room for "
                           "less than %g",
                           p->delay[l], max_delay, max_delay);
        sum += p->power[l];
    }
    for (int l = 0; l < p->paths; l++)
        p->power[l] /= sum;
    return ERR_NONE;
}
