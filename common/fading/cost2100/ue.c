#include "fading/cost2100/ue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Random streams of a UE. */
enum { STREAM_START, STREAM_LOCAL };

/* Even with a single far cluster, nine positions of ten have a cluster in sight, so 1000 tries
 * always succeed in practice. Settings can reduce that to one position in a hundred: then one UE in
 * 23,000 starts without a cluster in sight. */
enum { TRIES = 1000 };

struct cost2100_ue {
    const cost2100_network *network;
    const cost2100_environment *environment;
    double start_hz; /* of the first subcarrier, for the carrier phases */
    cost2100_point start, velocity;
    double los_power;          /* K */
    cost2100_cluster around;   /* the UE */
    float *floats;             /* memory of the clusters' MPCs */
    cost2100_cluster *cluster; /* [most_active]: far clusters drawn so far */
    uint32_t *number;          /* [most_active]: their numbers, or NONE */
    bool *wanted;              /* [most_active] */
    cost2100_sight *sights;    /* [most_active] */
};

static const uint32_t NONE = UINT32_MAX;

/* --- creation ----------------------------------------------------------------------------------
 */

/* Draws a point at a normally distributed distance; never beyond the borders, which would reflect
 * it. */
static cost2100_point draw_on_ring(const cost2100_network *n, rng *r)
{
    double distance, azimuth = 2 * M_PI * rng_uniform(r);
    do {
        distance = n->ring_m[0] + n->ring_m[1] * rng_normal(r);
    } while (distance <= 0 || distance > n->side_m / 2);
    return (cost2100_point){distance * cos(azimuth), distance * sin(azimuth)};
}

static cost2100_point draw_place(const cost2100_network *n, rng *r)
{
    if (n->ring_m[0] > 0)
        return draw_on_ring(n, r);
    double x = n->side_m * (rng_uniform(r) - 0.5);
    return (cost2100_point){x - n->bs_m[0], n->side_m * (rng_uniform(r) - 0.5) - n->bs_m[1]};
}

static void draw_start(cost2100_ue *u, double speed_kmh, rng *r)
{
    for (int i = 0; i < TRIES; i++) {
        u->start = draw_place(u->network, r);
        if (cost2100_environment_look(u->environment, u->start, u->sights) > 0)
            break;
    }
    double heading = 2 * M_PI * rng_uniform(r), speed = speed_kmh / 3.6;
    u->velocity = (cost2100_point){speed * cos(heading), speed * sin(heading)};
}

static bool allocate(cost2100_ue *u)
{
    size_t most = u->network->most_active;
    u->cluster = malloc(most * sizeof *u->cluster);
    u->number = malloc(most * sizeof *u->number);
    u->wanted = malloc(most * sizeof *u->wanted);
    u->sights = malloc(most * sizeof *u->sights);
    size_t each = COST2100_CLUSTER_FLOATS * (size_t)u->network->mpcs;
    u->floats = malloc((most + 1) * each * sizeof *u->floats);
    if (!u->cluster || !u->number || !u->wanted || !u->sights || !u->floats)
        return false;
    for (size_t i = 0; i < most; i++)
        cost2100_cluster_attach(&u->cluster[i], u->network, u->floats + i * each);
    cost2100_cluster_attach(&u->around, u->network, u->floats + most * each);
    return true;
}

cost2100_ue *cost2100_ue_create(const cost2100_network *n, const cost2100_environment *v,
                                const fading_config *c, uint32_t ue, err *e)
{
    cost2100_ue *u = calloc(1, sizeof *u);
    if (u) {
        u->network = n;
        u->environment = v;
        u->start_hz = c->carrier_hz - c->bandwidth_hz / 2;
    }
    if (!u || !allocate(u)) {
        err_set(e, ERR_NOMEM, "out of memory for the channel of UE %u", ue);
        cost2100_ue_free(u);
        return NULL;
    }
    for (size_t i = 0; i < n->most_active; i++)
        u->number[i] = NONE;
    rng start = rng_at(c->seed, RNG_CHANNEL, ue, STREAM_START);
    draw_start(u, c->speed_kmh, &start);
    u->los_power = n->los_k.median * pow(10, 0.1 * n->los_k.sigma_db * rng_normal(&start));
    rng local = rng_at(c->seed, RNG_CHANNEL, ue, STREAM_LOCAL);
    cost2100_local_cluster(n, &local, &u->around);
    return u;
}

void cost2100_ue_free(cost2100_ue *u)
{
    if (!u)
        return;
    free(u->floats);
    free(u->cluster);
    free(u->number);
    free(u->wanted);
    free(u->sights);
    free(u);
}

/* --- movement ----------------------------------------------------------------------------------
 */

/* Reflects x into [-half, half], as between two mirrors. */
static double reflect(double x, double half)
{
    double lap = fmod(x + half, 4 * half);
    if (lap < 0)
        lap += 4 * half;
    return lap < 2 * half ? lap - half : 3 * half - lap;
}

cost2100_point cost2100_ue_position(const cost2100_ue *u, double time_s)
{
    double half = u->network->side_m / 2;
    const double *bs = u->network->bs_m;
    return (cost2100_point){reflect(u->start.x + bs[0] + u->velocity.x * time_s, half) - bs[0],
                            reflect(u->start.y + bs[1] + u->velocity.y * time_s, half) - bs[1]};
}

/* --- clusters in sight -------------------------------------------------------------------------
 */

static size_t find_slot(const cost2100_ue *u, uint32_t number)
{
    size_t i = 0;
    while (i < u->network->most_active && u->number[i] != number)
        i++;
    return i;
}

/* Draws the clusters in sight that are missing, in slots of clusters out of sight. */
static void draw_missing(cost2100_ue *u, size_t sights)
{
    size_t most = u->network->most_active, spare = 0;
    memset(u->wanted, 0, most * sizeof *u->wanted);
    for (size_t i = 0; i < sights; i++) {
        size_t slot = find_slot(u, u->sights[i].cluster);
        if (slot < most)
            u->wanted[slot] = true;
    }
    for (size_t i = 0; i < sights; i++) {
        if (find_slot(u, u->sights[i].cluster) < most)
            continue;
        while (u->wanted[spare])
            spare++;
        u->wanted[spare] = true;
        u->number[spare] = u->sights[i].cluster;
        cost2100_environment_cluster(u->environment, u->number[spare], &u->cluster[spare]);
    }
}

/* --- paths -------------------------------------------------------------------------------------
 */

typedef struct list {
    fading_path *paths;
    size_t count;
    double start_hz;
    cost2100_point at; /* the UE */
    double delay;      /* of the direct path */
    double power;
} list;

static void add_path(list *l, double length_m, double sine, double amplitude, float complex weight)
{
    double delay = length_m / cost2100_light_m_per_s, cycles = l->start_hz * delay;
    float angle = (float)(-2 * M_PI * (cycles - floor(cycles + 0.5)));
    l->paths[l->count++] =
        (fading_path){.delay_s = delay,
                      .sine = sine,
                      .gain = (float)amplitude * weight * (cosf(angle) + I * sinf(angle))};
}

/* Cosine of the angle between (x, y) and the array's axis. */
static double cosine(double x, double y)
{
    double flat = hypot(x, y);
    return flat > 0 ? x / flat : 1;
}

/* Adds paths over fixed MPCs. */
static void add_cluster(list *l, const cost2100_network *n, const cost2100_mpcs *m,
                        double amplitude)
{
    for (unsigned i = 0; i < n->mpcs; i++) {
        double dx = (double)m->x[i] - l->at.x, dy = (double)m->y[i] - l->at.y;
        double dz = (double)m->z[i];
        double sine = n->angle_at_ue ? cosine(dx, dy) : (double)m->sine[i];
        add_path(l, (double)m->fixed[i] + sqrt(dx * dx + dy * dy + dz * dz), sine, amplitude,
                 m->re[i] + I * m->im[i]);
    }
    l->power += amplitude * amplitude;
}

/* Adds paths over MPCs that move with the UE. */
static void add_own_cluster(list *l, const cost2100_network *n, const cost2100_cluster *c)
{
    const cost2100_mpcs *m = &c->mpc;
    double amplitude = sqrt(c->power);
    for (unsigned i = 0; i < n->mpcs; i++) {
        double dx = (double)m->x[i], dy = (double)m->y[i], dz = (double)m->z[i];
        double x = l->at.x + dx, y = l->at.y + dy, flat = hypot(x, y);
        double length = sqrt(flat * flat + dz * dz) + sqrt(dx * dx + dy * dy + dz * dz);
        double sine = n->angle_at_ue ? cosine(dx, dy) : flat > 0 ? x / flat : 1;
        add_path(l, length, sine, amplitude, m->re[i] + I * m->im[i]);
    }
    l->power += c->power;
}

/* a_c: the power of a cluster, from the delay of its centre relative to the direct path. */
static double decay(const list *l, const cost2100_network *n, const cost2100_cluster *c)
{
    double length = c->fixed + hypot(l->at.x - c->centre.x, l->at.y - c->centre.y);
    double late = fmin(length / cost2100_light_m_per_s, n->decay_end_s) - l->delay;
    return exp(-n->decay_per_us * late * 1e6);
}

static void add_far_clusters(list *l, cost2100_ue *u)
{
    const cost2100_network *n = u->network;
    size_t sights = cost2100_environment_look(u->environment, l->at, u->sights);
    draw_missing(u, sights);
    for (size_t i = 0; i < sights; i++) {
        const cost2100_cluster *c = &u->cluster[find_slot(u, u->sights[i].cluster)];
        add_cluster(l, n, &c->mpc, u->sights[i].gain * sqrt(c->power * decay(l, n, c)));
    }
}

/* The power that K is relative to. */
static double other_power(const list *l, const cost2100_network *n)
{
    if (!n->los_of_sum)
        return l->power;
    double re = 0, im = 0;
    for (size_t i = 0; i < l->count; i++) {
        re += (double)crealf(l->paths[i].gain);
        im += (double)cimagf(l->paths[i].gain);
    }
    return re * re + im * im;
}

static void add_line_of_sight(list *l, const cost2100_ue *u, double distance)
{
    double sign = u->network->angle_at_ue ? -1 : 1; /* seen from the UE, the BS is in the opposite
                                                       direction */
    add_path(l, distance, cosine(sign * l->at.x, sign * l->at.y),
             sqrt(u->los_power * other_power(l, u->network)), 1);
}

size_t cost2100_paths_max(const cost2100_network *n)
{
    return (size_t)(n->most_active + 2) * n->mpcs + 1;
}

size_t cost2100_ue_paths(cost2100_ue *u, double time_s, fading_path *paths)
{
    list l = {.paths = paths, .start_hz = u->start_hz, .at = cost2100_ue_position(u, time_s)};
    double distance = hypot(l.at.x, l.at.y);
    l.delay = distance / cost2100_light_m_per_s;
    add_far_clusters(&l, u);
    add_own_cluster(&l, u->network, &u->around);
    const cost2100_cluster *bs = cost2100_environment_bs_cluster(u->environment);
    if (bs)
        add_cluster(&l, u->network, &bs->mpc, sqrt(bs->power));
    if (cost2100_environment_los(u->environment, l.at))
        add_line_of_sight(&l, u, distance);
    return l.count;
}
