#include "codec/transform/taps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "payload/enumerative.h"

enum {
    NEAR_LEVEL_MAX = 63, /* the limit of a neighbour's level in the sum */
    NEAR_SUM_MAX = 8 * NEAR_LEVEL_MAX,
    DENSITIES = 13, /* classes of the sum over neighbours */
    GROUPS = DENSITIES / 2 + 1,
    DIGITS_MAX = 16,
    MARGIN = 2, /* rows and columns of zeros around the matrix of neighbours */
    CHUNK_BITS = 16,
    POSITION_BITS_DOUBT = 8, /* how far position_bits may be off */
};

/* How often a tap of each density class has a level, in percent, at the start; class 0 is a
 * neighbourhood of zeros, for which the budget gives a better guess. */
static const uint8_t first_percent[DENSITIES] = {0, 4, 7, 12, 18, 25, 33, 42, 50, 60, 68, 75, 82};
static const double taps_per_bit = 1.0 / 32; /* in a neighbourhood of zeros */

enum { FIRST_SEEN = 4, EMPTY_SEEN = 8, DIGIT_SEEN = 6 }; /* weights of the first guesses */

typedef struct chances {
    arith_chance listed, present[DENSITIES], longer[GROUPS][DIGITS_MAX], digit[DIGITS_MAX];
} chances;

struct taps_work {
    uint32_t nt, ni, bits;
    chances first, now;
    uint8_t density[NEAR_SUM_MAX + 1];
    uint8_t *near;      /* [ni + 2][nt + 4] levels, limited to NEAR_LEVEL_MAX */
    uint16_t *sum;      /* [nt] over the neighbours in the two delays before */
    uint32_t *position; /* [nt ni] */
    uint32_t *rank, *scratch;
    double *log2_factorial; /* [nt ni + 1] */
    uint32_t position_bits; /* of the last string, in whole bits */
};

static uint32_t entries(const taps_work *w)
{
    return w->nt * w->ni;
}

static void guess_chances(taps_work *w, uint32_t bits)
{
    chances *c = &w->first;
    double empty = bits * taps_per_bit / entries(w);
    c->listed = arith_chance_of(65536 / 16, ARITH_MEMORY);
    c->present[0] = arith_chance_of((uint32_t)(65536 * fmin(empty, 0.2)), EMPTY_SEEN);
    for (unsigned i = 1; i < DENSITIES; i++)
        c->present[i] = arith_chance_of(65536u * first_percent[i] / 100, FIRST_SEEN);
    for (unsigned g = 0; g < GROUPS; g++)
        for (unsigned i = 0; i < DIGITS_MAX; i++)
            c->longer[g][i] =
                arith_chance_of(i ? 65536 * 3 / 10 : 65536 * (2 + g) / 10, FIRST_SEEN);
    for (unsigned i = 0; i < DIGITS_MAX; i++)
        c->digit[i] = arith_chance_of(65536 * 4 / 10, DIGIT_SEEN);
}

/* Classes with about equal ratios. */
static void tabulate_densities(taps_work *w)
{
    static const uint16_t upto[DENSITIES - 1] = {0, 1, 2, 3, 4, 6, 8, 11, 16, 24, 40, 64};
    for (unsigned s = 0, class = 0; s <= NEAR_SUM_MAX; s++) {
        while (class < DENSITIES - 1 && s > upto[class])
            class ++;
        w->density[s] = (uint8_t) class;
    }
}

taps_work *taps_open(uint32_t nt, uint32_t ni, uint32_t bits, err *e)
{
    taps_work *w = calloc(1, sizeof *w);
    size_t n = (size_t)nt * ni;
    if (w) {
        w->nt = nt;
        w->ni = ni;
        w->bits = bits;
        w->near = calloc((size_t)(ni + MARGIN) * (nt + 2 * MARGIN), sizeof *w->near);
        w->sum = calloc(nt, sizeof *w->sum);
        w->position = calloc(n, sizeof *w->position);
        w->rank = calloc(enumerative_words((uint32_t)n), sizeof *w->rank);
        w->scratch = calloc(enumerative_words((uint32_t)n), sizeof *w->scratch);
        w->log2_factorial = calloc(n + 1, sizeof *w->log2_factorial);
        if (w->near && w->sum && w->position && w->rank && w->scratch && w->log2_factorial) {
            guess_chances(w, bits);
            tabulate_densities(w);
            for (size_t i = 1; i <= n; i++)
                w->log2_factorial[i] = w->log2_factorial[i - 1] + log2((double)i);
            return w;
        }
    }
    taps_close(w);
    err_set(e, ERR_NOMEM, "out of memory for %u x %u taps", nt, ni);
    return NULL;
}

void taps_close(taps_work *w)
{
    if (!w)
        return;
    free(w->near);
    free(w->sum);
    free(w->position);
    free(w->rank);
    free(w->scratch);
    free(w->log2_factorial);
    free(w);
}

uint32_t taps_phases(uint32_t level)
{
    return (uint32_t)(2 * M_PI * (level + 0.5) + 0.5);
}

float complex taps_value(uint32_t level, uint32_t phase)
{
    double count = taps_phases(level), radius = level + 0.5 - (level == 1 ? 0.08 : 0.03);
    double angle = 2 * M_PI * phase / count;
    radius *= sin(M_PI / count) / (M_PI / count);
    return (float)(radius * cos(angle)) + I * (float)(radius * sin(angle));
}

/* A level of 1 to TAPS_LEVEL_MAX. */
static inline __attribute__((always_inline)) uint32_t code_level(taps_work *w, arith *a,
                                                                 unsigned group, uint32_t level)
{
    unsigned digits = 0, own = level ? 31 - (unsigned)__builtin_clz(level) : 0;
    while (digits + 1 < DIGITS_MAX && arith_bit(a, &w->now.longer[group][digits], digits < own))
        digits++;
    if (digits == 0)
        return 1;
    bool second = arith_bit(a, &w->now.digit[digits], level >> (digits - 1) & 1);
    uint32_t rest = arith_uniform(a, 1u << (digits - 1), level & ((1u << (digits - 1)) - 1));
    /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): digits > 0 */
    return 1u << digits | (uint32_t)second << (digits - 1) | rest;
}

/* The row of neighbours of a delay; the rows of the two delays before precede it. */
static uint8_t *row_of(taps_work *w, uint32_t delay)
{
    return w->near + (size_t)(delay + MARGIN) * (w->nt + 2 * MARGIN) + MARGIN;
}

/* The contribution of the two delays before to the sum over neighbours of each angle. */
static void sum_rows(taps_work *w, uint32_t delay)
{
    const uint8_t *before = row_of(w, delay) - (w->nt + 2 * MARGIN);
    const uint8_t *second = before - (w->nt + 2 * MARGIN);
    for (uint32_t t = 0; t < w->nt; t++)
        w->sum[t] =
            (uint16_t)(2 * before[t] + before[(ptrdiff_t)t - 1] + before[t + 1] + second[t]);
}

/* Codes the next zeros among zeros, from angle t on, as walk would one by one; returns their
 * number. Most taps are of this kind, and here their probability stays in a register. */
static inline __attribute__((always_inline)) uint32_t
code_zeros(taps_work *w, arith *a, const uint16_t *level, uint32_t t, uint32_t *position_bits)
{
    arith_chance empty = w->now.present[0];
    uint32_t bits = a->bits, from = t;
    for (; t < w->nt && (w->sum[t] | level[t - from]) == 0; t++)
        arith_bit(a, &empty, false);
    w->now.present[0] = empty;
    *position_bits += a->bits - bits;
    return t - from;
}

/* Measures, writes or reads the levels and phases. With listed positions, levels are nonzero there
 * and 0 elsewhere beforehand. Inlined, so that each direction is compiled separately. */
static inline __attribute__((always_inline)) void walk(taps_work *w, arith *a, taps *x, bool listed,
                                                       uint32_t limit)
{
    uint32_t nt = w->nt, *phase = x->phase, position_bits = 0;
    uint16_t *level = x->level;
    memset(w->near, 0, (size_t)(w->ni + MARGIN) * (nt + 2 * MARGIN));
    for (uint32_t d = 0; d < w->ni && a->bits <= limit; d++) {
        uint8_t *row = row_of(w, d);
        unsigned last = 0, second = 0; /* levels at the angles below */
        sum_rows(w, d);
        for (uint32_t t = 0; t < nt; t++) {
            if (a->way != ARITH_READ && !listed && last + second == 0) {
                t += code_zeros(w, a, level + t, t, &position_bits);
                if (t == nt)
                    break;
            }
            unsigned density = w->density[w->sum[t] + 2 * last + second], l = level[t];
            bool present = l != 0;
            second = last;
            last = 0;
            if (!listed) {
                uint32_t bits = a->bits;
                present = arith_bit(a, &w->now.present[density], present);
                position_bits += a->bits - bits;
            }
            if (present) {
                l = code_level(w, a, density / 2, l);
                /* Measuring has no phase yet; the first phase takes at least as many bits as any
                 * other. */
                phase[t] = arith_uniform(a, taps_phases(l), a->way == ARITH_WRITE ? phase[t] : 0);
                last = l < NEAR_LEVEL_MAX ? l : NEAR_LEVEL_MAX;
                row[t] = (uint8_t)last;
            }
            if (a->way == ARITH_READ)
                level[t] = (uint16_t)(present ? l : 0);
        }
        row[-1] = row[nt - 1];
        row[nt] = row[0];
        level += nt;
        phase += nt;
    }
    w->position_bits = position_bits;
}

static double log2_choices(const taps_work *w, uint32_t k)
{
    const double *f = w->log2_factorial;
    return f[entries(w)] - f[k] - f[entries(w) - k];
}

/* Stores the positions of nonzero levels in w->position; returns their number. */
static uint32_t find_positions(taps_work *w, const taps *x)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i < entries(w); i++)
        if (x->level[i])
            w->position[k++] = i;
    return k;
}

/* Codes the bits of the rank, CHUNK_BITS at a time. */
static void code_rank(taps_work *w, arith *a, uint32_t bits)
{
    for (uint32_t at = 0; at < bits; at += CHUNK_BITS) {
        uint32_t *word = &w->rank[at / 32], shift = at % 32;
        uint32_t count = bits - at < CHUNK_BITS ? 1u << (bits - at) : 1u << CHUNK_BITS;
        uint32_t chunk = arith_uniform(a, count, *word >> shift & (count - 1));
        if (a->way == ARITH_READ)
            *word |= chunk << shift;
    }
}

static void list_positions(taps_work *w, arith *a, const taps *x)
{
    uint32_t n = entries(w), k = find_positions(w, x);
    arith_uniform(a, n + 1, k);
    uint32_t bits = enumerative_bits(n, k, w->scratch);
    if (a->way == ARITH_WRITE)
        enumerative_rank(n, k, w->position, w->rank, w->scratch);
    else
        memset(w->rank, 0, enumerative_words(n) * sizeof *w->rank);
    code_rank(w, a, bits);
}

static int read_positions(taps_work *w, arith *a, taps *x, err *e)
{
    uint32_t n = entries(w), k = arith_uniform(a, n + 1, 0);
    /* Checked first, to avoid computing a rank that cannot be there. */
    if (log2_choices(w, k) > w->bits)
        return err_set(e, ERR_FORMAT, "the positions of %u taps out of %u in %u bits", k, n,
                       w->bits);
    memset(w->rank, 0, enumerative_words(n) * sizeof *w->rank);
    code_rank(w, a, enumerative_bits(n, k, w->scratch));
    int rc = enumerative_positions(n, k, w->rank, w->position, w->scratch, e);
    memset(x->level, 0, n * sizeof *x->level);
    for (uint32_t i = 0; rc == ERR_NONE && i < k; i++)
        x->level[w->position[i]] = 1;
    return rc;
}

static uint32_t measure_listed(taps_work *w, taps *x, uint32_t limit)
{
    arith a = arith_measure();
    /* A lower bound is quick to compute; a rank of many bits is not. */
    uint32_t k = find_positions(w, x);
    if (log2_choices(w, k) + k * log2(taps_phases(1)) > limit)
        return limit + 1;
    arith_bit(&a, &w->now.listed, true);
    list_positions(w, &a, x);
    walk(w, &a, x, true, limit);
    return arith_finish(&a);
}

uint32_t taps_measure(taps_work *w, taps *x, bool listed, uint32_t limit)
{
    w->now = w->first;
    if (listed)
        return measure_listed(w, x, limit);
    /* Taking no address of this one outside the function keeps it in registers: an encoder spends
     * most of its time here. */
    arith a = arith_measure();
    arith_bit(&a, &w->now.listed, false);
    walk(w, &a, x, false, limit);
    arith end = a;
    return arith_finish(&end);
}

bool taps_listing_is_near(const taps_work *w, const taps *x)
{
    uint32_t k = 0;
    for (uint32_t i = 0; i < entries(w); i++)
        k += x->level[i] != 0;
    double bits = log2_choices(w, k) + log2(entries(w) + 1.0);
    return bits < w->position_bits + POSITION_BITS_DOUBT;
}

void taps_write(taps_work *w, taps *x, bool listed, arith *a)
{
    w->now = w->first;
    arith_bit(a, &w->now.listed, listed);
    if (listed)
        list_positions(w, a, x);
    walk(w, a, x, listed, UINT32_MAX);
}

int taps_read(taps_work *w, arith *a, taps *x, err *e)
{
    w->now = w->first;
    bool listed = arith_bit(a, &w->now.listed, false);
    int rc = listed ? read_positions(w, a, x, e) : ERR_NONE;
    if (rc != ERR_NONE)
        return rc;
    walk(w, a, x, listed, w->bits);
    return arith_is_whole(a) ? ERR_NONE : err_set(e, ERR_FORMAT, "bits follow the last tap");
}
