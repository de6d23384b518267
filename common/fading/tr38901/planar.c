/* Plane waves: rays of one delay are first summed over the array, at antenna k = 8 a + b as
 *
 *     h_l[k] = sum_i (gain_i coarse_i[a]) fine_i[b],   coarse fine = exp(-j pi k u_i),
 *
 * and the delay kernels then process one row per delay. Only the gains depend on time. */
#include "fading/tr38901/planar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fading/paths.h"
#include "fading/tr38901/rays.h"

enum { FINE = 8 };

struct tr38901_planar {
    fading_synthesis *synthesis;
    size_t coarse_count;     /* ceil(nt / FINE) */
    float complex *fine;     /* [rays][FINE] */
    float complex *coarse;   /* [coarse_count][rays] */
    float complex *response; /* [ni][taps] */
    float complex *taps;     /* [taps][nt] */
    float complex *rows;     /* [ni][nt] */
    float complex *antennas; /* [coarse_count * FINE] */
};

void tr38901_planar_free(tr38901_planar *p)
{
    if (!p)
        return;
    fading_synthesis_free(p->synthesis);
    free(p->fine);
    free(p->coarse);
    free(p->response);
    free(p->taps);
    free(p->rows);
    free(p->antennas);
    free(p);
}

static bool allocate(tr38901_planar *p, const tr38901_ue *u)
{
    const tr38901_model *m = u->model;
    size_t nt = m->dims.nt, ni = m->dims.ni;
    size_t rays = (size_t)u->drop.ray_count, taps = (size_t)u->drop.tap_count;
    p->coarse_count = (nt + FINE - 1) / FINE;
    p->synthesis = fading_synthesis_create(&m->dims, m->bandwidth_hz, taps, NULL);
    p->fine = malloc(rays * FINE * sizeof *p->fine);
    p->coarse = malloc(p->coarse_count * rays * sizeof *p->coarse);
    p->response = malloc(ni * taps * sizeof *p->response);
    p->taps = malloc(taps * nt * sizeof *p->taps);
    p->rows = malloc(ni * nt * sizeof *p->rows);
    p->antennas = malloc(p->coarse_count * FINE * sizeof *p->antennas);
    return p->synthesis && p->fine && p->coarse && p->response && p->taps && p->rows && p->antennas;
}

static void fill_steering(tr38901_planar *p, const tr38901_drop *d)
{
    size_t rays = (size_t)d->ray_count;
    for (size_t i = 0; i < rays; i++) {
        double phase = M_PI * d->ray[i].sine;
        double complex step = cos(phase) - I * sin(phase), at = 1;
        for (size_t b = 0; b < FINE; b++, at *= step)
            p->fine[i * FINE + b] = (float complex)at;
        double complex leap = at;
        at = 1;
        for (size_t a = 0; a < p->coarse_count; a++, at *= leap)
            p->coarse[a * rays + i] = (float complex)at;
    }
}

static void fill_responses(tr38901_planar *p, const tr38901_model *m, const tr38901_drop *d)
{
    size_t taps = (size_t)d->tap_count;
    for (size_t l = 0; l < taps; l++)
        tr38901_response(d->tap[l].delay_s * m->bandwidth_hz, &m->dims, p->response + l, taps);
}

tr38901_planar *tr38901_planar_create(const tr38901_ue *u)
{
    tr38901_planar *p = calloc(1, sizeof *p);
    if (!p || !allocate(p, u)) {
        tr38901_planar_free(p);
        return NULL;
    }
    fill_steering(p, &u->drop);
    fill_responses(p, u->model, &u->drop);
    return p;
}

/* Sums the rays of each delay at the antennas. */
static void sum_rays(tr38901_planar *p, const tr38901_model *m, const tr38901_drop *d,
                     const float complex *gain)
{
    size_t rays = (size_t)d->ray_count, nt = m->dims.nt;
    float complex rotated[TR38901_RAYS];
    for (size_t l = 0; l < (size_t)d->tap_count; l++) {
        size_t first = (size_t)d->tap[l].first, count = (size_t)d->tap[l].count;
        for (size_t a = 0; a < p->coarse_count; a++) {
            for (size_t i = 0; i < count; i++)
                rotated[i] = gain[first + i] * p->coarse[a * rays + first + i];
            m->mix(rotated, p->fine + first * FINE, count, FINE, p->antennas + a * FINE);
        }
        memcpy(p->taps + l * nt, p->antennas, nt * sizeof *p->taps);
    }
}

void tr38901_planar_angle_delay(tr38901_ue *u, csi_transform *t, double time_s, float complex *h_ad)
{
    tr38901_planar *p = u->planar;
    const tr38901_model *m = u->model;
    size_t nt = m->dims.nt, taps = (size_t)u->drop.tap_count;
    float complex gain[TR38901_MAX_RAYS];
    tr38901_gains(&u->drop, time_s, (m->dims.nt - 1) / 4.0, gain);
    sum_rays(p, m, &u->drop, gain);
    for (size_t r = 0; r < m->dims.ni; r++)
        m->mix(p->response + r * taps, p->taps, taps, nt, p->rows + r * nt);
    csi_transform_angle(t, p->rows, h_ad);
}

void tr38901_planar_frequency(tr38901_ue *u, double time_s, float complex *h_freq)
{
    fading_path paths[TR38901_MAX_RAYS];
    size_t count = tr38901_list(u, time_s, paths);
    fading_synthesis_frequency(u->planar->synthesis, paths, count, h_freq);
}

/* A delay's phase rotation from one row of a grid to the next, and from one subcarrier to the next:
 * the rows of an uneven grid are either the former apart, or one subcarrier more. */
typedef struct tap_rotation {
    double re, im; /* at the current row; in double precision, so errors stay small */
    double step_re, step_im, one_re, one_im;
} tap_rotation;

static void rotate_by(tap_rotation *t, double re, double im)
{
    double was = t->re;
    t->re = was * re - t->im * im;
    t->im = was * im + t->im * re;
}

/* All subcarriers share the sums over rays: a row is their product with the taps' phases there. */
void tr38901_planar_grid(tr38901_ue *u, double time_s, const csi_grid *grid, float complex *h_grid)
{
    tr38901_planar *p = u->planar;
    const tr38901_model *m = u->model;
    size_t nt = m->dims.nt, taps = (size_t)u->drop.tap_count;
    uint32_t apart = grid->nc / grid->count, row = 0;
    float complex gain[TR38901_MAX_RAYS], now[TR38901_MAX_TAPS];
    tap_rotation rotation[TR38901_MAX_TAPS];
    tr38901_gains(&u->drop, time_s, (m->dims.nt - 1) / 4.0, gain);
    sum_rays(p, m, &u->drop, gain);
    for (size_t l = 0; l < taps; l++) {
        double one = -2 * M_PI * fmod(u->drop.tap[l].delay_s * m->bandwidth_hz / grid->nc, 1);
        rotation[l] = (tap_rotation){1, 0, cos(apart * one), sin(apart * one), cos(one), sin(one)};
    }
    for (uint32_t i = 0; i < grid->count; i++) {
        for (; row + apart <= csi_grid_subcarrier(grid, i); row += apart)
            for (size_t l = 0; l < taps; l++)
                rotate_by(&rotation[l], rotation[l].step_re, rotation[l].step_im);
        for (; row < csi_grid_subcarrier(grid, i); row++)
            for (size_t l = 0; l < taps; l++)
                rotate_by(&rotation[l], rotation[l].one_re, rotation[l].one_im);
        for (size_t l = 0; l < taps; l++)
            now[l] = (float)rotation[l].re + (float)rotation[l].im * I;
        m->mix(now, p->taps, taps, nt, h_grid + i * nt);
    }
}
