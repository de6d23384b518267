#include "csi/denoise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "csi/fold.h"

struct csi_denoiser {
    csi_dims dims;
    csi_denoise_method method;
    uint32_t first, taps; /* far taps */
    uint32_t pilots;      /* that the noise is estimated from */
    csi_fold *fold;       /* these pilots -> far taps */
    float complex *read;  /* [nc][pilots] */
    float complex *far;   /* [taps][pilots] */
    float *factor;        /* [ni]: of MMSE */
    float *magnitude;     /* [nt]: of one column, sorted */
};

const char *csi_denoise_name(csi_denoise_method method)
{
    static const char *const names[] = {
        [CSI_DENOISE_NONE] = "none", [CSI_DENOISE_MMSE] = "mmse", [CSI_DENOISE_SOFT] = "soft"};
    return names[method];
}

/* Takes the largest fold that fits between the kept taps and the end of the period, at the start
 * nearest to the middle that a fold can have. One tap always fits, as ni < nc. */
static void choose_far_taps(csi_denoiser *d)
{
    uint32_t nc = d->dims.nc, ni = d->dims.ni;
    for (d->taps = CSI_DENOISE_FAR_TAPS_MAX; d->taps > 1; d->taps /= 2) {
        if (d->taps > nc - ni)
            continue;
        uint32_t length = csi_fold_length(nc, d->taps);
        d->first = (ni + (nc - ni - d->taps) / 2) / length * length;
        if (d->first < ni)
            d->first += length;
        if (d->first + d->taps <= nc)
            return;
    }
    d->first = ni + (nc - ni) / 2;
}

int csi_denoise_check(const csi_dims *dims, err *e)
{
    int rc = csi_dims_check(dims, e);
    if (rc != ERR_NONE || dims->ni < dims->nc)
        return rc;
    return err_set(e, ERR_INVALID,
                   "a denoiser measures the noise in delay taps beyond the kept ones, and all %u "
                   "are kept: nc must be above %u",
                   dims->nc, dims->ni);
}

csi_denoiser *csi_denoiser_create(const csi_dims *dims, csi_denoise_method method, err *e)
{
    if (csi_denoise_check(dims, e) != ERR_NONE)
        return NULL;
    csi_denoiser *d = calloc(1, sizeof *d);
    if (!d) {
        err_set(e, ERR_NOMEM, "out of memory for a denoiser");
        return NULL;
    }
    d->dims = *dims;
    d->method = method;
    choose_far_taps(d);
    d->pilots = dims->tp < CSI_DENOISE_PILOTS_MAX ? dims->tp : CSI_DENOISE_PILOTS_MAX;
    d->fold = csi_fold_create_at(dims->nc, d->first, d->taps, d->pilots, e);
    d->read = calloc((size_t)dims->nc * d->pilots, sizeof *d->read);
    d->far = calloc((size_t)d->taps * d->pilots, sizeof *d->far);
    d->factor = calloc(dims->ni, sizeof *d->factor);
    d->magnitude = calloc(dims->nt, sizeof *d->magnitude);
    if (d->fold && d->read && d->far && d->factor && d->magnitude)
        return d;
    err_set(e, ERR_NOMEM, "out of memory for a denoiser");
    csi_denoiser_free(d);
    return NULL;
}

void csi_denoiser_free(csi_denoiser *d)
{
    if (!d)
        return;
    csi_fold_free(d->fold);
    free(d->read);
    free(d->far);
    free(d->factor);
    free(d->magnitude);
    free(d);
}

uint32_t csi_denoiser_far_taps(const csi_denoiser *d, uint32_t *first)
{
    *first = d->first;
    return d->taps;
}

static double squared(float complex z)
{
    double re = (double)crealf(z), im = (double)cimagf(z);
    return re * re + im * im;
}

double csi_denoiser_noise(csi_denoiser *d, const float complex *y)
{
    size_t pilots = d->pilots, taps = d->taps;
    double sum = 0;
    for (size_t n = 0; n < d->dims.nc; n++)
        memcpy(d->read + n * pilots, y + n * d->dims.tp, pilots * sizeof *y);
    csi_fold_forward(d->fold, d->read, d->far);
    for (size_t t = 0; t < pilots; t++) {
        float complex mean = 0;
        for (size_t r = 0; taps > 1 && r < taps; r++)
            mean += d->far[r * pilots + t] / (float)taps;
        for (size_t r = 0; r < taps; r++)
            sum += squared(d->far[r * pilots + t] - mean);
    }
    return sum / ((double)pilots * (double)(taps > 1 ? taps - 1 : 1));
}

/* Row by row, so that the loops over delays vectorise. */
static void apply_mmse(csi_denoiser *d, double noise, float complex *h)
{
    size_t nt = d->dims.nt, ni = d->dims.ni;
    float *factor = d->factor, *row = (float *)h;
    for (size_t r = 0; r < ni; r++)
        factor[r] = 0;
    for (size_t a = 0; a < nt; a++)
        for (size_t r = 0; r < ni; r++) {
            float re = row[2 * (a * ni + r)], im = row[2 * (a * ni + r) + 1];
            factor[r] += re * re + im * im;
        }
    float removed = (float)(noise * (double)nt);
    for (size_t r = 0; r < ni; r++)
        factor[r] = factor[r] > removed ? 1 - removed / factor[r] : 0;
    for (size_t a = 0; a < nt; a++)
        for (size_t r = 0; r < ni; r++) {
            row[2 * (a * ni + r)] *= factor[r];
            row[2 * (a * ni + r) + 1] *= factor[r];
        }
}

/* Insertion sort: a column is short, and qsort may allocate. */
static void insert(float *sorted, size_t n, float x)
{
    while (n > 0 && sorted[n - 1] > x) {
        sorted[n] = sorted[n - 1];
        n--;
    }
    sorted[n] = x;
}

/* For k entries below t and m = n - k above it, with B the energy of those below and V the sum of 1
 * / |h| of those above,
 *     SURE(t) = B - k sigma^2 + m (sigma^2 + t^2) - sigma^2 t V, minimal at t = sigma^2 V / (2 m).
 */
double csi_denoise_threshold(const float *magnitude, uint32_t n, double noise)
{
    double inverse = 0, below = 0, best = 0, least = n * noise; /* at t = 0, LS itself */
    for (uint32_t i = 0; i < n; i++)
        inverse += magnitude[i] > 0 ? 1 / (double)magnitude[i] : 0;
    for (uint32_t k = 0; k <= n; k++) {
        double low = k > 0 ? (double)magnitude[k - 1] : 0, above = n - k, t = low;
        if (k < n)
            t = fmin(fmax(noise * inverse / (2 * above), low), (double)magnitude[k]);
        double risk = below - k * noise + above * (noise + t * t) - noise * t * inverse;
        if (risk < least) {
            least = risk;
            best = t;
        }
        if (k < n && magnitude[k] > 0) {
            below += (double)magnitude[k] * (double)magnitude[k];
            inverse -= 1 / (double)magnitude[k];
        }
    }
    return best;
}

static void apply_soft(csi_denoiser *d, double noise, float complex *h)
{
    size_t nt = d->dims.nt, ni = d->dims.ni;
    for (size_t r = 0; r < ni; r++) {
        for (size_t a = 0; a < nt; a++)
            insert(d->magnitude, a, (float)sqrt(squared(h[a * ni + r])));
        double t = csi_denoise_threshold(d->magnitude, d->dims.nt, noise);
        for (size_t a = 0; a < nt; a++) {
            double size = sqrt(squared(h[a * ni + r]));
            h[a * ni + r] *= size > t ? (float)(1 - t / size) : 0;
        }
    }
}

void csi_denoiser_apply(csi_denoiser *d, double noise, float complex *h)
{
    if (!(noise > 0))
        return;
    if (d->method == CSI_DENOISE_MMSE)
        apply_mmse(d, noise, h);
    else
        apply_soft(d, noise, h);
}
