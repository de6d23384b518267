#include "fading/tr38901/drop.h"

#include <math.h>
#include <stdbool.h>

#include "base/decibel.h"
#include "base/rng.h"

static const double RADIAN = M_PI / 180;

enum { SUB_CLUSTERS = 3 };
/* Rays of the sub-clusters, in the order of tr38901_ray_offset. */
static const int SUB_FIRST[SUB_CLUSTERS + 1] = {0, 10, 16, TR38901_RAYS};
static const double SUB_DELAY[SUB_CLUSTERS] = {0, 1.28, 2.56}; /* of c_DS */

enum { DEPARTURE, ARRIVAL, ZENITH_ARRIVAL }; /* rows of the setting's offset tables */

static const double MAX_AZIMUTH_SPREAD = 104, MAX_ZENITH_SPREAD = 52, WEAKEST_DB = -25;
static const double SECTOR = 2 * M_PI / 3;

/* A cosine and a sine: the addition theorem replaces trigonometry for each ray. */
typedef struct direction {
    double c, s;
} direction;

typedef struct cluster {
    double excess_s; /* tau, from the earliest cluster: for the powers */
    double delay_s;  /* used by the channel */
    double power;    /* share of the scattered power */
    double level;    /* log(P_n / max P), including any LOS: for the angles */
    direction aod, aoa, zod, zoa;
} cluster;

typedef struct draw {
    const tr38901_setting *s;
    rng r;
    tr38901_drop *d;
    int clusters;
    cluster cluster[TR38901_MAX_CLUSTERS];
    int strongest[2];
    double los_share; /* KR / (KR + 1), 0 without LOS */
    double zod_los;   /* degrees */
    double distance_3d_m;
    direction heading;
    direction zod_offset[TR38901_RAYS];
} draw;

static direction at_angle(double radian)
{
    return (direction){cos(radian), sin(radian)};
}

static direction plus(direction a, double c, double s)
{
    return (direction){a.c * c - a.s * s, a.s * c + a.c * s};
}

/* --- what drops share --------------------------------------------------------------------------
 */

void tr38901_prepare(tr38901_setting *s)
{
    const tr38901_scenario *x = s->scenario;
    for (int i = 0; i < TR38901_LSPS; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = i == j ? 1 : x->correlation[i][j];
            for (int k = 0; k < j; k++)
                sum -= s->root[i][k] * s->root[j][k];
            s->root[i][j] = i == j ? sqrt(sum) : sum / s->root[j][j];
        }
    }
    const double spread[3] = {x->cluster_asd, x->cluster_asa, x->cluster_zsa};
    for (int a = 0; a < 3; a++) {
        for (int m = 0; m < TR38901_RAYS; m++) {
            s->offset_cos[a][m] = cos(spread[a] * tr38901_ray_offset[m] * RADIAN);
            s->offset_sin[a][m] = sin(spread[a] * tr38901_ray_offset[m] * RADIAN);
        }
    }
}

/* --- steps 1 to 4: geometry and large-scale parameters -----------------------------------------
 */

static void place_ue(draw *w)
{
    const tr38901_setting *s = w->s;
    tr38901_drop *d = w->d;
    double near = s->near_m * s->near_m, far = s->far_m * s->far_m;
    d->distance_m = sqrt(near + rng_uniform(&w->r) * (far - near));
    d->azimuth = SECTOR * (rng_uniform(&w->r) - 0.5);
    d->heading = 2 * M_PI * rng_uniform(&w->r);
    double height = s->scenario->bs_height_m - TR38901_UE_HEIGHT_M;
    w->zod_los = 90 + atan(height / d->distance_m) / RADIAN;
    w->heading = at_angle(d->heading);
    w->distance_3d_m = hypot(d->distance_m, height);
}

static void draw_lsps(draw *w)
{
    const tr38901_setting *s = w->s;
    const tr38901_scenario *x = s->scenario;
    double g[TR38901_LSPS], fc = s->lsp_carrier_ghz;
    for (int i = 0; i < TR38901_LSPS; i++) {
        g[i] = rng_normal(&w->r);
        double sum = 0;
        for (int j = 0; j <= i; j++)
            sum += s->root[i][j] * g[j];
        double mean = i == TR38901_ZSD ? tr38901_mean_lg_zsd(x, w->d->distance_m)
                                       : tr38901_at(x, x->mean[i], fc);
        w->d->lsp[i] = mean + tr38901_at(x, x->deviation[i], fc) * sum;
    }
    double k = power_of_db(w->d->lsp[TR38901_K]);
    w->los_share = x->los ? k / (k + 1) : 0;
}

static double spread_of(const draw *w, enum tr38901_lsp_index i)
{
    bool azimuth = i == TR38901_ASD || i == TR38901_ASA;
    return fmin(pow(10, w->d->lsp[i]), azimuth ? MAX_AZIMUTH_SPREAD : MAX_ZENITH_SPREAD);
}

/* --- steps 5 and 6: delays and powers ----------------------------------------------------------
 */

static double logarithm_of_uniform(rng *r)
{
    return log(1 - rng_uniform(r));
}

/* Delays in ascending order, by insertion sort: there are only 20. */
static void draw_delays(draw *w)
{
    double scale = w->s->scenario->delay_scaling * pow(10, w->d->lsp[TR38901_DS]);
    for (int n = 0; n < w->clusters; n++) {
        double excess = -scale * logarithm_of_uniform(&w->r);
        int at = n;
        for (; at > 0 && w->cluster[at - 1].excess_s > excess; at--)
            w->cluster[at].excess_s = w->cluster[at - 1].excess_s;
        w->cluster[at].excess_s = excess;
    }
    double k = w->d->lsp[TR38901_K];
    double shrink =
        w->s->scenario->los ? 0.7705 - 0.0433 * k + 0.0002 * k * k + 0.000017 * k * k * k : 1;
    for (int n = w->clusters - 1; n >= 0; n--) {
        w->cluster[n].excess_s -= w->cluster[0].excess_s;
        w->cluster[n].delay_s = w->cluster[n].excess_s / shrink;
    }
}

static void draw_powers(draw *w)
{
    const tr38901_scenario *x = w->s->scenario;
    double scale = x->delay_scaling * pow(10, w->d->lsp[TR38901_DS]), sum = 0, largest = 0;
    for (int n = 0; n < w->clusters; n++) {
        cluster *c = &w->cluster[n];
        double shadowing_db = -x->cluster_shadowing_db * rng_normal(&w->r);
        c->power = exp(-c->excess_s * (x->delay_scaling - 1) / scale) * power_of_db(shadowing_db);
        sum += c->power;
    }
    for (int n = 0; n < w->clusters; n++) {
        double los = n == 0 ? w->los_share : 0;
        w->cluster[n].power /= sum;
        w->cluster[n].level = (1 - w->los_share) * w->cluster[n].power + los;
        largest = fmax(largest, w->cluster[n].level);
    }
    for (int n = 0; n < w->clusters; n++)
        w->cluster[n].level = log(w->cluster[n].level / largest);
}

/* Drops clusters 25 dB below the strongest, scales the rest to sum 1, and, without LOS, shifts the
 * earliest delay to 0. */
static void drop_weak_clusters(draw *w)
{
    double largest = 0, sum = 0;
    int kept = 0;
    for (int n = 0; n < w->clusters; n++)
        largest = fmax(largest, w->cluster[n].power);
    for (int n = 0; n < w->clusters; n++) {
        bool carries_los = n == 0 && w->s->scenario->los;
        if (w->cluster[n].power < largest * power_of_db(WEAKEST_DB) && !carries_los)
            continue;
        sum += w->cluster[n].power;
        w->cluster[kept++] = w->cluster[n];
    }
    w->clusters = kept;
    double earliest = w->s->scenario->los ? 0 : w->cluster[0].delay_s;
    for (int n = 0; n < kept; n++) {
        w->cluster[n].power /= sum;
        w->cluster[n].delay_s -= earliest;
    }
}

/* --- step 7: angles ----------------------------------------------------------------------------
 */

/* The polynomials in K are fits; the one of the zenith falls to 0 at -10 dB, hence the bound. */
static double fitted_k(const draw *w)
{
    return fmin(fmax(w->d->lsp[TR38901_K], -5), 30);
}

static double azimuth_scaling(const draw *w)
{
    double k = fitted_k(w);
    double fit = 1.1035 - 0.028 * k - 0.002 * k * k + 0.0001 * k * k * k;
    return w->s->scenario->azimuth_scaling * (w->s->scenario->los ? fit : 1);
}

static double zenith_scaling(const draw *w)
{
    double k = fitted_k(w);
    double fit = 1.3086 + 0.0339 * k - 0.0077 * k * k + 0.0002 * k * k * k;
    return w->s->scenario->zenith_scaling * (w->s->scenario->los ? fit : 1);
}

/* Draws one kind of angle in degrees for every cluster, around `centre`. With LOS the first cluster
 * points exactly there. */
static void draw_angles(draw *w, enum tr38901_lsp_index spread, double centre,
                        double angle[TR38901_MAX_CLUSTERS])
{
    bool azimuth = spread == TR38901_ASD || spread == TR38901_ASA;
    double width = spread_of(w, spread);
    double scale = azimuth ? 2 * width / 1.4 / azimuth_scaling(w) : width / zenith_scaling(w);
    for (int n = 0; n < w->clusters; n++) {
        double level = -w->cluster[n].level;
        double sign = rng_u32(&w->r) >> 31 ? 1 : -1;
        angle[n] = sign * scale * (azimuth ? sqrt(level) : level) + width / 7 * rng_normal(&w->r);
    }
    /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): there are clusters */
    double first = w->s->scenario->los ? angle[0] : 0;
    for (int n = 0; n < w->clusters; n++)
        angle[n] += centre - first;
}

static void draw_all_angles(draw *w)
{
    const tr38901_setting *s = w->s;
    double aod[TR38901_MAX_CLUSTERS], aoa[TR38901_MAX_CLUSTERS];
    double zod[TR38901_MAX_CLUSTERS], zoa[TR38901_MAX_CLUSTERS];
    double azimuth = w->d->azimuth / RADIAN;
    double offset = tr38901_zod_offset(s->scenario, s->carrier_ghz, w->d->distance_m);
    draw_angles(w, TR38901_ASD, azimuth, aod);
    draw_angles(w, TR38901_ASA, azimuth + 180, aoa);
    draw_angles(w, TR38901_ZSD, w->zod_los + offset, zod);
    draw_angles(w, TR38901_ZSA, 180 - w->zod_los, zoa);
    for (int n = 0; n < w->clusters; n++) {
        w->cluster[n].aod = at_angle(aod[n] * RADIAN);
        w->cluster[n].aoa = at_angle(aoa[n] * RADIAN);
        w->cluster[n].zod = at_angle(zod[n] * RADIAN);
        w->cluster[n].zoa = at_angle(zoa[n] * RADIAN);
    }
    double spread = 3.0 / 8 * pow(10, tr38901_mean_lg_zsd(s->scenario, w->d->distance_m));
    for (int m = 0; m < TR38901_RAYS; m++)
        w->zod_offset[m] = at_angle(spread * tr38901_ray_offset[m] * RADIAN);
}

/* --- steps 8 to 11: coupling, phases, sub-clusters ---------------------------------------------
 */

/* A zenith angle beyond a pole comes back on the other side, so its sine is positive. */
static void draw_rays(draw *w, const cluster *c, const int *first, int parts, tr38901_ray *ray)
{
    const tr38901_setting *s = w->s;
    uint8_t zod_of[TR38901_RAYS], aoa_of[TR38901_RAYS], zoa_of[TR38901_RAYS];
    tr38901_couple(&w->r, first, parts, zod_of);
    tr38901_couple(&w->r, first, parts, aoa_of);
    tr38901_couple(&w->r, first, parts, zoa_of);
    double doppler_hz = s->speed_m_s * s->carrier_ghz * 1e9 / TR38901_LIGHT_M_PER_S;
    for (int m = 0; m < TR38901_RAYS; m++) {
        const int a = aoa_of[m], z = zoa_of[m];
        const direction *o = &w->zod_offset[zod_of[m]];
        direction aod = plus(c->aod, s->offset_cos[DEPARTURE][m], s->offset_sin[DEPARTURE][m]);
        direction aoa = plus(c->aoa, s->offset_cos[ARRIVAL][a], s->offset_sin[ARRIVAL][a]);
        direction zoa =
            plus(c->zoa, s->offset_cos[ZENITH_ARRIVAL][z], s->offset_sin[ZENITH_ARRIVAL][z]);
        double along = aoa.c * w->heading.c + aoa.s * w->heading.s;
        ray[m].sine = fabs(plus(c->zod, o->c, o->s).s) * aod.s;
        ray[m].shift_hz = doppler_hz * fabs(zoa.s) * along;
        ray[m].phase = rng_u32(&w->r) * 0x1p-32;
    }
}

/* The distance at which a path of the cluster's length and direction bounces once: the TR measures
 * delays from the direct path, blocked or not. */
static double bounce_range(const draw *w, const cluster *c)
{
    double direct = w->distance_3d_m, zod_los = w->zod_los * RADIAN;
    double excess = c->delay_s * TR38901_LIGHT_M_PER_S;
    double across = c->aod.c * cos(w->d->azimuth) + c->aod.s * sin(w->d->azimuth);
    double towards_ue = fabs(c->zod.s) * sin(zod_los) * across + c->zod.c * cos(zod_los);
    double twice = 2 * (excess + direct * (1 - towards_ue));
    double range = twice > 0 ? excess * (2 * direct + excess) / twice : direct;
    return fmax(range, TR38901_NEAREST_BOUNCE_M);
}

static void add_tap(tr38901_drop *d, const tr38901_tap *tap)
{
    d->tap[d->tap_count++] = *tap;
    d->ray_count += tap->count;
}

static void add_los(draw *w)
{
    const tr38901_setting *s = w->s;
    tr38901_drop *d = w->d;
    double wavelengths = w->distance_3d_m * s->carrier_ghz * 1e9 / TR38901_LIGHT_M_PER_S;
    double across = sin(w->zod_los * RADIAN); /* sin(ZOD), and sin(ZOA) */
    double sine = across * sin(d->azimuth);
    d->ray[0] =
        (tr38901_ray){.sine = sine,
                      .phase = ceil(wavelengths) - wavelengths,
                      .shift_hz = -s->speed_m_s * s->carrier_ghz * 1e9 / TR38901_LIGHT_M_PER_S *
                                  across * cos(d->azimuth - d->heading)};
    add_tap(d, &(tr38901_tap){.amplitude = sqrt(w->los_share),
                              .sine = sine,
                              .range_m = w->distance_3d_m,
                              .count = 1});
}

static void add_cluster(draw *w, int n)
{
    const cluster *c = &w->cluster[n];
    const tr38901_scenario *x = w->s->scenario;
    bool split = n == w->strongest[0] || n == w->strongest[1];
    const int whole[2] = {0, TR38901_RAYS}, parts = split ? SUB_CLUSTERS : 1;
    const int *first = split ? SUB_FIRST : whole;
    double spread_ns = fmax(0.25, x->cluster_ds_ns.constant +
                                      x->cluster_ds_ns.slope * log10(w->s->lsp_carrier_ghz));
    tr38901_drop *d = w->d;
    draw_rays(w, c, first, parts, d->ray + d->ray_count);
    tr38901_tap tap = {.amplitude = sqrt((1 - w->los_share) * c->power / TR38901_RAYS),
                       .sine = fabs(c->zod.s) * c->aod.s,
                       .range_m = bounce_range(w, c)};
    for (int i = 0; i < parts; i++) {
        tap.delay_s = c->delay_s + SUB_DELAY[i] * spread_ns * 1e-9;
        tap.first = d->ray_count;
        tap.count = first[i + 1] - first[i];
        add_tap(d, &tap);
    }
}

static void find_strongest(draw *w)
{
    int one = 0, two = -1;
    for (int n = 1; n < w->clusters; n++) {
        if (w->cluster[n].power > w->cluster[one].power) {
            two = one;
            one = n;
        } else if (two < 0 || w->cluster[n].power > w->cluster[two].power) {
            two = n;
        }
    }
    w->strongest[0] = one;
    w->strongest[1] = two;
}

void tr38901_draw(const tr38901_setting *s, uint64_t seed, uint32_t ue, tr38901_drop *d)
{
    draw w = {
        .s = s, .r = rng_at(seed, RNG_CHANNEL, ue, 0), .d = d, .clusters = s->scenario->clusters};
    d->tap_count = d->ray_count = 0;
    place_ue(&w);
    draw_lsps(&w);
    draw_delays(&w);
    draw_powers(&w);
    drop_weak_clusters(&w);
    draw_all_angles(&w);
    find_strongest(&w);
    if (s->scenario->los)
        add_los(&w);
    for (int n = 0; n < w.clusters; n++)
        add_cluster(&w, n);
}
