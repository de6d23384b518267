#include "csi/pilots.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "csi/metrics.h"
#include "csi/plan.h"

/* Both directions copy into `work`, scaled, transform there and copy out: the caller's arrays need
 * no alignment, and rows shorter than the transform are zero-padded on the way. */
struct csi_pilots {
    csi_dims dims;
    csi_pilot_family family;
    float complex *matrix; /* [nt][tp] */
    float complex *work;   /* [nc][tp] */
    fftwf_plan forward;    /* DFT pilots only */
    fftwf_plan backward;
};

typedef float vec4 __attribute__((vector_size(16)));

static void fill_matrix(csi_pilots *p)
{
    uint32_t tp = p->dims.tp;
    double amplitude = 1 / sqrt(tp);
    for (uint32_t k = 0; k < p->dims.nt; k++) {
        for (uint32_t t = 0; t < tp; t++) {
            double turn = -2 * M_PI * (double)(k * t % tp) / tp;
            double sign = __builtin_parity(k & t) ? -1 : 1;
            p->matrix[k * tp + t] = (float complex)(
                amplitude * (p->family == CSI_PILOTS_DFT ? cos(turn) + I * sin(turn) : sign));
        }
    }
}

static bool make_plans(csi_pilots *p)
{
    int n = (int)p->dims.tp;
    csi_plan_loop axis = {n, 1, 1}, rows = {(int)p->dims.nc, n, n};
    p->forward = csi_plan_create(axis, 1, &rows, p->work, p->work, FFTW_FORWARD);
    p->backward = csi_plan_create(axis, 1, &rows, p->work, p->work, FFTW_BACKWARD);
    return p->forward && p->backward;
}

csi_pilots *csi_pilots_create(const csi_dims *dims, csi_pilot_family family, err *e)
{
    if (csi_dims_check(dims, e))
        return NULL;
    if (family == CSI_PILOTS_HADAMARD && (dims->tp & (dims->tp - 1)) != 0) {
        err_set(e, ERR_INVALID, "Hadamard pilots need a power of two of them (tp), not %u",
                dims->tp);
        return NULL;
    }
    csi_pilots *p = calloc(1, sizeof *p);
    if (p) {
        p->dims = *dims;
        p->family = family;
        p->matrix = fftwf_alloc_complex((size_t)dims->nt * dims->tp);
        p->work = fftwf_alloc_complex((size_t)dims->nc * dims->tp);
    }
    if (!p || !p->matrix || !p->work || (family == CSI_PILOTS_DFT && !make_plans(p))) {
        err_set(e, ERR_NOMEM, "out of memory for pilots");
        csi_pilots_free(p);
        return NULL;
    }
    fill_matrix(p);
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

/* The stage that pairs what is `half` floats (a multiple of 4) apart. */
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

/* That stage and the next one in a single pass. */
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

static void transform_rows(csi_pilots *p, fftwf_plan plan)
{
    if (p->family == CSI_PILOTS_DFT) {
        fftwf_execute(plan);
        return;
    }
    size_t floats = 2 * (size_t)p->dims.tp;
    for (size_t n = 0; n < p->dims.nc; n++)
        hadamard_row((float *)p->work + n * floats, floats);
}

/* Rows of `width` entries into work's rows of tp, scaled by 1 / sqrt(tp), zeros behind. */
static void load_rows(csi_pilots *p, const float complex *from, size_t width)
{
    float scale = (float)(1 / sqrt(p->dims.tp));
    size_t padding = p->dims.tp - width;
    for (size_t n = 0; n < p->dims.nc; n++) {
        const float *in = (const float *)(from + n * width);
        float *out = (float *)(p->work + n * p->dims.tp);
        for (size_t i = 0; i < 2 * width; i++)
            out[i] = scale * in[i];
        if (padding)
            memset(out + 2 * width, 0, padding * sizeof *from);
    }
}

void csi_pilots_receive(csi_pilots *pilots, const float complex *h, float sigma, rng *noise,
                        float complex *y)
{
    size_t count = (size_t)pilots->dims.nc * pilots->dims.tp;
    load_rows(pilots, h, pilots->dims.nt);
    transform_rows(pilots, pilots->forward);
    memcpy(y, pilots->work, count * sizeof *y);
    if (sigma > 0)
        rng_normal_add(noise, (float *)y, 2 * count, sigma * (float)M_SQRT1_2);
}

void csi_pilots_estimate(csi_pilots *pilots, const float complex *y, float complex *hhat)
{
    size_t nt = pilots->dims.nt, tp = pilots->dims.tp;
    load_rows(pilots, y, tp);
    transform_rows(pilots, pilots->backward);
    for (size_t n = 0; n < pilots->dims.nc; n++)
        memcpy(hhat + n * nt, pilots->work + n * tp, nt * sizeof *hhat);
}

float csi_pilots_noise_sigma(const float complex *h, size_t n, float snr_db)
{
    if (n == 0)
        return 0;
    double mean_power = csi_energy(h, n) / (double)n;
    return (float)sqrt(mean_power / pow(10, (double)snr_db / 10));
}
