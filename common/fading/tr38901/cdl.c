/* 3GPP TR 38.901, clause 7.7.1: clustered delay lines CDL-A to -E, for a single-polarised ULA and
 * an omnidirectional UE antenna, both vertical: of the polarisations only the theta-theta term
 * remains, which has weight 1 whatever the XPR. Every UE has the table's delays, powers and mean
 * angles of clusters; the coupling of rays, their phases and the direction of movement differ by
 * UE. The sum over rays and its change with time are those of clause 7.5 (tr38901.c). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "fading/tr38901/delay_line.h"
#include "fading/tr38901/ue.h"

static const double RADIAN = M_PI / 180;

typedef struct cdl_model {
    tr38901_model shared; /* first: a UE points to it */
    tr38901_link link;
    double doppler_hz; /* the maximum */
    double delay_s[TR38901_DELAY_LINE_ROWS], power[TR38901_DELAY_LINE_ROWS];
    double angle[TR38901_ANGLES][TR38901_DELAY_LINE_ROWS]; /* degrees */
    double ray_spread[TR38901_ANGLES];
} cdl_model;

static void *open_line(char letter, const char *arguments, const fading_config *c,
                       char *description, err *e)
{
    cdl_model *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for a channel");
        return NULL;
    }
    if (tr38901_link_parse(&m->link, &tr38901_delay_lines[letter - 'a'], false, arguments, e) ||
        tr38901_link_profile(&m->link, c, m->delay_s, m->power, e)) {
        free(m);
        return NULL;
    }
    m->shared = (tr38901_model){.dims = c->dims,
                                .bandwidth_hz = c->bandwidth_hz,
                                .carrier_hz = c->carrier_hz,
                                .seed = c->seed,
                                .mix = csi_mix_choose()};
    m->doppler_hz = c->speed_kmh / 3.6 * c->carrier_hz / TR38901_LIGHT_M_PER_S;
    for (enum tr38901_angle a = TR38901_AOD; a < TR38901_ANGLES; a++)
        tr38901_link_angles(&m->link, a, m->power, m->angle[a], &m->ray_spread[a]);
    char options[FADING_DESCRIPTION_MAX / 2];
    tr38901_link_describe(&m->link, options, sizeof options);
    snprintf(description, FADING_DESCRIPTION_MAX,
             "cdl-%c: TR 38.901 at %g GHz, delay spread %g ns%s, %g km/h (%.3g Hz Doppler)", letter,
             c->carrier_hz / 1e9, m->link.delay_spread_ns, options, c->speed_kmh, m->doppler_hz);
    return m;
}

/* --- one UE ------------------------------------------------------------------------------------
 */

static tr38901_ray ray_at(const cdl_model *m, const double angle[TR38901_ANGLES],
                          const tr38901_drop *d, rng *r)
{
    /* A zenith angle beyond a pole comes back on the other side, so its sine is positive. */
    double out = fabs(sin(angle[TR38901_ZOD] * RADIAN)),
           in = fabs(sin(angle[TR38901_ZOA] * RADIAN));
    double along = cos(angle[TR38901_AOA] * RADIAN - d->heading);
    return (tr38901_ray){.sine = out * sin(angle[TR38901_AOD] * RADIAN + d->azimuth),
                         .shift_hz = m->doppler_hz * in * along,
                         .phase = rng_u32(r) * 0x1p-32};
}

/* Steps 1, 2 and 4: adds a row's rays, or the single ray of the LOS. */
static void add_row(const cdl_model *m, int row, tr38901_drop *d, rng *r)
{
    static const int whole[2] = {0, TR38901_RAYS};
    uint8_t order[TR38901_ANGLES][TR38901_RAYS] = {{0}};
    bool los = m->link.line->los && row == 0;
    tr38901_tap *tap = &d->tap[d->tap_count++];
    *tap = (tr38901_tap){
        .delay_s = m->delay_s[row], .first = d->ray_count, .count = los ? 1 : TR38901_RAYS};
    tap->amplitude = sqrt(m->power[row] / tap->count);
    tap->sine = fabs(sin(m->angle[TR38901_ZOD][row] * RADIAN)) *
                sin(m->angle[TR38901_AOD][row] * RADIAN + d->azimuth);
    for (int a = 0; a < TR38901_ANGLES && !los; a++)
        tr38901_couple(r, whole, 1, order[a]);
    for (int i = 0; i < tap->count; i++) {
        double angle[TR38901_ANGLES];
        for (int a = 0; a < TR38901_ANGLES; a++)
            angle[a] =
                m->angle[a][row] + (los ? 0 : m->ray_spread[a] * tr38901_ray_offset[order[a][i]]);
        d->ray[d->ray_count++] = ray_at(m, angle, d, r);
    }
}

static void *ue_create(const void *model, uint32_t ue, err *e)
{
    const cdl_model *m = model;
    tr38901_ue *u = calloc(1, sizeof *u);
    if (u) {
        rng r = rng_at(m->shared.seed, RNG_CHANNEL, ue, 0);
        u->model = &m->shared;
        u->drop.heading = 2 * M_PI * rng_uniform(&r);
        u->drop.azimuth = m->link.rotate * RADIAN * (2 * rng_uniform(&r) - 1);
        for (int i = 0; i < m->link.line->count; i++)
            add_row(m, i, &u->drop, &r);
    }
    return tr38901_ue_prepare(u, ue, false, e);
}

/* --- the five channels -------------------------------------------------------------------------
 */

#define LINE(letter)                                                                               \
    static void *open_##letter(const char *arguments, const fading_config *c,                      \
                               char description[FADING_DESCRIPTION_MAX], err *e)                   \
    {                                                                                              \
        return open_line(#letter[0], arguments, c, description, e);                                \
    }                                                                                              \
    const fading_model_ops fading_cdl_##letter = {.carrier_hz = 3.5e9,                             \
                                                  .open = open_##letter,                           \
                                                  .close = tr38901_close,                          \
                                                  .ue_create = ue_create,                          \
                                                  .ue_free = tr38901_ue_free,                      \
                                                  .frequency = tr38901_frequency,                  \
                                                  .grid = tr38901_grid,                            \
                                                  .angle_delay = tr38901_angle_delay,              \
                                                  .paths = tr38901_paths,                          \
                                                  .paths_max = tr38901_paths_max}

LINE(a);
LINE(b);
LINE(c);
LINE(d);
LINE(e);
