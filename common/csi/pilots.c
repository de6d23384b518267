#include "csi/pilots.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "csi/metrics.h"
#include "csi/mix.h"
#include "csi/plan.h"

/* Both directions work on blocks of rows that stay in the L1 cache: they copy into `work`, scaled,
 * transform there and copy out. So the caller's arrays need no alignment, and rows shorter than the
 * transform are zero-padded on the way. A block takes whole groups of random numbers (base/rng.h),
 * so the noise does not depend on the block size. */
enum { BLOCK = 32 };

struct csi_pilots {
    csi_dims dims;
    csi_pilot_family family;
    float complex *matrix; /* [nt][tp] */
    float complex *work;   /* [BLOCK][tp] */
    float complex *noise;  /* [BLOCK][tp] */
    float complex *angles; /* [nt][tp]: X^+ and the DFT over antennas; NULL for a permutation: */
    uint32_t *pilot_of;    /* [nt]: the pilot of each angle; else NULL */
    float complex *transposed; /* [tp][ni] */
    csi_mix_fn *mix;
    fftwf_plan forward; /* DFT pilots only */
    fftwf_plan backward;
};

typedef float vec4 __attribute__((vector_size(16)));

static void fill_matrix(csi_pilots *p)
{
    uint32_t tp = p->dims.tp;
    double amplitude = 1 / sqrt(tp);
    for (uint32_t k = 0; k < p->dims.nt; k++) {
        for (uint32_t t = 0; t < tp; t++) {
            double angle = -2 * M_PI * (double)(k * t % tp) / tp;
            double sign = __builtin_parity(k & t) ? -1 : 1;
            p->matrix[k * tp + t] = (float complex)(
                amplitude * (p->family == CSI_PILOTS_DFT ? cos(angle) + I * sin(angle) : sign));
        }
    }
}

/* With DFT pilots and Tp = Nt the two transforms over a row cancel, up to the order of entries. */
static bool fill_order(csi_pilots *p)
{
    size_t nt = p->dims.nt;
    p->pilot_of = malloc(nt * sizeof *p->pilot_of);
    for (size_t m = 0; p->pilot_of && m < nt; m++)
        p->pilot_of[(m + nt / 2) % nt] = (uint32_t)((nt - m) % nt);
    return p->pilot_of != NULL;
}

/* angles[(m + Nt/2) mod Nt][t] = sum_k conj(X[k][t]) exp(j 2 pi k m / Nt) / sqrt(Nt) */
static bool fill_angles(csi_pilots *p)
{
    size_t nt = p->dims.nt, tp = p->dims.tp;
    double complex *root = malloc(nt * sizeof *root), *row = malloc(tp * sizeof *row);
    p->angles = malloc(nt * tp * sizeof *p->angles);
    bool enough = root && row && p->angles;
    for (size_t i = 0; enough && i < nt; i++) {
        double angle = 2 * M_PI * (double)i / (double)nt;
        root[i] = (cos(angle) + I * sin(angle)) / sqrt((double)nt);
    }
    for (size_t m = 0; enough && m < nt; m++) {
        memset(row, 0, tp * sizeof *row);
        for (size_t k = 0; k < nt; k++)
            for (size_t t = 0; t < tp; t++)
                row[t] += root[k * m % nt] * conj((double complex)p->matrix[k * tp + t]);
        for (size_t t = 0; t < tp; t++)
            p->angles[(m + nt / 2) % nt * tp + t] = (float complex)row[t];
    }
    free(root);
    free(row);
    return enough;
}

static bool make_plans(csi_pilots *p)
{
    int n = (int)p->dims.tp;
    csi_plan_loop axis = {n, 1, 1}, rows = {BLOCK, n, n};
    p->forward = csi_plan_create(axis, 1, &rows, p->work, p->work, FFTW_FORWARD);
    p->backward = csi_plan_create(axis, 1, &rows, p->work, p->work, FFTW_BACKWARD);
    return p->forward && p->backward;
}

csi_pilots *csi_pilots_create(const csi_dims *dims, csi_pilot_family family, err *e)
{
    if (csi_dims_check(dims, e))
        return NULL;
    if (family == CSI_PILOTS_HADAMARD && (dims->tp & (dims->tp - 1)) != 0) {
        err_set(e, ERR_INVALID, "the number of Hadamard pilots (tp) must be a power of two, not %u",
                dims->tp);
        return NULL;
    }
    csi_pilots *p = calloc(1, sizeof *p);
    if (p) {
        p->dims = *dims;
        p->family = family;
        p->matrix = fftwf_alloc_complex((size_t)dims->nt * dims->tp);
        p->work = fftwf_alloc_complex((size_t)BLOCK * dims->tp);
        p->noise = fftwf_alloc_complex((size_t)BLOCK * dims->tp);
        p->transposed = fftwf_alloc_complex((size_t)dims->ni * dims->tp);
        p->mix = csi_mix_choose();
    }
    if (!p || !p->matrix || !p->work || !p->noise || !p->transposed ||
        (family == CSI_PILOTS_DFT && !make_plans(p))) {
        err_set(e, ERR_NOMEM, "out of memory for pilots");
        csi_pilots_free(p);
        return NULL;
    }
    fill_matrix(p);
    memset(p->work, 0,
           (size_t)BLOCK * dims->tp * sizeof *p->work); /* rows of a last, short block */
    bool reorders = family == CSI_PILOTS_DFT && dims->tp == dims->nt;
    if (!(reorders ? fill_order(p) : fill_angles(p))) {
        err_set(e, ERR_NOMEM, "out of memory for pilots");
        csi_pilots_free(p);
        return NULL;
    }
    return p;
}

void csi_pilots_free(csi_pilots *pilots)
{
    if (!pilots)
        return;
    csi_plan_free(pilots->forward);
    csi_plan_free(pilots->backward);
    fftwf_free(pilots->matrix);
    fftwf_free(pilots->work);
    fftwf_free(pilots->noise);
    fftwf_free(pilots->transposed);
    free(pilots->angles);
    free(pilots->pilot_of);
    free(pilots);
}

const float complex *csi_pilots_matrix(const csi_pilots *pilots)
{
    return pilots->matrix;
}

static inline vec4 load(const float *from)
{
    vec4 v;
    memcpy(&v, from, sizeof v);
    return v;
}

static inline void store(float *to, vec4 v)
{
    memcpy(to, &v, sizeof v);
}

/* Neighbouring numbers a, b become a + b, a - b. */
static void butterfly_pairs(float *row, size_t floats)
{
    for (size_t i = 0; i < floats; i += 4) {
        vec4 v = load(row + i);
        vec4 a = __builtin_shufflevector(v, v, 0, 1, 0, 1);
        vec4 b = __builtin_shufflevector(v, -v, 2, 3, 6, 7);
        store(row + i, a + b);
    }
}

/* The stage that pairs floats `half` apart (a multiple of 4). */
static void butterfly_halves(float *row, size_t floats, size_t half)
{
    for (size_t block = 0; block < floats; block += 2 * half) {
        for (float *x = row + block; x < row + block + half; x += 4) {
            vec4 a = load(x), b = load(x + half);
            store(x, a + b);
            store(x + half, a - b);
        }
    }
}

/* Two such stages in one pass. */
static void butterfly_quarters(float *row, size_t floats, size_t quarter)
{
    for (size_t block = 0; block < floats; block += 4 * quarter) {
        for (float *x = row + block; x < row + block + quarter; x += 4) {
            vec4 a = load(x), b = load(x + quarter);
            vec4 c = load(x + 2 * quarter), d = load(x + 3 * quarter);
            store(x, (a + b) + (c + d));
            store(x + quarter, (a - b) + (c - d));
            store(x + 2 * quarter, (a + b) - (c + d));
            store(x + 3 * quarter, (a - b) - (c - d));
        }
    }
}

/* One row's Walsh-Hadamard transform, in natural order, not scaled. */
static void hadamard_row(float *row, size_t floats)
{
    size_t apart = 4;
    if (floats >= 4)
        butterfly_pairs(row, floats);
    for (; 4 * apart <= floats; apart *= 4)
        butterfly_quarters(row, floats, apart);
    if (apart < floats)
        butterfly_halves(row, floats, apart);
}

/* The block's rows, in place. */
static void transform_block(csi_pilots *p, fftwf_plan plan)
{
    if (p->family == CSI_PILOTS_DFT) {
        fftwf_execute(plan);
        return;
    }
    size_t floats = 2 * (size_t)p->dims.tp;
    for (size_t n = 0; n < BLOCK; n++)
        hadamard_row((float *)p->work + n * floats, floats);
}

/* Copies `width` entries to row n of the block, scaled by 1 / sqrt(tp) and zero-padded to tp. */
static void load_row(csi_pilots *p, const float complex *from, size_t width, size_t n)
{
    float scale = (float)(1 / sqrt(p->dims.tp));
    const float *in = (const float *)from;
    float *out = (float *)(p->work + n * p->dims.tp);
    for (size_t i = 0; i < 2 * width; i++)
        out[i] = scale * in[i];
    memset(out + 2 * width, 0, (p->dims.tp - width) * sizeof *from);
}

static size_t rows_from(size_t first, size_t count)
{
    return count - first < BLOCK ? count - first : BLOCK;
}

/* ||Z X^+||^2 of the block's noise. A square X keeps the energy; a wide X keeps the part in the
 * span of its rows. */
static double error_of_noise(csi_pilots *p, size_t rows)
{
    size_t nt = p->dims.nt, tp = p->dims.tp;
    if (nt == tp)
        return csi_energy(p->noise, rows * tp);
    double sum = 0;
    for (size_t n = 0; n < rows; n++)
        load_row(p, p->noise + n * tp, tp, n);
    transform_block(p, p->backward);
    for (size_t n = 0; n < rows; n++)
        sum += csi_energy(p->work + n * tp, nt);
    return sum;
}

/* Computes y for one block of rows of h. */
static void receive_block(csi_pilots *p, const float complex *h, size_t rows, float sigma,
                          rng *noise, float complex *y)
{
    size_t nt = p->dims.nt, floats = 2 * rows * p->dims.tp;
    for (size_t n = 0; n < rows; n++)
        load_row(p, h + n * nt, nt, n);
    transform_block(p, p->forward);
    if (!(sigma > 0)) {
        memcpy(y, p->work, floats * sizeof(float));
        return;
    }
    const float *x = (const float *)p->work, *z = (const float *)p->noise;
    float *out = (float *)y;
    rng_normal_fill(noise, (float *)p->noise, floats, sigma * (float)M_SQRT1_2);
    for (size_t i = 0; i < floats; i++)
        out[i] = x[i] + z[i];
}

void csi_pilots_receive(csi_pilots *pilots, const float complex *h, float sigma, rng *noise,
                        float complex *y)
{
    size_t nt = pilots->dims.nt, tp = pilots->dims.tp, nc = pilots->dims.nc;
    for (size_t n = 0; n < nc; n += BLOCK)
        receive_block(pilots, h + n * nt, rows_from(n, nc), sigma, noise, y + n * tp);
}

double csi_pilots_receive_error(csi_pilots *pilots, const float complex *h, float sigma, rng *noise,
                                float complex *y)
{
    size_t nt = pilots->dims.nt, tp = pilots->dims.tp, nc = pilots->dims.nc;
    double error = 0;
    for (size_t n = 0; n < nc; n += BLOCK) {
        receive_block(pilots, h + n * nt, rows_from(n, nc), sigma, noise, y + n * tp);
        if (sigma > 0)
            error += error_of_noise(pilots, rows_from(n, nc));
    }
    return error;
}

void csi_pilots_estimate_on_grid(csi_pilots *pilots, const float complex *y, const csi_grid *grid,
                                 float complex *hhat)
{
    size_t nt = pilots->dims.nt, tp = pilots->dims.tp;
    for (uint32_t first = 0; first < grid->count; first += BLOCK) {
        size_t rows = rows_from(first, grid->count);
        for (uint32_t i = 0; i < rows; i++)
            load_row(pilots, y + csi_grid_subcarrier(grid, first + i) * tp, tp, i);
        transform_block(pilots, pilots->backward);
        for (size_t i = 0; i < rows; i++)
            memcpy(hhat + (first + i) * nt, pilots->work + i * tp, nt * sizeof *hhat);
    }
}

void csi_pilots_estimate(csi_pilots *pilots, const float complex *y, float complex *hhat)
{
    csi_grid every = {pilots->dims.nc, pilots->dims.nc, true};
    csi_pilots_estimate_on_grid(pilots, y, &every, hhat);
}

void csi_pilots_estimate_taps(csi_pilots *pilots, const float complex *taps, float complex *h_ad)
{
    size_t nt = pilots->dims.nt, tp = pilots->dims.tp, ni = pilots->dims.ni;
    if (pilots->pilot_of) {
        for (size_t a = 0; a < nt; a++)
            for (size_t r = 0; r < ni; r++)
                h_ad[a * ni + r] = taps[r * tp + pilots->pilot_of[a]];
        return;
    }
    for (size_t t = 0; t < tp; t++)
        for (size_t r = 0; r < ni; r++)
            pilots->transposed[t * ni + r] = taps[r * tp + t];
    for (size_t a = 0; a < nt; a++)
        pilots->mix(pilots->angles + a * tp, pilots->transposed, tp, ni, h_ad + a * ni);
}

float csi_pilots_sigma(double mean_power, double snr_db)
{
    return (float)sqrt(mean_power / power_of_db(snr_db));
}
