#include "fading/cost2100/setting.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decibel.h"
#include "base/text.h"

enum { UES_MAX = 1000000, QUOTED = 40 };

/* --- the table ---------------------------------------------------------------------------------
 */

#define PARAMETER(member) .at = offsetof(cost2100_settings, network.member)
#define METRES .unit = " m", .of_radius = true
#define NANOSECONDS .unit = " ns", .units = 1e9

const cost2100_setting cost2100_setting_table[COST2100_SETTINGS] = {
    [COST2100_SET_UES] = {"ues", "the UEs of an environment", "N", .kind = COST2100_WHOLE, .low = 1,
                          .high = UES_MAX, .at = offsetof(cost2100_settings, ues)},
    [COST2100_SET_SIDE] = {"side", "the side of the UEs' square", "M", .low = 0.01, .high = 1.4,
                           METRES, PARAMETER(side_m)},
    [COST2100_SET_BS] = {"bs", "where the BS is, from the centre of the UEs' square", "X/Y",
                         .kind = COST2100_POINT, .low = -1, .high = 1, METRES, PARAMETER(bs_m)},
    [COST2100_SET_DISTANCE] = {"distance", "mean and deviation of the UEs' distance from the BS",
                               "MEAN/SD", .kind = COST2100_PAIR, .low = 0.01, .high = 1, METRES,
                               PARAMETER(ring_m)},
    [COST2100_SET_FAR] = {"far", "the mean of far clusters in sight", "N", .low = 0.01, .high = 20,
                          PARAMETER(far_clusters)},
    [COST2100_SET_DECAY] = {"decay", "k_tau, the decay of cluster power", "X", .low = 0, .high = 40,
                            .unit = " per µs", PARAMETER(decay_per_us)},
    [COST2100_SET_CUTOFF] = {"cutoff", "tau_B, the delay at which the decay ends", "US",
                             .need = COST2100_DECAY_END, .low = 0, .high = 1000, .unit = " µs",
                             .units = 1e6, PARAMETER(decay_end_s)},
    [COST2100_SET_SINGLE] = {"single", "the share of single-bounce clusters", "SHARE", .low = 0,
                             .high = 1, PARAMETER(single_share)},
    [COST2100_SET_LINK] = {"link", "the mean link delay", "NS", .low = 0, .high = 10000,
                           NANOSECONDS, PARAMETER(link_mean_s)},
    [COST2100_SET_REACH] = {"reach", "the largest distance from the BS to a cluster", "M",
                            .low = 0.01, .high = 10, METRES, PARAMETER(distance_m)},
    [COST2100_SET_VR] = {"vr", "the radius of visibility regions", "M", .low = 0.01, .high = 1,
                         METRES, PARAMETER(vr_radius_m)},
    [COST2100_SET_TRANSITION] = {"transition", "the width of the regions' transition", "M",
                                 .low = 0.001, .high = 1, METRES, PARAMETER(vr_transition_m)},
    [COST2100_SET_MPCS] = {"mpcs", "the multipath components of a cluster", "N",
                           .kind = COST2100_WHOLE, .low = 1, .high = COST2100_MPCS_MAX,
                           PARAMETER(mpcs)},
    [COST2100_SET_SPREAD] = {"spread", "the median delay spread of clusters", "NS", .low = 0.01,
                             .high = 10000, NANOSECONDS, PARAMETER(spread[COST2100_DELAY].median)},
    [COST2100_SET_K] = {"k", "the median power factor of the line of sight", "DB",
                        .kind = COST2100_DECIBEL, .need = COST2100_LINE_OF_SIGHT, .low = -100,
                        .high = 100, .unit = " dB", PARAMETER(los_k.median)},
    [COST2100_SET_ANGLE] = {"angle", "the end whose azimuths the array sees", "bs|ue",
                            .kind = COST2100_WORD, PARAMETER(angle_at_ue)},
    [COST2100_SET_LOS] = {"los", "what k is relative to", "power|sum", .kind = COST2100_WORD,
                          .need = COST2100_LINE_OF_SIGHT, PARAMETER(los_of_sum)},
};

/* --- values ------------------------------------------------------------------------------------
 * In the setting's unit; two numbers for a pair or a point, 0 or 1 for a word. */

typedef struct value {
    double is[2];
} value;

static bool has_two(const cost2100_setting *x)
{
    return x->kind == COST2100_PAIR || x->kind == COST2100_POINT;
}

static double units(const cost2100_setting *x)
{
    return x->units > 0 ? x->units : 1;
}

static value value_in(const cost2100_setting *x, const cost2100_settings *s)
{
    const void *at = (const char *)s + x->at;
    switch (x->kind) {
    case COST2100_WHOLE:
        return (value){{*(const uint32_t *)at}};
    case COST2100_WORD:
        return (value){{*(const bool *)at}};
    case COST2100_DECIBEL:
        return (value){{db_of_power(*(const double *)at)}};
    case COST2100_PAIR:
    case COST2100_POINT:
        return (value){{((const double *)at)[0], ((const double *)at)[1]}};
    case COST2100_NUMBER:
        break;
    }
    return (value){{*(const double *)at * units(x)}};
}

static void assign(const cost2100_setting *x, value v, cost2100_settings *to)
{
    void *at = (char *)to + x->at;
    if (x->kind == COST2100_WHOLE)
        *(uint32_t *)at = (uint32_t)v.is[0];
    else if (x->kind == COST2100_WORD)
        *(bool *)at = v.is[0] > 0;
    else if (x->kind == COST2100_DECIBEL)
        *(double *)at = power_of_db(v.is[0]);
    else if (has_two(x))
        memcpy(at, v.is, sizeof v.is);
    else
        *(double *)at = v.is[0] / units(x);
}

/* Whether it equals the network's default up to rounding: a K of -4.7 dB is 0.338844 there. */
static bool is_own(const cost2100_setting *x, value v, const cost2100_settings *of)
{
    const cost2100_settings unchanged = {.network = *of->own};
    value own = value_in(x, &unchanged);
    for (int i = 0; i < 2; i++)
        if (fabs(v.is[i] - own.is[i]) > 1e-6 * fabs(own.is[i]))
            return false;
    return true;
}

/* --- text --------------------------------------------------------------------------------------
 */

/* "bs|ue": 0 for the first, 1 for the second. */
static bool read_word(const char *words, const char *text, size_t length, value *v)
{
    size_t first = strcspn(words, "|");
    const char *second = words + first + 1;
    bool is_second = length == strlen(second) && memcmp(text, second, length) == 0;
    v->is[0] = is_second;
    return is_second || (length == first && memcmp(text, words, length) == 0);
}

static const char *read_numbers(const cost2100_setting *x, const char *text, value *v)
{
    uint64_t whole = 0;
    if (x->kind == COST2100_WHOLE) {
        const char *end = text_whole_at(text, &whole);
        v->is[0] = (double)whole;
        return end;
    }
    const char *end = text_number_at(text, &v->is[0]);
    if (!has_two(x) || !end)
        return end;
    return *end == '/' ? text_number_at(end + 1, &v->is[1]) : NULL;
}

static bool in_range(const cost2100_setting *x, double scale, value v)
{
    double high = x->high * scale, second = x->kind == COST2100_POINT ? x->low * scale : 0;
    return v.is[0] >= x->low * scale && v.is[0] <= high && v.is[1] >= second && v.is[1] <= high;
}

static int complain(const cost2100_setting *x, double scale, const char *text, size_t length,
                    err *e)
{
    char range[64] = "";
    if (x->kind != COST2100_WORD)
        snprintf(range, sizeof range, ", %.10g to %.10g%s", x->low * scale, x->high * scale,
                 x->unit ? x->unit : "");
    return err_set(e, ERR_INVALID, "%s=%s is %s%s, not '%.*s'", x->name, x->form, x->what, range,
                   (int)(length < QUOTED ? length : QUOTED), text);
}

int cost2100_setting_take(const cost2100_setting *x, const char *text, size_t length,
                          cost2100_settings *to, err *e)
{
    value v = {{0, 0}};
    double scale = x->of_radius ? to->own->radius_m : 1;
    bool good = x->kind == COST2100_WORD
                    ? read_word(x->form, text, length, &v)
                    : read_numbers(x, text, &v) == text + length && in_range(x, scale, v);
    if (!good)
        return complain(x, scale, text, length, e);
    if (!is_own(x, v, to))
        assign(x, v, to);
    return ERR_NONE;
}

bool cost2100_setting_differs(const cost2100_setting *x, const cost2100_settings *s)
{
    return !is_own(x, value_in(x, s), s);
}

void cost2100_setting_print(const cost2100_setting *x, const cost2100_settings *s,
                            char text[COST2100_VALUE_MAX])
{
    value v = value_in(x, s);
    int first = (int)strcspn(x->form, "|");
    if (has_two(x))
        snprintf(text, COST2100_VALUE_MAX, "%g/%g", v.is[0], v.is[1]);
    else if (x->kind != COST2100_WORD)
        snprintf(text, COST2100_VALUE_MAX, "%g", v.is[0]);
    else if (v.is[0] > 0)
        snprintf(text, COST2100_VALUE_MAX, "%s", x->form + first + 1);
    else
        snprintf(text, COST2100_VALUE_MAX, "%.*s", first, x->form);
}
