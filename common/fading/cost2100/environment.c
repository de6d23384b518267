#include "fading/cost2100/environment.h"

#include <math.h>
#include <stdlib.h>

/* Random streams of an environment; far cluster i has STREAM_CLUSTERS + i. */
enum { STREAM_REGIONS, STREAM_BS_LOCAL, STREAM_CLUSTERS };

struct cost2100_environment {
    const cost2100_network *network;
    double wavelength_m;
    uint64_t seed;
    uint32_t number;
    uint32_t regions, clusters;
    cost2100_point *region;  /* [regions]: centres of VRs */
    uint32_t *cluster;       /* [regions]: the cluster of each VR */
    uint32_t *reference;     /* [clusters]: the VR that places it */
    uint32_t cells;          /* along each side of the grid */
    uint32_t *cell;          /* [cells * cells + 1]: where its VRs begin in `by_cell` */
    uint32_t *by_cell;       /* [regions] */
    cost2100_point los;      /* centre of the line of sight's VR */
    cost2100_cluster around; /* the BS */
    float around_floats[COST2100_CLUSTER_FLOATS * COST2100_MPCS_MAX];
};

/* --- visibility regions ------------------------------------------------------------------------
 */

static unsigned draw_poisson(rng *r, double mean)
{
    unsigned n = 0;
    double end = exp(-mean);
    /* NOLINTNEXTLINE(clang-analyzer-security.FloatLoopCounter): Knuth's method */
    for (double product = rng_uniform(r); product > end; product *= rng_uniform(r))
        n++;
    return n;
}

static uint32_t count_regions(const cost2100_network *n, rng *r)
{
    double far_clusters = n->far_clusters;
    if (n->far_is_poisson)
        far_clusters = fmax(1, draw_poisson(r, n->far_clusters));
    double ratio = n->radius_m / (n->vr_radius_m - n->vr_transition_m);
    return (uint32_t)fmax(1, floor(far_clusters * ratio * ratio + 0.5));
}

static void place_regions(cost2100_environment *v, rng *r)
{
    for (uint32_t i = 0; i < v->regions; i++) {
        double angle = 2 * M_PI * rng_uniform(r);
        double radius = v->network->radius_m * sqrt(rng_uniform(r));
        v->region[i] = (cost2100_point){radius * cos(angle), radius * sin(angle)};
    }
}

/* The number of further VRs for a cluster, at most `left`. */
static uint32_t draw_companions(const cost2100_environment *v, uint32_t left, rng *r)
{
    uint32_t k = draw_poisson(r, v->network->group_mean);
    if (k == 0 || left == 0)
        return 0;
    while (k == 0 || k > left)
        k = draw_poisson(r, v->network->group_mean);
    return k;
}

/* Each VR without a cluster starts a new one and adds random others to it: `free_list` holds the
 * VRs without a cluster, `where` the index of each in that list. */
static void group_regions(cost2100_environment *v, uint32_t *free_list, uint32_t *where, rng *r)
{
    uint32_t left = v->regions;
    for (uint32_t i = 0; i < left; i++)
        free_list[i] = where[i] = i;
    for (uint32_t i = 0; i < v->regions; i++) {
        if (where[i] == UINT32_MAX)
            continue;
        uint32_t cluster = v->clusters++, taken = i, companions = 0;
        for (uint32_t k = 0; k <= companions; k++) {
            if (k > 0)
                taken = free_list[(uint32_t)(rng_uniform(r) * left)];
            /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): left > 0 */
            uint32_t last = free_list[--left];
            free_list[where[taken]] = last;
            where[last] = where[taken];
            where[taken] = UINT32_MAX;
            v->cluster[taken] = cluster;
            if (k == 0)
                companions = draw_companions(v, left, r);
            if (rng_uniform(r) * (k + 1) < 1)
                v->reference[cluster] = taken;
        }
    }
}

static bool assign_clusters(cost2100_environment *v, rng *r)
{
    if (v->network->group_mean > 0) {
        uint32_t *lists = malloc(2 * (size_t)v->regions * sizeof *lists);
        if (lists)
            group_regions(v, lists, lists + v->regions, r);
        free(lists);
        return lists != NULL;
    }
    v->clusters = v->regions;
    for (uint32_t i = 0; i < v->regions; i++)
        v->cluster[i] = v->reference[i] = i;
    return true;
}

/* --- the grid ----------------------------------------------------------------------------------
 * Cells of a VR's radius: every VR that a UE sees is centred in its cell or one of the eight
 * around. */

static uint32_t cell_index(const cost2100_environment *v, double x)
{
    double at = floor((x + v->network->radius_m) / v->network->vr_radius_m);
    return at < 0 ? 0 : at >= v->cells ? v->cells - 1 : (uint32_t)at;
}

static uint32_t cell_of(const cost2100_environment *v, cost2100_point p)
{
    return cell_index(v, p.y) * v->cells + cell_index(v, p.x);
}

static void fill_grid(cost2100_environment *v)
{
    uint32_t cells = v->cells * v->cells;
    for (uint32_t i = 0; i < v->regions; i++)
        v->cell[cell_of(v, v->region[i])]++;
    for (uint32_t c = 0, begin = 0; c <= cells; c++) {
        uint32_t count = v->cell[c];
        v->cell[c] = begin + count; /* its end; the loop below decrements it to its start */
        begin += count;
    }
    for (uint32_t i = v->regions; i-- > 0;)
        v->by_cell[--v->cell[cell_of(v, v->region[i])]] = i;
}

/* --- building ----------------------------------------------------------------------------------
 */

static bool allocate(cost2100_environment *v)
{
    v->region = calloc(v->regions, sizeof *v->region);
    v->cluster = calloc(v->regions, sizeof *v->cluster);
    v->reference = calloc(v->regions, sizeof *v->reference);
    v->cell = calloc((size_t)v->cells * v->cells + 1, sizeof *v->cell);
    v->by_cell = calloc(v->regions, sizeof *v->by_cell);
    return v->region && v->cluster && v->reference && v->cell && v->by_cell;
}

static rng stream(const cost2100_environment *v, uint32_t number)
{
    return rng_at(v->seed, RNG_ENVIRONMENT, v->number, number);
}

/* The line of sight's VR reaches from near the BS to its cut-off distance. */
static void place_los(cost2100_environment *v, rng *r)
{
    double room = v->network->los_cutoff_m - v->network->los_radius_m;
    do {
        v->los.x = room * rng_uniform(r);
        v->los.y = room * rng_uniform(r);
    } while (hypot(v->los.x, v->los.y) > v->network->los_cutoff_m);
}

static void draw_bs_cluster(cost2100_environment *v)
{
    rng r = stream(v, STREAM_BS_LOCAL);
    cost2100_cluster_attach(&v->around, v->network, v->around_floats);
    cost2100_local_cluster(v->network, &r, &v->around);
    cost2100_mpcs *m = &v->around.mpc;
    for (unsigned i = 0; i < v->network->mpcs; i++) {
        float flat = hypotf(m->x[i], m->y[i]);
        m->fixed[i] = hypotf(flat, m->z[i]);
        m->sine[i] = flat > 0 ? m->x[i] / flat : 1;
    }
}

cost2100_environment *cost2100_environment_create(const cost2100_network *n, double carrier_hz,
                                                  uint64_t seed, uint32_t number, err *e)
{
    cost2100_environment *v = calloc(1, sizeof *v);
    rng r = {0};
    if (v) {
        v->network = n;
        v->wavelength_m = cost2100_light_m_per_s / carrier_hz;
        v->seed = seed;
        v->number = number;
        v->cells = (uint32_t)ceil(2 * n->radius_m / n->vr_radius_m);
        r = stream(v, STREAM_REGIONS);
        v->regions = count_regions(n, &r);
    }
    bool built = v && allocate(v);
    if (built) {
        place_regions(v, &r);
        place_los(v, &r);
        built = assign_clusters(v, &r);
    }
    if (!built) {
        err_set(e, ERR_NOMEM, "out of memory for environment %u", number);
        cost2100_environment_free(v);
        return NULL;
    }
    fill_grid(v);
    if (n->bs_local)
        draw_bs_cluster(v);
    return v;
}

void cost2100_environment_free(cost2100_environment *v)
{
    if (!v)
        return;
    free(v->region);
    free(v->cluster);
    free(v->reference);
    free(v->cell);
    free(v->by_cell);
    free(v);
}

/* --- looking -----------------------------------------------------------------------------------
 */

/* A_VR: an amplitude, near 1 inside, falling over the last L_C metres, not quite 0 at the rim. */
static double region_gain(const cost2100_environment *v, double distance)
{
    const cost2100_network *n = v->network;
    double inside = distance - (n->vr_radius_m - n->vr_transition_m);
    return 0.5 - atan(2 * M_SQRT2 * inside / sqrt(v->wavelength_m * n->vr_transition_m)) / M_PI;
}

/* Inserts in order of number; keeps the better gain if the cluster is already there. */
static size_t add_sight(cost2100_sight *sights, size_t count, size_t room, cost2100_sight s)
{
    size_t at = count;
    while (at > 0 && sights[at - 1].cluster >= s.cluster)
        at--;
    if (at < count && sights[at].cluster == s.cluster) {
        sights[at].gain = fmax(sights[at].gain, s.gain);
        return count;
    }
    if (count == room)
        return count;
    for (size_t i = count; i > at; i--)
        sights[i] = sights[i - 1];
    sights[at] = s;
    return count + 1;
}

size_t cost2100_environment_look(const cost2100_environment *v, cost2100_point u,
                                 cost2100_sight *sights)
{
    uint32_t x = cell_index(v, u.x), y = cell_index(v, u.y), last = v->cells - 1;
    size_t count = 0;
    for (uint32_t row = y ? y - 1 : 0; row <= (y < last ? y + 1 : last); row++) {
        uint32_t first = row * v->cells + (x ? x - 1 : 0), end = row * v->cells + x + (x < last);
        for (uint32_t i = v->cell[first]; i < v->cell[end + 1]; i++) {
            uint32_t vr = v->by_cell[i];
            double distance = hypot(u.x - v->region[vr].x, u.y - v->region[vr].y);
            if (distance < v->network->vr_radius_m) {
                cost2100_sight s = {v->cluster[vr], region_gain(v, distance)};
                count = add_sight(sights, count, v->network->most_active, s);
            }
        }
    }
    return count;
}

void cost2100_environment_cluster(const cost2100_environment *v, uint32_t cluster,
                                  cost2100_cluster *c)
{
    rng r = stream(v, STREAM_CLUSTERS + cluster);
    cost2100_far_cluster(v->network, v->region[v->reference[cluster]], &r, c);
}

const cost2100_cluster *cost2100_environment_bs_cluster(const cost2100_environment *v)
{
    return v->network->bs_local ? &v->around : NULL;
}

bool cost2100_environment_los(const cost2100_environment *v, cost2100_point u)
{
    return hypot(u.x, u.y) <= v->network->los_cutoff_m &&
           hypot(u.x - v->los.x, u.y - v->los.y) <= v->network->los_radius_m;
}

void cost2100_environment_size(const cost2100_environment *v, size_t *regions, size_t *clusters,
                               size_t *bytes)
{
    *regions = v->regions;
    *clusters = v->clusters;
    *bytes = sizeof *v + v->regions * (sizeof *v->region + 3 * sizeof *v->cluster) +
             ((size_t)v->cells * v->cells + 1) * sizeof *v->cell;
}
