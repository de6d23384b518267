#include "codec/entropy/table.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tails with less than this on both sides use the gamma code. */
static const double tail = 1e-4;

/* The longest exponent of the gamma code: enough for ENTROPY_FAR. */
enum { EXPONENT_MAX = 15 };

entropy_table *entropy_table_new(uint32_t channels)
{
    entropy_table *t = calloc(1, sizeof *t + channels * sizeof t->channel[0]);
    if (t)
        t->channels = channels;
    return t;
}

/* --- from probabilities -------------------------------------------------------------------------
 */

static uint16_t chance_of(double part, double whole)
{
    double share = whole > 0 ? part / whole : 0.5;
    return arith_chance_of((uint32_t)(share * 65536), ARITH_MEMORY).one;
}

/* The mass at `at` and further out, in steps of -1 or +1. */
static double mass_beyond(const double *chance, size_t count, int64_t at, int step)
{
    double sum = 0;
    for (; at >= 0 && at < (int64_t)count; at += step)
        sum += chance[at];
    return sum;
}

void entropy_channel_set(entropy_channel *c, const double *chance, int32_t first, size_t count)
{
    size_t mode = 0;
    for (size_t i = 1; i < count; i++)
        mode = chance[i] > chance[mode] ? i : mode;
    int64_t m = (int64_t)mode;
    double above = mass_beyond(chance, count, m + 1, 1),
           below = mass_beyond(chance, count, m - 1, -1);
    double all = above + below + chance[mode];
    *c = (entropy_channel){.centre = first + (int32_t)mode,
                           .at = chance_of(chance[mode], all),
                           .up = chance_of(above, above + below)};
    for (int r = 1; r <= ENTROPY_REACH_MAX; r++) {
        double out[2] = {mass_beyond(chance, count, m - r, -1),
                         mass_beyond(chance, count, m + r, 1)};
        if (out[0] < tail * all && out[1] < tail * all)
            break;
        for (int side = 0; side < 2; side++) {
            int64_t at = m + (side ? r : -r);
            bool inside = at >= 0 && at < (int64_t)count;
            c->stop[side][r - 1] = chance_of(inside ? chance[at] : 0, out[side]);
        }
        c->reach = (uint16_t)r;
    }
}

/* --- as text ------------------------------------------------------------------------------------
 */

char *entropy_table_print(const entropy_table *t)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    fprintf(f, "%u", t->channels);
    for (uint32_t i = 0; i < t->channels; i++) {
        const entropy_channel *c = &t->channel[i];
        fprintf(f, " %d %u %u %u", c->centre, c->at, c->up, c->reach);
        for (int side = 1; side >= 0; side--)
            for (int r = 0; r < c->reach; r++)
                fprintf(f, " %u", c->stop[side][r]);
    }
    bool failed = ferror(f);
    if (fclose(f) || failed) {
        free(text);
        return NULL;
    }
    return text;
}

/* The next whole number of *at, from `least` to `most`; false if there is none. */
static bool next_number(const char **at, long least, long most, long *number)
{
    char *end;
    const char *from = *at;
    while (*from == ' ')
        from++;
    if (!isdigit((unsigned char)*from) && *from != '-')
        return false;
    long value = strtol(from, &end, 10);
    if (end == from || (*end && *end != ' ') || value < least || value > most)
        return false;
    *number = value;
    *at = end;
    return true;
}

static bool next_chance(const char **at, uint16_t *chance)
{
    long value;
    bool there = next_number(at, ARITH_CHANCE_MIN, 65536 - ARITH_CHANCE_MIN, &value);
    *chance = there ? (uint16_t)value : 0;
    return there;
}

static bool read_channel(const char **at, entropy_channel *c)
{
    long centre, reach;
    bool good = next_number(at, -ENTROPY_CENTRE_MAX, ENTROPY_CENTRE_MAX, &centre) &&
                next_chance(at, &c->at) && next_chance(at, &c->up) &&
                next_number(at, 0, ENTROPY_REACH_MAX, &reach);
    if (!good)
        return false;
    c->centre = (int32_t)centre;
    c->reach = (uint16_t)reach;
    for (int side = 1; side >= 0; side--)
        for (int r = 0; r < c->reach; r++)
            if (!next_chance(at, &c->stop[side][r]))
                return false;
    return true;
}

entropy_table *entropy_table_read(const char *text, err *e)
{
    long channels;
    const char *at = text;
    if (!next_number(&at, 1, ENTROPY_CHANNELS_MAX, &channels)) {
        err_set(e, ERR_FORMAT, "csilink.entropy does not begin with 1 to %d channels",
                ENTROPY_CHANNELS_MAX);
        return NULL;
    }
    entropy_table *t = entropy_table_new((uint32_t)channels);
    if (!t) {
        err_set(e, ERR_NOMEM, "out of memory for a table of %ld channels", channels);
        return NULL;
    }
    for (uint32_t i = 0; i < t->channels; i++)
        if (!read_channel(&at, &t->channel[i])) {
            err_set(e, ERR_FORMAT,
                    "csilink.entropy: channel %u of %ld at byte %zu is not centre (+-%d), two "
                    "probabilities (%d to %d), reach (up to %d) and twice as many probabilities",
                    i, channels, (size_t)(at - text), ENTROPY_CENTRE_MAX, ARITH_CHANCE_MIN,
                    65536 - ARITH_CHANCE_MIN, ENTROPY_REACH_MAX);
            free(t);
            return NULL;
        }
    if (*at == '\0')
        return t;
    err_set(e, ERR_FORMAT, "csilink.entropy has more text after its %ld channels", channels);
    free(t);
    return NULL;
}

/* --- coding -------------------------------------------------------------------------------------
 */

/* The table's probabilities do not change: the copy adapts and is discarded. */
static bool decide(arith *a, uint16_t chance, bool what)
{
    arith_chance c = {.one = chance, .seen = ARITH_MEMORY};
    return arith_bit(a, &c, what);
}

/* Codes rest + 1 as its exponent, one decision per step, and the digits after the first. */
static uint32_t gamma_code(arith *a, uint32_t rest)
{
    uint32_t exponent = 0, value = rest + 1;
    while (exponent < EXPONENT_MAX && arith_uniform(a, 2, value >> (exponent + 1) ? 1 : 0))
        exponent++;
    uint32_t first = 1u << exponent;
    return first + arith_uniform(a, first, value - first) - 1;
}

int32_t entropy_code(arith *a, const entropy_channel *c, int32_t number)
{
    int64_t off = (int64_t)number - c->centre;
    off = off > ENTROPY_FAR ? ENTROPY_FAR : off < -ENTROPY_FAR ? -ENTROPY_FAR : off;
    if (decide(a, c->at, off == 0))
        return c->centre;
    uint32_t distance = (uint32_t)(off < 0 ? -off : off), r = 1;
    bool up = decide(a, c->up, off > 0);
    while (r <= c->reach && !decide(a, c->stop[up][r - 1], distance == r))
        r++;
    if (r > c->reach)
        r += gamma_code(a, distance > c->reach ? distance - r : 0);
    return c->centre + (up ? (int32_t)r : -(int32_t)r);
}
