#include "csi/transform.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "csi/mix.h"
#include "csi/plan.h"

/* Only Ni of Nc taps are wanted, so the delay DFT is folded. With P the smallest divisor of Nc that
 * is at least Ni, Q = Nc / P, n = a Q + b and r < P,
 *
 *     sum_n x[n] w^{nr} = sum_b w^{br} sum_a x[a Q + b] exp(j 2 pi a r / P),  w = exp(j 2 pi / Nc):
 *
 * Nt Q transforms of length P, then Q products per kept tap. The way back is its adjoint. At
 * 32 antennas, 1024 subcarriers, 32 taps this is three times as fast as whole transforms. */
struct csi_transform {
    csi_dims dims;
    uint32_t fold;   /* P */
    uint32_t folds;  /* Q */
    csi_mix_fn *mix; /* inner loops for this machine */
    csi_spread_fn *spread;
    float complex *twiddle;    /* [ni][Q]: w^{br} / sqrt(nc) */
    float complex *unwind;     /* its conjugate */
    float complex *freq;       /* [nc][nt] */
    float complex *delay;      /* [P][Q][nt] */
    float complex *taps;       /* [ni][nt] */
    fftwf_plan fold_plan;      /* freq -> delay, rows of nt */
    fftwf_plan pilot_plan;     /* the same for rows of tp; NULL where tp is nt */
    fftwf_plan unfold_plan;    /* delay -> freq */
    fftwf_plan angle_plan;     /* taps, in place, antennas -> angles */
    fftwf_plan antenna_plan;   /* taps, in place, angles -> antennas */
    uint32_t grid;             /* subcarriers that the next two are for, one of which is NULL */
    fftwf_plan grid_plan;      /* delay [grid][nt] -> freq [grid][nt] */
    float complex *grid_phase; /* [grid][ni] */
};

static void fill_twiddles(csi_transform *t)
{
    uint32_t nc = t->dims.nc;
    double amplitude = 1 / sqrt(nc);
    for (uint32_t r = 0; r < t->dims.ni; r++) {
        for (uint32_t b = 0; b < t->folds; b++) {
            double turn = 2 * M_PI * (double)(r * b % nc) / nc;
            size_t at = (size_t)r * t->folds + b;
            t->twiddle[at] = (float complex)(amplitude * (cos(turn) + I * sin(turn)));
            t->unwind[at] = conjf(t->twiddle[at]);
        }
    }
}

static bool allocate(csi_transform *t)
{
    size_t nt = t->dims.nt, tp = t->dims.tp, nc = t->dims.nc, ni = t->dims.ni;
    t->twiddle = fftwf_alloc_complex(ni * t->folds);
    t->unwind = fftwf_alloc_complex(ni * t->folds);
    t->freq = fftwf_alloc_complex(nc * tp); /* tp is never less than nt */
    t->delay = fftwf_alloc_complex(nc * tp);
    t->taps = fftwf_alloc_complex(ni * nt);
    return t->twiddle && t->unwind && t->freq && t->delay && t->taps;
}

static fftwf_plan plan_fold(csi_transform *t, uint32_t width, int sign)
{
    int stride = (int)(t->folds * width);
    csi_plan_loop axis = {(int)t->fold, stride, stride}, each = {stride, 1, 1};
    bool folds = sign == FFTW_BACKWARD;
    return csi_plan_create(axis, 1, &each, folds ? t->freq : t->delay, folds ? t->delay : t->freq,
                           sign);
}

static bool make_plans(csi_transform *t)
{
    int nt = (int)t->dims.nt;
    t->fold_plan = plan_fold(t, t->dims.nt, FFTW_BACKWARD);
    t->unfold_plan = plan_fold(t, t->dims.nt, FFTW_FORWARD);
    if (t->dims.tp != t->dims.nt) {
        t->pilot_plan = plan_fold(t, t->dims.tp, FFTW_BACKWARD);
        if (!t->pilot_plan)
            return false;
    }
    csi_plan_loop row = {nt, 1, 1}, rows = {(int)t->dims.ni, nt, nt};
    t->angle_plan = csi_plan_create(row, 1, &rows, t->taps, t->taps, FFTW_BACKWARD);
    t->antenna_plan = csi_plan_create(row, 1, &rows, t->taps, t->taps, FFTW_FORWARD);
    return t->fold_plan && t->unfold_plan && t->angle_plan && t->antenna_plan;
}

csi_transform *csi_transform_create(const csi_dims *dims, err *e)
{
    if (csi_dims_check(dims, e))
        return NULL;
    csi_transform *t = calloc(1, sizeof *t);
    if (t) {
        t->dims = *dims;
        t->fold = dims->ni;
        while (dims->nc % t->fold != 0)
            t->fold++;
        t->folds = dims->nc / t->fold;
        t->mix = csi_mix_choose();
        t->spread = csi_spread_choose();
    }
    if (!t || !allocate(t) || !make_plans(t)) {
        err_set(e, ERR_NOMEM, "out of memory for the angle-delay transform");
        csi_transform_free(t);
        return NULL;
    }
    fill_twiddles(t);
    return t;
}

void csi_transform_free(csi_transform *t)
{
    if (!t)
        return;
    csi_plan_free(t->fold_plan);
    csi_plan_free(t->pilot_plan);
    csi_plan_free(t->unfold_plan);
    csi_plan_free(t->angle_plan);
    csi_plan_free(t->antenna_plan);
    csi_plan_free(t->grid_plan);
    free(t->grid_phase);
    fftwf_free(t->twiddle);
    fftwf_free(t->unwind);
    fftwf_free(t->freq);
    fftwf_free(t->delay);
    fftwf_free(t->taps);
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

static void fold(csi_transform *t, fftwf_plan plan, const float complex *x, uint32_t width,
                 float complex *taps)
{
    size_t folds = t->folds;
    memcpy(t->freq, x, (size_t)t->dims.nc * width * sizeof *x);
    fftwf_execute(plan);
    for (size_t r = 0; r < t->dims.ni; r++)
        t->mix(t->twiddle + r * folds, t->delay + r * folds * width, folds, width,
               taps + r * width);
}

void csi_transform_pilots(csi_transform *t, const float complex *y, float complex *taps)
{
    fold(t, t->pilot_plan ? t->pilot_plan : t->fold_plan, y, t->dims.tp, taps);
}

void csi_transform_forward(csi_transform *t, const float complex *h_freq, float complex *h_ad)
{
    fold(t, t->fold_plan, h_freq, t->dims.nt, t->taps);
    taps_to_angle(t, h_ad);
}

void csi_transform_inverse(csi_transform *t, const float complex *h_ad, float complex *h_freq)
{
    size_t nt = t->dims.nt, ni = t->dims.ni, folds = t->folds;
    angle_to_taps(t, h_ad);
    for (size_t r = 0; r < ni; r++)
        t->spread(t->unwind + r * folds, folds, t->taps + r * nt, nt, t->delay + r * folds * nt);
    memset(t->delay + ni * folds * nt, 0, (t->fold - ni) * folds * nt * sizeof *t->delay);
    fftwf_execute(t->unfold_plan);
    memcpy(h_freq, t->freq, t->dims.nc * nt * sizeof *h_freq);
}

/* A grid that is even and has room for the taps is a shorter DFT's. Any other is summed tap by tap:
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
        t->grid_plan = csi_plan_create(axis, 1, &each, t->delay, t->freq, FFTW_FORWARD);
        return t->grid_plan != NULL;
    }
    size_t ni = t->dims.ni;
    t->grid_phase = malloc(g->count * ni * sizeof *t->grid_phase);
    for (uint32_t i = 0; t->grid_phase && i < g->count; i++) {
        uint64_t n = csi_grid_subcarrier(g, i);
        for (size_t r = 0; r < ni; r++) {
            double turn = -2 * M_PI * (double)(n * r % g->nc) / g->nc;
            t->grid_phase[i * ni + r] = (float complex)(cos(turn) + I * sin(turn));
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
        t->delay[i] = scale * t->taps[i];
    if (t->grid_phase) {
        for (size_t i = 0; i < grid->count; i++)
            t->mix(t->grid_phase + i * ni, t->delay, ni, nt, h_grid + i * nt);
        return;
    }
    memset(t->delay + kept, 0, (count - kept) * sizeof *t->delay);
    fftwf_execute(t->grid_plan);
    memcpy(h_grid, t->freq, count * sizeof *h_grid);
}

void csi_transform_inverse_grid(csi_transform *t, const float complex *h_ad, uint32_t subcarriers,
                                float complex *h_grid)
{
    csi_grid grid = {t->dims.nc, subcarriers, t->dims.nc % subcarriers == 0};
    csi_transform_inverse_on_grid(t, h_ad, &grid, h_grid);
}

int csi_transform_grid_check(const csi_dims *dims, uint32_t subcarriers, err *e)
{
    if (subcarriers >= dims->ni && dims->nc % subcarriers == 0)
        return ERR_NONE;
    return err_set(e, ERR_INVALID,
                   "a grid of subcarriers must divide %u and be at least %u, not %u", dims->nc,
                   dims->ni, subcarriers);
}
