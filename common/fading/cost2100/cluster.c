#include "fading/cost2100/cluster.h"

#include <math.h>
#include <string.h>

/* One side of a cluster: its centre, the direction to the other end, and half its extents along
 * that direction, across, and up. */
typedef struct side {
    cost2100_point centre;
    double cosine, sine;
    double along, across, up;
} side;

void cost2100_cluster_attach(cost2100_cluster *c, const cost2100_network *n, float *floats)
{
    size_t mpcs = n->mpcs;
    c->mpc = (cost2100_mpcs){.x = floats,
                             .y = floats + mpcs,
                             .z = floats + 2 * mpcs,
                             .fixed = floats + 3 * mpcs,
                             .sine = floats + 4 * mpcs,
                             .re = floats + 5 * mpcs,
                             .im = floats + 6 * mpcs};
}

static void draw_spreads(const cost2100_network *n, rng *r, double spread[COST2100_SPREADS])
{
    double g[COST2100_SPREADS];
    for (int i = 0; i < COST2100_SPREADS; i++)
        g[i] = rng_normal(r);
    for (int i = 0; i < COST2100_SPREADS; i++) {
        double z = 0;
        for (int j = 0; j <= i; j++)
            z += n->mix[i][j] * g[j];
        spread[i] = n->spread[i].median * pow(10, 0.1 * n->spread[i].sigma_db * z);
    }
}

/* Draws positions g [3][mpcs] and weights, from standard normals. */
static void draw_mpcs(const cost2100_network *n, rng *r, float g[3][COST2100_MPCS_MAX],
                      cost2100_mpcs *m)
{
    float draw[5 * COST2100_MPCS_MAX];
    size_t mpcs = n->mpcs;
    rng_normal_fill(r, draw, 5 * mpcs, 1);
    for (size_t axis = 0; axis < 3; axis++)
        memcpy(g[axis], draw + axis * mpcs, mpcs * sizeof *draw);
    double power = 0;
    for (size_t i = 3 * mpcs; i < 5 * mpcs; i++)
        power += (double)draw[i] * (double)draw[i];
    float scale = (float)(1 / sqrt(power));
    for (size_t i = 0; i < mpcs; i++) {
        m->re[i] = scale * draw[3 * mpcs + i];
        m->im[i] = scale * draw[4 * mpcs + i];
    }
}

/* The same normals place an MPC at both sides: a third of an extent is one deviation. */
static void place_mpc(const side *s, const float g[3][COST2100_MPCS_MAX], unsigned i, double at[3])
{
    double along = (double)g[0][i] * s->along / 3, across = (double)g[1][i] * s->across / 3;
    at[0] = s->centre.x + along * s->cosine - across * s->sine;
    at[1] = s->centre.y + along * s->sine + across * s->cosine;
    at[2] = (double)g[2][i] * s->up / 3;
}

static double tan_half_degrees(double angle)
{
    return tan(angle / 2 * M_PI / 180);
}

/* At `distance` from `origin`, in the direction of a VR's azimuth plus a random angle, facing back.
 */
static side draw_side(cost2100_point origin, double distance, double azimuth, rng *r)
{
    double offset = cost2100_azimuth_mean + cost2100_azimuth_deviation * rng_normal(r);
    double angle = azimuth + offset * M_PI / 180, c = cos(angle), s = sin(angle);
    return (side){
        .centre = {origin.x + distance * c, origin.y + distance * s}, .cosine = -c, .sine = -s};
}

static void place_all(const cost2100_network *n, const side *bs, const side *ms, double link_m,
                      const float g[3][COST2100_MPCS_MAX], cost2100_mpcs *m)
{
    for (unsigned i = 0; i < n->mpcs; i++) {
        double b[3], u[3];
        place_mpc(bs, g, i, b);
        place_mpc(ms, g, i, u);
        double flat = hypot(b[0], b[1]);
        m->x[i] = (float)u[0];
        m->y[i] = (float)u[1];
        m->z[i] = (float)u[2];
        m->fixed[i] = (float)(hypot(flat, b[2]) + link_m);
        m->sine[i] = (float)(flat > 0 ? b[0] / flat : 1);
    }
}

void cost2100_far_cluster(const cost2100_network *n, cost2100_point vr, rng *r, cost2100_cluster *c)
{
    double spread[COST2100_SPREADS], link_m = 0;
    float g[3][COST2100_MPCS_MAX];
    const cost2100_point origin = {0, 0};
    draw_spreads(n, r, spread);
    double distance = n->distance_m * rng_uniform(r), azimuth = atan2(vr.y, vr.x);
    double bs_tan = tan_half_degrees(spread[COST2100_BS_AZIMUTH]);
    side bs = draw_side(origin, distance, azimuth, r);
    bs.along = cost2100_light_m_per_s * spread[COST2100_DELAY] / 2;
    bs.across = distance * bs_tan;
    bs.up = distance * tan_half_degrees(spread[COST2100_BS_ELEVATION]);
    side ms = bs;
    if (rng_uniform(r) >= n->single_share) {
        double ms_distance = bs.across / tan_half_degrees(spread[COST2100_MS_AZIMUTH]);
        ms = draw_side(vr, ms_distance, azimuth, r);
        ms.along = bs.along;
        ms.across = bs.across;
        ms.up = ms_distance * tan_half_degrees(spread[COST2100_MS_ELEVATION]);
        link_m =
            cost2100_light_m_per_s * (n->link_least_s - n->link_mean_s * log(1 - rng_uniform(r)));
    }
    draw_mpcs(n, r, g, &c->mpc);
    place_all(n, &bs, &ms, link_m, g, &c->mpc);
    c->power = spread[COST2100_SHADOWING];
    c->fixed = distance + link_m;
    c->centre = ms.centre;
}

void cost2100_local_cluster(const cost2100_network *n, rng *r, cost2100_cluster *c)
{
    double spread[COST2100_SPREADS];
    float g[3][COST2100_MPCS_MAX];
    draw_spreads(n, r, spread);
    draw_mpcs(n, r, g, &c->mpc);
    c->power = spread[COST2100_SHADOWING];
    c->fixed = 0;
    c->centre = (cost2100_point){0, 0};
    double radius = cost2100_light_m_per_s * spread[COST2100_DELAY] / 2;
    for (unsigned i = 0; i < n->mpcs; i++) {
        c->mpc.fixed[i] = c->mpc.sine[i] = 0;
        c->mpc.x[i] = (float)((double)g[0][i] * radius / 3);
        c->mpc.y[i] = (float)((double)g[1][i] * radius / 3);
        c->mpc.z[i] = (float)((double)g[2][i] * radius / 60);
    }
}
