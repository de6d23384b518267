#include "fading/tr38901/delay_line.h"

#include <complex.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/decibel.h"
#include "base/text.h"
#include "fading/tr38901/cluster_rays.h"

static const double RADIAN = M_PI / 180;

/* --- options -----------------------------------------------------------------------------------
 */

/* The channels that an option applies to. */
enum need { ANY, CDL, TDL, LOS };

typedef struct option {
    const char *name, *unit;
    enum need need;
    double low, high;
    size_t at;
    const char *word; /* in a description; NULL: described elsewhere */
} option;

/* The TR caps larger spreads (clause 7.5, step 4); a spread of 0 would be a single ray. */
#define AZIMUTHS 0.1, 104
#define ZENITHS 0.1, 52
#define AT(member) offsetof(tr38901_link, member)
static const option options[] = {
    {"delay-spread", "ns", ANY, 1, 10000, AT(delay_spread_ns), NULL},
    {"k", "dB", LOS, -20, 40, AT(k_db), "K"},
    {"asd", "degrees", CDL, AZIMUTHS, AT(spread[TR38901_AOD]), "ASD"},
    {"asa", "degrees", CDL, AZIMUTHS, AT(spread[TR38901_AOA]), "ASA"},
    {"zsd", "degrees", CDL, ZENITHS, AT(spread[TR38901_ZOD]), "ZSD"},
    {"zsa", "degrees", CDL, ZENITHS, AT(spread[TR38901_ZOA]), "ZSA"},
    {"rotate", "degrees", CDL, 0, 180, AT(rotate), "rotated by up to"},
    {"correlation", "", TDL, 0, 0.999, AT(correlation), "correlation"},
};
enum { OPTIONS = sizeof options / sizeof options[0], QUOTED = 40, NAMES_MAX = 160 };

/* TS 36.101, Table B.2.3.2-1: alpha of the base station's antennas. */
static const struct {
    const char *word;
    double alpha;
} correlations[] = {{"low", 0}, {"medium", 0.3}, {"high", 0.9}};

static bool fits(const option *o, const tr38901_link *l)
{
    return o->need == ANY || (o->need == TDL && l->is_tdl) || (o->need == CDL && !l->is_tdl) ||
           (o->need == LOS && l->line->los);
}

static double *value_of(const option *o, tr38901_link *l)
{
    return (double *)((char *)l + o->at);
}

static int complain_name(const tr38901_link *l, const char *name, err *e)
{
    const char *names[OPTIONS];
    char all[NAMES_MAX];
    size_t count = 0, used = 0;
    for (size_t i = 0; i < OPTIONS; i++) {
        if (!fits(&options[i], l))
            continue;
        used += (size_t)snprintf(all + used, NAMES_MAX - used, "%s%s=", count ? ", " : "",
                                 options[i].name);
        names[count++] = options[i].name;
    }
    const char *nearest = text_nearest(name, names, count);
    return err_set(e, ERR_INVALID, "%s-%c has no option '%s'; %s%s%sthe options are %s",
                   l->is_tdl ? "tdl" : "cdl", l->line->letter, name, nearest ? "did you mean " : "",
                   nearest ? nearest : "", nearest ? "? " : "", all);
}

static bool read_value(const option *o, const char *text, double *value)
{
    for (size_t i = 0; o->need == TDL && i < sizeof correlations / sizeof correlations[0]; i++) {
        if (strcmp(text, correlations[i].word) == 0) {
            *value = correlations[i].alpha;
            return true;
        }
    }
    return text_number(text, value) && *value >= o->low && *value <= o->high;
}

/* Reads one KEY=VALUE; `seen` has a bit for each option read so far. */
static int read_option(tr38901_link *l, const char *text, uint32_t *seen, err *e)
{
    char name[QUOTED];
    size_t n = strcspn(text, "=");
    snprintf(name, sizeof name, "%.*s", (int)(n < sizeof name ? n : sizeof name), text);
    const option *o = options;
    while (o < options + OPTIONS && (strcmp(name, o->name) != 0 || !fits(o, l)))
        o++;
    if (o == options + OPTIONS)
        return complain_name(l, name, e);
    uint32_t bit = UINT32_C(1) << (o - options);
    if (*seen & bit)
        return err_set(e, ERR_INVALID, "%s is given twice", o->name);
    *seen |= bit;
    const char *value = text[n] ? text + n + 1 : "";
    if (read_value(o, value, value_of(o, l)))
        return ERR_NONE;
    return err_set(e, ERR_INVALID, "%s= takes %s%g to %g%s%s, not '%.32s'", o->name,
                   o->need == TDL ? "low, medium, high or " : "", o->low, o->high,
                   *o->unit ? " " : "", o->unit, value);
}

int tr38901_link_parse(tr38901_link *l, const tr38901_delay_line *line, bool is_tdl,
                       const char *arguments, err *e)
{
    *l = (tr38901_link){.line = line,
                        .is_tdl = is_tdl,
                        .delay_spread_ns = 100,
                        .k_db = NAN,
                        .spread = {NAN, NAN, NAN, NAN}};
    uint32_t seen = 0;
    for (const char *at = arguments; *at;) {
        char text[2 * QUOTED];
        size_t n = strcspn(at, ":");
        snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : sizeof text), at);
        int rc = read_option(l, text, &seen, e);
        if (rc)
            return rc;
        at += n + (at[n] == ':');
    }
    return ERR_NONE;
}

void tr38901_link_describe(const tr38901_link *l, char *text, size_t size)
{
    tr38901_link own;
    tr38901_link given = *l;
    size_t used = 0;
    tr38901_link_parse(&own, l->line, l->is_tdl, "", NULL);
    *text = 0;
    for (const option *o = options; o < options + OPTIONS && used < size; o++) {
        double value = *value_of(o, &given), usual = *value_of(o, &own);
        if (o->word && !isnan(value) && value != usual)
            used += (size_t)snprintf(text + used, size - used, ", %s %g%s%s", o->word, value,
                                     *o->unit ? " " : "", o->unit);
    }
}

/* --- delays and powers -------------------------------------------------------------------------
 */

static double delay_of(const tr38901_link *l, int row)
{
    bool last = row == l->line->count - 1;
    return last && l->is_tdl ? l->line->tdl_last_delay : l->line->row[row].delay;
}

/* The rms delay spread of a profile whose powers sum to 1. */
static double delay_spread(const double *delay, const double *power, int count)
{
    double mean = 0, second = 0;
    for (int i = 0; i < count; i++) {
        mean += power[i] * delay[i];
        second += power[i] * delay[i] * delay[i];
    }
    return sqrt(second - mean * mean);
}

int tr38901_link_profile(const tr38901_link *l, const fading_config *c,
                         double delay_s[TR38901_DELAY_LINE_ROWS],
                         double power[TR38901_DELAY_LINE_ROWS], err *e)
{
    int count = l->line->count;
    bool other_k = !isnan(l->k_db);
    double scattered = 0, latest = 0;
    for (int i = 0; i < count; i++) {
        power[i] = power_of_db(l->line->row[i].power_db);
        delay_s[i] = delay_of(l, i);
        scattered += i == 0 && l->line->los ? 0 : power[i];
        latest = fmax(latest, delay_s[i]);
    }
    if (other_k)
        power[0] = scattered * power_of_db(l->k_db);
    double sum = scattered + (l->line->los ? power[0] : 0);
    for (int i = 0; i < count; i++)
        power[i] /= sum;
    double scale = l->delay_spread_ns * 1e-9 / (other_k ? delay_spread(delay_s, power, count) : 1);
    for (int i = 0; i < count; i++)
        delay_s[i] *= scale;
    latest *= scale;
    if (latest * c->bandwidth_hz < c->dims.nc)
        return ERR_NONE;
    return err_set(e, ERR_INVALID,
                   "with a delay spread of %g ns the last path comes after %.4g µs; a symbol of %u "
                   "subcarriers has room for less than %.4g µs",
                   l->delay_spread_ns, latest * 1e6, c->dims.nc,
                   c->dims.nc / c->bandwidth_hz * 1e6);
}

/* --- angles ------------------------------------------------------------------------------------
 */

double tr38901_link_spread(const tr38901_delay_line *line, const double *power, const double *angle,
                           double ray_spread, double *mean)
{
    double complex sum = 0;
    for (int i = 0; i < line->count; i++) {
        bool one_ray = i == 0 && line->los;
        for (int m = 0; m < TR38901_RAYS; m++) {
            double at = angle[i] + (one_ray ? 0 : ray_spread * tr38901_ray_offset[m]);
            sum += power[i] / TR38901_RAYS * (cos(at * RADIAN) + I * sin(at * RADIAN));
        }
    }
    *mean = carg(sum) / RADIAN;
    return sqrt(fmax(0, -2 * log(cabs(sum)))) / RADIAN;
}

void tr38901_link_angles(const tr38901_link *l, enum tr38901_angle kind,
                         const double power[TR38901_DELAY_LINE_ROWS],
                         double angle[TR38901_DELAY_LINE_ROWS], double *ray_spread)
{
    double mean, wanted = l->spread[kind];
    *ray_spread = l->line->ray_spread[kind];
    for (int i = 0; i < l->line->count; i++)
        angle[i] = l->line->row[i].angle[kind];
    if (isnan(wanted))
        return;
    double scale = wanted / tr38901_link_spread(l->line, power, angle, *ray_spread, &mean);
    *ray_spread *= scale;
    for (int i = 0; i < l->line->count; i++)
        angle[i] = mean + scale * remainder(angle[i] - mean, 360);
}
