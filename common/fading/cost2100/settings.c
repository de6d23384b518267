#include "fading/cost2100/settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "fading/cost2100/active.h"
#include "fading/cost2100/setting.h"

enum { UES_DEFAULT = 20, QUOTED = 40, NAMES_MAX = 320 };

static const cost2100_setting *const table = cost2100_setting_table;

static bool fits(const cost2100_setting *x, const cost2100_network *n)
{
    static const double latest_s = 1e-3; /* no path is later, so a later end has no effect */
    if (x->need == COST2100_LINE_OF_SIGHT)
        return n->los_radius_m > 0;
    return x->need != COST2100_DECAY_END || n->decay_end_s <= latest_s;
}

/* --- complaints --------------------------------------------------------------------------------
 */

static const char *channel_name(const cost2100_network *own)
{
    if (own == &cost2100_indoor_hall)
        return "cost2100-indoor";
    return own == &cost2100_semi_urban_los ? "cost2100-outdoor" : "cost2100-outdoor:nlos";
}

static int complain_name(const cost2100_network *own, const char *text, size_t length, err *e)
{
    const char *names[COST2100_SETTINGS];
    char name[QUOTED + 1], all[NAMES_MAX];
    size_t count = 0, used = 0;
    snprintf(name, sizeof name, "%.*s", (int)(length < QUOTED ? length : QUOTED), text);
    for (size_t i = 0; i < COST2100_SETTINGS; i++) {
        if (!fits(&table[i], own))
            continue;
        names[count++] = table[i].name;
        used += (size_t)snprintf(all + used, NAMES_MAX - used, "%s%s=%s", used ? ", " : "",
                                 table[i].name, table[i].form);
    }
    const char *nearest = length > 1 ? text_nearest(name, names, count) : NULL;
    return err_set(e, ERR_INVALID, "%s has no setting '%s'; %s%s%sthe settings are %s%s",
                   channel_name(own), name, nearest ? "did you mean " : "", nearest ? nearest : "",
                   nearest ? "? " : "", own == &cost2100_indoor_hall ? "" : "nlos, ", all);
}

static int complain_need(const cost2100_setting *x, const cost2100_network *own, err *e)
{
    return err_set(e, ERR_INVALID, "%s has no %s, so %s cannot be set", channel_name(own),
                   x->need == COST2100_LINE_OF_SIGHT ? "line of sight"
                                                     : "delay at which the decay ends",
                   x->name);
}

/* --- reading -----------------------------------------------------------------------------------
 */

static const cost2100_setting *find(const char *name, size_t length)
{
    for (size_t i = 0; i < COST2100_SETTINGS; i++)
        if (strlen(table[i].name) == length && memcmp(table[i].name, name, length) == 0)
            return &table[i];
    return NULL;
}

/* Reads KEY=VALUE, `length` bytes of the text; `seen` has a bit for each setting read so far. */
static int read_setting(const char *text, size_t length, uint32_t *seen, cost2100_settings *to,
                        err *e)
{
    size_t name = strcspn(text, "=:");
    const cost2100_setting *x = find(text, name);
    if (!x)
        return complain_name(to->own, text, name, e);
    if (!fits(x, to->own))
        return complain_need(x, to->own, e);
    uint32_t bit = UINT32_C(1) << (x - table);
    if (*seen & bit)
        return err_set(e, ERR_INVALID, "%s is set twice", x->name);
    *seen |= bit;
    size_t begin = name + (text[name] == '=');
    return cost2100_setting_take(x, text + begin, length - begin, to, e);
}

static bool is_set(uint32_t seen, unsigned setting)
{
    return seen >> setting & 1;
}

/* A UE farther from the BS than the cell's radius would be in no region. */
static int check_square(const cost2100_network *n, err *e)
{
    double half = n->side_m / 2;
    double farthest = hypot(fabs(n->bs_m[0]) + half, fabs(n->bs_m[1]) + half);
    if (farthest <= n->radius_m)
        return ERR_NONE;
    return err_set(e, ERR_INVALID,
                   "with this bs and side, UEs are up to %g m from the BS; the cell reaches %g m",
                   farthest, n->radius_m);
}

/* Resolves the dependencies between settings. */
static int resolve(cost2100_settings *s, uint32_t seen, err *e)
{
    const cost2100_network *own = s->own;
    cost2100_network *n = &s->network;
    if (is_set(seen, COST2100_SET_DISTANCE)) {
        if (is_set(seen, COST2100_SET_SIDE) || is_set(seen, COST2100_SET_BS))
            return err_set(e, ERR_INVALID,
                           "%s and distance both place the UEs: leave out one of them",
                           is_set(seen, COST2100_SET_SIDE) ? "side" : "bs");
        n->side_m = 2 * fmin(n->ring_m[0] + 4 * n->ring_m[1], n->radius_m);
    } else if (check_square(n, e) != ERR_NONE) {
        return e->code;
    }
    if (n->vr_transition_m >= n->vr_radius_m)
        return err_set(e, ERR_INVALID,
                       "transition must be less than vr, but %g m is not less "
                       "than %g m",
                       n->vr_transition_m, n->vr_radius_m);
    if (n->far_clusters == own->far_clusters && n->vr_radius_m == own->vr_radius_m &&
        n->vr_transition_m == own->vr_transition_m)
        return ERR_NONE;
    return cost2100_limit_active(n, e);
}

static bool is_nlos(const char *text, size_t length)
{
    return length == 4 && memcmp(text, "nlos", length) == 0;
}

/* Settings depend on the network, and nlos may come after them, so it is looked up first. */
static const cost2100_network *choose(bool indoor, const char *text)
{
    if (indoor)
        return &cost2100_indoor_hall;
    for (size_t length; *text; text += length + (text[length] == ':')) {
        length = strcspn(text, ":");
        if (is_nlos(text, length))
            return &cost2100_semi_urban_nlos;
    }
    return &cost2100_semi_urban_los;
}

int cost2100_settings_read(bool indoor, const char *text, cost2100_settings *s, err *e)
{
    const cost2100_network *own = choose(indoor, text);
    uint32_t seen = 0;
    *s = (cost2100_settings){.own = own, .network = *own, .ues = UES_DEFAULT};
    for (size_t length; *text; text += length + (text[length] == ':')) {
        length = strcspn(text, ":");
        int code = ERR_NONE;
        if (indoor || !is_nlos(text, length))
            code = read_setting(text, length, &seen, s, e);
        if (code)
            return code;
    }
    return resolve(s, seen, e);
}

/* --- describing --------------------------------------------------------------------------------
 */

void cost2100_settings_describe(const cost2100_settings *s, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = COST2100_SET_BS; i < COST2100_SETTINGS && used < size; i++) {
        char value[COST2100_VALUE_MAX];
        if (!cost2100_setting_differs(&table[i], s))
            continue;
        cost2100_setting_print(&table[i], s, value);
        used += (size_t)snprintf(text + used, size - used, ", %s=%s", table[i].name, value);
    }
}
