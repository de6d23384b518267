/* For a power of two, which every usual band has, csilink's own loops do the transforms: they read
 * each subcarrier once and keep the rest in the L1 cache. FFTW does the others. */
#include "csi/fold.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "csi/fold_simd.h"
#include "csi/mix.h"
#include "csi/plan.h"

struct csi_fold {
    uint32_t nc, first, width;
    csi_fold_shape shape;
    float *root, *twiddle; /* the shape's */
    csi_fold_fn *forward;  /* NULL where FFTW is needed */
    csi_unfold_fn *inverse;
    float *work;     /* of those two */
    csi_mix_fn *mix; /* from here on: for FFTW */
    csi_spread_fn *spread;
    float complex *phase;                /* [taps][Q]: twiddle, transposed */
    float complex *unwind;               /* its conjugate */
    float complex *subcarriers, *delays; /* [P][Q][width] */
    fftwf_plan fold, unfold;             /* subcarriers -> delays, and back */
};

static bool fill_factors(csi_fold *f)
{
    size_t length = f->shape.length, folds = f->shape.folds, taps = f->shape.taps;
    double amplitude = 1 / sqrt(f->nc);
    f->shape.root = f->root = malloc(2 * length * sizeof *f->root);
    f->shape.twiddle = f->twiddle = malloc(2 * folds * taps * sizeof *f->twiddle);
    if (!f->root || !f->twiddle)
        return false;
    for (size_t i = 0; i < length; i++) {
        double angle = 2 * M_PI * (double)i / (double)length;
        f->root[2 * i] = (float)cos(angle);
        f->root[2 * i + 1] = (float)sin(angle);
    }
    for (size_t b = 0; b < folds; b++) {
        for (size_t r = 0; r < taps; r++) {
            double angle = 2 * M_PI * (double)(b * (f->first + r) % f->nc) / f->nc;
            f->twiddle[2 * (b * taps + r)] = (float)(amplitude * cos(angle));
            f->twiddle[2 * (b * taps + r) + 1] = (float)(amplitude * sin(angle));
        }
    }
    return true;
}

static bool prepare_loops(csi_fold *f)
{
    static csi_fold_fn *const forward[CPU_LEVELS] = SIMD_TABLE(csi_fold);
    static csi_unfold_fn *const inverse[CPU_LEVELS] = SIMD_TABLE(csi_unfold);
    size_t padded = (f->width + CSI_FOLD_PAD - 1) / CSI_FOLD_PAD * CSI_FOLD_PAD;
    f->forward = forward[cpu_level()];
    f->inverse = inverse[cpu_level()];
    f->work = malloc(2 * f->shape.taps * padded * sizeof *f->work);
    return f->work != NULL;
}

static fftwf_plan plan_columns(csi_fold *f, float complex *in, float complex *out, int sign)
{
    int stride = (int)(f->shape.folds * f->width);
    csi_plan_loop axis = {(int)f->shape.length, stride, stride}, columns = {stride, 1, 1};
    return csi_plan_create(axis, 1, &columns, in, out, sign);
}

static bool prepare_fftw(csi_fold *f)
{
    size_t folds = f->shape.folds, taps = f->shape.taps, all = (size_t)f->nc * f->width;
    f->mix = csi_mix_choose();
    f->spread = csi_spread_choose();
    f->phase = malloc(folds * taps * sizeof *f->phase);
    f->unwind = malloc(folds * taps * sizeof *f->unwind);
    f->subcarriers = fftwf_alloc_complex(all);
    f->delays = fftwf_alloc_complex(all);
    if (!f->phase || !f->unwind || !f->subcarriers || !f->delays)
        return false;
    f->fold = plan_columns(f, f->subcarriers, f->delays, FFTW_BACKWARD);
    f->unfold = plan_columns(f, f->delays, f->subcarriers, FFTW_FORWARD);
    for (size_t b = 0; b < folds; b++) {
        for (size_t r = 0; r < taps; r++) {
            const float *w = f->twiddle + 2 * (b * taps + r);
            f->phase[r * folds + b] = w[0] + w[1] * I;
            f->unwind[r * folds + b] = w[0] - w[1] * I;
        }
    }
    return f->fold && f->unfold;
}

uint32_t csi_fold_length(uint32_t nc, uint32_t taps)
{
    uint32_t length = taps;
    while (nc % length != 0)
        length++;
    return length;
}

csi_fold *csi_fold_create(uint32_t nc, uint32_t taps, uint32_t width, err *e)
{
    return csi_fold_create_at(nc, 0, taps, width, e);
}

csi_fold *csi_fold_create_at(uint32_t nc, uint32_t first, uint32_t taps, uint32_t width, err *e)
{
    csi_fold *f = calloc(1, sizeof *f);
    bool enough = f != NULL;
    if (f) {
        uint32_t length = csi_fold_length(nc, taps);
        f->nc = nc;
        f->first = first;
        f->width = width;
        f->shape = (csi_fold_shape){.length = length, .folds = nc / length, .taps = taps};
        bool loops =
            (length & (length - 1)) == 0 && length >= CSI_FOLD_MIN && length <= CSI_FOLD_MAX;
        enough = fill_factors(f) && (loops ? prepare_loops(f) : prepare_fftw(f));
    }
    if (enough)
        return f;
    err_set(e, ERR_NOMEM, "out of memory for the delay transform");
    csi_fold_free(f);
    return NULL;
}

void csi_fold_free(csi_fold *f)
{
    if (!f)
        return;
    free(f->root);
    free(f->twiddle);
    free(f->work);
    free(f->phase);
    free(f->unwind);
    fftwf_free(f->subcarriers);
    fftwf_free(f->delays);
    csi_plan_free(f->fold);
    csi_plan_free(f->unfold);
    free(f);
}

void csi_fold_forward(csi_fold *f, const float complex *x, float complex *taps)
{
    size_t width = f->width, folds = f->shape.folds;
    if (f->forward) {
        f->forward(&f->shape, x, width, f->work, taps);
        return;
    }
    memcpy(f->subcarriers, x, f->nc * width * sizeof *x);
    fftwf_execute(f->fold);
    for (size_t r = 0; r < f->shape.taps; r++)
        f->mix(f->phase + r * folds, f->delays + r * folds * width, folds, width, taps + r * width);
}

void csi_fold_inverse(csi_fold *f, const float complex *taps, float complex *x)
{
    size_t width = f->width, folds = f->shape.folds, kept = f->shape.taps;
    if (f->inverse) {
        f->inverse(&f->shape, taps, width, f->work, x);
        return;
    }
    for (size_t r = 0; r < kept; r++)
        f->spread(f->unwind + r * folds, folds, taps + r * width, width,
                  f->delays + r * folds * width);
    memset(f->delays + kept * folds * width, 0,
           (f->shape.length - kept) * folds * width * sizeof *f->delays);
    fftwf_execute(f->unfold);
    memcpy(x, f->subcarriers, f->nc * width * sizeof *x);
}
