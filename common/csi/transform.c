#include "csi/transform.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "csi/fold.h"
#include "csi/mix.h"
#include "csi/plan.h"

struct csi_transform {
    csi_dims dims;
    csi_fold *delay;       /* of rows of nt */
    csi_fold *pilot_delay; /* of rows of tp; NULL where tp is nt */
    csi_mix_fn *mix;
    float complex *taps;            /* [ni][nt] */
    fftwf_plan angle_plan;          /* taps, in place, antennas -> angles */
    fftwf_plan antenna_plan;        /* taps, in place, angles -> antennas */
    float complex *few, *grid_rows; /* [nc][nt]: for grid_plan */
    uint32_t grid;                  /* subcarriers of the next two, one of which is NULL */
    fftwf_plan grid_plan;           /* few [grid][nt] -> grid_rows [grid][nt] */
    float complex *grid_phase;      /* [grid][ni] */
};

static int open_parts(csi_transform *t, err *e)
{
    const csi_dims *d = &t->dims;
    size_t rows = (size_t)d->nc * d->nt;
    t->mix = csi_mix_choose();
    if (!(t->delay = csi_fold_create(d->nc, d->ni, d->nt, e)))
        return ERR_NOMEM;
    if (d->tp != d->nt && !(t->pilot_delay = csi_fold_create(d->nc, d->ni, d->tp, e)))
        return ERR_NOMEM;
    t->taps = fftwf_alloc_complex((size_t)d->ni * d->nt);
    t->few = fftwf_alloc_complex(rows);
    t->grid_rows = fftwf_alloc_complex(rows);
    if (t->taps && t->few && t->grid_rows) {
        csi_plan_loop row = {(int)d->nt, 1, 1}, each = {(int)d->ni, (int)d->nt, (int)d->nt};
        t->angle_plan = csi_plan_create(row, 1, &each, t->taps, t->taps, FFTW_BACKWARD);
        t->antenna_plan = csi_plan_create(row, 1, &each, t->taps, t->taps, FFTW_FORWARD);
    }
    if (t->angle_plan && t->antenna_plan)
        return ERR_NONE;
    return err_set(e, ERR_NOMEM, "out of memory for the angle-delay transform");
}

csi_transform *csi_transform_create(const csi_dims *dims, err *e)
{
    if (csi_dims_check(dims, e))
        return NULL;
    csi_transform *t = calloc(1, sizeof *t);
    if (!t) {
        err_set(e, ERR_NOMEM, "out of memory for the angle-delay transform");
        return NULL;
    }
    t->dims = *dims;
    if (open_parts(t, e)) {
        csi_transform_free(t);
        return NULL;
    }
    return t;
}

void csi_transform_free(csi_transform *t)
{
    if (!t)
        return;
    csi_fold_free(t->delay);
    csi_fold_free(t->pilot_delay);
    csi_plan_free(t->angle_plan);
    csi_plan_free(t->antenna_plan);
    csi_plan_free(t->grid_plan);
    free(t->grid_phase);
    fftwf_free(t->taps);
    fftwf_free(t->few);
    fftwf_free(t->grid_rows);
    free(t);
}

const csi_dims *csi_transform_dims(const csi_transform *t)
{
    return &t->dims;
}

/* t->taps, antennas -> h_ad, centred. */
static void taps_to_angle(csi_transform *t, float complex *h_ad)
{
    size_t nt = t->dims.nt, ni = t->dims.ni;
    float scale = (float)(1 / sqrt((double)nt));
    fftwf_execute(t->angle_plan);
    for (size_t m = 0; m < nt; m++) {
        float complex *row = h_ad + (m + nt / 2) % nt * ni;
        for (size_t r = 0; r < ni; r++)
            row[r] = scale * t->taps[r * nt + m];
    }
}

/* Its inverse. */
static void angle_to_taps(csi_transform *t, const float complex *h_ad)
{
    size_t nt = t->dims.nt, ni = t->dims.ni;
    float scale = (float)(1 / sqrt((double)nt));
    for (size_t m = 0; m < nt; m++) {
        const float complex *row = h_ad + (m + nt / 2) % nt * ni;
        for (size_t r = 0; r < ni; r++)
            t->taps[r * nt + m] = scale * row[r];
    }
    fftwf_execute(t->antenna_plan);
}

void csi_transform_angle(csi_transform *t, const float complex *h_delay, float complex *h_ad)
{
    memcpy(t->taps, h_delay, (size_t)t->dims.ni * t->dims.nt * sizeof *h_delay);
    taps_to_angle(t, h_ad);
}

void csi_transform_pilots(csi_transform *t, const float complex *y, float complex *taps)
{
    csi_fold_forward(t->pilot_delay ? t->pilot_delay : t->delay, y, taps);
}

void csi_transform_forward(csi_transform *t, const float complex *h_freq, float complex *h_ad)
{
    csi_fold_forward(t->delay, h_freq, t->taps);
    taps_to_angle(t, h_ad);
}

void csi_transform_inverse(csi_transform *t, const float complex *h_ad, float complex *h_freq)
{
    angle_to_taps(t, h_ad);
    csi_fold_inverse(t->delay, t->taps, h_freq);
}

/* A shorter DFT computes an even grid with room for all taps. Any other grid is summed tap by tap:
 * phase[i][r] = exp(-j 2 pi n_i r / nc), n_i the grid's i-th subcarrier. */
static bool prepare_grid(csi_transform *t, const csi_grid *g)
{
    if (t->grid == g->count && (t->grid_plan || t->grid_phase))
        return true;
    csi_plan_free(t->grid_plan);
    free(t->grid_phase);
    t->grid_plan = NULL;
    t->grid_phase = NULL;
    t->grid = g->count;
    if (g->even && g->count >= t->dims.ni) {
        int nt = (int)t->dims.nt;
        csi_plan_loop axis = {(int)g->count, nt, nt}, each = {nt, 1, 1};
        t->grid_plan = csi_plan_create(axis, 1, &each, t->few, t->grid_rows, FFTW_FORWARD);
        return t->grid_plan != NULL;
    }
    size_t ni = t->dims.ni;
    t->grid_phase = malloc(g->count * ni * sizeof *t->grid_phase);
    for (uint32_t i = 0; t->grid_phase && i < g->count; i++) {
        uint64_t n = csi_grid_subcarrier(g, i);
        for (size_t r = 0; r < ni; r++) {
            double angle = -2 * M_PI * (double)(n * r % g->nc) / g->nc;
            t->grid_phase[i * ni + r] = (float complex)(cos(angle) + I * sin(angle));
        }
    }
    return t->grid_phase != NULL;
}

void csi_transform_inverse_on_grid(csi_transform *t, const float complex *h_ad,
                                   const csi_grid *grid, float complex *h_grid)
{
    size_t nt = t->dims.nt, ni = t->dims.ni, kept = ni * nt, count = grid->count * nt;
    if (!prepare_grid(t, grid)) {
        memset(h_grid, 0, count * sizeof *h_grid);
        return;
    }
    float scale = (float)(1 / sqrt(t->dims.nc));
    angle_to_taps(t, h_ad);
    for (size_t i = 0; i < kept; i++)
        t->few[i] = scale * t->taps[i];
    if (t->grid_phase) {
        for (size_t i = 0; i < grid->count; i++)
            t->mix(t->grid_phase + i * ni, t->few, ni, nt, h_grid + i * nt);
        return;
    }
    memset(t->few + kept, 0, (count - kept) * sizeof *t->few);
    fftwf_execute(t->grid_plan);
    memcpy(h_grid, t->grid_rows, count * sizeof *h_grid);
}
