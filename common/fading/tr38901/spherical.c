/* Spherical waves, for arrays that are long compared with the distance of clusters: 15.5 m at 300
 * MHz. A cluster's rays come from the distance of its bounce (drop.h), each from a direction u; at
 * an antenna y off the array's centre the path is
 *
 *     sqrt(r^2 + 2 r u y + y^2) - r
 *
 * longer (u y of a plane wave for r -> infinity, with the signs of fading.h). It rotates each ray's
 * phase, and delays the whole cluster: one delay per cluster and antenna, relative to the earliest
 * of all. */
#include "fading/tr38901/spherical.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fading/tr38901/rays.h"

enum { BLOCK = 32 }; /* rows between exact phasors */

struct tr38901_spherical {
    float complex *steering; /* [rays][nt] */
    double *delay;           /* [taps][nt], in delay taps */
    float complex *taps;     /* [taps][nt]: sums of rays */
    float complex *rows;     /* [ni][nt] */
    float complex *response; /* [ni] of one antenna */
    uint32_t apart;          /* spacing of rows, in subcarriers, that step and leap are for */
    float complex *step;     /* [taps][nt]: from one row to the next */
    double complex *leap;    /* [taps][nt]: from one block to the next */
    double complex *phase;   /* [taps][nt]: at the block's first row */
    float complex *rotated;  /* [taps][nt]: sums of rays at a row */
};

void tr38901_spherical_free(tr38901_spherical *s)
{
    if (!s)
        return;
    free(s->steering);
    free(s->delay);
    free(s->taps);
    free(s->rows);
    free(s->response);
    free(s->step);
    free(s->leap);
    free(s->phase);
    free(s->rotated);
    free(s);
}

static bool allocate(tr38901_spherical *s, const tr38901_ue *u)
{
    size_t nt = u->model->dims.nt, taps = (size_t)u->drop.tap_count;
    s->steering = malloc((size_t)u->drop.ray_count * nt * sizeof *s->steering);
    s->delay = malloc(taps * nt * sizeof *s->delay);
    s->taps = malloc(taps * nt * sizeof *s->taps);
    s->rows = malloc(u->model->dims.ni * nt * sizeof *s->rows);
    s->response = malloc(u->model->dims.ni * sizeof *s->response);
    s->step = malloc(taps * nt * sizeof *s->step);
    s->leap = malloc(taps * nt * sizeof *s->leap);
    s->phase = malloc(taps * nt * sizeof *s->phase);
    s->rotated = malloc(taps * nt * sizeof *s->rotated);
    return s->steering && s->delay && s->taps && s->rows && s->response && s->step && s->leap &&
           s->phase && s->rotated;
}

static double complex cis(double cycles)
{
    double angle = 2 * M_PI * (cycles - floor(cycles));
    return cos(angle) + I * sin(angle);
}

/* The path to an antenna minus the path to the centre. */
static double detour(double range, double sine, double y)
{
    return (2 * range * sine + y) * y /
           (sqrt(range * range + 2 * range * sine * y + y * y) + range);
}

static void fill_steering(tr38901_spherical *s, const tr38901_ue *u)
{
    const tr38901_model *m = u->model;
    size_t nt = m->dims.nt;
    double wavelength = TR38901_LIGHT_M_PER_S / m->carrier_hz;
    double samples_per_m = m->bandwidth_hz / TR38901_LIGHT_M_PER_S;
    for (size_t l = 0; l < (size_t)u->drop.tap_count; l++) {
        const tr38901_tap *tap = &u->drop.tap[l];
        for (size_t k = 0; k < nt; k++) {
            double y = ((double)k - (double)(nt - 1) / 2) * wavelength / 2;
            s->delay[l * nt + k] =
                tap->delay_s * m->bandwidth_hz + detour(tap->range_m, tap->sine, y) * samples_per_m;
            for (size_t i = (size_t)tap->first; i < (size_t)(tap->first + tap->count); i++)
                s->steering[i * nt + k] =
                    (float complex)cis(-detour(tap->range_m, u->drop.ray[i].sine, y) / wavelength);
        }
    }
}

/* Shifts the earliest delay at any antenna to 0, so that no path comes before the first tap. */
static void fill_delays(tr38901_spherical *s, size_t count)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): fill_steering wrote all */
    double earliest = s->delay[0];
    for (size_t i = 1; i < count; i++)
        earliest = fmin(earliest, s->delay[i]);
    for (size_t i = 0; i < count; i++)
        s->delay[i] -= earliest;
}

/* Cached between calls: a caller rarely changes the spacing of a UE. */
static void fill_steps(tr38901_spherical *s, size_t count, double nc, uint32_t apart)
{
    if (s->apart == apart)
        return;
    s->apart = apart;
    for (size_t i = 0; i < count; i++) {
        s->step[i] = (float complex)cis(-s->delay[i] * apart / nc);
        s->leap[i] = cis(-s->delay[i] * apart * BLOCK / nc);
    }
}

tr38901_spherical *tr38901_spherical_create(const tr38901_ue *u)
{
    tr38901_spherical *s = calloc(1, sizeof *s);
    if (!s || !allocate(s, u)) {
        tr38901_spherical_free(s);
        return NULL;
    }
    fill_steering(s, u);
    fill_delays(s, (size_t)u->drop.tap_count * u->model->dims.nt);
    return s;
}

static void sum_rays(tr38901_ue *u, double time_s)
{
    const tr38901_drop *d = &u->drop;
    size_t nt = u->model->dims.nt;
    float complex gain[TR38901_MAX_RAYS];
    tr38901_gains(d, time_s, 0, gain);
    for (size_t l = 0; l < (size_t)d->tap_count; l++) {
        size_t first = (size_t)d->tap[l].first;
        u->model->mix(gain + first, u->spherical->steering + first * nt, (size_t)d->tap[l].count,
                      nt, u->spherical->taps + l * nt);
    }
}

/* Adds the response of a tap, with a separate delay for each antenna. */
static void add_response(tr38901_spherical *s, const tr38901_model *m, size_t l, size_t k)
{
    size_t nt = m->dims.nt;
    float re = crealf(s->taps[l * nt + k]), im = cimagf(s->taps[l * nt + k]);
    tr38901_response(s->delay[l * nt + k], &m->dims, s->response, 1);
    for (size_t r = 0; r < m->dims.ni; r++) {
        float a = crealf(s->response[r]), b = cimagf(s->response[r]);
        s->rows[r * nt + k] += (re * a - im * b) + (re * b + im * a) * I;
    }
}

void tr38901_spherical_angle_delay(tr38901_ue *u, csi_transform *t, double time_s,
                                   float complex *h_ad)
{
    const tr38901_model *m = u->model;
    tr38901_spherical *s = u->spherical;
    size_t nt = m->dims.nt;
    sum_rays(u, time_s);
    for (size_t i = 0; i < m->dims.ni * nt; i++)
        s->rows[i] = 0;
    for (size_t l = 0; l < (size_t)u->drop.tap_count; l++)
        for (size_t k = 0; k < nt; k++)
            add_response(s, m, l, k);
    csi_transform_angle(t, s->rows, h_ad);
}

/* Rotates the sums of rays to the first row of a block, and advances the phasors to the next block.
 */
static void rotate_block(tr38901_spherical *s, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        s->rotated[i] = s->taps[i] * (float complex)s->phase[i];
        s->phase[i] *= s->leap[i];
    }
}

/* Adds the taps of one row, and rotates all taps to the next. */
static void add_row(tr38901_spherical *s, size_t taps, size_t nt, float complex *row)
{
    float *restrict out = (float *)row;
    for (size_t k = 0; k < 2 * nt; k++)
        out[k] = 0;
    for (size_t l = 0; l < taps; l++) {
        float *restrict at = (float *)(s->rotated + l * nt);
        const float *restrict step = (const float *)(s->step + l * nt);
        for (size_t k = 0; k < 2 * nt; k += 2) {
            float re = at[k], im = at[k + 1];
            out[k] += re;
            out[k + 1] += im;
            at[k] = re * step[k] - im * step[k + 1];
            at[k + 1] = re * step[k + 1] + im * step[k];
        }
    }
}

static void add_even_rows(tr38901_ue *u, uint32_t apart, size_t count, float complex *rows)
{
    tr38901_spherical *s = u->spherical;
    size_t nt = u->model->dims.nt, taps = (size_t)u->drop.tap_count;
    fill_steps(s, taps * nt, u->model->dims.nc, apart);
    for (size_t i = 0; i < taps * nt; i++)
        s->phase[i] = 1;
    for (size_t n = 0; n < count; n++) {
        if (n % BLOCK == 0)
            rotate_block(s, taps * nt);
        add_row(s, taps, nt, rows + n * nt);
    }
}

/* Without a constant spacing, every row computes its phasors. That takes five times as long, but
 * few numbers of subcarriers have no even grid. */
static void add_uneven_rows(tr38901_ue *u, const csi_grid *grid, float complex *rows)
{
    tr38901_spherical *s = u->spherical;
    size_t nt = u->model->dims.nt, taps = (size_t)u->drop.tap_count;
    memset(rows, 0, grid->count * nt * sizeof *rows);
    for (uint32_t i = 0; i < grid->count; i++) {
        double cycles = -(double)csi_grid_subcarrier(grid, i) / grid->nc;
        for (size_t at = 0; at < taps * nt; at++)
            rows[i * nt + at % nt] += s->taps[at] * (float complex)cis(s->delay[at] * cycles);
    }
}

void tr38901_spherical_frequency(tr38901_ue *u, double time_s, float complex *h_freq)
{
    sum_rays(u, time_s);
    add_even_rows(u, 1, u->model->dims.nc, h_freq);
}

void tr38901_spherical_grid(tr38901_ue *u, double time_s, const csi_grid *grid,
                            float complex *h_grid)
{
    sum_rays(u, time_s);
    if (grid->even)
        add_even_rows(u, grid->nc / grid->count, grid->count, h_grid);
    else
        add_uneven_rows(u, grid, h_grid);
}
