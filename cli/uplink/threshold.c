#include "threshold.h"

#include <math.h>
#include <stdbool.h>

#include "base/normal.h"
#include "uplink/digital/adaptation.h"

enum { SEARCH_ERRORS = 12, SEARCH_BLOCKS = 640, STEPS_MAX = 60, POINTS = 4, ERRORS_MIN = 15 };

static const double longest_step_db = 2.5, spread_min_db = 0.25, spread_max_db = 5;

/* Distances from the threshold in standard deviations: where the search ends, and within which the
 * cliff counts as a straight line. */
static const double near_enough = 0.6, straight = 1.2;

/* The target block error rates of successive points: around 1e-2, and close to each other. */
static const double aims[2] = {0.022, 0.007};

static void ignore(void *user, double share)
{
    (void)user;
    (void)share;
}

typedef struct search {
    const trial_link *link;
    size_t threads;
    double wanted;      /* standard deviations at a BLER of 1e-2 */
    double code_blocks; /* of a word */
    double guess_db;    /* of the spread */
    threshold found;
    /* Of the points so far, each weighed by its errors: sums of weights, of s, z, s s and s z. */
    double weight, s, z, ss, sz;
} search;

/* The SNR's distance from the cliff in standard deviations, from the counted errors. An additional
 * half error keeps it finite. */
static int count_deviations(search *s, double snr_db, double errors, double blocks, double *z,
                            double *weight, err *e)
{
    const count_limits limits = {.errors = (uint64_t)errors, .blocks = (uint32_t)blocks};
    count_row row = {.snr_db = snr_db};
    int status = count_blocks(s->link, &limits, s->threads, ignore, NULL, &row, e);
    if (status != ERR_NONE)
        return status;
    *weight = (double)row.errors + 0.5;
    *z = normal_tail_inverse(1 - pow(1 - *weight / ((double)row.blocks + 1), 1 / s->code_blocks));
    s->found.blocks += row.blocks;
    return ERR_NONE;
}

/* Steps in proportion to the distance, by the current spread. Halves the longest step whenever the
 * direction changes, since the guess of the spread may be far off. */
static int approach(search *s, err *e)
{
    double longest_db = longest_step_db, step_db = 0;
    for (int i = 0; i < STEPS_MAX; i++) {
        double z, weight;
        int status =
            count_deviations(s, s->found.snr_db, SEARCH_ERRORS, SEARCH_BLOCKS, &z, &weight, e);
        if (status != ERR_NONE)
            return status;
        const double wish_db = (s->wanted - z) * s->found.spread_db;
        if (wish_db * step_db < 0)
            longest_db /= 2;
        step_db = fmin(longest_db, fmax(-longest_db, wish_db));
        s->found.snr_db += step_db;
        if (fabs(s->wanted - z) < near_enough)
            return ERR_NONE;
    }
    return err_set(e, ERR_FORMAT, "%u bits in %u coded bits of %s: no block error rate of %g found",
                   s->link->bits, s->link->coded, modulation_name(s->link->modulation),
                   ADAPTATION_BLER);
}

/* Fits the line of least squares to the points, z over s. The guessed slope counts as much as a few
 * errors would, so that chance makes the line neither too steep nor too flat. */
static void draw_line(search *s)
{
    const double trust = s->guess_db * s->guess_db;
    const double mean_s = s->s / s->weight, mean_z = s->z / s->weight;
    const double slope = (s->sz - s->weight * mean_s * mean_z + trust / s->guess_db) /
                         (s->ss - s->weight * mean_s * mean_s + trust);
    s->found.spread_db = fmin(spread_max_db, fmax(spread_min_db, slope > 0 ? 1 / slope : INFINITY));
    s->found.snr_db = mean_s + (s->wanted - mean_z) * s->found.spread_db;
}

static int add_point(search *s, double aim, double errors, err *e)
{
    const double snr_db =
        s->found.snr_db + s->found.spread_db * (normal_tail_inverse(aim) - s->wanted);
    double z, w;
    int status = count_deviations(s, snr_db, errors, 2 * errors / aims[1], &z, &w, e);
    if (status != ERR_NONE)
        return status;
    if (fabs(z - s->wanted) < straight) {
        s->weight += w;
        s->s += w * snr_db;
        s->z += w * z;
        s->ss += w * snr_db * snr_db;
        s->sz += w * snr_db * z;
        draw_line(s);
    } else {
        /* A point meant to be near the threshold is off the cliff, so the cliff is steeper than
         * assumed. */
        s->guess_db = s->found.spread_db = fmax(spread_min_db, s->found.spread_db / 2);
        s->found.snr_db += (z < s->wanted ? 1 : -1) * s->found.spread_db;
    }
    return ERR_NONE;
}

/* True if the points are around the threshold and far enough apart to show the slope. */
static bool well_placed(const search *s)
{
    const double mean_s = s->s / s->weight;
    const double apart = sqrt(fmax(0, s->ss / s->weight - mean_s * mean_s));
    return apart > 0.15 * s->found.spread_db &&
           fabs(mean_s - s->found.snr_db) < 0.15 * s->found.spread_db;
}

/* An error of the count becomes one of the threshold in proportion to the spread, so a wide spread
 * needs more counted errors. */
static int measure(search *s, uint64_t errors, err *e)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        const double of_all = (double)errors * s->found.spread_db * s->found.spread_db;
        if (i >= POINTS && s->weight >= fmax(POINTS * ERRORS_MIN, of_all) && well_placed(s))
            return ERR_NONE;
        /* The first two points show the spread. */
        const double of_one = i < 2 ? ERRORS_MIN : fmax(ERRORS_MIN, of_all / POINTS);
        int status = add_point(s, aims[i % 2], of_one, e);
        if (status != ERR_NONE)
            return status;
    }
    return err_set(e, ERR_FORMAT,
                   "%u bits in %u coded bits of %s: the block error rate has no cliff",
                   s->link->bits, s->link->coded, modulation_name(s->link->modulation));
}

int threshold_find(const trial_link *link, uint64_t errors, size_t threads, threshold *found,
                   err *e)
{
    const uint32_t blocks = link->sizes.blocks;
    search s = {.link = link,
                .threads = threads,
                .wanted = normal_tail_inverse(ADAPTATION_BLER),
                .code_blocks = blocks > 1 ? blocks : 1,
                .guess_db = found->spread_db,
                .found = {.snr_db = found->snr_db, .spread_db = found->spread_db}};
    int status = approach(&s, e);
    if (status != ERR_NONE)
        return status;
    status = measure(&s, errors, e);
    /* Points from before the spread was known can pull the line away from the others, which all
     * have the same noise, so fit again without them. */
    if (status == ERR_FORMAT) {
        s.weight = s.s = s.z = s.ss = s.sz = 0;
        s.guess_db = s.found.spread_db;
        status = measure(&s, errors, e);
    }
    *found = s.found;
    return status;
}
